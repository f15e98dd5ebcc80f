"""What became of a migration, judged from all its objects.

MTC's own word is evidence, not truth: a canceled migration says Succeeded as well, a rollback
says Succeeded of something else, and Succeeded may stand over volumes of which not one byte
was copied. Pure functions; odd objects were made harmless when they were read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.mtc.graph import MigrationObjects, Sibling, scaled_down
from bot.mtc.limits import Limits
from bot.mtc.models import (
    Condition,
    DirectVolumeMigration,
    MigMigration,
    PodVolumeBackup,
    PodVolumeRestore,
)
from bot.mtc.models.base import WithConditions
from bot.mtc.outcome_words import Outcome, Word
from bot.mtc.progress import untouched

_NO_PROGRESS = timedelta(minutes=15)
_TRANSFERRING = frozenset({"RunRsyncOperations", "WaitForRsyncClientPodsCompleted"})
"""Where a transfer copies; the second up to MTC 1.4.2."""
_OBJECTS_ONLY = frozenset({"InitialBackupCreated", "StageRestoreCreated", "FinalRestoreCreated"})
"""Where Velero counts objects before it waits for any volume."""
_TELLING = (
    "Postponed",
    "ReconcileFailed",
    "RegistriesUnhealthy",
    "ConflictingPVCMappings",
    "InvalidSpec",
    "HasFinalMigration",
    "PlanClosed",
    "InvalidPlanRef",
    "PlanNotReady",
)
"""Critical conditions of a migration, the most telling first; Postponed is judged apart."""
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def outcome(objects: MigrationObjects, now: datetime) -> Outcome:
    """Return what became of the migration; ``now`` (aware) is for stall clocks."""
    migration = objects.migration
    status = migration.status
    if status.phase == "Completed" or (status.condition("Failed") and not status.phase):
        return _ended(objects)
    blocking = _blocking(migration)
    if blocking is not None and blocking.type == "Postponed":
        waiting = Outcome(
            Word.WAITING,
            status.phase,
            since=blocking.since or migration.metadata.created,
            itinerary=status.itinerary,
            behind=_ahead(objects),
        )
        return replace(waiting, word=Word.STALLED, behind="") if _deserted(objects) else waiting
    if blocking is not None:
        return Outcome(
            Word.BLOCKED,
            status.phase,
            since=blocking.since,
            itinerary=status.itinerary,
            behind=blocking.type,
            errors=status.errors,
        )
    going = _going(objects, now)
    return replace(going, word=Word.STALLED) if _deserted(objects) else going


def _deserted(objects: MigrationObjects) -> bool:
    """Return whether nobody is there to do what the present phase waits for."""
    phase = objects.migration.status.phase
    return any(gone.stops(phase, objects.plan) for gone in objects.away)


def _blocking(migration: MigMigration) -> Condition | None:
    critical = {c.type: c for c in migration.status.of_category("Critical")}
    if not critical:
        return None
    others = [t for t in _TELLING if t in critical and t != "Postponed"]
    if others:
        return critical[others[0]]
    return critical.get("Postponed") or next(iter(critical.values()))


def _ahead(objects: MigrationObjects) -> str:
    """Return the first migration in the plan's queue: stages by age, then the others by age."""

    def age(one: Sibling) -> tuple[bool, datetime, str]:
        return (not one.stage, one.created or _EARLIEST, one.name)

    waiting = (one for one in objects.siblings if one.phase != "Completed")
    first = min(waiting, key=age, default=None)
    return first.name if first is not None and first.name != objects.migration.name else ""


