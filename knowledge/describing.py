"""Conditions in text: what ``oc describe`` prints, or YAML that was cut off, as conditions.

People paste what is on their screen. A condition is known by its type, not by its message alone,
so its lines are gathered into one fact again. Lines that are no condition are left to others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.observations import Observation
from knowledge.observing import observe

_FIELDS = frozenset(
    {
        "category",
        "durable",
        "items",
        "lastheartbeattime",
        "lastprobetime",
        "lasttransitiontime",
        "lastupdatetime",
        "message",
        "observedgeneration",
        "reason",
        "status",
        "type",
    }
)
_STATES = frozenset({"true", "false", "unknown"})
_LINE = re.compile(
    r"^(?P<indent>\s*)(?P<dash>-\s+)?(?P<key>[A-Za-z][A-Za-z ]*):(?:\s+(?P<value>.*))?$"
)
_TOP = re.compile(r"^(?P<key>kind|name):\s+(?P<value>[\w.-]+)\s*$", re.IGNORECASE)
_INLINE = re.compile(
    r"(?:^|[\s,;{])\"?(?P<key>type|status|reason|category|message)\"?[:=]\s*", re.IGNORECASE
)


def described(lines: Sequence[str], component: str = "") -> tuple[list[Observation], set[int]]:
    """Return the conditions in the lines, and the indices of the lines that they took."""
    top = {m["key"].lower(): m["value"] for line in lines if (m := _TOP.match(line))}
    found: list[Observation] = []
    taken: set[int] = set()
    for condition, used in _blocks(lines):
        if not {"type", "status"} <= condition.keys():
            continue
        if condition["status"].lower() not in _STATES:
            continue
        taken.update(used)
        found += _observed(condition, top, component)
    return found, taken


def _observed(
    condition: dict[str, str], top: dict[str, str], component: str
) -> Iterator[Observation]:
    obj = {
        "kind": top.get("kind", ""),
        "metadata": {"name": top.get("name", "")},
        "status": {"conditions": [condition]},
    }
    for fact in observe(obj):
        if fact.kind != "object":
            yield Observation(
                fact.kind,
                fact.text,
                fact.subject,
                fact.where,
                component or fact.component,
                fact.level,
                fact.time,
                fact.fields,
            )


def _blocks(lines: Sequence[str]) -> Iterator[tuple[dict[str, str], list[int]]]:
    block: dict[str, str] = {}
    used: list[int] = []
    last, indent = "", 0
    for index, line in enumerate(lines):
        if len(inline := _inline(line)) > 2:
            yield inline, [index]
            continue
        field = _LINE.match(line)
        key = field["key"].replace(" ", "").lower() if field else ""
        if field is None or key not in _FIELDS or not field["value"]:
            if block and last and len(line) - len(line.lstrip()) > indent and line.strip():
                block[last] = f"{block[last]} {line.strip()}".strip("'\" ")
                used.append(index)
            elif block:
                yield block, used
                block, used, last = {}, [], ""
            continue
        if field["dash"] or key in block or (last == "type" and "status" in block):
            yield block, used
            block, used = {}, []
        block[key] = field["value"].strip().strip("'\"")
        used.append(index)
        last, indent = key, len(field["indent"]) + len(field["dash"] or "")
    yield block, used


def _inline(line: str) -> dict[str, str]:
    """Return a condition that stands on one line: ``Type: X Status: True Message: ...``."""
    marks = list(_INLINE.finditer(line))
    if not {"type", "status"} <= {mark["key"].lower() for mark in marks}:
        return {}
    condition: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        key = mark["key"].lower()
        stop = following.start() if following and key != "message" else len(line)
        if key not in condition:
            condition[key] = line[mark.end() : stop].strip().strip("'\",")
        if key == "message":
            break
    return condition
