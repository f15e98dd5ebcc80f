"""Blocks and views Slack refuses, each with Slack's wording and where it points."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.slack import OPERATOR, SlackSandbox
from tests.slack_sandbox.conftest import (
    ROOM,
    button,
    error_of,
    modal,
    plain,
    question,
    refusal,
    section,
)

Json = dict[str, Any]


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def option(value: str = "a", text: str = "A", **more: Any) -> Json:
    return {"text": plain(text), "value": value, **more}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def overflow(count: int) -> Json:
    return {"type": "overflow", "action_id": "o", "options": [option(str(n)) for n in range(count)]}


def mrkdwn(text: str, **more: Any) -> Json:
    return {"type": "mrkdwn", "text": text, **more}


REFUSED: list[tuple[str, Json, str, str]] = [
    ("no type", {"text": mrkdwn("x")}, "missing required field: type", ""),
    ("unknown type", {"type": "banner"}, "unsupported type: banner", "/type"),
    ("empty text", section(""), "must be more than 0 characters", "/text/text"),
    ("long text", section("x" * 3001), "must be less than 3001 characters", "/text/text"),
    ("emoji on mrkdwn", {"type": "section", "text": mrkdwn("x", emoji=True)},
     "invalid additional property: emoji", "/text"),
    ("null text", {"type": "section", "text": None}, "must provide an object", "/text"),
    ("no text, no fields", {"type": "section"}, "must define either `text` or `fields`", ""),
    ("no fields", {"type": "section", "fields": []}, "must provide at least 1 items", "/fields"),
    ("eleven fields", {"type": "section", "fields": [mrkdwn("x")] * 11},
     "no more than 10 items allowed", "/fields"),
    ("long field", {"type": "section", "fields": [mrkdwn("x"), mrkdwn("x" * 2001)]},
     "must be less than 2001 characters", "/fields/1/text"),
    ("text on a divider", {"type": "divider", "text": mrkdwn("x")},
     "invalid additional property: text", ""),
    ("long block_id", {"type": "divider", "block_id": "x" * 256},
     "must be less than 256 characters", "/block_id"),
    ("numeric block_id", {"type": "divider", "block_id": 5}, "must provide a string", "/block_id"),
    ("mrkdwn header", {"type": "header", "text": mrkdwn("x")},
     "unsupported type: mrkdwn", "/text/type"),
    ("long header", {"type": "header", "text": plain("x" * 151)},
     "must be less than 151 characters", "/text/text"),
    ("empty context", {"type": "context", "elements": []},
     "must provide at least 1 items", "/elements"),
    ("long context", {"type": "context", "elements": [mrkdwn("x")] * 11},
     "no more than 10 items allowed", "/elements"),
    ("button in context", {"type": "context", "elements": [button()]},
     "unsupported type: button", "/elements/0/type"),
    ("26 buttons", actions(*(button(str(n)) for n in range(26))),
     "no more than 25 items allowed", "/elements"),
    ("repeated action_id", actions(button("go"), button("go")),
     '`action_id` "go" already exists', "/elements/1/action_id"),
    ("block_id on an element", actions(button(block_id="b")),
     "invalid additional property: block_id", "/elements/0"),
    ("long label", actions(button(text=plain("x" * 76))),
     "must be less than 76 characters", "/elements/0/text/text"),
    ("long value", actions(button(value="x" * 2001)),
     "must be less than 2001 characters", "/elements/0/value"),
    ("odd style", actions(button(style="warning")),
     "must be a valid enum value", "/elements/0/style"),
    ("multi-select in actions", actions({"type": "multi_users_select", "action_id": "m"}),
     "unsupported type: multi_users_select", "/elements/0/type"),
    ("empty overflow", actions(overflow(0)), "must provide at least 1 items",
     "/elements/0/options"),
    ("six overflow options", actions(overflow(6)), "no more than 5 items allowed",
     "/elements/0/options"),
    ("url on a select option", actions(select(options=[option(url="https://x")])),
     "invalid additional property: url", "/elements/0/options/0"),
    ("long option", actions(select(options=[option(text="x" * 76)])),
     "must be less than 76 characters", "/elements/0/options/0/text/text"),
    ("long option value", actions(select(options=[option("x" * 151)])),
     "must be less than 151 characters", "/elements/0/options/0/value"),
    ("101 options", actions(select(options=[option(str(n)) for n in range(101)])),
     "no more than 100 items allowed", "/elements/0/options"),
    ("options and groups",
     actions(select(option_groups=[{"label": plain("G"), "options": [option()]}])),
     "failed to match exactly one allowed schema", "/elements/0"),
    ("foreign initial option", actions(select(initial_option=option("b"))),
     "`initial_option` must match one of the options", "/elements/0/initial_option"),
    ("type on confirm",
     actions(button(confirm={"type": "confirm", "title": plain("t"), "text": plain("t"),
                             "confirm": plain("y"), "deny": plain("n")})),
     "invalid additional property: type", "/elements/0/confirm"),
    ("half a confirm", actions(button(confirm={"title": plain("t")})),
     "missing required field: text", "/elements/0/confirm"),
    ("odd date", actions({"type": "datepicker", "action_id": "d", "initial_date": "2026-02-30"}),
     "input must be a valid: date", "/elements/0/initial_date"),
    ("odd time", actions({"type": "timepicker", "action_id": "t", "initial_time": "25:00"}),
     "input must match regex pattern: ^([01][0-9]|2[0-3]):[0-5][0-9]$",
     "/elements/0/initial_time"),
    ("short unix time",
     actions({"type": "datetimepicker", "action_id": "t", "initial_date_time": 5}),
     "must be greater than 999999999", "/elements/0/initial_date_time"),
    ("image without alt", {"type": "image", "image_url": "https://x/y.png"},
     "missing required field: alt_text", ""),
    ("image from nowhere", {"type": "image", "image_url": "x.png", "alt_text": "x"},
     "downloading image failed", "/image_url"),
    ("unknown file", {"type": "image", "slack_file": {"id": "F0NONE"}, "alt_text": "x"},
     "invalid slack file", "/slack_file"),
    ("alert in a message", {"type": "alert", "text": plain("x")},
     "unsupported type: alert", "/type"),
    ("long markdown", {"type": "markdown", "text": "x" * 12_001},
     "must be less than 12001 characters", "/text"),
    ("wide table", {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]},
     "no more than 20 items allowed", "/rows/0"),
    ("odd rich text", {"type": "rich_text", "elements": [{"type": "rich_text_poem"}]},
     "unsupported type: rich_text_poem", "/elements/0/type"),
    ("empty rich text run",
     {"type": "rich_text", "elements": [
         {"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]},
     "must be more than 0 characters", "/elements/0/elements/0/text"),
    ("deep list",
     {"type": "rich_text", "elements": [
         {"type": "rich_text_list", "style": "bullet", "indent": 9, "elements": []}]},
     "must be less than 9", "/elements/0/indent"),
    ("true is no number", {"type": "header", "text": plain("x"), "level": True},
     "must provide an integer", "/level"),
    ("a word for true", {"type": "section", "text": mrkdwn("x"), "expand": "yes"},
     "must be a boolean", "/expand"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("block", "message", "pointer"),
    [pytest.param(*case[1:], id=case[0]) for case in REFUSED],
)
def test_a_message_with_a_faulty_block_is_refused(
    sandbox: SlackSandbox, web: WebClient, block: Json, message: str, pointer: str
) -> None:
    body = refusal(
        web.chat_postMessage, channel=ROOM, text="x", blocks=[{"type": "divider"}, block]
    )
    expected = f"{message} [json-pointer:/blocks/1{pointer}]"
    assert body["error"] == "invalid_blocks"
    assert expected in body["errors"]
    assert f"[ERROR] {expected}" in body["response_metadata"]["messages"]
    assert sandbox.messages(ROOM) == []


def test_every_fault_is_named_in_the_order_of_the_schema(web: WebClient) -> None:
    body = refusal(
        web.chat_postMessage,
        channel=ROOM,
        text="x",
        blocks=[{"type": "header", "text": plain(""), "level": 7, "colour": "red", "size": 2}],
    )
    assert body["errors"] == [
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        "must be less than 5 [json-pointer:/blocks/0/level]",
        "invalid additional property: colour [json-pointer:/blocks/0]",
        "invalid additional property: size [json-pointer:/blocks/0]",
    ]


def test_length_counts_characters_not_bytes(web: WebClient) -> None:
    assert web.chat_postMessage(channel=ROOM, text="x", blocks=[section("迁" * 3000)])["ok"]


def test_fifty_blocks_pass_and_one_more_does_not(web: WebClient) -> None:
    divider = {"type": "divider"}
    assert web.chat_postMessage(channel=ROOM, text="x", blocks=[divider] * 50)["ok"]
    body = refusal(web.chat_postMessage, channel=ROOM, text="x", blocks=[divider] * 51)
    assert body["errors"] == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_a_repeated_block_id_is_refused_and_a_repeated_action_id_in_two_blocks_is_not(
    web: WebClient,
) -> None:
    twice = [actions(button("go"), block_id="a"), actions(button("go"), block_id="b")]
    assert web.chat_postMessage(channel=ROOM, text="x", blocks=twice)["ok"]
    twice[1]["block_id"] = "a"
    body = refusal(web.chat_postMessage, channel=ROOM, text="x", blocks=twice)
    assert body["errors"][0].endswith("[json-pointer:/blocks/1/block_id]")


def test_blocks_in_attachments_point_into_the_attachment(web: WebClient) -> None:
    body = refusal(
        web.chat_postMessage, channel=ROOM, text="x", attachments=[{"blocks": [section("")]}]
    )
    assert body["error"] == "invalid_attachments"
    assert body["errors"] == [
        "must be more than 0 characters [json-pointer:/attachments/0/blocks/0/text/text]"
    ]


# Views --------------------------------------------------------------------------------------


VIEWS: list[tuple[str, Any, str, str]] = [
    ("no type", {"title": plain("t"), "blocks": []}, "missing required field: type", "/view"),
    ("home by a trigger", {"type": "home", "blocks": []}, "unsupported type: home", "/view/type"),
    ("no title", {"type": "modal", "blocks": []}, "missing required field: title", "/view"),
    ("long title", modal(title=plain("x" * 25)),
     "must be less than 25 characters", "/view/title/text"),
    ("long submit", modal(submit=plain("x" * 25)),
     "must be less than 25 characters", "/view/submit/text"),
    ("long metadata", modal(private_metadata="x" * 3001),
     "must be less than 3001 characters", "/view/private_metadata"),
    ("unknown key", modal(submit_disabled=True),
     "invalid additional property: submit_disabled", "/view"),
    ("null submit", modal(submit=None), "must provide an object", "/view/submit"),
    ("input without submit", modal(question()),
     "must define `submit` to use an `input` block in modals", "/view"),
    ("101 blocks", modal(*[{"type": "divider"}] * 101),
     "no more than 100 items allowed", "/view/blocks"),
    ("markdown", modal({"type": "markdown", "text": "x"}),
     "unsupported type: markdown", "/view/blocks/0/type"),
    ("repeated block_id", modal(section(block_id="a"), section(block_id="a")),
     '`block_id` "a" already exists', "/view/blocks/1/block_id"),
    ("two in focus",
     modal(question("a", focus_on_load=True), question("b", focus_on_load=True),
           submit=plain("Go")),
     "only one `focus_on_load` is allowed", "/view/blocks/1/element"),
    ("crossed lengths",
     modal(question(min_length=9, max_length=3), submit=plain("Go")),
     "must be less than `max_length`", "/view/blocks/0/element/min_length"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("view", "message", "pointer"), [pytest.param(*case[1:], id=case[0]) for case in VIEWS]
)
def test_a_faulty_view_is_refused_before_its_trigger_is_looked_at(
    web: WebClient, view: Json, message: str, pointer: str
) -> None:
    body = refusal(web.views_open, trigger_id="1.2.3", view=view)
    assert body["error"] == "invalid_arguments"
    assert "errors" not in body
    assert body["response_metadata"]["messages"] == [f"[ERROR] {message} [json-pointer:{pointer}]"]


def test_a_view_above_250_kilobytes_is_too_large(web: WebClient) -> None:
    big = modal(*[section("迁" * 3000) for _ in range(40)])
    assert error_of(web.views_open, trigger_id="1.2.3", view=big) == "view_too_large"


def test_a_home_takes_no_title_and_no_datetimepicker(web: WebClient) -> None:
    body = refusal(
        web.views_publish,
        user_id=OPERATOR.id,
        view={
            "type": "home",
            "title": plain("x"),
            "blocks": [actions({"type": "datetimepicker", "action_id": "t"})],
        },
    )
    assert body["response_metadata"]["messages"] == [
        "[ERROR] unsupported type: datetimepicker [json-pointer:/view/blocks/0/elements/0/type]",
        "[ERROR] invalid additional property: title [json-pointer:/view]",
    ]


# blocks.validate ----------------------------------------------------------------------------


def test_blocks_can_be_validated_without_posting(sandbox: SlackSandbox, web: WebClient) -> None:
    assert web.api_call("blocks.validate", json={"blocks": [section()]})["errors"] == []
    body = refusal(web.api_call, api_method="blocks.validate", json={"blocks": [section("")]})
    assert body["error"] == "invalid_blocks"
    assert body["errors"] == [
        {
            "code": "invalid_blocks",
            "message": "must be more than 0 characters",
            "pointer": "/blocks/0/text/text",
        }
    ]
    assert (
        error_of(web.api_call, api_method="blocks.validate", json={"view": {"type": "modal"}})
        == "invalid_view"
    )
    assert (
        error_of(web.api_call, api_method="blocks.validate", json={"message": {"blocks": [1]}})
        == "invalid_message"
    )
    assert error_of(web.api_call, api_method="blocks.validate", json={}) == "invalid_arguments"
    assert sandbox.messages(ROOM) == []
