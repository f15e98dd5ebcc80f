"""Failures that an Ansible playbook was told to ignore, in a log that comes line by line.

The operator and the hooks are Ansible. A failed task is told with the same words whether or not
the playbook goes on; only a line that follows, ``...ignoring``, makes the difference. So a
failure is held back until it is known, for the few lines that the answer of a task may take.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from knowledge.matching.automaton import LineHit

TASK_LINES = 60
"""Lines that the answer of a failed task may take."""
_FAILED = re.compile(rb"\b(?:fatal|failed): \[")
_IGNORING = re.compile(rb"(?:^|\s)\.\.\.ignoring\s*$")


def standing(hits: Iterable[LineHit]) -> Iterator[LineHit]:
    """Yield the hits of a log, in order, without those of failures that were ignored."""
    held: list[LineHit] = []
    for hit in hits:
        if held and hit.number - held[0].number > TASK_LINES:
            yield from held
            held.clear()
        if _FAILED.search(hit.line):
            yield from held
            held = [hit]
        elif held and _IGNORING.search(hit.line):
            held.clear()
            yield hit
        elif held:
            held.append(hit)
        else:
            yield hit
    yield from held
