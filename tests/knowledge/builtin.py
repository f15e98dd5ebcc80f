"""The engine over the entries that come with the bot, made once for all tests of a process."""

from __future__ import annotations

from functools import cache

from knowledge.loading import load_builtin
from knowledge.matching.engine import Engine


@cache
def builtin_engine() -> Engine:
    return Engine(load_builtin().by_id.values())
