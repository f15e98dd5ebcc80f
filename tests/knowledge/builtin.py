"""The engine over the entries that come with the bot, made once for all tests of a process."""

from __future__ import annotations

from functools import cache

from knowledge.loading import load_builtin
from knowledge.matching.engine import Engine
from knowledge.pasting import match_text
from knowledge.ranking import rank


def told(text: str) -> list[str]:
    """Return the entries that a pasted text leads to, harmless ones left out, the first first."""
    findings = rank(match_text(builtin_engine(), text.encode()))
    return [finding.entry.id for finding in findings if not finding.entry.benign]


@cache
def builtin_engine() -> Engine:
    return Engine(load_builtin().by_id.values())
