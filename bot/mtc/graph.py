"""One migration with all that belongs to it, on every cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.mtc.limits import Limits, went_well
from bot.mtc.models import (
    Backup,
    DirectImageMigration,
    DirectVolumeMigration,
    DirectVolumeMigrationProgress,
    MigMigration,
    MigPlan,
    PodVolumeBackup,
    PodVolumeRestore,
    Restore,
)
from bot.mtc.presence import Away

QUIESCE_PREFIX = "migration.openshift.io/preQuiesce"
"""Annotations that MTC leaves on a workload for as long as it keeps it scaled down."""


@dataclass(frozen=True, slots=True)
class Sibling:
    """What of a migration matters to the others of its plan."""

    name: str
    created: datetime | None
    stage: bool
    phase: str
    cut_over: bool
    """Whether it was a cutover that succeeded."""


@dataclass(frozen=True, slots=True)
class Others:
    """What the other migrations of a control cluster say about one."""

    siblings: tuple[Sibling, ...] = ()
    """All migrations of its plan, it included."""
    limits: Limits = field(default_factory=Limits)
    """How long a phase may last there."""
    away: tuple[Away, ...] = ()
    """The programs of its clusters that are away."""


@dataclass(frozen=True, slots=True)
class MigrationObjects:
    """What an outcome is judged from."""

    migration: MigMigration
    plan: MigPlan | None = None
    siblings: tuple[Sibling, ...] = ()
    """All migrations of the plan, this one included."""
    dvms: tuple[DirectVolumeMigration, ...] = ()
    dvmps: tuple[DirectVolumeMigrationProgress, ...] = ()
    dims: tuple[DirectImageMigration, ...] = ()
    backups: tuple[Backup, ...] = ()
    restores: tuple[Restore, ...] = ()
    pvbs: tuple[PodVolumeBackup, ...] = ()
    pvrs: tuple[PodVolumeRestore, ...] = ()
    source_workloads: Sequence[Mapping[str, Any]] = ()
    """Raw workloads of the plan's namespaces on the source."""
    limits: Limits = field(default_factory=Limits)
    """How long a phase may last on this control cluster."""
    away: tuple[Away, ...] = ()
    """Programs that are away, on whichever of its clusters."""


def sibling(migration: MigMigration) -> Sibling:
    """Return what of a migration matters to the others of its plan."""
    stage, status = migration.spec.stage, migration.status
    cut_over = not stage and status.itinerary == "Final" and went_well(migration)
    return Sibling(migration.name, migration.metadata.created, stage, status.phase, cut_over)


def scaled_down(workloads: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the workloads that MTC still keeps scaled down, as ``Kind namespace/name``."""
    found = []
    for workload in workloads:
        meta = workload.get("metadata")
        if not isinstance(meta, Mapping):
            continue
        notes = meta.get("annotations")
        if not isinstance(notes, Mapping):
            continue
        if meta.get("ownerReferences") and workload.get("kind") in ("ReplicaSet", "Job"):
            continue
        if any(str(key).startswith(QUIESCE_PREFIX) for key in notes):
            found.append(f"{workload.get('kind')} {meta.get('namespace')}/{meta.get('name')}")
    return tuple(sorted(found))
