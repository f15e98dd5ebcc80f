"""What in a picture may need a look, and how it stands as far as the control cluster knows.

A migration's version covers what it made (its transfers and image copies); its surroundings are
its plan, the plan's clusters and store. Only objects that somebody asks for become candidates,
and nothing is unpacked until the outcome is wanted, so thousands of finished migrations cost
nothing at all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json, ObjectRef
from bot.mtc.graph import MigrationObjects, Others, Sibling, sibling
from bot.mtc.limits import NEWEST, Lesson, Limits, learned, lesson
from bot.mtc.models import DirectImageMigration, DirectVolumeMigration, MigMigration, MigPlan, read
from bot.mtc.models.base import WithConditions
from bot.mtc.outcome import object_outcome, outcome
from bot.mtc.outcome_words import Outcome
from bot.watching.picture import Picture
from bot.watching.presence import Presence
from bot.watching.seen import Seen
from knowledge.matching.loglines import parse_time

Told = TypeVar("Told")
_Told = dict[str, tuple[str, Told]]
"""By uid: the version of a migration, and what it told."""

MIGRATION = "MigMigration"
INFRASTRUCTURE = ("MigCluster", "MigStorage", "MigHook", "MigPlan")
"""Kinds that are looked at for their own sake, not only for a migration's."""
MADE = ("DirectVolumeMigration", "DirectImageMigration")
"""Kinds that a migration makes."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One object that may need a look."""

    seen: Seen
    version: str
    surroundings: str
    plan: str
    judge: Callable[[datetime], Outcome]
    """Returns how it stands, from the control cluster alone."""
    others: Callable[[], Others] = Others
    """Returns what other migrations and the programs of MTC say about it."""
    in_use: Callable[[], bool] = lambda: False
    """Returns whether a migration under way depends on it; of clusters and stores only."""

    @property
    def ref(self) -> ObjectRef:
        """Return the object."""
        seen = self.seen
        return ObjectRef(seen.kind, seen.name, seen.namespace or MTC_NAMESPACE, "host", seen.uid)

    @property
    def created(self) -> datetime | None:
        """Return the creation time (UTC)."""
        return parse_time(self.seen.created) if self.seen.created else None


