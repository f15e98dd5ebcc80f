"""All signatures in one automaton, scanning bytes.

Hyperscan goes over the bytes once, however many patterns there are; only lines with a hit
are decoded. Guarantees: memory is bounded by the block size, not by the log or its longest
line; a hit is reported once a line and pattern; bytes that are not UTF-8 do no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import hyperscan

BLOCK = 1 << 20
"""Bytes scanned at once."""
_OVERLAP = 1 << 14
"""Bytes of an over-long line that are scanned again with its next part."""
_QUOTED = 4096
"""At most this many bytes of a line are handed on, around the hit."""


@dataclass(frozen=True, slots=True)
class LineHit:
    """One line in which at least one pattern was found."""

    line: bytes
    """The line, or the part of it around the first hit where it is very long."""
    number: int
    """1-based."""
    ids: tuple[int, ...]


class Automaton:
    """A compiled set of patterns. May be shared by threads."""

    def __init__(self, patterns: Sequence[tuple[bytes, bool]]) -> None:
        """Compile ``(pattern, ignore_case)`` pairs; a pattern's id is its position."""
        self._local = threading.local()
        self._size = len(patterns)
        self._db = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        if patterns:
            flags = [
                hyperscan.HS_FLAG_MULTILINE
                | hyperscan.HS_FLAG_ALLOWEMPTY
                | (hyperscan.HS_FLAG_CASELESS if fold else 0)
                for _, fold in patterns
            ]
            self._db.compile(
                expressions=[pattern for pattern, _ in patterns],
                ids=list(range(len(patterns))),
                elements=len(patterns),
                flags=flags,
            )

    def _scratch(self) -> hyperscan.Scratch:
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = hyperscan.Scratch(self._db)
            self._local.scratch = scratch
        return scratch

    def _ends(self, block: bytes) -> list[tuple[int, int]]:
        """Return (end offset, id) of the hits in a block, in order of end."""
        hits: list[tuple[int, int]] = []

        def on_match(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hits.append((end, pattern))

        self._db.scan(block, match_event_handler=on_match, scratch=self._scratch())
        return hits

    def find(self, text: bytes) -> frozenset[int]:
        """Return the ids of the patterns found anywhere in a short text."""
        if not self._size or not text:
            return frozenset()
        return frozenset(pattern for _, pattern in self._ends(text))

    def lines(self, chunks: Iterable[bytes]) -> Iterator[LineHit]:
        """Yield the lines with a hit, in order, from chunks of any size."""
        if not self._size:
            return
        number = 1
        rest = b""
        for block in _blocks(chunks):
            block = rest + block
            cut = block.rfind(b"\n") + 1
            if cut == 0 and len(block) < 4 * BLOCK:
                rest = block
                continue
            head, rest = (block[:cut], block[cut:]) if cut else (block, block[-_OVERLAP:])
            yield from self._block_lines(head, number)
            number += head.count(b"\n")
        if rest:
            yield from self._block_lines(rest, number)

    def _block_lines(self, block: bytes, number: int) -> Iterator[LineHit]:
        counted = 0
        current: tuple[int, int] | None = None
        first_end = 0
        ids: dict[int, None] = {}
        for end, pattern in self._ends(block):
            if current is not None and end <= current[1] + 1 and end > current[0]:
                ids[pattern] = None
                continue
            if current is not None:
                number += block.count(b"\n", counted, current[0])
                counted = current[0]
                yield LineHit(_around(block, current, first_end), number, tuple(ids))
            at = max(end - 1, 0)
            if block[at : at + 1] == b"\n" and at > 0:
                at -= 1
            start = block.rfind(b"\n", 0, at + 1) + 1
            stop = block.find(b"\n", at)
            current = (start, len(block) if stop < 0 else stop)
            first_end = end
            ids = {pattern: None}
        if current is not None:
            number += block.count(b"\n", counted, current[0])
            yield LineHit(_around(block, current, first_end), number, tuple(ids))


def _around(block: bytes, line: tuple[int, int], hit_end: int) -> bytes:
    start, stop = line
    if stop - start <= _QUOTED:
        return block[start:stop]
    begin = max(start, hit_end - _QUOTED * 3 // 4)
    return block[begin : min(stop, begin + _QUOTED)]


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in blocks of at most ``BLOCK``, small chunks gathered."""
    gathered: list[bytes] = []
    size = 0
    for chunk in chunks:
        for at in range(0, len(chunk), BLOCK):
            part = chunk[at : at + BLOCK]
            gathered.append(part)
            size += len(part)
            if size >= BLOCK:
                yield b"".join(gathered)
                gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