def _going(objects: MigrationObjects, now: datetime) -> Outcome:
    status = objects.migration.status
    running = status.condition("Running")
    since = (running.since if running else None) or status.started
    since = since or objects.migration.metadata.created
    phase = status.phase or (running.reason if running else "")
    inner = next((d for d in objects.dvms if d.status.phase not in ("Completed", "")), None)
    word, shown, clock, behind = Word.RUNNING, phase, since, ""
    if inner is not None and phase.startswith("WaitForDirectVolumeMigration"):
        clock, behind = _inner_clock(inner, since), inner.status.phase
        if clock is not None and now - clock > _inner_limit(inner, objects.limits):
            word = Word.STALLED
    elif clock is not None and now - clock > objects.limits.of(phase, _running_step(objects)):
        word = Word.STALLED
    elif phase in _OBJECTS_ONLY and (idle := untouched(status)) > _NO_PROGRESS:
        word, clock = Word.STALLED, now - idle
    return Outcome(
        word,
        shown,
        _step(running),
        clock if word is Word.STALLED else since,
        status.itinerary,
        behind,
        errors=status.errors,
    )


def _inner_clock(transfer: DirectVolumeMigration, fallback: datetime | None) -> datetime | None:
    running = transfer.status.condition("Running")
    return (running.since if running else None) or fallback


def _inner_limit(transfer: DirectVolumeMigration, limits: Limits) -> timedelta:
    """Return the limit of a transfer's phase; copying that moves has a long one."""
    status = transfer.status
    if status.phase not in _TRANSFERRING:
        return limits.of(status.phase)
    moving = [p for p in status.running_pods if p.last_observed_progress_percent]
    if moving or status.successful_pods:
        return limits.of(status.phase, "DirectVolume")
    return _NO_PROGRESS


def _running_step(objects: MigrationObjects) -> str:
    """Return the pipeline step under way, where exactly one is."""
    steps = objects.migration.status.pipeline
    running = [s.name for s in steps if s.started and not s.completed and not s.skipped]
    return running[0] if len(running) == 1 else ""


def _step(running: Condition | None) -> tuple[int, int] | None:
    if running is None:
        return None
    at, slash, of = running.message.removeprefix("Step:").strip().partition("/")
    if slash and at.isdigit() and of.isdigit() and len(at) < 6 and len(of) < 6:
        return int(at), int(of)
    return None


def _ended(objects: MigrationObjects) -> Outcome:
    status = objects.migration.status
    left = _left_scaled_down(objects)
    lost = not_copied(objects)
    failed = status.condition("Failed")
    canceled = status.condition("Canceled")
    word, told = Word.SUCCEEDED, status.condition("Succeeded")
    if canceled is not None or status.itinerary == "Cancel":
        word, told, lost = Word.CANCELED, canceled, ()
    elif failed is not None or status.itinerary == "Failed":
        word, told, lost = Word.FAILED, failed, ()
    elif status.itinerary == "Rollback" or objects.migration.spec.rollback:
        word, lost = Word.ROLLED_BACK, ()
    elif lost:
        word = Word.NOT_COPIED
    elif status.condition("SucceededWithWarnings") is not None:
        word, told = Word.SUCCEEDED_WITH_WARNINGS, status.condition("SucceededWithWarnings")
    if left and word in (Word.CANCELED, Word.ROLLED_BACK):
        word = Word.LEFT_SCALED_DOWN
    told = told or status.condition("Succeeded") or status.condition("SucceededWithWarnings")
    phase = failed.reason if word is Word.FAILED and failed and failed.reason else status.phase
    since = (told.since if told else None) or _last_step(objects.migration)
    return Outcome(
        word,
        phase,
        since=since,
        itinerary=status.itinerary,
        scaled_down=left,
        not_copied=lost,
        cut_over=objects.migration.spec.cutover and objects.migration.carried_out,
        errors=status.errors,
    )


def _last_step(migration: MigMigration) -> datetime | None:
    ends = [step.ended for step in migration.status.pipeline if step.ended]
    return max(ends, default=None)


def _left_scaled_down(objects: MigrationObjects) -> tuple[str, ...]:
    """Return the source workloads that stay down although nothing of the plan runs.

    After a cutover that succeeded that is as wanted.
    """
    migration = objects.migration
    succeeded = any(one.cut_over for one in objects.siblings)
    going = any(one.phase not in ("", "Completed") for one in objects.siblings)
    ended_badly = (
        migration.status.condition("Failed")
        or migration.status.condition("Canceled")
        or migration.status.itinerary in ("Failed", "Cancel", "Rollback")
    )
    if succeeded or going or not ended_badly:
        return ()
    return scaled_down(objects.source_workloads)


