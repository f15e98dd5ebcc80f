"""From patterns to what is scanned with, compiled once and kept for the next process.

Three databases. The *sieve* goes over all bytes: it looks for short texts, few and rare, of which
each line that matters holds one (see ``literals``). The *patterns* go over the lines that it holds
back. A pattern with a gap (``(restic|velero).*no space left``) makes every "restic" a place to
wait from; there it is replaced by the texts it needs, and is *loose*: the lines in which they
stand go through the *gaps*, too, where such patterns are whole.

Compiling takes a second or two, so the result is kept in the user's cache directory. A file there
is used only if it is the user's own, whole, and made of the same patterns by the same version;
otherwise it is made anew. A directory that cannot be written costs time, nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import stat
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path

import hyperscan

from knowledge.matching import everyday, literals
from knowledge.matching.literals import commonest, cover, required

_MAGIC = b"mtc-bot signatures\n"
_MAX_FILE = 64 << 20
_KEPT = 4
"""Files of other patterns or versions that may stay beside the newest."""
_WORTH_KEEPING = 50
"""Fewer patterns compile faster than a file is read."""
_GAP = re.compile(r"(?<!\\)(?:\.|\\[SWw]|\])[*+]|\{")
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
    try:
        key, folder = _key(patterns), _folder()
    except (OSError, RuntimeError):
        return _compile(patterns)
    file = folder / f"signatures-{key[:32]}"
    if (known := _read(file, key)) is not None:
        return known
    made = _compile(patterns)
    with contextlib.suppress(OSError):
        _write(file, key, made)
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


def _folder() -> Path:
    """Return where databases are kept; raises ``RuntimeError`` where there is no home."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "mtc-bot"


def _key(patterns: Sequence[Pattern]) -> str:
    """Return what stands for these patterns, and for how databases are made of them."""
    return hashlib.sha256(_how_made() + repr(tuple(patterns)).encode()).hexdigest()


@cache
def _how_made() -> bytes:
    """Return what, besides the patterns, tells one set of databases from another."""
    versions = (version("hyperscan"), platform.machine(), platform.python_version())
    code = [Path(module.__file__ or "").read_bytes() for module in (everyday, literals)]
    return b"\0".join([repr(versions).encode(), *code, Path(__file__).read_bytes()])


def _read(file: Path, key: str) -> Compiled | None:
    """Return what a file holds, or None where it is not to be trusted."""
    try:
        data = _own_bytes(file)
    except OSError:
        return None
    digest_at = len(_MAGIC)
    body = data[digest_at + 32 :]
    if not data.startswith(_MAGIC) or hashlib.sha256(body).digest() != data[digest_at:][:32]:
        return None
    head, _, rest = body.partition(b"\n")
    try:
        about = json.loads(head)
        if about["key"] != key:
            return None
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


def _own_bytes(file: Path) -> bytes:
    """Return the bytes of a file that only this user can have written; raises ``OSError``."""
    _check_own(file.parent.lstat())
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as opened:
        status = os.fstat(handle)
        _check_own(status)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_FILE:
            raise PermissionError("no file of ours")
        return opened.read(_MAX_FILE)


def _check_own(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError("others can write there")


def _write(file: Path, key: str, made: Compiled) -> None:
    """Put the databases into a file, whole or not at all; raises ``OSError``."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_own(file.parent.lstat())
    parts = [hyperscan.dumpb(part) for part in (made.sieve, made.patterns, made.gaps)]
    about = {"key": key, "sizes": [len(part) for part in parts], "loose": sorted(made.loose)}
    body = b"".join((json.dumps(about).encode(), b"\n", *parts))
    handle, temporary = tempfile.mkstemp(prefix=".signatures-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(_MAGIC + hashlib.sha256(body).digest() + body)
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    kept = sorted(file.parent.glob("signatures-*"), key=lambda f: f.lstat().st_mtime, reverse=True)
    for old in kept[_KEPT + 1 :]:
        old.unlink(missing_ok=True)
