"""Signatures as patterns: one form for Python's ``re``, one for the automaton.

The automaton finds the lines, ``re`` confirms them and takes the named groups. The two
forms may differ as long as the automaton's never misses what ``re`` would match.
"""

from __future__ import annotations

import re

from knowledge.quotes import tolerate_quotes
from knowledge.schema import Signature

_NAMED_GROUP = re.compile(r"\(\?P<[A-Za-z_]\w*>")
_BOUNDED = re.compile(r"(?<!\\)\.\{\d*,\d+\}\??")
_LOOKAROUND = re.compile(r"(?<!\\)\(\?<?[=!]")
_OUTSIDE = {r"\s": r"[^\S\n]", r"\W": r"[^\w\n]", r"\D": r"[^\d\n]"}
_IN_CLASS = {r"\s": r" \t\r\f\v"}
_OPEN_END = re.compile(r"(?<!\\)(?:\.[*+]\??|\\[SsdwW][*+]\??|\.)$")


def expression(signature: Signature) -> str:
    """Return the regular expression of a signature, quotes tolerated."""
    if signature.text is not None:
        return tolerate_quotes(re.escape(signature.text))
    return tolerate_quotes(signature.pattern or "")


def confirming(signature: Signature) -> re.Pattern[str]:
    """Return the pattern that confirms a line and yields the named groups.

    Its classes mean ASCII, as they do to the automaton, which sees bytes.
    """
    return re.compile(
        expression(signature), re.ASCII | (re.IGNORECASE if signature.ignore_case else 0)
    )


def _without_lookaround(pattern: str) -> str:
    """Return ``pattern`` without its ``(?=``, ``(?!``, ``(?<=`` and ``(?<!`` groups."""
    while opening := _LOOKAROUND.search(pattern):
        depth, i, in_class = 1, opening.end(), False
        while i < len(pattern) and depth:
            char = pattern[i]
            if char == "\\":
                i += 1
            elif in_class:
                in_class = char != "]"
            elif char == "[":
                in_class = True
            else:
                depth += (char == "(") - (char == ")")
            i += 1
        pattern = pattern[: opening.start()] + pattern[i:]
    return pattern


def _within_line(pattern: str) -> str:
    """Return ``pattern`` in a form that never reaches over the end of a line, CRLF or not.

    The automaton sees many lines at once, ``re`` one at a time and without its ``\\r``.
    """
    out: list[str] = []
    in_class = False
    i = 0
    while i < len(pattern):
        char = pattern[i]
        if char == "\\":
            pair = pattern[i : i + 2]
            out.append((_IN_CLASS if in_class else _OUTSIDE).get(pair, pair))
            i += 2
            continue
        if char == "[" and not in_class:
            in_class = True
            opening = re.compile(r"\[\^?\]?").match(pattern, i)
            char = opening[0] if opening else char
            out.append(char.replace("^", r"^\n", 1))
        elif char == "$" and not in_class:
            out.append(r"\r?$")
        else:
            in_class = in_class and char != "]"
            out.append(char)
        i += len(char)
    return "".join(out)


def bare(signature: Signature) -> str:
    """Return a signature's expression without named groups, bounds, look-around and open end.

    A bounded gap (``.{0,400}``) costs a state for every byte it may span, so that compiling a few
    of them takes seconds; unbounded it finds more lines, and ``re`` sorts them out. So it does for
    look-around (``(?!...)``), which the automaton does not know. An open end (``.*``) would report
    a hit for every further byte of the line.
    """
    pattern = _without_lookaround(_NAMED_GROUP.sub("(?:", expression(signature)))
    pattern = _BOUNDED.sub(".*", pattern)
    while (shorter := _OPEN_END.sub("", pattern)) != pattern and shorter:
        pattern = shorter
    return pattern


def for_automaton(signature: Signature) -> bytes:
    """Return the form for the automaton: bare, and within one line."""
    return _within_line(bare(signature)).encode()
