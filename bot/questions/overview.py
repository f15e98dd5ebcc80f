"""All migrations of one control cluster at a glance, from the control cluster alone.

Nothing on a source or destination is read, so that a list costs a few requests however many
migrations there are, and no more is held than the answer needs. What only those clusters know
(workloads left scaled to zero) is the matter of a diagnosis.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.packing import packed, unpacked
from bot.clusters.port import ClusterError, ClusterReader, ControlPlane, Json
from bot.mtc.graph import MigrationObjects, Others, Sibling, sibling
from bot.mtc.limits import NEWEST, Lesson, learned, lesson, went_well
from bot.mtc.models import DirectImageMigration, DirectVolumeMigration, MigMigration, MigPlan, read
from bot.mtc.models.base import Meta, Model
from bot.mtc.outcome import outcome
from bot.mtc.outcome_words import ENDED, HEALTHY, Outcome, Word
from bot.mtc.presence import Away, programs
from bot.mtc.progress import Progress, progress
from bot.questions.listing import every, patiently
from bot.redaction import redact

_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One migration in a list."""

    control: str
    name: str
    plan: str
    outcome: Outcome
    created: datetime | None = None
    problem: str = ""
    """The most telling of what MTC itself says, one line, redacted; empty where all is well."""
    progress: Progress | None = None
    """How far the running copy is; None where nothing is being copied."""

    @property
    def needs_attention(self) -> bool:
        """Return whether a person should look at it."""
        return self.outcome.word not in HEALTHY and self.outcome.word is not Word.WAITING


def overview(plane: ControlPlane, now: datetime | None = None) -> tuple[Row, ...]:
    """Return the migrations: going ones first, then newest first.

    Raises the ``ClusterError`` of a control cluster that cannot be read.
    """
    when = now or datetime.now(UTC)
    return patiently(lambda: tuple(sorted(_rows(plane, when), key=_newest_first)))


def _rows(plane: ControlPlane, now: datetime) -> Iterator[Row]:
    for objects in host_view(plane.host, now):
        judged, migration = outcome(objects, now), objects.migration
        yield Row(
            plane.name,
            migration.name,
            migration.spec.mig_plan_ref.name,
            judged,
            migration.metadata.created,
            problem(objects, judged),
            progress(objects, now),
        )


def _newest_first(row: Row) -> tuple[bool, float, str]:
    return (row.outcome.word in ENDED, -(row.created or _OLDEST).timestamp(), row.name)


def host_view(host: ClusterReader, now: datetime) -> Iterator[MigrationObjects]:
    """Yield every migration with what the control cluster itself knows of it.

    Those that have ended come as they are read, without the others of their plan; ten thousand of
    them held at once would be hundreds of megabytes.
    """
    plans = {_name(obj): packed(obj) for obj in every(host, k.MIGPLAN)}
    transfers, images = _Owned(host, k.DVM), _Owned(host, k.DIM)
    siblings: dict[str, list[Sibling]] = defaultdict(list)
    lessons = _Lessons()
    going: list[MigMigration] = []

    @lru_cache(maxsize=64)
    def plan_named(name: str) -> MigPlan | None:
        return read(MigPlan, unpacked(plans[name])) if name in plans else None

    def seen(migration: MigMigration, others: Others) -> MigrationObjects:
        uid = migration.metadata.uid
        return MigrationObjects(
            migration,
            plan_named(migration.spec.mig_plan_ref.name),
            others.siblings,
            transfers.of(uid, DirectVolumeMigration),
            dims=images.of(uid, DirectImageMigration),
            limits=others.limits,
            away=others.away,
        )

    for obj in every(host, k.MIGMIGRATION):
        migration = read(MigMigration, obj)
        siblings[migration.spec.mig_plan_ref.name].append(sibling(migration))
        lessons.add(migration)
        if migration.status.phase == "Completed":
            yield seen(migration, Others())
        else:
            going.append(migration)
    limits, away = learned(lessons.newest), _away(host, now) if going else ()
    for migration in going:
        of_plan = tuple(siblings[migration.spec.mig_plan_ref.name])
        yield seen(migration, Others(of_plan, limits, away))


def _away(host: ClusterReader, now: datetime) -> tuple[Away, ...]:
    """Return mig-controller where it is away; nothing where that cannot be told."""
    try:
        workloads = host.list(k.DEPLOYMENT, MTC_NAMESPACE).items
        pods = host.list(k.POD, MTC_NAMESPACE).items
    except ClusterError:
        return ()
    return tuple(
        Away(program, "host")
        for program, how in programs(workloads, pods, now)
        if program == "migration-controller" and how is not None and how.is_long(now)
    )


class _Owned:
    """What migrations have made, by the uid of its owner."""

    def __init__(self, host: ClusterReader, kind: Kind) -> None:
        self._made: dict[str, list[bytes]] = defaultdict(list)
        for obj in every(host, kind):
            meta = read(Meta, obj.get("metadata"))
            owners = {owner.uid for owner in meta.owner_references}
            owners.add(meta.labels.get("migmigration", ""))
            kept = packed(obj)
            for uid in owners - {""}:
                self._made[uid].append(kept)

    def of(self, uid: str, model: type[Model]) -> tuple[Model, ...]:
        return tuple(read(model, unpacked(kept)) for kept in self._made.get(uid, ()))


class _Lessons:
    """What the newest migrations that went well teach."""

    def __init__(self) -> None:
        self._newest: list[tuple[float, int, Lesson]] = []
        self._count = itertools.count()

    def add(self, migration: MigMigration) -> None:
        if not went_well(migration):
            return
        created = (migration.metadata.created or _OLDEST).timestamp()
        taught = (created, next(self._count), lesson(migration))
        if len(self._newest) < NEWEST:
            heapq.heappush(self._newest, taught)
        else:
            heapq.heappushpop(self._newest, taught)

    @property
    def newest(self) -> Iterator[Lesson]:
        return (taught for _, _, taught in self._newest)


def _name(obj: Json) -> str:
    return read(Meta, obj.get("metadata")).name


def problem(objects: MigrationObjects, judged: Outcome) -> str:
    """Return the most telling of what MTC says of a migration that is not well."""
    if judged.word in HEALTHY:
        return ""
    if judged.not_copied:
        return f"not copied: {', '.join(judged.not_copied[:3])}"
    if judged.errors:
        return _line(judged.errors[0])
    failed = next((stream for dim in objects.dims for stream in dim.status.failed_i_ss), None)
    if failed is not None:
        why = f": {failed.errors[0]}" if failed.errors else ""
        return _line(f"image not copied: {failed.namespace}/{failed.name}{why}")
    status = objects.migration.status
    told = status.of_category("Critical", "Error", "Warn")
    return _line(f"{told[0].type}: {told[0].message}") if told else ""


def _line(text: str) -> str:
    words = " ".join(redact(text).split())
    return words if len(words) <= 160 else words[:159] + "…"
