"""Trouble on demand, as an app would meet it."""

from __future__ import annotations

import gc
import socket
import threading
import time
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from sandbox.slack import SlackSandbox
from tests.slack_sandbox.conftest import ROOM, error_of


def test_a_rate_limit_is_answered_with_429_and_retry_after(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    sandbox.rate_limit("chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        web.chat_postMessage(channel=ROOM, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert caught.value.response.data == {"ok": False, "error": "ratelimited"}
    assert sandbox.messages(ROOM) == []
    assert web.chat_postMessage(channel=ROOM, text="x")["ok"]


def test_the_sdks_retry_handler_waits_and_succeeds(sandbox: SlackSandbox, web: WebClient) -> None:
    web.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
    sandbox.rate_limit("chat.postMessage", times=2, retry_after=0)
    assert web.chat_postMessage(channel=ROOM, text="x")["ok"]
    assert [call.status for call in sandbox.calls("chat.postMessage")] == [429, 429, 200]
    assert len(sandbox.messages(ROOM)) == 1


def test_a_fault_strikes_its_method_so_many_times_and_any_method_if_asked(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    sandbox.fail("chat.update", "fatal_error", times=2)
    assert web.chat_postMessage(channel=ROOM, text="x")["ok"]
    for _ in range(2):
        assert error_of(web.chat_update, channel=ROOM, ts="1.1", text="x") == "fatal_error"
    assert error_of(web.chat_update, channel=ROOM, ts="1.1", text="x") == "message_not_found"
    sandbox.fail("*", "service_unavailable")
    assert error_of(web.auth_test) == "service_unavailable"


def test_trouble_not_yet_come_can_be_called_off(sandbox: SlackSandbox, web: WebClient) -> None:
    sandbox.fail("*", "fatal_error", times=100)
    sandbox.clear_faults()
    assert web.auth_test()["ok"]


def test_an_http_error_is_one(sandbox: SlackSandbox, web: WebClient) -> None:
    sandbox.http_error(503, "auth.test")
    with pytest.raises(SlackApiError) as caught:
        web.auth_test()
    assert caught.value.response.status_code == 503


def test_a_reply_can_be_lost_after_the_message_was_posted(sandbox: SlackSandbox) -> None:
    web = WebClient(token=sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])
    sandbox.drop_reply("chat.postMessage")
    with pytest.raises((URLError, ConnectionError)):
        web.chat_postMessage(channel=ROOM, text="posted all the same")
    assert [one["text"] for one in sandbox.messages(ROOM)] == ["posted all the same"]


def test_the_sdks_default_retry_posts_a_message_twice_when_its_reply_is_lost(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    sandbox.drop_reply("chat.postMessage")
    assert web.chat_postMessage(channel=ROOM, text="twice")["ok"]
    assert [one["text"] for one in sandbox.messages(ROOM)] == ["twice", "twice"]


def test_a_request_can_be_lost_before_anything_happened(sandbox: SlackSandbox) -> None:
    web = WebClient(token=sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])
    sandbox.drop_request("chat.postMessage")
    with pytest.raises((URLError, ConnectionError)):
        web.chat_postMessage(channel=ROOM, text="x")
    assert sandbox.messages(ROOM) == []


def test_a_call_can_hang(sandbox: SlackSandbox, web: WebClient) -> None:
    sandbox.hang("auth.test", 0.3)
    before = time.monotonic()
    assert web.auth_test()["ok"]
    assert time.monotonic() - before >= 0.3


def test_an_impossible_fault_is_refused(sandbox: SlackSandbox) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        sandbox.rate_limit("auth.test", times=0)


def test_the_log_of_calls_never_holds_a_token(sandbox: SlackSandbox, web: WebClient) -> None:
    web.api_call("auth.test", params={"token": sandbox.bot_token})
    error_of(WebClient(token="xoxb-wrong", base_url=sandbox.api_url).auth_test)
    calls = sandbox.calls("auth.test")
    assert [(call.token, call.error) for call in calls] == [("bot", ""), ("bad", "invalid_auth")]
    assert sandbox.bot_token not in repr(calls)


def test_a_workspace_that_stops_while_it_is_called_leaves_no_connection_open() -> None:
    def call(port: int | None, called: threading.Event) -> None:
        try:
            while True:
                socket.create_connection(("127.0.0.1", port), 60).close()
                called.set()
        except OSError:
            pass  # it is over

    for _ in range(2):
        with SlackSandbox() as sandbox:
            called = threading.Event()
            port = urlsplit(sandbox.url).port
            callers = [threading.Thread(target=call, args=(port, called)) for _ in range(2)]
            for caller in callers:
                caller.start()
            assert called.wait(60)
        for caller in callers:
            caller.join()
        gc.collect()  # what is still open makes a warning, which is an error
