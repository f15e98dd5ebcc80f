"""In: real slack_sdk and slack_bolt clients over loopback. Out: what Slack would have answered.

Nothing is mocked: every test talks HTTP or WebSocket to a running sandbox. Waiting times are cut
short where a test is about what happens after them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack import SlackSandbox, Timing

ROOM = "C0MIGRATE1"
PRIVATE = "C0WARROOM1"
QUICK = Timing(acknowledge=1.5, event_retries=(0.05, 0.05), disconnect_grace=0.2, server_ping=0.2)


@pytest.fixture
def sandbox() -> Iterator[SlackSandbox]:
    with SlackSandbox(timing=QUICK) as running:
        yield running


@pytest.fixture
def web(sandbox: SlackSandbox) -> WebClient:
    return client(sandbox)


@pytest.fixture(scope="session")
def leaving() -> Iterator[ThreadPoolExecutor]:
    """Close connections in the background: the SDK takes a second for each."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def connect(
    sandbox: SlackSandbox, leaving: ThreadPoolExecutor
) -> Iterator[Callable[..., SocketModeHandler]]:
    """Connect a Bolt app by Socket Mode, and disconnect it at the end."""
    handlers: list[SocketModeHandler] = []

    def start(app: App, ping_interval: float = 10) -> SocketModeHandler:
        before = sandbox.connections
        handlers.append(socket_mode(sandbox, app, ping_interval))
        handlers[-1].connect()
        sandbox.wait_connected(before + 1)
        return handlers[-1]

    yield start
    for handler in handlers:
        leaving.submit(handler.close)


@pytest.fixture
def app(sandbox: SlackSandbox) -> App:
    return App(client=client(sandbox), token_verification_enabled=False)


def client(sandbox: SlackSandbox, token: str | None = None) -> WebClient:
    return WebClient(token=token or sandbox.bot_token, base_url=sandbox.api_url)


def socket_mode(sandbox: SlackSandbox, app: App, ping_interval: float = 10) -> SocketModeHandler:
    return SocketModeHandler(
        app, sandbox.app_token, web_client=client(sandbox), ping_interval=ping_interval
    )


def refusal(call: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """Return the body of the refusal the call must meet."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    body: dict[str, Any] = caught.value.response.data
    assert body["ok"] is False
    return body


def error_of(call: Callable[..., Any], **arguments: Any) -> str:
    """Return Slack's code of the refusal the call must meet."""
    return str(refusal(call, **arguments)["error"])


def section(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(action_id: str = "go", **more: Any) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Go"},
        **more,
    }


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks), **more}


def question(block_id: str = "reason", **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain("Why"),
        "element": {"type": "plain_text_input", "action_id": "text", **more},
    }
