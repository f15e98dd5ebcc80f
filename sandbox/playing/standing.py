"""How the status of a MigMigration shows where it stands.

Conditions, categories and messages: mig-controller pkg/controller/migmigration (migrate.go,
validation.go). Each function changes the object it is given; ``stamp`` is the present time.
"""

from __future__ import annotations

from bot.clusters.port import Json
from sandbox.playing import pipeline as steps
from sandbox.playing.timeline import Phase
from sandbox.playing.world import clear_conditions, set_condition

BLOCKING = frozenset({"PlanNotReady", "Postponed"})
"""Conditions that stop a run and go by themselves."""


def show_phase(migration: Json, phase: Phase, stamp: str) -> None:
    """Show the phase that was entered."""
    migration["status"]["phase"] = phase.name
    steps.enter(migration["status"]["pipeline"], phase, stamp)
    show_running(migration, phase, stamp)


def show_ready(migration: Json, stamp: str) -> None:
    """Show that nothing is wrong with it."""
    set_condition(
        migration, stamp, type="Ready", category="Required", message="The migration is ready."
    )


def show_running(migration: Json, phase: Phase, stamp: str) -> None:
    """Show that it runs, and in which phase."""
    set_condition(
        migration,
        stamp,
        type="Running",
        category="Advisory",
        reason=phase.name,
        message=f"Step: {phase.number}/{phase.total}",
    )


def show_blocked(migration: Json, condition: Json, stamp: str) -> None:
    """Show what stops it: ``Running`` and ``Ready`` go."""
    clear_conditions(migration, "Running", "Ready", *BLOCKING - {condition["type"]})
    set_condition(migration, stamp, category="Critical", **condition)


def show_warning(migration: Json, type_: str, message: str, stamp: str) -> None:
    """Show a warning that stays to the end."""
    set_condition(migration, stamp, type=type_, category="Warn", durable=True, message=message)


def show_failed(migration: Json, reason: str, step: str, errors: list[str], stamp: str) -> None:
    """Show that it failed for good, in which step and why."""
    clear_conditions(migration, "Running", "Ready")
    _end(migration, "Failed", reason, "The migration has failed.  See: Errors.", stamp)
    status = migration["status"]
    status.update(itinerary="Failed", phase="Completed", errors=errors)
    steps.fail(status["pipeline"], step, stamp)


def show_canceling(migration: Json, phases: list[Phase], stamp: str) -> None:
    """Show that it is being canceled: the steps of the cancel follow those that were begun."""
    status = migration["status"]
    status["itinerary"] = "Cancel"
    steps.end(status["pipeline"], stamp)
    begun = [step for step in status["pipeline"] if "started" in step]
    names = {step["name"] for step in begun}
    status["pipeline"] = begun + [s for s in steps.begun(phases) if s["name"] not in names]
    _end(migration, "Canceling", "Cancel", "The migration is being canceled.", stamp)


def show_completed(migration: Json, canceled: bool, stamp: str) -> None:
    """Show its end. A canceled one has ``Succeeded`` beside ``Canceled``, as MTC writes it."""
    status = migration["status"]
    clear_conditions(migration, "Running", "Ready", "Canceling")
    warned = any(condition.get("category") == "Warn" for condition in status["conditions"])
    status["phase"] = "Completed"
    steps.end(status["pipeline"], stamp)
    if canceled:
        _end(migration, "Canceled", "Cancel", "The migration has been canceled.", stamp)
    if warned and not canceled:
        message = "The migration has completed with warnings, please look at `Warn` conditions."
        _end(migration, "SucceededWithWarnings", "Completed", message, stamp)
    else:
        message = "The migration has completed successfully."
        _end(migration, "Succeeded", "Completed", message, stamp)


def _end(migration: Json, type_: str, reason: str, message: str, stamp: str) -> None:
    set_condition(
        migration,
        stamp,
        type=type_,
        category="Advisory",
        durable=True,
        reason=reason,
        message=message,
    )
