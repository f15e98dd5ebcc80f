"""All migrations of one control cluster at a glance, from the control cluster alone.

Nothing on a source or destination is read, so that a list costs four requests however many
migrations there are. What only those clusters know (workloads left scaled to zero) is the
matter of a diagnosis.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import ClusterReader, ControlPlane, NotServed
from bot.mtc.graph import MigrationObjects, Sibling, sibling
from bot.mtc.limits import learn
from bot.mtc.models import DirectImageMigration, DirectVolumeMigration, MigMigration, MigPlan, read
from bot.mtc.models.base import Model, Object
from bot.mtc.outcome import outcome
from bot.mtc.outcome_words import ENDED, HEALTHY, Outcome, Word
from bot.mtc.progress import Progress, progress
from bot.redaction import redact

Owned = TypeVar("Owned", bound=Object)

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
    now = now or datetime.now(UTC)
    return tuple(
        Row(
            plane.name,
            objects.migration.name,
            objects.migration.spec.mig_plan_ref.name,
            judged,
            objects.migration.metadata.created,
            problem(objects, judged),
            progress(objects, now),
        )
        for objects, judged in _sorted(plane, now)
    )


def _sorted(plane: ControlPlane, now: datetime) -> list[tuple[MigrationObjects, Outcome]]:
    judged = [(objects, outcome(objects, now)) for objects in host_view(plane.host)]

    def newest(item: tuple[MigrationObjects, Outcome]) -> tuple[bool, float, str]:
        created = item[0].migration.metadata.created or _OLDEST
        return (item[1].word in ENDED, -created.timestamp(), item[0].migration.name)

    return sorted(judged, key=newest)


def host_view(host: ClusterReader) -> tuple[MigrationObjects, ...]:
    """Return every migration with what the control cluster itself knows of it."""
    migrations = _read(host, k.MIGMIGRATION, MigMigration)
    plans = {plan.name: plan for plan in _read(host, k.MIGPLAN, MigPlan)}
    transfers = _by_owner(_read(host, k.DVM, DirectVolumeMigration))
    images = _by_owner(_read(host, k.DIM, DirectImageMigration))
    limits = learn(migrations)
    of_plan: dict[str, list[Sibling]] = defaultdict(list)
    for migration in migrations:
        of_plan[migration.spec.mig_plan_ref.name].append(sibling(migration))
    siblings = {plan: tuple(ones) for plan, ones in of_plan.items()}
    return tuple(
        MigrationObjects(
            migration,
            plans.get(migration.spec.mig_plan_ref.name),
            siblings[migration.spec.mig_plan_ref.name],
            tuple(transfers.get(migration.metadata.uid, ())),
            dims=tuple(images.get(migration.metadata.uid, ())),
            limits=limits,
        )
        for migration in migrations
    )


def _read(host: ClusterReader, kind: Kind, model: type[Model]) -> tuple[Model, ...]:
    try:
        items = host.list(kind, MTC_NAMESPACE).items
    except NotServed:
        return ()
    return tuple(read(model, item) for item in items)


def _by_owner(objects: tuple[Owned, ...]) -> dict[str, list[Owned]]:
    found: dict[str, list[Owned]] = defaultdict(list)
    for obj in objects:
        owners = {owner.uid for owner in obj.metadata.owner_references}
        owners.add(obj.metadata.labels.get("migmigration", ""))
        for uid in owners - {""}:
            found[uid].append(obj)
    return found


def problem(objects: MigrationObjects, judged: Outcome) -> str:
    """Return the most telling of what MTC says of a migration that is not well."""
    if judged.word in HEALTHY:
        return ""
    if judged.not_copied:
        return f"not copied: {', '.join(judged.not_copied[:3])}"
    if judged.errors:
        return _line(judged.errors[0])
    status = objects.migration.status
    told = status.of_category("Critical", "Error", "Warn")
    return _line(f"{told[0].type}: {told[0].message}") if told else ""


def _line(text: str) -> str:
    words = " ".join(redact(text).split())
    return words if len(words) <= 160 else words[:159] + "…"
