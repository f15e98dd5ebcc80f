"""The pipeline in a migration's status: its steps as people see them in MTC's console."""

from __future__ import annotations

from bot.clusters.port import Json
from sandbox.playing.timeline import Phase


def begun(phases: list[Phase]) -> list[Json]:
    """Return the steps of an itinerary, none of them started."""
    steps = dict.fromkeys(phase.step for phase in phases)
    return [{"name": step, "message": "Not started"} for step in steps]


def enter(pipeline: list[Json], phase: Phase, stamp: str) -> None:
    """Show that a phase was entered: its step runs, those that ran before are complete."""
    for step in pipeline:
        if step["name"] == phase.step:
            step.pop("completed", None)
            step.setdefault("started", stamp)
            step.update(phase=phase.name, message=phase.says)
        else:
            _complete(step, stamp)


def end(pipeline: list[Json], stamp: str) -> None:
    """Show that all is done."""
    for step in pipeline:
        _complete(step, stamp)


def fail(pipeline: list[Json], step_name: str, stamp: str) -> None:
    """Show that a step failed: the clean-up fails with it, what was to come is skipped."""
    for step in pipeline:
        if step["name"] in (step_name, "Cleanup"):
            step.pop("phase", None)
            step.setdefault("started", stamp)
            step.update(failed=True, message="Failed", completed=stamp)
        elif "started" not in step:
            step.update(skipped=True, message="Skipped")
        else:
            _complete(step, stamp)


def note(pipeline: list[Json], step_name: str, progress: list[str]) -> None:
    """Put lines of progress to a step."""
    for step in pipeline:
        if step["name"] == step_name:
            step["progress"] = progress


def _complete(step: Json, stamp: str) -> None:
    if "started" in step and "completed" not in step and not step.get("failed"):
        step.pop("phase", None)
        step.update(message="Completed", completed=stamp)
