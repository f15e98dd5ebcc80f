"""How much room blocks take, as Slack counts it for ``msg_blocks_too_long``.

The true rule is not documented. Measured by others: refused near 13,200 characters of rendered
text with ``&amp;`` and the like counted escaped, about 100 more for each header, emoji heavy. We
count that way; a message this accepts near the limit may still be refused by Slack, so stay below
11,000 escaped characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

MESSAGE_LIMIT = 13_200
VIEW_LIMIT_BYTES = 250_000
HEADER_COST = 100
EMOJI_COST = 8
"""Slack stores an emoji as its ``:name:``; eight characters is a usual one."""

_ENTITY = re.compile(r"&(?:amp|lt|gt);")
_ESCAPED = {"&": 5, "<": 4, ">": 4}
_TEXT_KEYS = frozenset({"text", "alt_text", "label", "hint", "title", "description", "fallback"})


def escaped_length(text: str) -> int:
    """Return the length of a text once Slack has stored it escaped."""
    entities = len(_ENTITY.findall(text))
    bare = _ENTITY.sub("", text)
    total = entities * 4 + text.count("&amp;")
    for character in bare:
        total += EMOJI_COST if ord(character) > 0xFFFF else _ESCAPED.get(character, 1)
    return total


def blocks_length(blocks: Sequence[Any]) -> int:
    """Return the counted size of all texts in the blocks."""
    total = 0
    stack: list[Any] = list(blocks)
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            if item.get("type") == "header":
                total += HEADER_COST
            for key, value in item.items():
                if isinstance(value, str):
                    if key in _TEXT_KEYS:
                        total += escaped_length(value)
                else:
                    stack.append(value)
    return total
