"""What takes long to make, kept in the user's cache directory for the next process.

A file there is used only if it is the user's own, whole, and made for the same key; otherwise it
is as if there were none. A directory that cannot be written costs time, nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

_MAGIC = b"mtc-bot cache 1\n"
_DIGEST = 32
_MAX_FILE = 64 << 20
_OTHERS = 4
"""Files of one kind that may stay beside the newest: those that were used last."""


def kept(kind: str, key: bytes) -> bytes | None:
    """Return what was kept under a key, or None where there is nothing to be trusted."""
    try:
        data = _own_bytes(_file(kind, key))
    except (OSError, RuntimeError):
        return None
    body = data[len(_MAGIC) + _DIGEST :]
    if not (data.startswith(_MAGIC) and data[len(_MAGIC) :][:_DIGEST] == _digest(key, body)):
        return None
    with contextlib.suppress(OSError):  # so that it is not this one that goes
        os.utime(_file(kind, key), follow_symlinks=False)
    return body


def keep(kind: str, key: bytes, body: bytes) -> None:
    """Keep ``body``, whole or not at all."""
    with contextlib.suppress(OSError, RuntimeError):
        _write(_file(kind, key), _MAGIC + _digest(key, body) + body)


def _file(kind: str, key: bytes) -> Path:
    """Return where a thing is kept; raises ``RuntimeError`` where there is no home."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    folder = (base if base.is_absolute() else Path.home() / ".cache") / "mtc-bot"
    return folder / f"{kind}-{hashlib.sha256(key).hexdigest()[:32]}"


def _digest(key: bytes, body: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(key).digest() + body).digest()


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


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_own(file.parent.lstat())
    handle, temporary = tempfile.mkstemp(prefix=".new-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    kind, _, _ = file.name.rpartition("-")
    files = sorted(
        file.parent.glob(f"{kind}-*"), key=lambda found: found.lstat().st_mtime, reverse=True
    )
    for old in files[_OTHERS + 1 :]:
        old.unlink(missing_ok=True)
