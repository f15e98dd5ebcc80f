"""How long a phase may last, learned from what this controller has done before.

MTC keeps no times of single phases, but the pipeline of a finished migration says when each step
began and ended. A phase cannot rightly last much longer than its whole step used to. Guarantees:
too little history changes nothing; what was learned stays within sane bounds of the bot's own
limits (``bot.mtc.phases``), so that one odd week neither silences stalls nor invents them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.mtc.models import MigMigration
from bot.mtc.models.migration import Step
from bot.mtc.phases import COPYING, limit
from knowledge.matching.loglines import parse_time

ENOUGH = 5
"""Times a step must have been seen before it teaches anything."""
NEWEST = 200
"""Migrations that are looked at; older ones say little of the present."""
TIMES = 3
"""A phase may last this many times the 95th percentile of its step."""
LEAST, MOST = 1 / 3, 4
"""Bounds of what is learned, in parts of the limit that holds without history."""
_COPYING_STEPS = frozenset(
    {
        "Backup",
        "StageBackup",
        "StageRestore",
        "DirectImage",
        "DirectVolume",
        "Restore",
    }
)
"""Steps with a phase that may last for hours: they lengthen the limit of no other phase."""
_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one control cluster; without history, the bot's own."""

    usual: Mapping[str, timedelta] = field(default_factory=dict)
    """By pipeline step: the 95th percentile of how long it took."""

    def of(self, phase: str, step: str = "") -> timedelta:
        """Return how long a phase of a pipeline step may last before it counts as stalled."""
        base = limit(phase)
        usual = self.usual.get(step)
        if usual is None:
            return base
        learned = max(TIMES * usual, base * LEAST)
        if phase not in COPYING and step in _COPYING_STEPS:
            return min(learned, base)
        return min(learned, base * MOST)


Lesson = tuple[tuple[str, timedelta], ...]
"""What one migration teaches: pipeline steps and how long each took."""


def lesson(migration: MigMigration) -> Lesson:
    """Return what a migration teaches; nothing unless it went well."""
    if not went_well(migration):
        return ()
    steps = ((step.name, _span(step)) for step in migration.status.pipeline)
    return tuple((name, span) for name, span in steps if span is not None)


def learned(lessons: Iterable[Lesson]) -> Limits:
    """Return the limits that these lessons teach together."""
    seen: dict[str, list[timedelta]] = defaultdict(list)
    for each in lessons:
        for name, span in each:
            seen[name].append(span)
    return Limits({name: _usual(spans) for name, spans in seen.items() if len(spans) >= ENOUGH})


def learn(migrations: Iterable[MigMigration]) -> Limits:
    """Return the limits that the newest of these migrations teach, of those that went well."""
    finished = [m for m in migrations if went_well(m)]
    finished.sort(key=lambda m: m.metadata.created or _OLDEST, reverse=True)
    return learned(lesson(m) for m in finished[:NEWEST])


def went_well(migration: MigMigration) -> bool:
    """Return whether a stage run or a cutover has succeeded, with warnings or without."""
    status = migration.status
    return (
        status.phase == "Completed"
        and status.itinerary in ("Stage", "Final")
        and (status.condition("Succeeded") or status.condition("SucceededWithWarnings")) is not None
        and status.condition("Canceled") is None
        and status.condition("Failed") is None
    )


def _span(step: Step) -> timedelta | None:
    begun, ended = parse_time(step.started), step.ended
    if step.failed or step.skipped or begun is None or ended is None or ended < begun:
        return None
    return ended - begun


def _usual(spans: list[timedelta]) -> timedelta:
    ordered = sorted(spans)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]
