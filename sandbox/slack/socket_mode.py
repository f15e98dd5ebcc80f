"""Socket Mode, the server's side: tickets, connections, envelopes, acknowledgements.

Guarantees: a ticket opens one connection once; each envelope goes to exactly one connection, in
turn; an acknowledgement counts on whichever connection of the app it arrives. What is not
acknowledged in time is given back to the caller as ``operation_timeout``; with no connection it is
``dispatch_failed`` at once. Only events are sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from sandbox.slack.changes import Changes
from sandbox.slack.json_text import parsed
from sandbox.slack.seed import APP_ID
from sandbox.slack.settings import Timing

Json = dict[str, Any]
EnvelopeKind = Literal["slash_commands", "interactive", "events_api"]
DisconnectReason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]

MAX_CONNECTIONS = 10
KEPT_ENVELOPES = 5_000
HOST = "applink-sandbox"


@dataclass(slots=True)
class Delivery:
    """What became of one thing a person did: was the app reached, what did it answer."""

    envelope_id: str = ""
    acked: bool = False
    payload: Json = field(default_factory=dict)
    """What came with the acknowledgement."""
    error: str = ""
    """Slack's word for what went wrong: operation_timeout, dispatch_failed, ..."""
    errors: dict[str, str] = field(default_factory=dict)
    """For a submitted modal: message by block_id."""
    connection: int = -1
    """Which connection it went to, counted from 0 since the start."""
    attempts: int = 0

    @property
    def ok(self) -> bool:
        """Whether the person saw no error."""
        return self.acked and not self.error and not self.errors


@dataclass(slots=True)
class Connection:
    """One open WebSocket of the app."""

    number: int
    socket: web.WebSocketResponse
    request: web.Request
    leaving: bool = False


class SocketHub:
    """All connections of the app and the envelopes on their way."""

    def __init__(self, timing: Timing, changes: Changes) -> None:
        """Start with no connection."""
        self._timing = timing
        self._changes = changes
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._opened = 0
        self._turn = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.envelopes: deque[Json] = deque(maxlen=KEPT_ENVELOPES)
        """The envelopes sent, in order, as sent; the oldest are forgotten."""

    @property
    def connected(self) -> int:
        """How many connections are open and not told to leave."""
        return len(self._ready())

    def ticket(self) -> str:
        """Return a ticket for one connection."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one WebSocket from its ticket to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(max_msg_size=4 * 1024 * 1024)
        await socket.prepare(request)
        connection = Connection(self._opened, socket, request)
        self._opened += 1
        self._connections.append(connection)
        pings = self._start(self._ping(connection))
        try:
            if len(self._ready()) > MAX_CONNECTIONS:
                await self._send(connection, self._goodbye("too_many_websockets"))
                return socket
            await self._send(connection, self._hello())
            self._changes.notify("sockets")
            await self._listen(connection)
        finally:
            pings.cancel()
            self._connections.remove(connection)
            self._changes.notify("sockets")
        return socket

    async def deliver(self, kind: EnvelopeKind, payload: Json, *, answers: bool) -> Delivery:
        """Send an envelope and wait for its acknowledgement; events are tried again."""
        delivery = Delivery(envelope_id=str(uuid.uuid4()))
        waits = self._timing.event_retries if kind == "events_api" else ()
        for attempt, pause in enumerate((0.0, *waits)):
            await asyncio.sleep(pause)
            envelope: Json = {
                "envelope_id": delivery.envelope_id,
                "payload": payload,
                "type": kind,
                "accepts_response_payload": answers,
            }
            if kind == "events_api":
                envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
            await self._attempt(delivery, envelope)
            if delivery.acked:
                break
        self._changes.notify("deliveries")
        return delivery

    async def redeliver(self, envelope: Json) -> Delivery:
        """Send an envelope once more, same id and payload, as at-least-once delivery may."""
        delivery = Delivery(envelope_id=envelope["envelope_id"])
        await self._attempt(delivery, envelope)
        self._changes.notify("deliveries")
        return delivery

    async def disconnect(self, reason: DisconnectReason, *, cut: bool = True) -> int:
        """Tell every connection to go; cut it after the grace. Returns how many were told."""
        told = 0
        for connection in self._ready():
            connection.leaving = True
            told += 1
            await self._send(connection, self._goodbye(reason))
            if cut:
                self._start(self._cut_later(connection))
        return told

    async def drop(self) -> int:
        """Cut every TCP connection without a word. Returns how many were cut."""
        cut = list(self._connections)
        for connection in cut:
            connection.leaving = True
            transport = connection.request.transport
            if transport is not None:
                transport.abort()
        return len(cut)

    async def close(self) -> None:
        """End all connections and waits."""
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self._connections):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(connection.socket.close(), 0.5)

    def _ready(self) -> list[Connection]:
        return [one for one in self._connections if not one.leaving and not one.socket.closed]

    async def _attempt(self, delivery: Delivery, envelope: Json) -> None:
        ready = self._ready()
        if not ready:
            delivery.error = "dispatch_failed"
            return
        connection = ready[self._turn % len(ready)]
        self._turn += 1
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[delivery.envelope_id] = acknowledged
        self.envelopes.append(envelope)
        delivery.connection = connection.number
        delivery.attempts += 1
        try:
            await self._send(connection, envelope)
            delivery.payload = await asyncio.wait_for(acknowledged, self._timing.acknowledge)
            delivery.acked, delivery.error = True, ""
        except TimeoutError:
            delivery.error = "operation_timeout"
        finally:
            self._waiting.pop(delivery.envelope_id, None)

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is WSMsgType.TEXT:
                self._acknowledge(message.data)

    def _acknowledge(self, text: str) -> None:
        try:
            frame = parsed(text)
        except ValueError:
            return
        if not isinstance(frame, dict) or not isinstance(frame.get("envelope_id"), str):
            return
        waiting = self._waiting.get(frame["envelope_id"])
        if waiting is not None and not waiting.done():
            payload = frame.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else {})

    async def _ping(self, connection: Connection) -> None:
        while not connection.socket.closed:
            await asyncio.sleep(self._timing.server_ping)
            with contextlib.suppress(ConnectionError):
                await connection.socket.ping(f"Ping from {HOST}".encode())

    async def _cut_later(self, connection: Connection) -> None:
        await asyncio.sleep(self._timing.disconnect_grace)
        await connection.socket.close()

    async def _send(self, connection: Connection, frame: Json) -> None:
        with contextlib.suppress(ConnectionError):
            await connection.socket.send_str(json.dumps(frame))

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._ready()),
            "debug_info": {
                "host": HOST,
                "build_number": 54,
                "approximate_connection_time": self._timing.connection_life,
            },
            "connection_info": {"app_id": APP_ID},
        }

    def _goodbye(self, reason: DisconnectReason) -> Json:
        return {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def verification_token() -> str:
    """Return the old-style token Slack still puts into payloads."""
    return secrets.token_hex(12)
