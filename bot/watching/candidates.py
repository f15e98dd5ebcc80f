"""What in a picture may need a look, and how it stands as far as the control cluster knows.

A migration's version covers what it made (its transfers and image copies); its surroundings are
its plan, the plan's clusters and store. Nothing is parsed until somebody asks for the outcome,
so thousands of finished migrations cost a comparison each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json, ObjectRef
from bot.mtc.graph import MigrationObjects
from bot.mtc.limits import NEWEST, Limits, learn
from bot.mtc.models import DirectImageMigration, DirectVolumeMigration, MigMigration, MigPlan, read
from bot.mtc.models.base import WithConditions
from bot.mtc.outcome import object_outcome, outcome
from bot.mtc.outcome_words import Outcome
from bot.watching.picture import Seen, by_name
from knowledge.matching.loglines import parse_time

INFRASTRUCTURE = ("MigCluster", "MigStorage", "MigHook", "MigPlan")
"""Kinds that are looked at for their own sake, not only for a migration's."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One object that may need a look."""

    seen: Seen
    version: str
    surroundings: str
    plan: str
    judge: Callable[[datetime], Outcome]
    """Returns how it stands, from the control cluster alone."""

    @property
    def ref(self) -> ObjectRef:
        """Return the object."""
        seen = self.seen
        return ObjectRef(seen.kind, seen.name, seen.namespace or MTC_NAMESPACE, "host", seen.uid)

    @property
    def created(self) -> datetime | None:
        """Return the creation time (UTC)."""
        stamp = self.seen.object["metadata"].get("creationTimestamp")
        return parse_time(stamp) if isinstance(stamp, str) else None


def infrastructure(objects: Mapping[str, Sequence[Seen]]) -> Iterator[Candidate]:
    """Yield clusters, stores, hooks and plans."""
    for kind in INFRASTRUCTURE:
        for seen in objects.get(kind, ()):
            yield Candidate(
                seen, seen.version, "", seen.name if kind == "MigPlan" else "", _object_judge(seen)
            )


def migrations(objects: Mapping[str, Sequence[Seen]]) -> Iterator[Candidate]:
    """Yield the migrations, the oldest first."""
    plans = by_name(objects.get("MigPlan", ()))
    clusters = by_name(objects.get("MigCluster", ()))
    stores = by_name(objects.get("MigStorage", ()))
    transfers = _by_owner(objects.get("DirectVolumeMigration", ()))
    images = _by_owner(objects.get("DirectImageMigration", ()))
    siblings: dict[str, list[Seen]] = defaultdict(list)
    by_age = sorted(objects.get("MigMigration", ()), key=_age)
    limits = cache(lambda: learn(read(MigMigration, s.object) for s in by_age[-NEWEST:]))
    for seen in by_age:
        siblings[_ref(seen, "migPlanRef")].append(seen)
    for seen in by_age:
        name = _ref(seen, "migPlanRef")
        plan = plans.get(name)
        made = [*transfers.get(seen.uid, ()), *images.get(seen.uid, ())]
        around = [plan]
        if plan is not None:
            around += [
                clusters.get(_ref(plan, "srcMigClusterRef")),
                clusters.get(_ref(plan, "destMigClusterRef")),
                stores.get(_ref(plan, "migStorageRef")),
            ]
        yield Candidate(
            seen,
            ",".join((seen.version, *sorted(each.version for each in made))),
            ",".join(each.version for each in around if each is not None),
            name,
            _migration_judge(
                seen,
                plan,
                siblings[name],
                transfers.get(seen.uid, ()),
                images.get(seen.uid, ()),
                limits,
            ),
        )


def _migration_judge(
    seen: Seen,
    plan: Seen | None,
    siblings: Sequence[Seen],
    transfers: Sequence[Seen],
    images: Sequence[Seen],
    limits: Callable[[], Limits],
) -> Callable[[datetime], Outcome]:
    def judge(now: datetime) -> Outcome:
        migration = read(MigMigration, seen.object)
        going = migration.status.phase != "Completed"
        return outcome(
            MigrationObjects(
                migration,
                read(MigPlan, plan.object) if plan is not None else None,
                tuple(read(MigMigration, s.object) for s in siblings) if going else (migration,),
                tuple(read(DirectVolumeMigration, t.object) for t in transfers),
                dims=tuple(read(DirectImageMigration, i.object) for i in images),
                limits=limits() if going else Limits(),
            ),
            now,
        )

    return judge


def _object_judge(seen: Seen) -> Callable[[datetime], Outcome]:
    def judge(now: datetime) -> Outcome:
        return object_outcome(
            seen.kind, read(WithConditions, _mapping(seen.object.get("status"))), now
        )

    return judge


def _by_owner(objects: Sequence[Seen]) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = defaultdict(list)
    for seen in objects:
        meta = seen.object["metadata"]
        owners = {_mapping(meta.get("labels")).get("migmigration")}
        references = meta.get("ownerReferences")
        for reference in references if isinstance(references, list) else ():
            owners.add(_mapping(reference).get("uid"))
        for uid in owners:
            if isinstance(uid, str) and uid:
                found[uid].append(seen)
    return found


def _ref(seen: Seen, field: str) -> str:
    name = _mapping(_mapping(seen.object.get("spec")).get(field)).get("name")
    return name if isinstance(name, str) else ""


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _age(seen: Seen) -> tuple[str, str]:
    stamp = seen.object["metadata"].get("creationTimestamp")
    return (stamp if isinstance(stamp, str) else "", seen.name)
