"""All signatures in one automaton, scanning bytes.

Hyperscan goes over the bytes once, however many patterns there are, with a sieve of fixed texts;
only lines that it holds back are looked at with the patterns, and only those with a hit are
decoded. Guarantees: memory is bounded by the block size, not by the log or its longest line; a
hit is reported once a line and pattern; bytes that are not UTF-8 do no harm.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

import hyperscan

from knowledge.matching.compiling import Pattern, compiled
from knowledge.matching.loglines import BEGINS_RECORD, COMPLETE_RECORD

BLOCK = 1 << 20
"""Bytes scanned at once: they stay in the processor's cache while lines are cut out of them."""
_LONGEST = 1 << 20
"""A line of more bytes is scanned in parts."""
_OVERLAP = 1 << 14
"""Bytes of such a part that are scanned again with the next."""
_REACH = 4096
"""Of a line longer than this, so many bytes before and after a hit are looked at."""
_BACK = 1 << 14
"""Bytes before a line in which its record's first line is looked for."""
_BACK_LINES = 40
_PIECES_BACK = 4
_LEAD = 2048
"""Bytes of a record's first line that are handed on."""


@dataclass(frozen=True, slots=True)
class LineHit:
    """One line in which at least one pattern was found."""

    line: bytes
    """The line, or the part of it around the hit where it is very long."""
    number: int
    """1-based."""
    ids: tuple[int, ...]
    lead: bytes = b""
    """The first line of a record of several, where this one goes on with it; or the beginning of
    the line, where ``line`` is a later part of it."""


_Piece = tuple[bytes, int, int]
"""Bytes, and from where to where in them there are whole lines."""
_Span = tuple[int, int, int]
"""Where a line of a piece begins, and from where to where it is looked at."""

_Scratches = tuple[hyperscan.Scratch, hyperscan.Scratch, hyperscan.Scratch]


class Automaton:
    """A compiled set of patterns. May be shared by threads."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        """Compile ``(pattern, ignore_case)`` pairs; a pattern's id is its position."""
        self._local = threading.local()
        self._compiled = compiled(patterns)

    def find(self, text: bytes) -> frozenset[int]:
        """Return the ids of the patterns found anywhere in a short text."""
        if not text or not self._held_back(memoryview(text)):
            return frozenset()
        return frozenset(self._matched([text]).get(0, ()))

    def lines(self, chunks: Iterable[bytes], *, numbered: bool = True) -> Iterator[LineHit]:
        """Yield the lines with a hit, in order, from chunks of any size.

        To number them takes about as long again as a fifth of the rest; without, all are 0.
        """
        number = 1
        past: deque[_Piece] = deque(maxlen=_PIECES_BACK)
        latest, reported = -1, frozenset[int]()
        for piece in _pieces(chunks):
            data, begin, end = piece
            counted = begin
            for span, ids in self._found(piece):
                line, start, stop = span
                if numbered:
                    number += _newlines(data, counted, line)
                    counted = line
                known = reported if line == latest else frozenset()
                latest, reported = line, known | ids
                if fresh := sorted(ids - known):
                    lead = _lead(data, begin, span, past)
                    yield LineHit(data[start:stop], number if numbered else 0, tuple(fresh), lead)
            if numbered:
                number += _newlines(data, counted, end)
            past.append(piece)
            latest = 0 if latest == begin and data[end - 1 : end] != b"\n" else -1

    def _found(self, piece: _Piece) -> Iterator[tuple[_Span, frozenset[int]]]:
        """Yield the lines of a piece with a hit, and what was hit."""
        data, begin, end = piece
        ends = self._held_back(memoryview(data)[begin:end])
        if not ends:
            return
        spans = _spans(piece, ends)
        found = self._matched([data[start:stop] for _, start, stop in spans])
        for at, ids in found.items():
            if ids:
                yield spans[at], frozenset(ids)

    def _matched(self, texts: Sequence[bytes]) -> dict[int, set[int]]:
        """Return the ids of the patterns found in those of some lines where there are any."""
        _, scratch, gap_scratch = self._scratches()
        found = _ids_by_line(self._compiled.patterns, scratch, texts)
        loose = self._compiled.loose
        doubtful = [at for at, ids in found.items() if not ids.isdisjoint(loose)]
        if doubtful:
            sure = _ids_by_line(self._compiled.gaps, gap_scratch, [texts[at] for at in doubtful])
            for number, at in enumerate(doubtful):
                found[at] = found[at] - loose | sure.get(number, set())
        return found

    def _held_back(self, block: memoryview) -> list[int]:
        """Return where, in order, texts end that a line with a match cannot do without."""
        ends: list[int] = []
        note = ends.append

        def on_match(_id: int, _start: int, end: int, _flags: int, _context: object) -> None:
            note(end)

        scratch, *_ = self._scratches()
        self._compiled.sieve.scan(
            block,  # type: ignore[type-var]
            match_event_handler=on_match,
            scratch=scratch,
        )
        return ends

    def _scratches(self) -> _Scratches:
        """Return this thread's working memory for the three databases."""
        known: _Scratches | None = getattr(self._local, "scratches", None)
        if known is None:
            made = self._compiled
            known = (
                hyperscan.Scratch(made.sieve),
                hyperscan.Scratch(made.patterns),
                hyperscan.Scratch(made.gaps),
            )
            self._local.scratches = known
        return known


