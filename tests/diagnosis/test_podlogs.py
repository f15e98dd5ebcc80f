"""Logs that are opened before their turn read as they would without that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from bot.clusters.port import LogSource, Unreachable
from bot.diagnosis.podlogs import AT_ONCE, opened_ahead


def log(name: str, open_: Callable[[], Iterator[bytes]]) -> LogSource:
    return LogSource(name, "velero", open_)


def lines(*parts: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: iter(parts)


def test_order_and_content_are_as_they_were() -> None:
    sources = [log(f"pod-{n}", lines(b"one %d\n" % n, b"two\n")) for n in range(10)]
    read = [(s.where, b"".join(s.open())) for s in opened_ahead(sources)]
    assert read == [(f"pod-{n}", b"one %d\ntwo\n" % n) for n in range(10)]


def test_a_log_can_be_read_again_and_an_empty_one_is_empty() -> None:
    (source,) = opened_ahead([log("pod", lines(b"a", b"b"))])
    assert [b"".join(source.open()), b"".join(source.open())] == [b"ab", b"ab"]
    (empty,) = opened_ahead([log("pod", lines())])
    assert b"".join(empty.open()) == b""


def test_one_that_cannot_be_opened_stops_no_other() -> None:
    def refused() -> Iterator[bytes]:
        raise Unreachable("gone")
        yield b""

    read = []
    for source in opened_ahead([log("a", refused), log("b", lines(b"here"))]):
        try:
            read.append(b"".join(source.open()))
        except Unreachable as error:
            read.append(str(error).encode())
    assert read == [b"gone", b"here"]


def test_a_few_are_under_way_at_once_and_never_all() -> None:
    together, opened = threading.Barrier(AT_ONCE), []

    def slow() -> Iterator[bytes]:
        opened.append(1)
        together.wait(60)
        yield b"here"

    ready = opened_ahead(log(f"pod-{n}", slow) for n in range(3 * AT_ONCE))
    assert b"".join(next(ready).open()) == b"here"
    assert len(opened) <= AT_ONCE + 1
    together.abort()
    ready.close()  # type: ignore[attr-defined]


def test_who_stops_reading_lets_go_of_what_was_opened() -> None:
    begun, closed = threading.Event(), threading.Event()

    def held() -> Iterator[bytes]:
        begun.set()
        try:
            yield b"first"
            yield b"second"
        finally:
            closed.set()

    ready = opened_ahead([log("a", lines(b"a")), log("b", held)])
    assert b"".join(next(ready).open()) == b"a"
    assert begun.wait(60)
    ready.close()  # type: ignore[attr-defined]
    assert closed.wait(60)


@pytest.mark.parametrize("count", [0, 1])
def test_few_are_no_trouble(count: int) -> None:
    assert len(list(opened_ahead([log("a", lines(b"a"))] * count))) == count
