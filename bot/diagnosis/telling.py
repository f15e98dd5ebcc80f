"""What tells most about a failure that no entry knows: statuses, events and rare log lines.

Read only where no cause was found, since it goes over the logs a second time. Bytes a log and
lines in all are bounded; a log that cannot be read is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from bot.clusters.port import LogSource
from bot.diagnosis.dossier import Dossier
from bot.diagnosis.evidence import object_observations
from bot.diagnosis.findings import Quote
from bot.diagnosis.logevidence import bearing_logs
from bot.diagnosis.reporting import quote
from bot.mtc.outcome_words import Outcome
from knowledge.matching.automaton import Automaton
from knowledge.matching.engine import Engine
from knowledge.matching.loglines import head
from knowledge.observations import Observation
from knowledge.telling import ALARMING, most_telling

MAX_BYTES = 64 << 20
"""Bytes of one log that are looked at."""
MAX_LINES = 20_000
"""Alarming lines of all logs that are compared."""
_TOLD_ELSEWHERE = (".progress", ".pipeline[", " metadata.annotations[")
"""Where texts of a status stand that say how far it is, or how something was set up."""
_SETTING = re.compile(
    rb"^\s*[\w./-]*(?:timeout[:=]\s*(?:\d+(?:ms|[hms]))+|failed:\s*0)\s*$", re.IGNORECASE
)
"""Time limits and counts of none as Velero's descriptions list them: only their names alarm."""
_ALARM = Automaton([(ALARMING.encode(), True)])


def telling(
    dossier: Dossier, outcome: Outcome, engine: Engine, mask: Callable[[str], str]
) -> tuple[Quote, ...]:
    """Return the most telling pieces of evidence, best first, redacted by ``mask``."""
    found = most_telling(
        _seen(dossier),
        outcome.since,
        lambda observation: bool(engine.match([observation])),
    )
    return tuple(quote(observation, mask) for observation in found)


def _seen(dossier: Dossier) -> Iterator[tuple[Observation, bool]]:
    for observation in object_observations(dossier):
        if observation.text and _complains(observation):
            yield observation, True
    yield from islice(_lines(dossier), MAX_LINES)


def _complains(observation: Observation) -> bool:
    fields = observation.fields
    match observation.kind:
        case "condition":
            bad = fields.get("category") in ("Critical", "Error", "Warn")
            return bad or fields.get("type") == "Failed"
        case "status":
            return not any(part in observation.where for part in _TOLD_ELSEWHERE)
        case "event" | "pod":
            return True
        case _:
            return False


def _lines(dossier: Dossier) -> Iterator[tuple[Observation, bool]]:
    for source, bears in bearing_logs(dossier):
        try:
            for hit in _ALARM.lines(_bounded(source)):
                if _SETTING.match(hit.line):
                    continue
                line = hit.line.decode("utf-8", "replace").rstrip("\r")
                said = head(line)
                observation = Observation(
                    "log",
                    line,
                    where=f"{source.where}:{hit.number}",
                    component=source.component,
                    level=said.level,
                    time=said.time,
                )
                yield observation, bears(observation)
        except Exception:  # noqa: S112 - a log that breaks off has told what it had to tell
            continue


def _bounded(source: LogSource) -> Iterable[bytes]:
    left = MAX_BYTES
    for chunk in source.open():
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return
