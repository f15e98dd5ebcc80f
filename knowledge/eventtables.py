"""Which rows of events are over.

A pod that could not be scheduled for a minute, and then was, is not what somebody asks about. The
table of ``oc describe`` is about one object and lists events by when they were last seen; in that
of ``oc get events`` each row names its object, in any order. A failure that was last seen before
its remedy took place tells nothing any more; nor does a readiness probe that failed only while
its container was starting.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_ROW = re.compile(
    r"^\W*(?:Warning|Normal)\s+(?P<reason>[A-Z]\w+)\s+"
    r"(?P<age>(?:\d+[dhms]){1,4})\b(?P<rest>.*)"
)
_LISTED = re.compile(
    r"^\W*(?:[\w-]+\s+)?(?P<age>(?:\d+[dhms]){1,4})\b(?: \([^)]*\))?\s+(?:Warning|Normal)\s+"
    r"(?P<reason>[A-Z]\w+)\s+(?P<object>[a-z]+(?:\.[a-z.]+)?/\S+)\s(?P<rest>.*)"
)
_HEADER = re.compile(r"^\W*(?:Events:|Type\s+Reason\s+Age\b)")
_PARTS = re.compile(r"(\d+)([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

_RUNS = frozenset({"Pulling", "Pulled", "Created", "Started"})
_REMEDIES = {
    "FailedScheduling": _RUNS | {"Scheduled"},
    "NotTriggerScaleUp": _RUNS | {"Scheduled"},
    "FailedAttachVolume": _RUNS | {"SuccessfulAttachVolume"},
    "FailedMount": _RUNS,
    "FailedCreatePodSandBox": _RUNS,
    "NetworkNotReady": _RUNS,
    "ProvisioningFailed": frozenset({"ProvisioningSucceeded"}),
    "FailedCreate": frozenset({"SuccessfulCreate"}),
    "NodeNotReady": frozenset({"NodeReady"}),
    "Rebooted": frozenset({"NodeReady"}),
    "NodeHasDiskPressure": frozenset({"NodeHasNoDiskPressure"}),
    "NodeHasInsufficientMemory": frozenset({"NodeHasSufficientMemory"}),
    "NodeHasInsufficientPID": frozenset({"NodeHasSufficientPID"}),
}
"""For a failure the events after which it is over. One image that was pulled says nothing of
another, so failures to pull are never over."""
_STARTING = 120
"""Seconds after its start in which a container may well not be ready."""
_PROBED = 60
"""Seconds after which a probe that still failed would have been seen again."""


@dataclass(frozen=True, slots=True)
class _Row:
    index: int
    reason: str
    age: int
    """Seconds since it was last seen."""
    said: str = ""


def overcome(lines: Sequence[str]) -> set[int]:
    """Return the indices of the lines of events that were over when the table was printed."""
    over: set[int] = set()
    for table in _tables(lines):
        for position, row in enumerate(table):
            later = table[position + 1 :]
            if any(_remedied(row, other) for other in later) or _was_starting(row, table):
                over.update(range(row.index, _end(lines, row.index)))
    for table in _listed(lines):
        over.update(
            row.index
            for row in table
            if any(_remedied(row, other) for other in table if other.age < row.age or _final(other))
            or _was_starting(row, table)
        )
    return over


def _remedied(row: _Row, other: _Row) -> bool:
    return other.reason in _REMEDIES.get(row.reason, ()) and other.age <= row.age


def _was_starting(row: _Row, table: Sequence[_Row]) -> bool:
    """Whether it says of a pod that ran for a while that it was not ready right after its start."""
    return (
        row.reason == "Unhealthy"
        and row.age >= _PROBED
        and re.search(r"\b(?:Readiness|Startup) probe\b", row.said) is not None
        and any(
            other.reason == "Started" and 0 <= other.age - row.age <= _STARTING for other in table
        )
    )


def _final(row: _Row) -> bool:
    """Whether what came about stays so: a pod is scheduled once."""
    return row.reason in ("Scheduled", "ProvisioningSucceeded")


def _listed(lines: Sequence[str]) -> Iterable[list[_Row]]:
    """Return the rows of ``oc get events`` by the object that they are about."""
    tables: defaultdict[str, list[_Row]] = defaultdict(list)
    for index, line in enumerate(lines):
        if row := _LISTED.match(line):
            tables[row["object"]].append(_row(index, row))
    return tables.values()


def _tables(lines: Sequence[str]) -> Iterator[list[_Row]]:
    table: list[_Row] = []
    for index, line in enumerate(lines):
        if _HEADER.match(line):
            yield table
            table = []
        elif row := _ROW.match(line):
            table.append(_row(index, row))
    yield table


def _row(index: int, row: re.Match[str]) -> _Row:
    return _Row(index, row["reason"], _seconds(row["age"]), row["rest"])


def _end(lines: Sequence[str], begin: int) -> int:
    """Return where the next row begins: until there, lines go on with the message."""
    for index in range(begin + 1, len(lines)):
        line = lines[index]
        if not line.strip(" >") or _ROW.match(line) or _HEADER.match(line):
            return index
    return len(lines)


def _seconds(age: str) -> int:
    return sum(int(number) * _SECONDS[unit] for number, unit in _PARTS.findall(age))
