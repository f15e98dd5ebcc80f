"""Databases in the user's cache directory: used if they are ours and whole, else made anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.matching.automaton import Automaton
from knowledge.matching.compiling import Compiled, Pattern, compiled

PATTERNS: list[Pattern] = [
    *((f"signature number {number} failed".encode(), True) for number in range(60)),
    (rb"(restic|velero).*quota exceeded", True),
]
LOG = b"a\nSignature number 7 failed\nquota exceeded\nvelero: quota exceeded\n"
HITS = [(2, (7,)), (4, (60,))]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mtc-bot"


def hits(patterns: list[Pattern] = PATTERNS) -> list[tuple[int, tuple[int, ...]]]:
    return [(hit.number, hit.ids) for hit in Automaton(patterns).lines([LOG])]


def kept(cache: Path) -> Path:
    [file] = cache.iterdir()
    return file


def is_read(file: Path) -> bool:
    """Return whether a file is taken as it is: one that is made anew has a new inode."""
    before = file.stat().st_ino
    compiled(PATTERNS)
    return file.stat().st_ino == before


def test_finds_the_same_from_the_cache(cache: Path) -> None:
    assert hits() == HITS
    file = kept(cache)
    assert is_read(file)
    assert hits() == HITS
    assert isinstance(compiled(PATTERNS), Compiled)


def test_nobody_else_can_read_or_write_it(cache: Path) -> None:
    hits()
    assert kept(cache).stat().st_mode & 0o777 == 0o600
    assert cache.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"something else",
        lambda data: data + b"more",
        lambda data: data.replace(b"mtc-bot cache", b"mtc-bot stash", 1),
    ],
)
def test_a_spoilt_file_is_made_anew(cache: Path, spoil: Callable[[bytes], bytes]) -> None:
    hits()
    file = kept(cache)
    whole = file.read_bytes()
    file.write_bytes(spoil(whole))
    assert not is_read(file)
    assert hits() == HITS
    assert is_read(file)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_could_have_written_is_not_used(cache: Path, mode: int) -> None:
    hits()
    file = kept(cache)
    file.chmod(mode)
    assert not is_read(file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_directory_that_others_can_write_is_neither_read_nor_written(cache: Path) -> None:
    hits()
    file = kept(cache)
    file.write_bytes(b"theirs")
    cache.chmod(0o777)
    assert hits() == HITS
    assert file.read_bytes() == b"theirs"


def test_a_link_is_not_followed(cache: Path, tmp_path: Path) -> None:
    hits()
    file = kept(cache)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert hits() == HITS
    assert not file.is_symlink()


def test_a_file_of_other_patterns_is_not_taken(cache: Path) -> None:
    hits()
    file = kept(cache)
    others: list[Pattern] = [(b"other " + pattern, fold) for pattern, fold in PATTERNS]
    assert hits(others) == []
    assert len(list(cache.iterdir())) == 2
    for other in cache.iterdir():
        if other != file:
            other.write_bytes(file.read_bytes())
    assert hits(others) == []


def test_a_place_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert hits() == HITS


def test_no_home_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/dev/null/nobody")
    assert hits() == HITS


def test_files_of_other_patterns_go_when_there_are_many(cache: Path) -> None:
    for number in range(8):
        changed = [*PATTERNS, (b"more of them %d" % number, False)]
        compiled(changed)
        newest = max(cache.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, ns=(number * 10**9, number * 10**9))
    assert 1 <= len(list(cache.iterdir())) <= 6


def test_a_file_that_is_used_stays_however_many_others_are_made(cache: Path) -> None:
    hits()
    file = kept(cache)
    for number in range(8):
        os.utime(file, ns=(number * 10**9, number * 10**9))
        assert is_read(file)
        compiled([*PATTERNS, (b"more of them %d" % number, False)])
    assert is_read(file)


def test_few_patterns_are_not_kept(cache: Path) -> None:
    assert hits(PATTERNS[:10]) == [(2, (7,))]
    assert not cache.exists()
