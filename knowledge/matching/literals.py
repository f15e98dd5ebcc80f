"""Texts that a pattern cannot do without.

A line that matches ``(restic|velero).*no space left on device`` holds "no space left on device":
a search for fixed texts, many times faster than one for patterns, leaves few lines to look at
closely. What a pattern needs is read from its syntax tree; whatever is not understood there
counts as needing nothing, so that a match is never missed.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

# The parser of ``re`` has no public name; sre_parse, its old one, is deprecated.
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from knowledge.matching.everyday import commonness, plainness

_MAX_TEXTS = 48
"""A part of a pattern that stands for more texts than this is not written out."""
_MAX_CLASS = 6
_MAX_TIMES = 8
_WINDOW = 8
"""Bytes of a text that Hyperscan compares at first; what is longer is no cheaper."""
_EACH = 0.5
"""What one more text to look for costs, in lines of a thousand that need a closer look."""
_LACKING = 30
"""How many times as much a text costs for each byte that it is shorter than ``_WINDOW``: those of
few bytes Hyperscan keeps apart, and then has less room for all the others."""
_PLAIN = 0.8
"""How far the cost follows from how usual a text's letters are: Hyperscan takes them two by two."""
_KNOWN = 4096
"""Patterns whose texts are remembered, since all but a few stay when entries are read again."""

Texts = frozenset[str]
_NOTHING: Texts = frozenset({""})


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern: the texts it stands for, if few, and those it needs, if any."""

    exact: Texts | None
    needs: Texts | None


_ANYTHING = _Part(None, None)


@lru_cache(_KNOWN)
def required(pattern: str) -> Texts:
    """Return texts in lower case, of which each match holds one, whatever case it is in.

    Empty where there are none. Raises ``re.error`` where it is no regular expression.
    """
    return _sequence(parser.parse(pattern)).needs or frozenset()


def commonest(texts: Texts) -> float:
    """Return how many of a thousand healthy lines hold the most common of these texts."""
    return max(map(_rarity, texts))


def cover(texts: Iterable[str]) -> tuple[str, ...]:
    """Return short texts, few and rare, of which each of ``texts`` holds one."""
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for text in sorted(set(texts)):
        for window in _windows(text):
            holders[window].add(text)
    left = {text for held in holders.values() for text in held}
    price = {window: _price(window) for window in holders}
    queue = [(price[window] / len(held), window) for window, held in holders.items()]
    heapq.heapify(queue)
    chosen: list[str] = []
    while left:
        _, window = heapq.heappop(queue)
        fresh = holders[window] & left
        if not fresh:
            continue
        share = price[window] / len(fresh)
        if queue and share > queue[0][0]:
            heapq.heappush(queue, (share, window))
            continue
        chosen.append(window)
        left -= fresh
    return tuple(chosen)


def _windows(text: str) -> list[str]:
    return [text[at : at + _WINDOW] for at in range(max(1, len(text) - _WINDOW + 1))]


def _rarity(text: str) -> float:
    return min(commonness(window) for window in _windows(text))


def _cost(texts: Texts) -> float:
    return math.fsum(min(map(_price, _windows(text))) for text in texts)


@cache
def _price(window: str) -> float:
    each = _EACH * math.pow(_LACKING, _WINDOW - len(window))
    return each * math.pow(plainness(window), _PLAIN) + commonness(window)


def _cheaper(one: Texts | None, other: Texts | None) -> Texts | None:
    if one is None or other is None:
        return one or other
    return one if _cost(one) <= _cost(other) else other


def _sequence(items: Sequence[tuple[Any, Any]]) -> _Part:
    """Return the part for one thing after another.

    Runs of texts are followed from the beginning and from behind each part that stands for
    several: ``(no|any) volume`` needs "no volume" or "any volume", but also " volume" alone.
    """
    needs: Texts | None = None
    runs = [_NOTHING]
    whole = True
    for kind, value in items:
        part = _part(kind, value)
        needs = _cheaper(needs, part.needs)
        longer: list[Texts] = []
        for number, run in enumerate(runs):
            ahead = _joined(run, part.exact)
            if ahead is not None:
                longer.append(ahead)
                continue
            whole = whole and number > 0
            needs = _cheaper(needs, _needed(run))
        if not longer and part.exact is not None:
            longer.append(part.exact)
        if not longer or (part.exact is not None and len(part.exact) > 1):
            longer.append(_NOTHING)
        runs = longer
    exact = runs[0] if whole else None
    for run in runs:
        needs = _cheaper(needs, _needed(run))
    return _Part(exact, needs)


def _joined(run: Texts, more: Texts | None) -> Texts | None:
    if more is None or len(run) * len(more) > _MAX_TEXTS:
        return None
    return frozenset(head + tail for head in run for tail in more)


def _needed(exact: Texts) -> Texts | None:
    """Return those of the texts that hold no other of them, unless one is empty."""
    if "" in exact:
        return None
    kept: list[str] = []
    for text in sorted(exact, key=lambda text: (len(text), text)):
        if not any(other in text for other in kept):
            kept.append(text)
    return frozenset(kept)


def _part(kind: Any, value: Any) -> _Part:
    if kind is op.LITERAL:
        return _character([chr(value)])
    if kind is op.AT:
        return _Part(_NOTHING, None)
    if kind is op.IN:
        return _class(value)
    if kind is op.SUBPATTERN:
        return _sequence(value[3])
    if kind is op.BRANCH:
        return _branch([_sequence(branch) for branch in value[1]])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, items = value
        part = _sequence(items)
        if (exact := _repeated(part.exact, least, most)) is not None:
            return _Part(exact, None)
        return _Part(None, part.needs if least > 0 else None)
    return _ANYTHING


def _repeated(texts: Texts | None, least: int, most: int) -> Texts | None:
    """Return what stands for so many of these texts in a row, if that is not too much."""
    if texts is None or most > _MAX_TIMES:
        return None
    found: Texts = frozenset()
    run = _NOTHING
    for times in range(most + 1):
        if times >= least:
            found |= run
        longer = _joined(run, texts)
        if len(found) > _MAX_TEXTS or longer is None:
            return None
        run = longer
    return found


def _character(characters: Iterable[str]) -> _Part:
    """Return the part for one of these; what has no one lower case in ASCII may be anything."""
    lower = {c.lower() for c in characters}
    if len(lower) > _MAX_CLASS or any(not c.isascii() or c in "\n\0" for c in lower):
        return _ANYTHING
    return _Part(frozenset(lower), None)


def _class(items: Sequence[tuple[Any, Any]]) -> _Part:
    characters: list[str] = []
    for kind, value in items:
        if kind is op.LITERAL:
            characters.append(chr(value))
        elif kind is op.RANGE and value[1] - value[0] < _MAX_CLASS:
            characters += [chr(code) for code in range(value[0], value[1] + 1)]
        else:
            return _ANYTHING
    return _character(characters)


def _branch(parts: Sequence[_Part]) -> _Part:
    exact: Texts | None = frozenset()
    needs: Texts | None = frozenset()
    for part in parts:
        exact = exact | part.exact if exact is not None and part.exact is not None else None
        own = part.needs
        needs = needs | own if needs is not None and own is not None else None
    if exact is not None and len(exact) > _MAX_TEXTS:
        exact = None
    return _Part(exact, needs)
