"""Quotes of a pattern, which logs write escaped."""

from __future__ import annotations

_QUOTE = r'\\{0,7}"'
"""A quote, escaped up to three times: each time doubles the backslashes and adds one."""


def tolerate_quotes(pattern: str) -> str:
    """Return ``pattern`` with each quote outside a class also matching its escaped forms.

    logrus text logs write ``\\"`` inside ``error="..."``, and JSON around such a line
    escapes once more.
    """
    out: list[str] = []
    in_class = False
    i = 0
    while i < len(pattern):
        char = pattern[i]
        if char == "\\" and i + 1 < len(pattern):
            following = pattern[i + 1]
            out.append(_QUOTE if following == '"' and not in_class else char + following)
            i += 2
            continue
        if char == "[" and not in_class:
            in_class = True
        elif char == "]" and in_class and out[-1] not in ("[", "[^"):
            in_class = False
        out.append(_QUOTE if char == '"' and not in_class else char)
        i += 1
    return "".join(out)
