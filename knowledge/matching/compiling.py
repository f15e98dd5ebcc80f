"""From patterns to what is scanned with, compiled once and kept for the next process.

Three databases. The *sieve* goes over all bytes: it looks for short texts, few and rare, of which
each line that matters holds one (see ``literals``). The *patterns* go over the lines that it holds
back. A pattern with a gap (``(restic|velero).*no space left``) makes every "restic" a place to
wait from; there it is replaced by the texts it needs, and is *loose*: the lines in which they
stand go through the *gaps*, too, where such patterns are whole.

Compiling takes a second or two, so the result is kept (see ``knowledge.keeping``) for the same
patterns, the same version of Hyperscan and of this code, and the same sort of processor.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import hyperscan

from knowledge.keeping import keep, kept
from knowledge.matching import everyday, literals
from knowledge.matching.literals import commonest, cover, required

_WORTH_KEEPING = 50
"""Fewer patterns compile faster than a file is read."""
_GAP = re.compile(r"(?<!\\)(?:\.|\\[SWw]|\])[*+{]")
_RARE = 6
"""A pattern may be replaced by the texts it needs if of a thousand healthy lines no more than this
hold any one of them."""
_SHORT_STRIDE = rb"\x01\x02"
"""A pattern that is never told of. Where all texts are long, Hyperscan looks at every fourth byte
only, and then, on what logs say, has to look again so often that it takes three times as long."""

Pattern = tuple[bytes, bool]
"""A pattern, and whether case does not matter."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The databases of a sequence of patterns; a pattern's id is its position."""

    sieve: hyperscan.Database
    patterns: hyperscan.Database
    gaps: hyperscan.Database
    loose: frozenset[int]
    """Patterns of which a hit says only that the line holds a text that they need."""


def compiled(patterns: Sequence[Pattern]) -> Compiled:
    """Return the databases of ``patterns``, from the cache or made anew.

    Raises ``re.error`` or ``hyperscan.HyperscanError`` where a pattern is none.
    """
    if len(patterns) < _WORTH_KEEPING:
        return _compile(patterns)
    key = _how_made() + repr(tuple(patterns)).encode()
    body = kept("signatures", key)
    if body is not None and (known := _loaded(body)) is not None:
        return known
    made = _compile(patterns)
    keep("signatures", key, _dumped(made))
    return made


def _compile(patterns: Sequence[Pattern]) -> Compiled:
    needs = [required(pattern.decode()) for pattern, _ in patterns]
    loose = frozenset(
        number
        for number, (pattern, _) in enumerate(patterns)
        if needs[number] and _GAP.search(pattern.decode()) and commonest(needs[number]) <= _RARE
    )
    texts = cover(text for texts in needs for text in texts)
    free = [pattern for pattern, texts in zip(patterns, needs, strict=True) if not texts]
    whole = dict(enumerate(patterns))
    closer = {
        number: (b"|".join(_literal(text) for text in sorted(needs[number])), True)
        if number in loose
        else pattern
        for number, pattern in whole.items()
    }
    sieve = [*((_literal(text), True) for text in texts), *free]
    return Compiled(
        _database(dict(enumerate(sieve))),
        _database(closer),
        _database({number: whole[number] for number in sorted(loose)}),
        loose,
    )


def _literal(text: str) -> bytes:
    return "".join(f"\\x{byte:02x}" for byte in text.encode()).encode()


def _database(patterns: Mapping[int, Pattern]) -> hyperscan.Database:
    every_case = hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_ALLOWEMPTY
    flags = [
        every_case | (hyperscan.HS_FLAG_CASELESS if fold else 0) for _, fold in patterns.values()
    ]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[*(pattern for pattern, _ in patterns.values()), _SHORT_STRIDE],
        ids=[*patterns, max(patterns, default=0) + 1],
        elements=len(patterns) + 1,
        flags=[*flags, hyperscan.HS_FLAG_QUIET],
    )
    return database


@cache
def _how_made() -> bytes:
    """Return what, besides the patterns, tells one set of databases from another."""
    hyperscan_version: str = hyperscan.__version__  # type: ignore[attr-defined]
    versions = (hyperscan_version, platform.machine(), platform.python_version())
    code = [Path(module.__file__ or "").read_bytes() for module in (everyday, literals)]
    return b"\0".join([repr(versions).encode(), *code, Path(__file__).read_bytes()])


def _loaded(body: bytes) -> Compiled | None:
    """Return the databases in what was kept, or None where this processor cannot use them."""
    head, _, rest = body.partition(b"\n")
    try:
        about = json.loads(head)
        sizes = [int(size) for size in about["sizes"]]
        starts = [0, *accumulate(sizes)]
        sieve, closer, gaps = (
            hyperscan.loadb(rest[start : start + size], hyperscan.HS_MODE_BLOCK)
            for start, size in zip(starts, sizes, strict=False)
        )
        loose = frozenset(int(number) for number in about["loose"])
    except (ValueError, KeyError, TypeError, hyperscan.HyperscanError):
        return None
    return Compiled(sieve, closer, gaps, loose)


def _dumped(made: Compiled) -> bytes:
    parts = [hyperscan.dumpb(part) for part in (made.sieve, made.patterns, made.gaps)]
    about = {"sizes": [len(part) for part in parts], "loose": sorted(made.loose)}
    return b"".join((json.dumps(about).encode(), b"\n", *parts))
