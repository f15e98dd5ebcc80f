"""Lines as they were before a screen, a page or a person broke them.

In: the lines of a pasted text. Out: fewer and longer ones; each way of reading guesses what broke
the lines, and which of them is right shows in what the entries make of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from knowledge.observing import MAX_TEXT

_COMMENT = re.compile(r"^[ \t]*#+(?: |\t|$)")
"""What a script or a file of YAML puts before each line that somebody kept in it."""
_QUOTE = re.compile(r'(?<!\\)"')
_WRAPPED = 12
"""Lines over which a quotation may be wrapped."""
SHORT = 16
"""Lines of a text that is read again as paragraphs, in case what it says was broken anywhere."""
_NARROW = 60
"""Columns of the narrowest terminal."""
_WIDE = 160
"""Columns of the widest page that is filled word by word."""
_RECORD = (
    r"(?:Normal|Warning|TASK|PLAY)\s|time=|level=|ts=|\{|[IWEF]\d{4}\s|\[pod/\S+\] "
    r"|\[?\d{4}[-/.]\d\d[-/.]\d\d[T ]"
)
"""What a record of a log begins with."""
_FRESH = re.compile(rf"\s*(?:(?:-\s+)?\w[\w./-]*:(?:\s|$)|{_RECORD})")
"""What a line begins with that does not go on with a quotation of the one before."""
_BEGINS = re.compile(rf"\s*(?:{_RECORD}|\S+(?:\s{{2,}}|\t)\S|\.\.\.ignoring)")
"""What a record or a row begins with, and no second half of a line that was broken anywhere."""
_GOES_ON = re.compile(
    r"\s*(?:caused by: |x509: |tls: |status code: \d|RESPONSE \d{3}: |ERROR CODE: |-{60,}$)"
)
"""What only the line before gives a sense: what went wrong with the address that stands there, and
with which status a cloud's library was answered."""
_DATED = re.compile(
    r"\s*(?:\d[\d:.,hms-]*[smhd]?|[A-Z][a-z]{2} +\d+ \d\d:\S+|<unknown>|\[[^\]]*\]"
    r"|[A-Z]\w*(?: [A-Z]\w*){1,3}:)\s"
)
"""What stands before a row or a record that tells its age or time, or in words what it is."""
_MARKS = (
    re.compile(r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,:+-]*Z?\]? "),
    re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [\w.@-]+(?:\[\d+\])?: "),
    re.compile(r"\[pod/\S+\] "),
    re.compile(r"[\w./-]+:\d+[:-]"),
    re.compile(r"\s{0,5}\d+\s{2}"),
    re.compile(r"\s*[*\u2022\u2502|] "),
)
"""What is put before each line of a text: a time, by journald or oc logs; a pod; by grep, where the
line stood; a number; the sign of a list or of a frame."""
_MARKED = 200
"""Lines of a text that is read again without such marks."""
_OWN_LINE = re.compile(
    r"^(?:\S|\s*(?:-\s|[\w./-]+[:=]|[A-Z]\w*(?: [A-Z]\w*){1,3}:|\d[\dhms]+\s|"
    r"(?:Normal|Warning|FATAL|ERROR|WARN|INFO)\b))"
)


def uncommented(lines: Sequence[str]) -> list[str]:
    """Return the lines, those of comments without their signs; a prompt stands alone."""
    noted = [bool(_COMMENT.match(line)) for line in lines]
    return [
        _COMMENT.sub("", line, count=1)
        if noted[at] and any(noted[max(at - 1, 0) : at] + noted[at + 1 : at + 2])
        else line
        for at, line in enumerate(lines)
    ]


def unmarked(lines: Sequence[str]) -> list[str]:
    """Return the lines without what one program or person put before each; empty where none did."""
    told = [line for line in lines if line.strip()]
    if len(told) < 2 or len(lines) > _MARKED:
        return []
    for mark in _MARKS:
        if all(map(mark.match, told)):
            return [mark.sub("", line, count=1) for line in lines]
    return []


def requoted(lines: Sequence[str]) -> list[str]:
    """Return the lines with those joined between which a quotation was wrapped.

    Where none closes it within a few lines, or another record begins, the lines stay as they are.
    A line that goes on with an error is joined to the one that the error is about.
    """
    joined: list[str] = []
    at = 0
    while at < len(lines):
        end = at
        if len(lines[at]) <= MAX_TEXT and _opens(lines[at]):
            for last in range(at + 1, min(at + _WRAPPED, len(lines))):
                if _FRESH.match(lines[last]) or len(lines[last]) > MAX_TEXT:
                    break
                if _opens(lines[last]):
                    end = last
                    break
        while end + 1 < min(at + _WRAPPED, len(lines)) and _GOES_ON.match(lines[end + 1]):
            end += 1
        joined.append(" ".join([lines[at], *(line.strip() for line in lines[at + 1 : end + 1])]))
        at = end + 1
    return joined


def _opens(line: str) -> bool:
    """Return whether a line has a quotation that does not end, or did not begin, in it."""
    return len(_QUOTE.findall(line)) % 2 == 1


def unwrapped(lines: Sequence[str]) -> list[str]:
    """Return the lines with those that only continue the one before joined to it."""
    return _joined(lines, (_OWN_LINE,))


def _joined(lines: Iterable[str], begins: Sequence[re.Pattern[str]]) -> list[str]:
    """Return the lines with those joined to the one before that begin like nothing of these."""
    whole: list[str] = []
    for line in lines:
        if whole and line.strip() and not any(begin.match(line) for begin in begins):
            whole[-1] = f"{whole[-1]} {line.strip()}"
        else:
            whole.append(line)
    return whole


def rejoined(lines: Sequence[str]) -> list[str]:
    """Return the lines with those joined that a terminal broke where its width ended."""
    width = max(map(len, lines), default=0)
    if width < _NARROW:
        return []
    whole: list[str] = []
    goes_on = False
    for line in lines:
        if goes_on and not _BEGINS.match(line):
            whole[-1] += line
        else:
            whole.append(line)
        goes_on = len(line) in (width, width - 1)
        if len(line) == width - 1:
            whole[-1] += " "
    return whole


def refilled(lines: Sequence[str]) -> list[str]:
    """Return a few lines with those joined between which the next word found no room."""
    width = max(map(len, lines), default=0)
    if len(lines) > SHORT or not _NARROW <= width <= _WIDE:
        return []
    whole: list[str] = []
    left = width + 1
    for line in lines:
        word = line.split(maxsplit=1)[:1]
        if word and len(word[0]) >= left and not _BEGINS.match(line):
            whole[-1] = f"{whole[-1]} {line.strip()}"
        else:
            whole.append(line)
        left = width - len(line)
    return whole


def paragraphs(lines: Sequence[str]) -> list[str]:
    """Return a few lines with those joined that somebody typed or a page broke in between."""
    if len(lines) > SHORT:
        return []
    return _joined(filter(str.strip, lines), (_FRESH, _BEGINS, _DATED))
