"""Connections, envelopes and acknowledgements, with the SDK's own client and with a raw one."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError

import pytest
import websocket
from slack_bolt import App
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

from sandbox.slack import BOT_USER_ID, OPERATOR, SlackSandbox, Timing
from tests.slack_sandbox.conftest import ROOM, client

Json = dict[str, Any]
Connect = Callable[..., Any]


def address(sandbox: SlackSandbox) -> str:
    opened = client(sandbox).apps_connections_open(app_token=sandbox.app_token)
    return str(opened["url"])


@contextmanager
def raw(sandbox: SlackSandbox) -> Iterator[websocket.WebSocket]:
    """A bare connection past its hello."""
    socket = websocket.create_connection(address(sandbox), timeout=5)
    try:
        assert json.loads(socket.recv())["type"] == "hello"
        yield socket
    finally:
        socket.close()
        socket.shutdown()


def test_the_first_frame_says_hello(sandbox: SlackSandbox) -> None:
    url = address(sandbox)
    assert re.fullmatch(r"ws://127\.0\.0\.1:\d+/link/\?ticket=[0-9a-f-]{36}&app_id=A0MTCBOT01", url)
    socket = websocket.create_connection(url, timeout=5)
    hello = json.loads(socket.recv())
    socket.close()
    assert hello["type"] == "hello"
    assert hello["num_connections"] == 1
    assert hello["connection_info"] == {"app_id": "A0MTCBOT01"}
    assert hello["debug_info"]["approximate_connection_time"] == 18060


def test_an_address_opens_one_connection_once(sandbox: SlackSandbox) -> None:
    url = address(sandbox)
    websocket.create_connection(url, timeout=5).close()
    with pytest.raises(HTTPError, match="403") as refused:
        urllib.request.urlopen(url.replace("ws://", "http://"))
    refused.value.close()


def test_the_sdks_own_client_receives_and_acknowledges(sandbox: SlackSandbox) -> None:
    own = SocketModeClient(app_token=sandbox.app_token, web_client=client(sandbox))

    def answer(given: BaseSocketModeClient, request: Any) -> None:
        given.send_socket_mode_response(
            SocketModeResponse(request.envelope_id, payload={"text": request.payload["text"]})
        )

    own.socket_mode_request_listeners.append(answer)
    own.connect()
    sandbox.wait_connected()
    delivery = sandbox.run_command(OPERATOR.id, ROOM, "/mtc list")
    own.close()
    assert delivery.acked
    assert delivery.payload == {"text": "list"}


@pytest.mark.parametrize("frame", [{}, {"payload": {}}])
def test_an_acknowledgement_may_carry_an_empty_payload_or_none(
    sandbox: SlackSandbox, frame: Json
) -> None:
    with raw(sandbox) as socket:
        acknowledging(socket, lambda envelope: [{**frame, "envelope_id": envelope["envelope_id"]}])
        assert sandbox.run_command(OPERATOR.id, ROOM, "/mtc").ok
    assert sandbox.ephemerals(OPERATOR.id) == []


def test_frames_that_are_no_acknowledgement_are_passed_by(sandbox: SlackSandbox) -> None:
    with raw(sandbox) as socket:
        acknowledging(
            socket,
            lambda envelope: [
                "not json",
                [],
                5,
                {"envelope_id": 7},
                {"envelope_id": "of another time"},
                {"envelope_id": envelope["envelope_id"], "payload": "text"},
                {"envelope_id": envelope["envelope_id"], "payload": {"text": "too late"}},
            ],
        )
        assert sandbox.run_command(OPERATOR.id, ROOM, "/mtc").payload == {}
    assert sandbox.ephemerals(OPERATOR.id) == []


def test_an_envelope_says_whether_it_takes_an_answer(sandbox: SlackSandbox) -> None:
    with raw(sandbox) as socket:
        acknowledging(socket, lambda envelope: [{"envelope_id": envelope["envelope_id"]}], times=3)
        sandbox.run_command(OPERATOR.id, ROOM, "/mtc")
        sandbox.open_home(OPERATOR.id)
        sandbox.use_shortcut(OPERATOR.id, "x")
    seen = [(one["type"], one["accepts_response_payload"]) for one in sandbox.envelopes()]
    assert seen == [("slash_commands", True), ("events_api", False), ("interactive", False)]


def test_an_interaction_not_acknowledged_in_time_is_not_sent_again(
    sandbox: SlackSandbox,
) -> None:
    with raw(sandbox):
        delivery = sandbox.run_command(OPERATOR.id, ROOM, "/mtc")
    assert (delivery.error, delivery.attempts) == ("operation_timeout", 1)
    assert sandbox.ephemerals(OPERATOR.id)[0]["text"] == (
        '/mtc failed with the error "operation_timeout"'
    )


def test_slack_waits_three_seconds_by_default() -> None:
    assert Timing().acknowledge == 3.0
    assert Timing().trigger == 3.0


def test_an_event_not_acknowledged_is_sent_again_with_its_attempt(sandbox: SlackSandbox) -> None:
    with raw(sandbox):
        delivery = sandbox.open_home(OPERATOR.id)
    assert (delivery.error, delivery.attempts) == ("operation_timeout", 3)
    sent = sandbox.envelopes()
    assert [(one["retry_attempt"], one["retry_reason"]) for one in sent] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
    ]
    assert len({one["payload"]["event_id"] for one in sent}) == 1


def test_an_event_stops_being_sent_once_acknowledged(
    sandbox: SlackSandbox, app: App, connect: Connect
) -> None:
    heard: list[str] = []
    app.event("app_mention")(lambda event: heard.append(event["text"]))
    connect(app)
    sandbox.post(OPERATOR.id, ROOM, f"<@{BOT_USER_ID}> hello")
    sandbox.wait_for(lambda: heard)
    time.sleep(0.2)
    assert len(sandbox.envelopes()) == 1


def test_an_envelope_may_come_twice(sandbox: SlackSandbox, app: App, connect: Connect) -> None:
    heard: list[str] = []

    @app.event("app_mention")
    def listen(body: Json) -> None:
        heard.append(body["event_id"])

    connect(app)
    sandbox.post(OPERATOR.id, ROOM, f"<@{BOT_USER_ID}> hello")
    sandbox.wait_for(lambda: heard)
    assert sandbox.redeliver(sandbox.envelopes()[0]).acked
    sandbox.wait_for(lambda: len(heard) == 2)
    assert len(set(heard)) == 1


def test_without_a_connection_an_act_fails_at_once(sandbox: SlackSandbox) -> None:
    assert sandbox.run_command(OPERATOR.id, ROOM, "/mtc").error == "dispatch_failed"
    assert sandbox.use_shortcut(OPERATOR.id, "x").error == "dispatch_failed"


# Connections --------------------------------------------------------------------------------


def test_envelopes_are_spread_over_connections_each_sent_once(sandbox: SlackSandbox) -> None:
    with raw(sandbox) as one, raw(sandbox) as two:
        for socket in (one, two):
            acknowledging(
                socket, lambda envelope: [{"envelope_id": envelope["envelope_id"]}], times=2
            )
        went = [sandbox.run_command(OPERATOR.id, ROOM, "/mtc").connection for _ in range(4)]
    assert went == [0, 1, 0, 1]
    assert len(sandbox.envelopes()) == 4


def test_the_eleventh_connection_is_sent_away(sandbox: SlackSandbox) -> None:
    sockets = [websocket.create_connection(address(sandbox), timeout=5) for _ in range(10)]
    for socket in sockets:
        socket.recv()
    eleventh = websocket.create_connection(address(sandbox), timeout=5)
    goodbye = json.loads(eleventh.recv())
    assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "too_many_websockets")
    for socket in (*sockets, eleventh):
        socket.close()


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
def test_a_client_told_to_go_comes_back_on_a_fresh_connection(
    sandbox: SlackSandbox, app: App, connect: Connect, reason: Any
) -> None:
    app.command("/mtc")(lambda ack: ack())
    connect(app)
    assert sandbox.disconnect(reason) == 1
    sandbox.wait_connected(timeout=15)
    delivery = sandbox.run_command(OPERATOR.id, ROOM, "/mtc")
    assert delivery.ok
    assert delivery.connection == 1
    assert len(sandbox.calls("apps.connections.open")) == 2


def test_a_client_cut_off_without_a_word_comes_back(
    sandbox: SlackSandbox, app: App, connect: Connect
) -> None:
    app.command("/mtc")(lambda ack: ack())
    connect(app, ping_interval=0.2)
    assert sandbox.drop_sockets() == 1
    sandbox.wait_for(lambda: sandbox.connections == 0)
    sandbox.wait_connected(timeout=30)
    assert sandbox.wait_for(lambda: sandbox.run_command(OPERATOR.id, ROOM, "/mtc").ok, timeout=30)


def test_a_connection_told_to_go_gets_no_more_envelopes_and_is_cut_after_the_grace() -> None:
    with SlackSandbox(timing=Timing(disconnect_grace=0.2)) as sandbox, raw(sandbox) as socket:
        sandbox.disconnect("warning")
        assert json.loads(socket.recv())["reason"] == "warning"
        assert sandbox.run_command(OPERATOR.id, ROOM, "/mtc").error == "dispatch_failed"
        opcode, _ = socket.recv_data(control_frame=True)
        assert opcode == websocket.ABNF.OPCODE_CLOSE


def test_a_ping_is_answered_with_its_own_text(sandbox: SlackSandbox) -> None:
    with raw(sandbox) as socket:
        socket.ping("session:1700000000.5")
        seen = [socket.recv_data(control_frame=True)]
        while seen[-1][0] != websocket.ABNF.OPCODE_PONG:
            seen.append(socket.recv_data(control_frame=True))
    assert seen[-1][1] == b"session:1700000000.5"


def test_the_server_pings_too(sandbox: SlackSandbox) -> None:
    with raw(sandbox) as socket:
        opcode, text = socket.recv_data(control_frame=True)
    assert opcode == websocket.ABNF.OPCODE_PING
    assert text == b"Ping from applink-sandbox"


def acknowledging(
    socket: websocket.WebSocket, frames: Callable[[Json], list[Any]], times: int = 1
) -> None:
    """Answer the next envelopes in the background with these frames."""

    def work() -> None:
        for _ in range(times):
            envelope = json.loads(socket.recv())
            for frame in frames(envelope):
                socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    threading.Thread(target=work, daemon=True).start()
