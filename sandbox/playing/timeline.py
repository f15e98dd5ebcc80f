"""Which phases a run passes through, in MTC's order, and how long each lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.mtc import phases
from sandbox.scenarios.loading import templates
from sandbox.scenarios.schema import App, Run

ORDER: dict[str, tuple[str, ...]] = {
    "Stage": phases.STAGE,
    "Final": phases.FINAL,
    "Cancel": phases.CANCEL,
    "Rollback": phases.ROLLBACK,
    "VolumeMigration": phases.VOLUME,
}
_TABLE = {"Cancel": "cancel", "Rollback": "rollback", "VolumeMigration": "transfer"}
ITINERARY = {"stage": "Stage", "cutover": "Final", "rollback": "Rollback"}
BRIEF = 0.1
"""Seconds of a phase in which there is nothing to wait for."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a run."""

    name: str
    step: str
    """The step of the pipeline it belongs to."""
    number: int
    """Its place in the whole itinerary, skipped phases counted, as MTC shows it."""
    total: int
    seconds: float
    says: str


def timeline(itinerary: str, app: App, run: Run, seconds: Mapping[str, float]) -> list[Phase]:
    """Return the phases of an itinerary that the application's volumes and hooks call for."""
    table: dict[str, dict[str, Any]] = templates("phases")[_TABLE.get(itinerary, "migration")]
    order = ORDER[itinerary]
    total = len(order) + 1
    return [
        Phase(
            name,
            table[name].get("step", ""),
            number,
            total,
            float(seconds.get(name, _usual_seconds(table[name], app))),
            table[name]["says"],
        )
        for number, name in enumerate(order, start=2)
        if _needed(name, table[name].get("needs", ""), itinerary, app, run)
    ]


def _usual_seconds(phase: dict[str, Any], app: App) -> float:
    if app.copy_by != "none" and "seconds_with_volumes" in phase:
        return float(phase["seconds_with_volumes"])
    return float(phase.get("seconds", BRIEF))


def _needed(name: str, needs: str, itinerary: str, app: App, run: Run) -> bool:
    direct, restic = app.copy_by == "direct", app.copy_by == "restic"
    match needs:
        case "":
            return True
        case "quiesce":
            return run.kind == "cutover"
        case "direct":
            return direct
        case "restic":
            return restic
        case "volumes":
            return restic or (direct and itinerary != "Stage")
        case "velero":
            return restic or itinerary != "Stage"
        case "hook":
            return any(f"{hook.phase}Hooks" == name for hook in app.hooks)
        case _:
            return False
