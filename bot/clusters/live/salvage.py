"""A list whose JSON no parser takes, cut into its objects without parsing them.

Parsers stop at some depth of nesting, and anyone who may create a custom resource may nest
deeper, which would hide every other object of the kind. Cutting needs no recursion: it counts
brackets outside of strings. An answer whose brackets do not match is not salvaged.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},:"]', re.DOTALL)
_PAIRS = {b"]": b"[", b"}": b"{"}


class Odd:
    """Stands for an object of a list that could not be parsed."""

    def __init__(self, name: str) -> None:
        """Keep the object's name, empty where not even that can be read."""
        self.name = name


def lenient(data: bytes) -> Any:
    """Return the parsed JSON; in a list, an ``Odd`` for each object that cannot be parsed.

    Raises ``ValueError`` where the text is no JSON even so.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raw = _members(data)
        items = raw.pop("items", None)
        if items is None:
            raise
        answer: dict[str, Any] = {key: orjson.loads(value) for key, value in raw.items()}
        answer["items"] = [_parsed(item) for item in _parts(items)]
        return answer


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return Odd(_name(raw))


def _name(raw: bytes) -> str:
    try:
        name = orjson.loads(_members(_members(raw)["metadata"])["name"])
    except (ValueError, KeyError):
        return ""
    return name if isinstance(name, str) else ""


def _members(raw: bytes) -> dict[str, bytes]:
    """Return the values of an object, uncut, by their keys."""
    found = {}
    for part in _parts(raw):
        key = _TOKEN.match(part)
        rest = part[key.end() :].lstrip() if key else b""
        if key is None or not key[0].startswith(b'"') or not rest.startswith(b":"):
            raise ValueError("not an object")
        found[str(orjson.loads(key[0]))] = rest[1:].strip()
    return found


def _parts(raw: bytes) -> list[bytes]:
    """Return what stands between the commas of an object or array. Raises ``ValueError``."""
    raw = raw.strip()
    found: list[bytes] = []
    open_brackets: list[bytes] = []
    start = 1
    for token in _TOKEN.finditer(raw):
        sign = token[0]
        if sign in (b"[", b"{"):
            open_brackets.append(sign)
        elif sign in (b"]", b"}"):
            if not open_brackets or open_brackets.pop() != _PAIRS[sign]:
                break
            if not open_brackets and token.end() == len(raw):
                last = raw[start : token.start()].strip()
                return [*found, last] if last or found else []
        elif sign == b'"':
            break
        elif sign == b"," and len(open_brackets) == 1:
            found.append(raw[start : token.start()].strip())
            start = token.end()
    raise ValueError("brackets do not match")
