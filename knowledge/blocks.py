"""Objects that stand among other text, found where they begin and end.

People paste an object with the command that printed it, with what they want to say about it and
with more objects and log lines after it. Such a text as a whole is no YAML and no JSON; its
objects are, and what an object tells by its kind and its fields is in none of its lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MAX_LINES = 20_000
"""Lines of a text in which objects are looked for; a longer one is a log."""
_MAX_JSON = 64
"""Objects in JSON that are looked for: each is read from where it begins."""
_BEGIN = re.compile(
    r"^(?P<indent>\s*)(?:- )?(?:apiVersion|kind|metadata|items|status|conditions"
    r"|containerStatuses|initContainerStatuses|state|lastState):(?:\s|$)"
)
_ENTRY = re.compile(r"^\s*(?:- |-$|['\"]?[A-Za-z][\w./-]*['\"]?:(?:\s|$))")
_KIND = re.compile(r"^\s*(?:- )?(?:apiVersion|kind):\s")
_JSON = re.compile(r"^\s*[{\[]\s*(?:$|[\"{])")


@dataclass(frozen=True, slots=True)
class Block:
    """An object in a text: its first line, the line after its last one, and what it is."""

    begin: int
    end: int
    text: str
    """The lines without the indentation that all of them have."""


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield where in the lines objects stand, in their order; none overlap."""
    if len(lines) > _MAX_LINES:
        return
    index = tried = 0
    while index < len(lines):
        end = index
        if begin := _BEGIN.match(lines[index]):
            end = _end(lines, index, len(begin["indent"]))
        elif _JSON.match(lines[index]) and tried < _MAX_JSON:
            tried += 1
            end = _end_of_json(lines, index)
        if end - index > 1 or (end > index and not begin):
            yield Block(index, end, _dedented(lines[index:end]))
        index = max(end, index + 1)


def _end(lines: Sequence[str], begin: int, indent: int) -> int:
    """Return where the object ends: at a line that is none of its fields and not beneath one."""
    last = begin
    named = bool(_KIND.match(lines[begin]))
    for index in range(begin + 1, len(lines)):
        line = lines[index]
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        if depth < indent or (depth == indent and not _ENTRY.match(line)):
            break
        if depth == indent and line.lstrip().startswith("apiVersion:"):
            if named and index > begin + 1:
                break
            named = True
        last = index
    return last + 1


def _end_of_json(lines: Sequence[str], begin: int) -> int:
    """Return where an object in JSON ends; where it begins where it has no end."""
    rest = "\n".join(lines[begin:])
    start = len(rest) - len(rest.lstrip())
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(rest, start)
    except (ValueError, RecursionError):
        return begin
    return begin + rest.count("\n", 0, end) + 1


def _dedented(lines: Sequence[str]) -> str:
    depth = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)
    return "\n".join(line[depth:] for line in lines)
