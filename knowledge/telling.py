"""The lines that tell most where no entry knows the failure.

A line tells the more the worse it says things are, the rarer its kind is and the nearer it stands
to the failure. Of lines that say the same only the nearest is taken. What an entry knows already,
noise above all, is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from knowledge.observations import Observation
from knowledge.templates import Template, Templates

MOST = 5
"""Lines that are shown."""
ALARMING = (
    r"\berr(?:or)?s?\b|fail|fatal|panic|denied|refused|forbidden|unauthori[sz]ed|timed? ?out"
    r"|deadline|unable|cannot|can't|could not|couldn't|not found|no such|not allowed|invalid"
    r"|exceed|unavailable|unreachable|rejected|corrupt|missing|abort|killed|evicted|crash"
    r"|exception|backoff|back-off|conflict|unexpected|insufficient|no space|warn"
)
"""Words that make a line worth a look, whatever language of errors a component speaks."""
_ALARMING = re.compile(ALARMING, re.IGNORECASE)
_LEVELS = {"fatal": 3.0, "error": 2.2, "warning": 1.3, "": 1.0, "info": 0.5, "debug": 0.3}
_STATUS = 3.0
"""What MTC and Velero write into a status was written for people."""
_MINUTES = 10.0
"""Distance from the failure at which a line counts half."""


@dataclass(slots=True)
class _Best:
    observation: Observation
    template: Template
    minutes: float
    weight: float


def alarming(line: str) -> bool:
    """Return whether a line has a word of trouble in it."""
    return _ALARMING.search(line) is not None


def most_telling(
    seen: Iterable[tuple[Observation, bool]],
    failed_at: datetime | None,
    known: Callable[[Observation], bool],
    most: int = MOST,
) -> tuple[Observation, ...]:
    """Return the most telling of the observations, the best first.

    ``seen`` pairs each with whether it bears on the failure; the others only count for how rare
    a kind of line is. ``known`` says whether an entry speaks of an observation.
    """
    templates = Templates()
    best: dict[int, _Best] = {}
    for observation, bears in seen:
        template = templates.add(observation.text)
        if not bears:
            continue
        minutes = _minutes(observation.time, failed_at)
        held = best.get(id(template))
        if held is None or minutes < held.minutes:
            best[id(template)] = _Best(observation, template, minutes, _weight(observation))
    ordered = sorted(best.values(), key=_score, reverse=True)
    found: list[Observation] = []
    for each in ordered:
        if len(found) == most:
            break
        if not known(each.observation):
            found.append(each.observation)
    return tuple(found)


def _weight(observation: Observation) -> float:
    if observation.kind in ("status", "condition"):
        return _STATUS
    weight = _LEVELS.get(observation.level, 1.0)
    return weight if alarming(observation.text) else weight / 2


def _score(each: _Best) -> float:
    rarity = 1 / math.log2(1 + max(each.template.count, 1))
    return each.weight * rarity * (1 / (1 + each.minutes / _MINUTES))


def _minutes(time: datetime | None, failed_at: datetime | None) -> float:
    if time is None or failed_at is None:
        return 2.0
    return abs((time - failed_at).total_seconds()) / 60
