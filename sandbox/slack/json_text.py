"""Reads JSON that came from outside: strict, and of bounded depth.

Python's parser takes ``NaN``, and takes nesting that later copying or writing would choke on.
Here both are refused at the door, so that nothing behind it has to think of them.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

DEPTH = 64
"""Block Kit needs about fifteen levels; no honest payload comes near."""


def parsed(text: str | bytes) -> Any:
    """Return the value of a JSON text. Raises ``ValueError`` for anything else."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if deeper_than(value, DEPTH):
        raise ValueError("nested too deeply")
    return value


def deeper_than(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested in each other more than so many levels."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [
            inner
            for item in layer
            if isinstance(item, (list, dict))
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not layer:
            return False
    return True


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
