"""The index of a tar file, made in one pass over its bytes.

Headers are read block by block here rather than by ``tarfile``, which reads a long-name header
of any declared size into memory and stops at the first damaged block. What cannot be trusted is
left out with a sentence: names that lead outside, links, devices, sparse files, second members of
one name. Damage loses what is damaged: the pass goes on at the next block that is a header, and
a file that breaks off is kept as far as it goes.

Small files of a compressed archive are copied to one anonymous temporary file on the way, since
objects are read in any order; log bodies stay where they are and are inflated again on demand.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
import weakref
from collections.abc import Iterator

from bot.clusters.archive.bytes_at import CHUNK, ByteSource, DamagedError, Window
from bot.clusters.archive.members import MAX_MEMBERS, Member, Problems, clean_path, shown

BLOCK = 512
MAX_HEADER_DATA = 1 << 16
"""Bytes of a long name or of extended attributes that are read."""
MAX_UNPACKED = 1 << 38
"""Bytes that are unpacked at most: a few KiB can unpack to as much as anyone likes."""
SMALL = 1 << 18
DOCUMENT = 1 << 26
_DOCUMENT_ENDINGS = (".yaml", ".yml", ".txt", ".json")
_LINKS_AND_DEVICES = frozenset(
    {tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE}
)


class Spool:
    """Copies of small members, in one temporary file without a name."""

    def __init__(self, room: int = 2 << 30) -> None:
        """Open the file; it takes ``room`` bytes of disk at most."""
        self._file = tempfile.TemporaryFile(prefix="must-gather-")  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._end = 0
        self._room = room

    def takes(self, path: str, size: int) -> bool:
        """Return whether a member is to be copied."""
        limit = DOCUMENT if path.endswith(_DOCUMENT_ENDINGS) else SMALL
        return size <= min(limit, self._room - self._end)

    def keep(self, pieces: Iterator[bytes]) -> tuple[Window, int]:
        """Copy the pieces; return where they are and how many bytes they were."""
        start = self._end
        for piece in pieces:
            os.pwrite(self._file.fileno(), piece, self._end)
            self._end += len(piece)
        return Window(self, start, self._end - start), self._end - start

    def stream(self, start: int = 0) -> Iterator[bytes]:
        """Yield the copied bytes from ``start``."""
        while piece := os.pread(self._file.fileno(), CHUNK, start):
            start += len(piece)
            yield piece


class _Forward:
    """Reads a source forwards in exact amounts, and remembers why it ended."""

    def __init__(self, source: ByteSource) -> None:
        self._pieces = source.stream()
        self._held = b""
        self.at = 0
        self.damage = ""

    def _next(self) -> bytes:
        if self._held:
            piece, self._held = self._held, b""
            return piece
        if self.damage:
            return b""
        try:
            return next(self._pieces, b"")
        except DamagedError as error:
            self.damage = str(error)
            return b""

    def pieces(self, length: int) -> Iterator[bytes]:
        """Yield the next ``length`` bytes, fewer where the source ends."""
        while length > 0 and (piece := self._next()):
            self._held = piece[length:]
            piece = piece[:length]
            length -= len(piece)
            self.at += len(piece)
            yield piece

    def take(self, length: int) -> bytes:
        """Return the next ``length`` bytes, fewer where the source ends."""
        return b"".join(self.pieces(length))

    def skip(self, length: int) -> int:
        """Pass over ``length`` bytes and return how many there were."""
        return sum(len(piece) for piece in self.pieces(length))


class _Indexing:
    """One pass over one tar file."""

    def __init__(self, source: ByteSource, spool: Spool | None, problems: Problems) -> None:
        self._source = source
        self._spool = spool
        self._problems = problems
        self._input = _Forward(source)
        self._next_name = ""
        self._next_size: int | None = None
        self._modified = 0.0
        self.members: dict[str, Member] = {}

    def run(self, name: str) -> None:
        lost = 0
        ended = False
        while self._input.at < MAX_UNPACKED and len(self.members) < MAX_MEMBERS:
            block = self._input.take(BLOCK)
            if len(block) < BLOCK:
                break
            if not block.strip(b"\0"):
                ended = True
                break
            header = _header(block)
            if header is None:
                lost += 1
            else:
                self._member(header)
        else:
            self._problems.add("limits", f"{name} is too large: only its first part was read")
            ended = True
        if lost:
            self._problems.add("damage", f"{name} is damaged: {lost} blocks of it make no sense")
        if self._input.damage:
            self._problems.add(
                "damage",
                f"{name}: {self._input.damage} after {len(self.members)} files; "
                "what comes before is read",
            )
        elif not ended:
            self._problems.add(
                "damage",
                f"{name}: it is cut off after {len(self.members)} files; what comes before is read",
            )

    def _member(self, header: tarfile.TarInfo) -> None:
        kind = header.type
        if kind in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            self._extend(header)
            return
        name = self._next_name or header.name
        size = header.size if self._next_size is None else self._next_size
        if kind in (tarfile.GNUTYPE_LONGLINK, tarfile.XGLTYPE):
            self._input.skip(_padded(header.size))
            return
        self._next_name, self._next_size = "", None
        if kind == tarfile.DIRTYPE:
            return
        if kind in _LINKS_AND_DEVICES:
            self._leave("links and devices", f"{shown(name)} is a link or a device: not followed")
            return
        self._modified = float(header.mtime)
        self._regular(name, size, plain=kind in (tarfile.REGTYPE, tarfile.AREGTYPE, b"7"))

    def _regular(self, name: str, size: int, *, plain: bool) -> None:
        path = clean_path(name)
        if not path:
            self._leave("names that lead outside", f"{shown(name)} leads outside: not read")
        elif not plain:
            self._leave("files of an odd kind", f"{shown(name)} is no regular file: not read")
        elif path in self.members:
            self._leave(
                "second files of one name", f"{shown(name)} is there twice: the first is read"
            )
        else:
            self._keep(path, size)
            return
        self._input.skip(_padded(size))

    def _keep(self, path: str, size: int) -> None:
        start = self._input.at
        if self._spool is not None and self._spool.takes(path, size):
            body: ByteSource
            body, there = self._spool.keep(self._input.pieces(size))
        else:
            there = self._input.skip(size)
            body = Window(self._source, start, there)
        if there or not size:
            self.members[path] = Member(path, there, body, there < size, self._modified)
        self._input.skip(_padded(size) - size)

    def _extend(self, header: tarfile.TarInfo) -> None:
        """Read a header that gives the next member's long name or size."""
        if header.size > MAX_HEADER_DATA:
            self._leave("headers that are too large", "a header of the archive is too large")
            self._input.skip(_padded(header.size))
            return
        data = self._input.take(_padded(header.size))[: header.size]
        if header.type == tarfile.GNUTYPE_LONGNAME:
            self._next_name = _text(data.split(b"\0", 1)[0])
            return
        attributes = _attributes(data)
        self._next_name = _text(attributes.get(b"path", b"")) or self._next_name
        given = attributes.get(b"size", b"")
        if given.isdigit() and len(given) < 19:
            self._next_size = int(given)

    def _leave(self, sort: str, sentence: str) -> None:
        self._problems.add(sort, sentence)


def index_tar(
    source: ByteSource, name: str, problems: Problems, spool: Spool | None = None
) -> dict[str, Member]:
    """Return the regular files of a tar file by their path.

    ``spool``: where to copy small files to, for a source that is slow to read out of order.
    """
    indexing = _Indexing(source, spool, problems)
    indexing.run(name)
    return indexing.members


def is_tar(start: bytes) -> bool:
    """Return whether a file that begins with ``start`` (512 bytes or more) is a tar file."""
    return len(start) >= BLOCK and _header(start[:BLOCK]) is not None


def _header(block: bytes) -> tarfile.TarInfo | None:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except (tarfile.HeaderError, ValueError):
        return None
    return header if 0 <= header.size <= MAX_UNPACKED else None


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _attributes(data: bytes) -> dict[bytes, bytes]:
    """Return the ``<length> <key>=<value>`` lines of an extended header; odd ones end it."""
    found: dict[bytes, bytes] = {}
    while data:
        digits, space, _ = data.partition(b" ")
        if not space or not digits.isdigit() or len(digits) > 6:
            break
        length = int(digits)
        key, equals, value = data[len(digits) + 1 : length].rstrip(b"\n").partition(b"=")
        if not equals:
            break
        found[key] = value
        data = data[length:]
    return found