def _ids_by_line(
    database: hyperscan.Database, scratch: hyperscan.Scratch, lines: Sequence[bytes]
) -> dict[int, set[int]]:
    """Return the ids of the hits of a database by the line they are in; all are scanned at once."""
    hits: list[tuple[int, int]] = []
    note = hits.append

    def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        note((end, number))

    database.scan(b"\n".join(lines), match_event_handler=on_match, scratch=scratch)
    ids: dict[int, set[int]] = {}
    if not hits:
        return ids
    stops = list(accumulate(len(line) + 1 for line in lines))
    at = 0
    for end, number in hits:
        at = bisect_left(stops, end + 1, at)
        ids.setdefault(at, set()).add(number)
    return ids


def _pieces(chunks: Iterable[bytes]) -> Iterator[_Piece]:
    """Yield the bytes of chunks as pieces of whole lines, with as little copying as may be."""
    rest: list[bytes] = []
    held = 0
    for chunk in _gathered(chunks):
        begin = 0
        if held:
            begin = chunk.find(b"\n") + 1
            rest.append(chunk[:begin] if begin else chunk)
            held += len(rest[-1])
            if begin or held >= _LONGEST:
                line = b"".join(rest)
                yield line, 0, len(line)
                rest = [] if begin else [line[-_OVERLAP:]]
                held = sum(map(len, rest))
            if not begin:
                continue
        while len(chunk) - begin > BLOCK and (end := chunk.rfind(b"\n", begin, begin + BLOCK) + 1):
            yield chunk, begin, end
            begin = end
        if end := chunk.rfind(b"\n", begin) + 1:
            yield chunk, begin, end
            begin = end
        if begin < len(chunk):
            rest = [chunk[begin:]]
            held = len(rest[0])
    if held:
        line = b"".join(rest)
        yield line, 0, len(line)


def _newlines(data: bytes, begin: int, end: int) -> int:
    """Return how many newlines there are; twice as fast as ``bytes.count`` where there are few."""
    if end - begin < 4096:
        return data.count(b"\n", begin, end)
    return end - begin - len(data[begin:end].replace(b"\n", b""))


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes, small chunks together."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        if not held and len(chunk) >= BLOCK // 2:
            yield chunk
            continue
        held.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            yield b"".join(held)
            held, size = [], 0
    if size:
        yield b"".join(held)


def _spans(piece: _Piece, ends: Iterable[int]) -> list[_Span]:
    """Return the lines in which the hits with these ends lie, each once, long ones in parts.

    The ends are counted from the piece's beginning.
    """
    data, begin, limit = piece
    spans: list[_Span] = []
    done = -1
    for end in ends:
        at = begin + end
        if at <= done:
            continue
        line = data.rfind(b"\n", begin, at) + 1 or begin
        stop = data.find(b"\n", at, limit)
        if stop < 0:
            stop = limit
        if stop - line <= _REACH:
            done = stop
            spans.append((line, line, stop))
        else:
            done = min(stop, at + _REACH // 2)
            spans.append((line, max(line, at - _REACH), min(stop, at + _REACH)))
    return spans


def _lead(data: bytes, begin: int, span: _Span, past: Sequence[_Piece]) -> bytes:
    """Return the beginning of the record that a line is a later part of, if it is."""
    line, start, stop = span
    if start > line:
        return data[line : line + _LEAD]
    if BEGINS_RECORD.match(data, start, stop):
        return b""
    for first in islice(_lines_before((data, begin, line), past), _BACK_LINES):
        if BEGINS_RECORD.match(first):
            first = first.rstrip()
            return b"" if COMPLETE_RECORD.match(first) else first[:_LEAD]
    return b""


def _lines_before(piece: _Piece, past: Sequence[_Piece]) -> Iterator[bytes]:
    """Yield the lines before the end of a piece, the last one first, as far as is looked back."""
    left = _BACK
    for data, begin, end in (piece, *reversed(past)):
        stop = end
        while stop > begin:
            start = data.rfind(b"\n", max(begin, stop - left), stop - 1) + 1 or begin
            left -= stop - start
            if left < 0:
                return
            yield data[start:stop]
            stop = start
