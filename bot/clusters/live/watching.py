"""Changes of a live cluster as they happen.

The server ends a watch after some minutes, networks drop it sooner: both end the iteration
without an exception, and the caller goes on from the last version it saw (bookmarks keep that
version young). What cannot be gone on from is ``Expired``: list again. An event that cannot be
read is treated in the same way, since a listing survives an odd object.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal, cast

import orjson
import urllib3
from urllib3.exceptions import HTTPError

from bot.clusters.live.connection import Connection, Query
from bot.clusters.live.errors import refused
from bot.clusters.live.reading import trimmed
from bot.clusters.live.requests import Request, spoken
from bot.clusters.port import Expired, WatchEvent

SERVER_SECONDS = (240, 300)
"""The server ends a watch after this long; spread, so that all of them do not end at once."""
STOP_SECONDS = 0.25
"""How soon a watch that is told to stop lets go of its connection."""

_CHANGES = frozenset({"ADDED", "MODIFIED", "DELETED"})


def watch(
    connection: Connection, request: Request, resource_version: str, stop: Callable[[], bool]
) -> Iterator[WatchEvent]:
    """Yield changes after ``resource_version`` until ``stop()`` or the end of the connection."""
    if stop():
        return
    query: Query = [
        ("watch", "true"),
        ("allowWatchBookmarks", "true"),
        ("timeoutSeconds", str(random.randint(*SERVER_SECONDS))),  # noqa: S311
    ]
    if resource_version:
        query.append(("resourceVersion", resource_version))
    with connection.stream(request, query, connection.limits.watch_silence_seconds) as response:
        ended = threading.Event()
        warden = threading.Thread(
            target=_cut_when_told, args=(response, stop, ended), name="watch-stop", daemon=True
        )
        warden.start()
        try:
            for line in _lines(request, response, connection.limits.answer_bytes):
                if stop():
                    return
                event = _event(connection, request, line)
                if event is not None:
                    yield event
                if stop():
                    return
        finally:
            ended.set()
            warden.join()


def _cut_when_told(
    response: urllib3.BaseHTTPResponse, stop: Callable[[], bool], ended: threading.Event
) -> None:
    """Wake a reader that waits for an event when it is told to stop."""
    while not ended.wait(STOP_SECONDS):
        if stop():
            try:
                response.shutdown()
            except (ValueError, RuntimeError, OSError):
                return
            return


def _lines(request: Request, response: urllib3.BaseHTTPResponse, longest: int) -> Iterator[bytes]:
    rest = b""
    while True:
        try:
            piece = response.read1(1 << 16)
        except (HTTPError, OSError):
            return
        if not piece:
            return
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
        if len(rest) > longest:
            raise _unreadable(request)


def _event(connection: Connection, request: Request, line: bytes) -> WatchEvent | None:
    if not line.strip():
        return None
    try:
        parsed: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise _unreadable(request) from None
    kind = parsed.get("type") if isinstance(parsed, dict) else None
    entry = parsed.get("object") if isinstance(parsed, dict) else None
    if not isinstance(entry, dict):
        raise _unreadable(request)
    if kind == "ERROR":
        code = entry.get("code")
        text = spoken(str(entry.get("message") or ""), 400)
        raise refused(request, connection.peer, code if isinstance(code, int) else 500, text)
    if kind not in _CHANGES and kind != "BOOKMARK":
        return None
    if not isinstance(entry.get("metadata"), dict):
        raise _unreadable(request)
    version = str(entry["metadata"].get("resourceVersion") or "")
    entry.setdefault("apiVersion", request.kind.api_version)
    entry.setdefault("kind", request.kind.kind)
    change = cast(Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"], kind)
    return WatchEvent(change, trimmed(entry), version)


def _unreadable(request: Request) -> Expired:
    return Expired(
        f"an event could not be read when asked to {request} on cluster {request.cluster}; "
        "list again",
        cluster=request.cluster,
    )