def not_copied(objects: MigrationObjects) -> tuple[str, ...]:
    """Return the source claims (``namespace/name``) whose data an ended run did not copy."""
    lost: dict[str, None] = {}
    for transfer in objects.dvms:
        lost.update(dict.fromkeys(_lost_in_transfer(transfer)))
    volumes = [
        v
        for v in (objects.plan.spec.persistent_volumes if objects.plan else ())
        if v.selection.action == "copy"
    ]
    stage_failed = any(
        "-stage-" in b.name and b.status.phase in ("PartiallyFailed", "Failed", "FailedValidation")
        for b in objects.backups
    ) or (objects.migration.status.condition("VeleroStageBackupPartiallyFailed") is not None)
    volume_copies: tuple[PodVolumeBackup | PodVolumeRestore, ...] = (*objects.pvbs, *objects.pvrs)
    failed_volumes = [
        f"{v.spec.pod.namespace}/{v.spec.volume}"
        for v in volume_copies
        if v.status.phase == "Failed"
    ]
    if stage_failed and not objects.dvms:
        lost.update(dict.fromkeys(failed_volumes or [v.claim for v in volumes]))
    elif failed_volumes:
        lost.update(dict.fromkeys(failed_volumes))
    return tuple(lost)


def _lost_in_transfer(transfer: DirectVolumeMigration) -> list[str]:
    status = transfer.status
    failed = [
        f"{o.pvc_reference.namespace}/{o.pvc_reference.name}"
        for o in status.rsync_operations
        if o.failed and not o.succeeded
    ]
    failed += [
        f"{p.pvc_ref.namespace}/{p.pvc_ref.name}" for p in status.failed_pods if p.pvc_ref.name
    ]
    bad = (
        status.phase == "MigrationFailed"
        or status.itinerary == "VolumeMigrationFailed"
        or status.condition("Failed") is not None
        or status.condition("SourceToDestinationNetworkError") is not None
    )
    if failed or not bad:
        return failed
    done = {
        (o.pvc_reference.namespace, o.pvc_reference.name)
        for o in status.rsync_operations
        if o.succeeded
    }
    return [
        f"{c.namespace}/{c.name}"
        for c in transfer.spec.persistent_volume_claims
        if (c.namespace, c.name) not in done
    ]


def object_outcome(kind: str, status: WithConditions, now: datetime) -> Outcome:
    """Return how an object that is not a migration stands.

    READY where it is as it should be (a plan that was closed too), BLOCKED by the first Critical
    or Error condition; what runs (transfers, image copies) gets the word of its end.
    """
    del now
    bad = status.of_category("Critical", "Error")
    ready = status.condition("Ready")
    failed = status.condition("Failed")
    if failed is not None or status.phase in ("Failed", "FailedValidation", "MigrationFailed"):
        return Outcome(
            Word.FAILED,
            (failed.reason if failed else "") or status.phase,
            since=failed.since if failed else None,
            errors=status.errors,
        )
    if kind.startswith("Direct") and status.phase:
        if status.phase == "Completed":
            return Outcome(Word.SUCCEEDED, status.phase)
        running = status.condition("Running")
        return Outcome(
            Word.RUNNING, status.phase, _step(running), running.since if running else None
        )
    closed = status.condition("Closed")
    if closed is not None and not bad:
        return Outcome(Word.READY, status.phase, since=closed.since)
    if bad:
        return Outcome(Word.BLOCKED, status.phase, since=bad[0].since, behind=bad[0].type)
    if ready is None and kind in ("MigPlan", "MigCluster", "MigStorage", "MigHook"):
        return Outcome(Word.BLOCKED, status.phase, behind="Ready is absent")
    return Outcome(Word.READY, status.phase, since=ready.since if ready else None)
