"""What is known of one control cluster: its objects of the watched kinds, lately.

Lists put it right, watches keep it fresh in between, and who depends on what is indexed along the
way, so that a look costs as much as has changed. Guarantees: a change that a watch told while a
list was under way is not undone by that list; an object without a name is left out and never
hides another; a kind that could not be read whole is not taken for empty.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.clusters.kinds import MIGMIGRATION, Kind
from bot.clusters.port import Listing, WatchEvent
from bot.watching.seen import Seen, older, seen


@dataclass
class Update:
    """A list of one kind being read, page by page."""

    kind: Kind
    fresh: dict[str, Seen] = field(default_factory=dict)
    version: str = ""
    problems: list[str] = field(default_factory=list)
    told: list[WatchEvent] = field(default_factory=list)
    """What watches told meanwhile."""

    def add(self, page: Listing) -> None:
        """Take one page; all of them are of the first one's version."""
        for obj in page.items:
            found = seen(self.kind, obj)
            if found is not None:
                self.fresh[found.uid] = found
        self.version = self.version or page.resource_version
        self.problems += page.problems


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since it was last asked."""

    touched: tuple[Seen, ...] = ()
    gone: tuple[Seen, ...] = ()


class Picture:
    """The objects of one control cluster. May be shared by threads."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._lock = threading.RLock()
        self._objects: dict[str, dict[str, Seen]] = defaultdict(dict)
        self._places: dict[str, Seen] = {}
        self._linked: dict[tuple[str, str], dict[str, Seen]] = defaultdict(dict)
        self._migrations: list[tuple[str, str, str]] = []
        """Creation time, name and uid of all migrations, the oldest first."""
        self._whole: set[str] = set()
        self._versions: dict[Kind, str] = {}
        self._lists: Counter[Kind] = Counter()
        self._updates: list[Update] = []
        self._touched: dict[str, Seen] = {}
        self._gone: dict[str, Seen] = {}

    @contextmanager
    def listing(self, kind: Kind) -> Iterator[Update]:
        """Take a list for the truth, but for what watches tell while it is read.

        An exception in between leaves everything as it was.
        """
        update = Update(kind)
        with self._lock:
            self._updates.append(update)
        try:
            yield update
            with self._lock:
                self._replace(update)
        finally:
            with self._lock:
                self._updates.remove(update)

    def apply(self, kind: Kind, event: WatchEvent) -> None:
        """Take one change that a watch told."""
        with self._lock:
            for update in self._updates:
                if update.kind is kind:
                    update.told.append(event)
            self._apply(kind, event)

    def changes(self) -> Changes:
        """Return what has changed since the last call, as it now is."""
        with self._lock:
            changes = Changes(tuple(self._touched.values()), tuple(self._gone.values()))
            self._touched, self._gone = {}, {}
            return changes

    def version(self, kind: Kind) -> str:
        """Return the resourceVersion to watch a kind from; empty before its first list."""
        with self._lock:
            return self._versions.get(kind, "")

    def lists(self, kind: Kind) -> int:
        """Return how often a kind was listed."""
        with self._lock:
            return self._lists[kind]

    def of(self, kind: str) -> tuple[Seen, ...]:
        """Return all objects of a kind."""
        with self._lock:
            return tuple(self._objects[kind].values())

    def with_uid(self, kind: str, uid: str) -> Seen | None:
        """Return the object of a kind that has this uid."""
        with self._lock:
            return self._objects[kind].get(uid)

    def at(self, place: str) -> Seen | None:
        """Return the object at ``Kind/name``."""
        with self._lock:
            return self._places.get(place)

    def linked(self, kind: str, link: str) -> tuple[Seen, ...]:
        """Return the objects of a kind that depend on ``Kind/name``, or were made by a uid."""
        with self._lock:
            return tuple(self._linked.get((kind, link), {}).values())

    def newest(self, most: int) -> tuple[Seen, ...]:
        """Return so many of the newest migrations, the newest first."""
        with self._lock:
            migrations = self._objects[MIGMIGRATION.kind]
            return tuple(migrations[uid] for *_, uid in reversed(self._migrations[-most:]))

    def whole(self) -> frozenset[str]:
        """Return the kinds of which nothing is missing: who is not there is gone."""
        with self._lock:
            return frozenset(self._whole)

    def _replace(self, update: Update) -> None:
        kind = update.kind.kind
        known = self._objects[kind]
        for uid in known.keys() - update.fresh.keys():
            self._drop(known[uid])
        for found in update.fresh.values():
            self._put(found)
        self._versions[update.kind] = update.version
        self._lists[update.kind] += 1
        if update.problems:
            self._whole.discard(kind)
        else:
            self._whole.add(kind)
        for event in update.told:
            self._apply(update.kind, event)

    def _apply(self, kind: Kind, event: WatchEvent) -> None:
        found = seen(kind, event.object)
        if found is None:
            return
        if event.type == "DELETED":
            known = self._objects[kind.kind].get(found.uid)
            if known is not None:
                self._drop(known)
        elif not older(found, self._objects[kind.kind].get(found.uid)):
            self._put(found)

    def _put(self, found: Seen) -> None:
        known = self._objects[found.kind].get(found.uid)
        if known is not None and known.version == found.version:
            return
        if known is not None:
            self._unlink(known)
        if found.kind == MIGMIGRATION.kind:
            insort(self._migrations, _age(found))
        self._objects[found.kind][found.uid] = found
        self._places[found.place] = found
        for link in found.links:
            self._linked[found.kind, link][found.uid] = found
        self._touched[found.uid] = found
        self._gone.pop(found.uid, None)

    def _drop(self, known: Seen) -> None:
        self._unlink(known)
        del self._objects[known.kind][known.uid]
        self._touched.pop(known.uid, None)
        self._gone[known.uid] = known

    def _unlink(self, known: Seen) -> None:
        if known.kind == MIGMIGRATION.kind:
            del self._migrations[bisect_left(self._migrations, _age(known))]
        present = self._places.get(known.place)
        if present is not None and present.uid == known.uid:
            del self._places[known.place]
        for link in known.links:
            of_link = self._linked[known.kind, link]
            of_link.pop(known.uid, None)
            if not of_link:
                del self._linked[known.kind, link]


def _age(one: Seen) -> tuple[str, str, str]:
    return (one.created, one.name, one.uid)