class Candidates:
    """The candidates of one control cluster. What other migrations say may be asked by threads."""

    def __init__(self, picture: Picture, presence: Presence) -> None:
        """Take the picture to read from, and who knows which programs are there."""
        self._picture = picture
        self._presence = presence
        self._limits: Limits | None = None
        self._lock = threading.RLock()
        self._lessons: _Told[Lesson] = {}
        self._siblings: dict[str, _Told[Sibling]] = {}

    def all(self) -> Iterator[Seen]:
        """Yield every object that can be a candidate."""
        for kind in (*INFRASTRUCTURE, MIGRATION):
            yield from self._picture.of(kind)

    def named(self, kind: str, name: str) -> Candidate | None:
        """Return the object of this name as a candidate."""
        if kind not in (MIGRATION, *INFRASTRUCTURE):
            return None
        seen = self._picture.at(f"{kind}/{name}")
        if seen is None:
            return None
        return self.of_migration(seen) if kind == MIGRATION else self.of_object(seen)

    def find(self, uid: str) -> Seen | None:
        """Return the object with this uid that can be a candidate."""
        found = (self._picture.with_uid(kind, uid) for kind in (MIGRATION, *INFRASTRUCTURE))
        return next((seen for seen in found if seen is not None), None)

    def affected(self, seen: Seen) -> Iterator[Seen]:
        """Yield the objects that may stand otherwise because ``seen`` changed or went."""
        picture = self._picture
        match seen.kind:
            case "MigMigration":
                if seen.done:
                    with self._lock:
                        self._limits = None
                for link in seen.links:
                    yield from self._going(link)
            case "MigPlan":
                yield from self._going(seen.place)
            case "MigCluster" | "MigStorage":
                for plan in picture.linked("MigPlan", seen.place):
                    yield from self._going(plan.place)
            case "DirectVolumeMigration" | "DirectImageMigration":
                for link in seen.links:
                    owner = picture.with_uid(MIGRATION, link)
                    if owner is not None:
                        yield owner
        if seen.kind not in MADE:
            yield seen

    def of_object(self, seen: Seen) -> Candidate:
        """Return a cluster, store, hook or plan as a candidate."""
        plan = seen.name if seen.kind == "MigPlan" else ""
        return Candidate(
            seen,
            seen.version,
            "",
            plan,
            _object_judge(seen),
            lambda: Others(away=self._presence.away(None)),
            in_use=lambda: self._in_use(seen),
        )

    def of_migration(self, seen: Seen) -> Candidate:
        """Return a migration as a candidate."""
        picture = self._picture
        plan = picture.at(seen.links[0]) if seen.links else None
        transfers, images = (picture.linked(kind, seen.uid) for kind in MADE)
        around = [plan, *(picture.at(link) for link in plan.links)] if plan is not None else []
        return Candidate(
            seen,
            ",".join((seen.version, *sorted(made.version for made in (*transfers, *images)))),
            ",".join(each.version for each in around if each is not None),
            seen.links[0].partition("/")[2] if seen.links else "",
            self._migration_judge(seen, plan, transfers, images),
            lambda: self._others(seen),
        )

    def limits(self) -> Limits:
        """Return how long phases may last here, learned anew whenever a migration has ended.

        Of that only what has changed is read.
        """
        with self._lock:
            if self._limits is None:
                newest = self._picture.newest(NEWEST)
                self._lessons = _updated(self._lessons, newest, lesson)
                self._limits = learned(told for _, told in self._lessons.values())
            return self._limits

    def _others(self, seen: Seen) -> Others:
        siblings = self._of_plan(seen.links[0]) if seen.links else ()
        if seen.done:
            return Others(siblings)
        plan = self._picture.at(seen.links[0]) if seen.links else None
        needed = read(MigPlan, plan.object) if plan is not None else None
        return Others(siblings, self.limits(), self._presence.away(needed))

    def _of_plan(self, plan: str) -> tuple[Sibling, ...]:
        """Return a plan's migrations; only those that have changed are read."""
        with self._lock:
            present = self._picture.linked(MIGRATION, plan)
            known = _updated(self._siblings.get(plan, {}), present, sibling)
            self._siblings[plan] = known
        return tuple(found for _, found in known.values())

    def _going(self, plan: str) -> Iterator[Seen]:
        return (seen for seen in self._picture.linked(MIGRATION, plan) if not seen.done)

    def _in_use(self, seen: Seen) -> bool:
        plans = self._picture.linked("MigPlan", seen.place)
        return any(True for plan in plans for _ in self._going(plan.place))

    def _migration_judge(
        self, seen: Seen, plan: Seen | None, transfers: Sequence[Seen], images: Sequence[Seen]
    ) -> Callable[[datetime], Outcome]:
        def judge(now: datetime) -> Outcome:
            migration = read(MigMigration, seen.object)
            others = Others() if seen.done else self._others(seen)
            return outcome(
                MigrationObjects(
                    migration,
                    read(MigPlan, plan.object) if plan is not None else None,
                    others.siblings,
                    tuple(read(DirectVolumeMigration, made.object) for made in transfers),
                    dims=tuple(read(DirectImageMigration, made.object) for made in images),
                    limits=others.limits,
                    away=others.away,
                ),
                now,
            )

        return judge


def _updated(
    known: _Told[Told], present: Iterable[Seen], told: Callable[[MigMigration], Told]
) -> _Told[Told]:
    """Return what each present migration tells; those that are as known are not read."""
    found: _Told[Told] = {}
    for seen in present:
        before = known.get(seen.uid)
        if before is None or before[0] != seen.version:
            before = (seen.version, told(read(MigMigration, seen.object)))
        found[seen.uid] = before
    return found


def _object_judge(seen: Seen) -> Callable[[datetime], Outcome]:
    def judge(now: datetime) -> Outcome:
        status = seen.object.get("status")
        return object_outcome(seen.kind, read(WithConditions, _mapping(status)), now)

    return judge


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}
