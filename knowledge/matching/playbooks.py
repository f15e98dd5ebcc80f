"""Failures that an Ansible playbook was told to ignore, or mended itself, in a log.

The operator and the hooks are Ansible. A failed task is told with the same words whether or not
the playbook goes on. Two things that follow make the difference: the line ``...ignoring``, and at
the end a recap that counts no failure, since what was rescued counts as none. Whose playbook it
is, its tasks tell: all of the operator's belong to one role.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from knowledge.matching.automaton import LineHit

TASK_LINES = 60
"""Lines that the answer of a failed task may take."""
PLAY_LINES = 5000
"""Lines between a task and the recap of its playbook."""
_HELD = 500
"""Hits that wait for a recap at most."""
_FAILED = re.compile(
    rb"\bfatal: \[[^\]\s]+\]|\bfailed: \[[^\]\s]+\] \(item=|\[playbook task failed\]"
)
_IGNORING = re.compile(rb"(?:^|[\s>])\.\.\.ignoring\s*$")
_TASK = re.compile(r"^\s*TASK \[", re.MULTILINE)
_OPERATORS = re.compile(
    r"migrationcontroller|/opt/ansible/|Kind=MigrationController|\"logger\":|Ansible Task Status"
)
"""What stands around the tasks of the operator."""
_RECAP = re.compile(rb"\sok=\d+ .{0,80}\bunreachable=(\d+)\s+failed=(\d+)\b")


def standing(hits: Iterable[LineHit]) -> Iterator[LineHit]:
    """Yield the hits of a log, in order, without those of failures that came to nothing."""
    held: list[LineHit] = []
    for hit in hits:
        if held and (hit.number - held[0].number > PLAY_LINES or len(held) >= _HELD):
            yield from held
            held.clear()
        if (recap := _RECAP.search(hit.line)) is not None:
            yield from (one for one in held if not (_went_well(recap) and _fails(one.line)))
            held.clear()
            yield hit
        elif held and _IGNORING.search(hit.line):
            _forget(held, hit.number)
            held.append(hit)
        elif held or _fails(hit.line):
            held.append(hit)
        else:
            yield hit
    yield from held


def ignored(lines: Sequence[str]) -> set[int]:
    """Return the indices of the lines of a text that tell of failures that came to nothing."""
    found: set[int] = set()
    begun = 0
    for last, line in enumerate(lines):
        raw = line.encode()
        if _IGNORING.search(raw):
            for index in range(last, max(last - TASK_LINES, -1), -1):
                found.add(index)
                if _fails(lines[index].encode()):
                    break
        elif (recap := _RECAP.search(raw)) is not None:
            if _went_well(recap):
                for index in range(begun, last):
                    if _fails(lines[index].encode()):
                        found |= _answer(lines, index, last)
            begun = last + 1
    return found


def answered(lines: Sequence[str]) -> list[str]:
    """Return the lines with what a failed task answered joined to it; nothing where none did.

    The recap that counts the failure tells nothing more, and is left out.
    """
    joined: list[str] = []
    at = 0
    failed = False
    while at < len(lines):
        end = at + 1
        line = lines[at].encode()
        if _fails(line):
            failed = True
            end = max(_answer(lines, at, min(len(lines), at + TASK_LINES))) + 1
        elif failed and _RECAP.search(line) is not None:
            at = end
            continue
        joined.append(" ".join([lines[at], *(line.strip() for line in lines[at + 1 : end])]))
        at = end
    return joined if len(joined) < len(lines) else []


def ran_by(text: str) -> str:
    """Return ``hook`` where a text shows tasks of Ansible that are none of the operator's; else
    nothing."""
    return "hook" if _TASK.search(text) and not _OPERATORS.search(text) else ""


def _fails(line: bytes) -> bool:
    return _FAILED.search(line) is not None


def _went_well(recap: re.Match[bytes]) -> bool:
    return not int(recap[1]) and not int(recap[2])


def _forget(held: list[LineHit], before: int) -> None:
    """Drop the last failure, and what its answer said, where it is near enough."""
    for at in range(len(held) - 1, -1, -1):
        if before - held[at].number > TASK_LINES:
            return
        if _fails(held[at].line):
            del held[at:]
            return


def _answer(lines: Sequence[str], at: int, end: int) -> set[int]:
    """Return the lines of a failed task's answer: it is indented where it takes several."""
    last = at + 1
    if last < end and lines[at].rstrip().endswith("=>") and lines[last][:1] == "{":
        last += 1
    while last < end and lines[last][:1] in (" ", "\t", "}"):
        last += 1
    return set(range(at, last))
