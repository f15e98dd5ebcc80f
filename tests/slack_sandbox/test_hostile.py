"""Whatever comes in, the sandbox answers in its own words: never a 500, never a broken page."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
import websocket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.slack import OPERATOR, SlackSandbox
from tests.slack_sandbox.conftest import QUICK, ROOM, client, error_of, modal, section

Json = dict[str, Any]

HASTY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

METHODS = (
    "api.test", "auth.test", "blocks.validate", "bots.info", "chat.delete", "chat.getPermalink",
    "chat.postEphemeral", "chat.postMessage", "chat.update", "conversations.history",
    "conversations.info", "conversations.join", "conversations.list", "conversations.open",
    "conversations.replies", "files.completeUploadExternal", "files.getUploadURLExternal",
    "files.info", "reactions.add", "team.info", "usergroups.list", "usergroups.users.list",
    "users.info", "users.list", "users.lookupByEmail", "views.open", "views.publish", "views.push",
    "views.update",
)  # fmt: skip
NAMES = (
    "attachments", "blocks", "channel", "cursor", "email", "files", "filename", "latest", "length",
    "limit", "metadata", "name", "oldest", "text", "thread_ts", "timestamp", "trigger_id", "ts",
    "types", "user", "user_id", "users", "view", "view_id", "message", "include_all_metadata",
)  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([ROOM, OPERATOR.id, "section", "mrkdwn", "button", "modal", "1.1", "x"])
)
keys = st.sampled_from(
    ["type", "text", "blocks", "elements", "fields", "accessory", "element", "action_id",
     "block_id", "options", "value", "title", "rows", "label", "url", "event_type",
     "event_payload", "id"]
) | st.text(max_size=5)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=15,
)
block_types = st.sampled_from(
    ["section", "header", "context", "actions", "divider", "image", "input", "rich_text", "table",
     "markdown", "card", "carousel", "container", "data_table", "alert", "plan", "video",
     "context_actions", "task_card", "data_visualization"]
)  # fmt: skip
blocks = st.builds(
    lambda kind, rest: {**rest, "type": kind},
    block_types,
    st.dictionaries(keys, values, max_size=5),
)


@pytest.fixture(scope="module")
def workspace() -> Iterator[SlackSandbox]:
    with SlackSandbox(timing=QUICK) as running:
        client(running).chat_postMessage(channel=ROOM, text="here")
        with acknowledged(running):
            yield running


@contextmanager
def acknowledged(sandbox: SlackSandbox) -> Iterator[None]:
    """Acknowledge whatever comes. Not with the SDK: its use of ``random`` upsets hypothesis."""
    opened = client(sandbox).apps_connections_open(app_token=sandbox.app_token)
    socket = websocket.create_connection(opened["url"], timeout=10)

    def work() -> None:
        with suppress(OSError, websocket.WebSocketException, ValueError):
            while True:
                frame = json.loads(socket.recv())
                if "envelope_id" in frame:
                    socket.send(json.dumps({"envelope_id": frame["envelope_id"]}))

    thread = threading.Thread(target=work)
    thread.start()
    sandbox.wait_connected()
    yield
    sandbox.drop_sockets()
    thread.join()
    socket.shutdown()


class Raw:
    """Sends bytes; returns (status, body)."""

    def __init__(self, sandbox: SlackSandbox) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
        self.token = f"Bearer {sandbox.bot_token}"

    def __call__(
        self,
        path: str,
        body: bytes = b"",
        content_type: str = "application/json; charset=utf-8",
        method: str = "POST",
        **headers: str,
    ) -> tuple[int, bytes]:
        sent = {"Authorization": self.token, "Content-Type": content_type, **headers}
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def call(self, method: str, arguments: Any) -> Json:
        status, body = self(f"/api/{method}", json.dumps(arguments).encode())
        assert status == 200, body
        answer: Json = json.loads(body)
        assert answer["ok"] or answer["error"] != "fatal_error"
        return answer


@pytest.fixture(scope="module")
def raw(workspace: SlackSandbox) -> Iterator[Raw]:
    sender = Raw(workspace)
    yield sender
    sender.connection.close()


@given(
    method=st.sampled_from(METHODS),
    arguments=st.dictionaries(st.sampled_from(NAMES), values, max_size=6),
)
@settings(HASTY, max_examples=120)
def test_any_arguments_get_an_answer(raw: Raw, method: str, arguments: Json) -> None:
    raw.call(method, arguments)


@given(shown=st.lists(blocks, max_size=4))
@settings(HASTY, max_examples=120)
def test_any_blocks_are_taken_or_refused_in_a_message_and_a_view(
    raw: Raw, shown: list[Json]
) -> None:
    answer = raw.call("chat.postMessage", {"channel": ROOM, "text": "x", "blocks": shown})
    assert answer["ok"] or answer["error"] in ("invalid_blocks", "msg_blocks_too_long")
    for view in (modal(*shown), {"type": "home", "blocks": shown}):
        answer = raw.call("views.publish", {"user_id": OPERATOR.id, "view": view})
        assert answer["ok"] or answer["error"] == "invalid_arguments"


@given(attachments=st.lists(st.dictionaries(keys, values, max_size=4), max_size=3))
@HASTY
def test_any_attachments_are_taken_or_refused(raw: Raw, attachments: list[Json]) -> None:
    answer = raw.call(
        "chat.postMessage", {"channel": ROOM, "text": "x", "attachments": attachments}
    )
    assert answer["ok"] or answer["error"] in ("invalid_attachments", "msg_blocks_too_long")


@given(text=st.text(min_size=1, max_size=200))
@HASTY
def test_any_text_comes_back_without_bare_markup(raw: Raw, text: str) -> None:
    answer = raw.call("chat.postMessage", {"channel": ROOM, "text": text + "."})
    kept = answer["message"]["text"]
    for angle in kept.split("<")[1:]:
        assert angle[0] in "@#!hmt", kept
    assert "<script" not in kept.lower()


@given(body=st.binary(max_size=80))
@HASTY
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=nonsense",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-16",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "text/plain",
        ";;;",
    ],
)
def test_any_bytes_get_an_answer_everywhere(raw: Raw, content_type: str, body: bytes) -> None:
    for path in ("/api/chat.postMessage", "/upload/v1/F0NONE", "/response/none",
                 "/sandbox/act/post"):  # fmt: skip
        status, _ = raw(path, body, content_type)
        assert status < 500


@given(
    answer=st.dictionaries(
        st.sampled_from([*NAMES, "response_type", "replace_original", "delete_original"]),
        values,
        max_size=5,
    )
)
@HASTY
def test_any_answer_of_a_command_is_shown_or_refused(
    workspace: SlackSandbox, raw: Raw, answer: Json
) -> None:
    workspace.run_command(OPERATOR.id, ROOM, "/mtc")
    url = next(
        one["payload"]["response_url"]
        for one in reversed(workspace.envelopes())
        if one["type"] == "slash_commands"
    )
    status, _ = raw(urlsplit(url).path, json.dumps(answer).encode())
    assert status == 200


@given(act=st.sampled_from(["command", "post", "click", "click_in_view", "submit", "close", "home",
                            "suggest", "shortcut", "fault", "disconnect", "none"]),
       body=st.dictionaries(
           st.sampled_from(["user", "channel", "text", "ts", "action_id", "view", "values",
                            "method", "times"]), scalars, max_size=6))  # fmt: skip
@HASTY
def test_any_act_of_the_page_gets_an_answer(raw: Raw, act: str, body: Any) -> None:
    status, answer = raw(f"/sandbox/act/{act}", json.dumps(body).encode(), "application/json")
    assert status in (200, 400, 404)
    json.loads(answer)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b'{"text": NaN}', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b"[" * 200 + b"]" * 200, "invalid_json"),
        (b"[1]", "json_not_object"),
        (b"\xff\xfe", "invalid_json"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(raw: Raw, body: bytes, code: str) -> None:
    status, answer = raw("/api/chat.postMessage", body)
    assert (status, json.loads(answer)["error"]) == (200, code)


def test_blocks_nested_deeply_in_a_string_are_refused(workspace: SlackSandbox) -> None:
    web = client(workspace)
    deep = "[" * 90_000 + "]" * 90_000
    assert (
        error_of(web.chat_postMessage, channel=ROOM, text="x", blocks=deep)
        == "invalid_blocks_format"
    )


def test_lone_surrogates_do_no_harm(raw: Raw) -> None:
    answer = raw.call("chat.postMessage", {"channel": ROOM, "text": "a\ud800b"})
    assert answer["ok"]
    answer = raw.call(
        "chat.postMessage", {"channel": ROOM, "text": "x", "blocks": [section("\udfff")]}
    )
    assert answer["ok"]


@pytest.mark.parametrize(
    "path",
    ["/page/../sandbox.py", "/page/..%2fsandbox.py", "/page/%2e%2e/seed.py", "/files/../x", "/x"],
)
def test_nothing_but_the_page_is_served(raw: Raw, path: str) -> None:
    status, _ = raw(path, method="GET")
    assert status == 404


def test_only_loopback_names_are_answered(raw: Raw) -> None:
    status, _ = raw("/", method="GET", Host="sandbox.example.com")
    assert status == 403
    with pytest.raises(ValueError, match="loopback only"):
        SlackSandbox(host="0.0.0.0")


def test_another_site_cannot_act_here(raw: Raw) -> None:
    act = json.dumps({"user": OPERATOR.id, "channel": ROOM, "text": "x"}).encode()
    status, _ = raw("/sandbox/act/post", act, "application/json", Origin="https://evil.example")
    assert status == 403
    status, _ = raw("/sandbox/act/post", act, "text/plain")
    assert status == 415
    status, _ = raw("/sandbox/act/post", act, "application/json")
    assert status == 200


def test_the_page_runs_only_its_own_scripts(raw: Raw) -> None:
    raw.connection.request("GET", "/")
    answer = raw.connection.getresponse()
    answer.read()
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
