"""The files of a must-gather, wherever they lie, and the sentences about those left out.

Names come from whoever made the archive. They are only ever used as keys and for showing; a
name that would lead out of the archive is refused, and links and devices are never followed.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.clusters.archive.bytes_at import ByteSource, LooseFile

MAX_MEMBERS = 300_000
"""Files an archive may hold; an MTC must-gather has a few thousand."""
MAX_NAME = 1024
_SAID_ONCE_EACH = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Member:
    """One file: its path inside the must-gather, and how to read it."""

    path: str
    size: int
    source: ByteSource
    cut: bool = False
    """The archive ends in the middle of this file; ``size`` is what there is."""
    modified: float = 0.0
    """When it was written, in seconds since 1970; 0 where that is not known."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes from the beginning."""
        return self.source.stream()

    def read(self, limit: int) -> bytes:
        """Return the first ``limit`` bytes."""
        pieces, left = [], limit
        for piece in self.chunks():
            pieces.append(piece[:left])
            left -= len(piece)
            if left <= 0:
                break
        return b"".join(pieces)


class Problems:
    """Collects sentences, a few of each sort, so that no archive fills memory with them."""

    def __init__(self) -> None:
        """Begin without any."""
        self._sentences: list[str] = []
        self._counts: Counter[str] = Counter()

    def add(self, sort: str, sentence: str) -> None:
        """Add a sentence; ``sort`` says what it is one of, for the count of those left out."""
        self._counts[sort] += 1
        if self._counts[sort] <= _SAID_ONCE_EACH:
            self._sentences.append(sentence)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what was added, with a line for what was not said one by one."""
        rest = tuple(
            f"{count - _SAID_ONCE_EACH} more {sort}"
            for sort, count in self._counts.items()
            if count > _SAID_ONCE_EACH
        )
        return (*self._sentences, *rest)


def shown(text: str, limit: int = 160) -> str:
    """Return a text from the archive fit for a sentence: one line, printable, short."""
    plain = _CONTROL.sub("?", text)
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def clean_path(name: str) -> str | None:
    """Return a member's name as a path below the archive's root, or None if it leads outside.

    Examples: ``./a//b`` is ``a/b``; ``../a``, ``/a`` and ``a/../../b`` are None.
    """
    if name.startswith("/") or "\0" in name or len(name) > MAX_NAME:
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return None if ".." in parts else "/".join(parts)


def walk(root: Path, problems: Problems) -> dict[str, Member]:
    """Return the regular files below a directory; links are named, not followed."""
    found: dict[str, Member] = {}
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            entries = sorted(os.scandir(root / below), key=lambda entry: entry.name)
        except OSError as error:
            problems.add(
                "folders that cannot be read",
                f"{shown(below) or root.name} was not read: {error.strerror}",
            )
            continue
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                problems.add(
                    "files that cannot be read", f"{shown(path)} was not read: {error.strerror}"
                )
                continue
            if stat.S_ISDIR(status.st_mode):
                pending.append(path)
            elif stat.S_ISREG(status.st_mode):
                if len(found) >= MAX_MEMBERS:
                    problems.add(
                        "limits", f"only the first {MAX_MEMBERS} files of {root.name} are read"
                    )
                    return found
                found[path] = Member(
                    path, status.st_size, LooseFile(root / path), modified=status.st_mtime
                )
            else:
                problems.add(
                    "links and devices", f"{shown(path)} is a link or a device: not followed"
                )
    return found
