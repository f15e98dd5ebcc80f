"""What speaks against an entry that was recognised.

An entry may say what contradicts it (``contradicted_by``). Such evidence does not silence the
entry: it lowers its confidence, once for every fact, and is shown beside the proof, so that a
person sees both. What is doubted takes nothing away from others (see ``knowledge.ranking``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from knowledge.matching.engine import Engine, Match
from knowledge.observations import Observation
from knowledge.schema import Entry

FACTOR = 0.6
"""What one contradicting fact leaves of the confidence; two make a guess of the surest match."""
MOST = 3
"""Contradicting facts that are counted and shown."""

Doubts = Mapping[str, tuple[Observation, ...]]
"""By entry id: what speaks against it."""


def doubts(
    engine: Engine, matches: Iterable[Match], look: Callable[[Engine], Iterable[Match]]
) -> Doubts:
    """Return what speaks against the entries matched.

    ``look`` is given an engine of the contradictions, and returns its matches in the same
    evidence; it is not called where no matched entry can be contradicted.
    """
    against = _against(engine, frozenset(match.entry.id for match in matches))
    if against is None:
        return {}
    found: dict[str, dict[tuple[str, str], Observation]] = defaultdict(dict)
    for match in look(against):
        observation = match.observation
        found[match.entry.id].setdefault((observation.where, observation.text), observation)
    return {entry: tuple(seen.values())[:MOST] for entry, seen in found.items()}


def weighed(matches: Iterable[Match], against: Doubts) -> list[Match]:
    """Return the matches, with less confidence where something speaks against them."""
    return [
        replace(
            match,
            confidence=match.confidence * FACTOR ** len(against[match.entry.id]),
            doubted=True,
        )
        if match.entry.id in against
        else match
        for match in matches
    ]


@lru_cache(maxsize=32)
def _against(engine: Engine, matched: frozenset[str]) -> Engine | None:
    """Return an engine that recognises what contradicts the matched entries; None for nothing."""
    entries = [
        contradiction(entry)
        for entry_id in sorted(matched)
        if (entry := engine.entries[entry_id]).contradicted_by
    ]
    return Engine(entries) if entries else None


def contradiction(entry: Entry) -> Entry:
    """Return an entry that is matched by what speaks against this one."""
    return entry.model_copy(update={"matchers": entry.contradicted_by})


def compile_all(entries: Collection[Entry]) -> None:
    """Compile what recognises entries and what speaks against them; raise where that fails."""
    Engine(entries)
    Engine(map(contradiction, entries))
