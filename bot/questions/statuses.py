"""How one object stands, with the steps of a migration's pipeline: no judging, no logs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ControlPlane, NotFound, ObjectRef
from bot.mtc.models import MigPlan, read
from bot.mtc.models.base import Meta, WithConditions
from bot.mtc.models.migration import Step
from bot.mtc.outcome import object_outcome, outcome
from bot.mtc.outcome_words import Word
from bot.mtc.progress import progress
from bot.mtc.waiting import waits_for
from bot.questions.listing import patiently
from bot.questions.overview import Row, host_view, problem
from bot.redaction import redact
from knowledge.texts import LocalText

StepState = Literal["done", "running", "failed", "skipped", "waiting"]


@dataclass(frozen=True, slots=True)
class PipelineStep:
    """One step of a migration as MTC's own console shows it."""

    name: str
    state: StepState
    message: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """How an object stands; for a migration with its plan, clusters and steps."""

    row: Row
    kind: str
    namespaces: tuple[str, ...] = ()
    source: str = ""
    destination: str = ""
    pipeline: tuple[PipelineStep, ...] = ()
    progress: tuple[str, ...] = ()
    """Progress lines of the running step, as MTC wrote them."""
    conditions: tuple[str, ...] = ()
    """Critical, Error and Warn conditions in force: ``Type: message``."""
    waits_for: LocalText | None = None
    """What MTC waits for in the present phase; None where it is not a phase that waits."""


def status_of(plane: ControlPlane, target: ObjectRef, now: datetime) -> Status:
    """Return how the target stands. Raises ``NotFound`` and other ``ClusterError``."""
    if target.kind == k.MIGMIGRATION.kind:
        return _migration(plane, target, now)
    kind = k.BY_KIND[target.kind]
    obj = plane.host.get(kind, target.name, MTC_NAMESPACE)
    stands = read(WithConditions, obj.get("status"))
    judged = object_outcome(target.kind, stands, now)
    plan = read(MigPlan, obj) if kind is k.MIGPLAN else None
    created = read(Meta, obj.get("metadata")).created
    conditions = _conditions(stands)
    row = Row(
        plane.name,
        target.name,
        target.name if plan else "",
        judged,
        created,
        conditions[0] if conditions else "",
    )
    return replace(_of_plan(row, target.kind, plan), conditions=conditions)


def _migration(plane: ControlPlane, target: ObjectRef, now: datetime) -> Status:
    found = patiently(
        lambda: next(
            (o for o in host_view(plane.host, now) if o.migration.name == target.name), None
        )
    )
    if found is None:
        raise NotFound(f"There is no migration {target.name} on {plane.name}.", cluster=plane.name)
    judged = outcome(found, now)
    migration = found.migration
    running = next((s for s in migration.status.pipeline if step_state(s) == "running"), None)
    row = Row(
        plane.name,
        migration.name,
        migration.spec.mig_plan_ref.name,
        judged,
        migration.metadata.created,
        problem(found, judged),
        progress(found, now),
    )
    going = judged.word in (Word.RUNNING, Word.STALLED)
    return replace(
        _of_plan(row, target.kind, found.plan),
        pipeline=tuple(_step(s) for s in migration.status.pipeline),
        progress=tuple(redact(line) for line in (running.progress if running else ())[:10]),
        conditions=_conditions(migration.status),
        waits_for=waits_for(judged.phase, judged.behind) if going else None,
    )


def _of_plan(row: Row, kind: str, plan: MigPlan | None) -> Status:
    if plan is None:
        return Status(row, kind)
    spec = plan.spec
    return Status(
        row, kind, spec.namespaces, spec.src_mig_cluster_ref.name, spec.dest_mig_cluster_ref.name
    )


def _step(step: Step) -> PipelineStep:
    return PipelineStep(step.name, step_state(step), redact(step.message))


def step_state(step: Step) -> StepState:
    """Return how a pipeline step stands, from its flags and times."""
    if step.failed:
        return "failed"
    if step.skipped:
        return "skipped"
    if step.completed:
        return "done"
    return "running" if step.started else "waiting"


def _conditions(status: WithConditions) -> tuple[str, ...]:
    return tuple(
        redact(f"{c.type}: {c.message}")
        for c in status.of_category("Critical", "Error", "Warn")
        if c.type != "Postponed"
    )
