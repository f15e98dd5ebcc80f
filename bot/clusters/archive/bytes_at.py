"""Bytes that can be read from any place, however they are packed.

A must-gather of 10 GB must not need 1 GB of memory nor 100 GB of disk, so nothing is unpacked.
A plain file is read where it lies. A gzip file has no random access of its own; while it is read
for the first time a copy of the inflater's state is kept every few MiB, and later reads start
from the nearest copy. Copies are thinned out so that there are never more than
``MAX_CHECKPOINTS`` of them (about 40 KiB each), whatever the size of the archive.

Sources are safe to read from several threads at once: every read has a position of its own.
"""

from __future__ import annotations

import os
import threading
import weakref
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from zlib import _Decompress

CHUNK = 1 << 18
"""Bytes handed out at a time."""
_PACKED_CHUNK = 1 << 15
_GZIP = 16 + zlib.MAX_WBITS
GZIP_MAGIC = b"\x1f\x8b"
MAX_CHECKPOINTS = 512


class DamagedError(Exception):
    """The bytes end early or make no sense from here on; ``str()`` says which."""


class ByteSource(Protocol):
    """Something to read bytes from, forwards, starting anywhere."""

    def stream(self, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes from ``start`` on; raises ``DamagedError`` where they break off."""
        ...


class FileBytes:
    """A file that stays open, so that it can be read even after its name is gone."""

    def __init__(self, path: Path) -> None:
        """Open ``path``; raises ``OSError`` like any opening."""
        self._file = path.open("rb")
        weakref.finalize(self, self._file.close)

    def stream(self, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes from ``start``; a read that fails is a ``DamagedError``."""
        while True:
            try:
                piece = os.pread(self._file.fileno(), CHUNK, start)
            except OSError as error:
                raise DamagedError(f"it cannot be read: {error.strerror}") from error
            if not piece:
                return
            start += len(piece)
            yield piece


class LooseFile:
    """A file of an unpacked must-gather: opened for each read, never through a link."""

    def __init__(self, path: Path) -> None:
        """Note ``path``; it is opened at the first read."""
        self._path = path

    def stream(self, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes from ``start``; a file that is gone by now is a ``DamagedError``."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise DamagedError(f"it cannot be read: {error.strerror}") from error
        with os.fdopen(handle, "rb") as file:
            file.seek(start)
            while piece := file.read(CHUNK):
                yield piece


class Window:
    """A part of another source."""

    def __init__(self, source: ByteSource, start: int, length: int) -> None:
        """Take ``length`` bytes of ``source`` from ``start``."""
        self._source = source
        self._start = start
        self._length = length

    def stream(self, start: int = 0) -> Iterator[bytes]:
        """Yield the part's bytes from ``start``, counted from the part's beginning."""
        left = self._length - start
        if left <= 0:
            return
        for piece in self._source.stream(self._start + start):
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """Where inflating may be taken up again."""

    packed: int
    unpacked: int
    inflater: _Decompress


class Inflated:
    """What a gzip source holds, unpacked on the way."""

    def __init__(self, packed: ByteSource, spacing: int = 4 << 20) -> None:
        """Unpack ``packed``; ``spacing``: unpacked bytes between two checkpoints, at first."""
        self._packed = packed
        self._spacing = spacing
        self._checkpoints = [_Checkpoint(0, 0, zlib.decompressobj(_GZIP))]
        self._lock = threading.Lock()

    def stream(self, start: int = 0) -> Iterator[bytes]:
        """Yield the unpacked bytes from ``start``. Raises ``DamagedError`` where they break off."""
        with self._lock:
            nearest = max(
                (c for c in self._checkpoints if c.unpacked <= start), key=lambda c: c.unpacked
            )
        at = nearest.unpacked
        for piece in self._inflate(nearest):
            end = at + len(piece)
            if end > start:
                yield piece[max(0, start - at) :]
            at = end

    def _inflate(self, begin: _Checkpoint) -> Iterator[bytes]:
        inflater = begin.inflater.copy()
        packed, unpacked = begin.packed, begin.unpacked
        for portion in _portions(self._packed.stream(packed)):
            data = portion
            while data:
                if inflater.eof:
                    data = data.lstrip(b"\0")
                    if not data.startswith(GZIP_MAGIC[:1]):
                        break
                    inflater = zlib.decompressobj(_GZIP)
                for piece in _unpack(inflater, data):
                    unpacked += len(piece)
                    yield piece
                data = inflater.unused_data
            packed += len(portion)
            self._remember(packed, unpacked, inflater)
        if not inflater.eof:
            raise DamagedError("it is cut off")

    def _remember(self, packed: int, unpacked: int, inflater: _Decompress) -> None:
        with self._lock:
            if unpacked < self._checkpoints[-1].unpacked + self._spacing:
                return
            self._checkpoints.append(_Checkpoint(packed, unpacked, inflater.copy()))
            if len(self._checkpoints) > MAX_CHECKPOINTS:
                self._checkpoints = self._checkpoints[::2]
                self._spacing *= 2


def _portions(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for at in range(0, len(chunk), _PACKED_CHUNK):
            yield chunk[at : at + _PACKED_CHUNK]


def _unpack(inflater: _Decompress, data: bytes) -> Iterator[bytes]:
    """Yield what ``data`` unpacks to, a little at a time: 32 KiB may well be 32 MiB of zeros."""
    while True:
        before = inflater.copy()
        try:
            piece = inflater.decompress(data, CHUNK)
        except zlib.error as error:
            yield from _salvage(before, data)
            raise DamagedError("it is damaged") from error
        if piece:
            yield piece
        data = inflater.unconsumed_tail
        if inflater.eof or (not data and len(piece) < CHUNK):
            return


def _salvage(inflater: _Decompress, data: bytes) -> Iterator[bytes]:
    """Yield what lies before the damage, which one large step would have thrown away."""
    for at in range(len(data)):
        try:
            piece = inflater.decompress(data[at : at + 1])
        except zlib.error:
            return
        if piece:
            yield piece
