"""Logs of an archive: which file is whose, which are only an error text, and how they are read.

Bodies are streamed each time they are opened and never held whole, except for what
``tail_lines`` keeps.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from bot.clusters.archive.bytes_at import DamagedError
from bot.clusters.archive.layout import Log
from bot.clusters.archive.members import Member
from bot.clusters.port import LogSource, Unreachable

MAX_TAIL = 32 << 20
"""Bytes that a tail may take, however long its lines are."""
MAX_LINE = 1 << 20
"""Bytes of one line that a tail keeps, its end."""
_ERROR_ONLY = 4096
"""A file of more bytes is a log, whatever its first line says."""
_OC_LINE = re.compile(
    rb"(?i)^(?:error(?: from server)?\b[^:]{0,60}:|unable to |the connection to the server |"
    rb"you must be logged in|previous terminated container |"
    rb"defaulted container |"
    rb"(?:use 'oc describe|see 'oc )|command terminated|no resources found)"
)


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log and the file it is in."""

    place: Log
    member: Member


def holds_only_an_error(member: Member) -> bool:
    """Return whether a file says why there is no log (``oc logs`` output is kept as it came)."""
    if member.size > _ERROR_ONLY:
        return False
    lines = [line for line in member.read(_ERROR_ONLY).splitlines() if line.strip()]
    return bool(lines) and all(_OC_LINE.match(line) for line in lines)


def choose(files: list[LogFile], container: str, previous: bool) -> list[LogFile]:
    """Return the readable logs of a pod: one file a container, or one for all of them.

    Files of single containers tell more than the one in which their lines are mixed, so that
    one is used only where there are no others.
    """
    wanted = [file for file in files if file.place.previous == previous]
    single: dict[str, LogFile] = {}
    mixed: list[LogFile] = []
    for file in sorted(wanted, key=lambda f: (f.place.container, f.place.insecure)):
        if container and file.place.container not in ("", container):
            continue
        if file.place.container in single or _unreadable(file.member):
            continue
        if file.place.container:
            single[file.place.container] = file
        else:
            mixed.append(file)
    return list(single.values()) or mixed[:1]


def _unreadable(member: Member) -> bool:
    try:
        return holds_only_an_error(member)
    except DamagedError:
        return True


def source_of(
    member: Member,
    component: str,
    place: Log | None = None,
    *,
    tail_lines: int | None = None,
    limit_bytes: int | None = None,
) -> LogSource:
    """Return a log as the port wants it: the tail first, then as many bytes of it as allowed."""
    size = member.size if tail_lines is None else None
    if size is not None and limit_bytes is not None:
        size = min(size, limit_bytes)
    return LogSource(
        where=member.path,
        component=component,
        open=partial(_chunks, member, tail_lines, limit_bytes),
        namespace=place.namespace if place else "",
        pod=place.pod if place else "",
        container=place.container if place else "",
        size=size,
    )


def _chunks(member: Member, tail_lines: int | None, limit_bytes: int | None) -> Iterator[bytes]:
    try:
        chunks = member.chunks()
        if tail_lines is not None:
            chunks = iter(_tail(chunks, tail_lines))
        if limit_bytes is None:
            yield from chunks
            return
        left = limit_bytes
        for chunk in chunks:
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return
    except DamagedError as error:
        raise Unreachable(f"{member.path} cannot be read to its end: {error}") from error


def _tail(chunks: Iterator[bytes], lines: int) -> deque[bytes]:
    """Return the last lines, each with its newline."""
    kept: deque[bytes] = deque()
    held = 0
    rest = b""
    if lines <= 0:
        return kept
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            kept.append(line + b"\n")
            held += len(line) + 1
            while len(kept) > lines or (held > MAX_TAIL and len(kept) > 1):
                held -= len(kept.popleft())
        rest = rest[-MAX_LINE:]
    if rest:
        kept.append(rest)
        while len(kept) > lines:
            kept.popleft()
    return kept
