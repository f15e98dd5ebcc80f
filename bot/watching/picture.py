"""What is known of one control cluster: its objects of the watched kinds, lately.

Lists put it right, watches keep it fresh in between. Guarantees: a change that a watch told
while a list was under way is not undone by that list; an object without a name is left out and
never hides another; a kind that could not be read whole is not taken for empty.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import orjson

from bot.clusters.kinds import Kind
from bot.clusters.port import Json, Listing, WatchEvent


@dataclass(frozen=True, slots=True)
class Seen:
    """One object, cut down to what watching needs."""

    uid: str
    kind: str
    name: str
    namespace: str
    version: str
    """resourceVersion, or a digest where an odd object has none."""
    object: Json


@dataclass(frozen=True, slots=True)
class _Told:
    number: int
    kind: Kind
    event: WatchEvent


class Picture:
    """The objects of one control cluster. May be shared by threads."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._lock = threading.Lock()
        self._objects: dict[Kind, dict[str, Seen]] = {}
        self._whole: set[Kind] = set()
        self._versions: dict[Kind, str] = {}
        self._told: list[_Told] = []
        self._number = 0

    def mark(self) -> int:
        """Return a mark to be taken before a list and handed to ``replace``."""
        with self._lock:
            return self._number

    def replace(self, kind: Kind, listing: Listing, mark: int) -> None:
        """Take a list for the truth, but for what watches told since ``mark``."""
        fresh = {seen.uid: seen for seen in map(trimmed(kind), listing.items) if seen is not None}
        with self._lock:
            self._objects[kind] = fresh
            self._versions[kind] = listing.resource_version
            if listing.problems:
                self._whole.discard(kind)
            else:
                self._whole.add(kind)
            later = [t for t in self._told if t.kind is kind and t.number > mark]
            self._told = [t for t in self._told if t.kind is not kind]
            for told in later:
                self._apply(kind, told.event)

    def apply(self, kind: Kind, event: WatchEvent) -> None:
        """Take one change that a watch told."""
        with self._lock:
            self._number += 1
            self._told.append(_Told(self._number, kind, event))
            self._apply(kind, event)

    def version(self, kind: Kind) -> str:
        """Return the resourceVersion to watch a kind from; empty before its first list."""
        with self._lock:
            return self._versions.get(kind, "")

    def objects(self) -> Mapping[str, tuple[Seen, ...]]:
        """Return all objects by kind name."""
        with self._lock:
            return {kind.kind: tuple(seen.values()) for kind, seen in self._objects.items()}

    def whole(self) -> frozenset[str]:
        """Return the kinds of which nothing is missing: who is not there is gone."""
        with self._lock:
            return frozenset(kind.kind for kind in self._whole)

    def _apply(self, kind: Kind, event: WatchEvent) -> None:
        seen = trimmed(kind)(event.object)
        if seen is None:
            return
        of_kind = self._objects.setdefault(kind, {})
        if event.type == "DELETED":
            of_kind.pop(seen.uid, None)
        elif not _older(seen, of_kind.get(seen.uid)):
            of_kind[seen.uid] = seen


def trimmed(kind: Kind) -> Callable[[object], Seen | None]:
    """Return what cuts an object of a kind down; None for one that has no name."""

    def trim(obj: object) -> Seen | None:
        meta = obj.get("metadata") if isinstance(obj, dict) else None
        if not isinstance(obj, dict) or not isinstance(meta, dict):
            return None
        name, namespace = meta.get("name"), meta.get("namespace")
        if not isinstance(name, str) or not name:
            return None
        namespace = namespace if isinstance(namespace, str) else ""
        uid = meta.get("uid")
        version = meta.get("resourceVersion")
        small = {**obj, "metadata": {k: v for k, v in meta.items() if k not in _DROPPED}}
        return Seen(
            uid if isinstance(uid, str) and uid else f"{kind.kind}/{namespace}/{name}",
            kind.kind,
            name,
            namespace,
            version if isinstance(version, str) and version else _digest(small),
            small,
        )

    return trim


_DROPPED = frozenset({"managedFields", "annotations"})


def _digest(obj: Json) -> str:
    try:
        told = orjson.dumps(obj, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    except (TypeError, ValueError, RecursionError):
        told = repr(sorted(obj)).encode()
    return hashlib.sha256(told).hexdigest()[:16]


def _older(seen: Seen, known: Seen | None) -> bool:
    """Return whether a change is older than what is known; versions compare as numbers only."""
    if known is None or not (seen.version.isdecimal() and known.version.isdecimal()):
        return False
    return int(seen.version) < int(known.version)


def by_name(objects: Iterable[Seen]) -> dict[str, Seen]:
    """Return objects by their names."""
    return {seen.name: seen for seen in objects}
