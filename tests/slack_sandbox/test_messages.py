from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.slack import APPROVER, BOT_USER_ID, MANAGER, OPERATOR, VIEWER, SlackSandbox
from tests.slack_sandbox.conftest import PRIVATE, ROOM, error_of, section

# The SDK's advice to send a text with every message; here a message without one is the point.
pytestmark = pytest.mark.filterwarnings("ignore:The top-level")


def post(web: WebClient, text: str = "hello", **more: Any) -> str:
    return str(web.chat_postMessage(channel=ROOM, text=text, **more)["ts"])


def test_a_message_can_be_posted_by_channel_id_by_name_and_to_a_person(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    for channel in (ROOM, "migrations", "#migrations"):
        assert web.chat_postMessage(channel=channel, text="hello")["channel"] == ROOM
    assert web.chat_postMessage(channel=OPERATOR.id, text="hello")["channel"] == sandbox.dm(
        OPERATOR.id
    )
    assert [one["text"] for one in sandbox.messages(ROOM)] == ["hello"] * 3


def test_every_ts_is_unique_and_ascending_even_when_the_clock_stands_still() -> None:
    with SlackSandbox(clock=lambda: 1_700_000_000.0) as sandbox:
        web = WebClient(token=sandbox.bot_token, base_url=sandbox.api_url)
        stamps = [post(web) for _ in range(3)]
    assert stamps == ["1700000000.000000", "1700000000.000001", "1700000000.000002"]


def test_texts_come_back_escaped_linked_and_with_emoji_named(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    post(web, "a < b & c ✅ https://example.com/x <@U0OLIVIA01> &amp;")
    assert sandbox.messages(ROOM)[0]["text"] == (
        "a &lt; b &amp; c :white_check_mark: <https://example.com/x> <@U0OLIVIA01> &amp;"
    )


def test_blocks_come_back_with_ids_and_emoji_only_where_asked(web: WebClient) -> None:
    answer = web.chat_postMessage(
        channel=ROOM,
        text="x",
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": "✅ a & b"}},
            {"type": "header", "text": {"type": "plain_text", "text": "✅", "emoji": False}},
        ],
    )
    first, second = answer["message"]["blocks"]
    assert first["block_id"] != second["block_id"]
    assert first["text"] == {
        "type": "plain_text", "text": ":white_check_mark: a &amp; b", "emoji": True
    }  # fmt: skip
    assert second["text"]["text"] == "✅"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"channel": "C0NOWHERE1", "text": "x"}, "channel_not_found"),
        ({"channel": "C0FINANCE1", "text": "x"}, "channel_not_found"),
        ({"channel": "C0GENERAL1", "text": "x"}, "not_in_channel"),
        ({"channel": "C0OLDMOVE1", "text": "x"}, "is_archived"),
        ({"channel": ROOM, "text": "   "}, "no_text"),
        ({"channel": ROOM, "text": "", "blocks": []}, "no_text"),
        ({"channel": ROOM, "text": "x", "blocks": {"blocks": []}}, "invalid_blocks_format"),
        ({"channel": ROOM, "text": "x", "thread_ts": "1.1"}, "cannot_reply_to_message"),
        ({"channel": ROOM, "text": "x", "thread_ts": "soon"}, "invalid_arguments"),
        ({"channel": ROOM, "text": "x", "metadata": ["a"]}, "invalid_metadata_format"),
        ({"channel": ROOM, "text": "x", "metadata": {"event_type": "a"}},
         "invalid_metadata_schema"),
        ({"channel": ROOM, "text": "x",
          "metadata": {"event_type": "a", "event_payload": {"long": "x" * 20_000}}},
         "metadata_too_large"),
        ({"channel": ROOM, "text": "x", "attachments": [{"text": "a"}] * 101},
         "too_many_attachments"),
        ({"channel": ROOM, "text": "x", "attachments": [{"text": 5}]}, "invalid_attachments"),
        ({"channel": ROOM, "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
    ],
)  # fmt: skip
def test_what_slack_refuses_to_post_is_refused_with_its_code(
    web: WebClient, arguments: dict[str, object], code: str
) -> None:
    assert error_of(web.chat_postMessage, **arguments) == code


def test_a_text_above_the_limit_is_cut_with_a_warning(web: WebClient) -> None:
    answer = web.chat_postMessage(channel=ROOM, text="x" * 40_001)
    assert len(answer["message"]["text"]) == 40_000
    assert answer["warning"] == "message_truncated"


def test_blocks_whose_texts_add_up_too_long_are_refused(web: WebClient) -> None:
    fits = [section("x" * 2_600) for _ in range(5)]
    assert web.chat_postMessage(channel=ROOM, text="x", blocks=fits)["ok"]
    assert (
        error_of(web.chat_postMessage, channel=ROOM, text="x", blocks=[*fits, section("&" * 200)])
        == "msg_blocks_too_long"
    )


def test_a_public_channel_can_be_posted_to_once_joined(web: WebClient) -> None:
    assert "warning" not in web.conversations_join(channel="C0GENERAL1").data
    assert web.chat_postMessage(channel="C0GENERAL1", text="hello")["ok"]
    assert web.conversations_join(channel="C0GENERAL1")["warning"] == "already_in_channel"
    assert error_of(web.conversations_join, channel="C0OLDMOVE1") == "is_archived"
    assert (
        error_of(web.conversations_join, channel=PRIVATE) == "method_not_supported_for_channel_type"
    )


# Threads ------------------------------------------------------------------------------------


def test_a_reply_to_a_reply_belongs_to_the_root(web: WebClient) -> None:
    root = post(web)
    reply = post(web, "one", thread_ts=root)
    post(web, "two", thread_ts=reply)
    answer = web.conversations_replies(channel=ROOM, ts=root)
    assert [one["text"] for one in answer["messages"]] == ["hello", "one", "two"]
    assert {one["thread_ts"] for one in answer["messages"]} == {root}
    assert answer["messages"][0]["reply_count"] == 2
    assert answer["messages"][1]["parent_user_id"] == BOT_USER_ID


def test_history_shows_roots_newest_first_and_replies_only_when_broadcast(web: WebClient) -> None:
    root = post(web)
    post(web, "hidden", thread_ts=root)
    post(web, "shown", thread_ts=root, reply_broadcast=True)
    post(web, "last")
    found = web.conversations_history(channel=ROOM)["messages"]
    assert [one["text"] for one in found] == ["last", "shown", "hello"]
    assert found[1]["subtype"] == "thread_broadcast"


def test_replies_of_an_unknown_root_are_refused(web: WebClient) -> None:
    assert error_of(web.conversations_replies, channel=ROOM, ts="1.1") == "thread_not_found"


# Changes ------------------------------------------------------------------------------------


def test_text_alone_takes_the_blocks_away_and_blocks_alone_keep_the_text(web: WebClient) -> None:
    ts = post(web, blocks=[section("old")])
    changed = web.chat_update(channel=ROOM, ts=ts, blocks=[section("new")])
    assert changed["text"] == "hello"
    assert "edited" not in changed["message"]
    changed = web.chat_update(channel=ROOM, ts=ts, text="bare")
    assert "blocks" not in changed["message"]
    assert changed["message"]["edited"]["user"] == BOT_USER_ID


def test_attachments_and_metadata_stay_when_left_out_and_go_when_empty(web: WebClient) -> None:
    ts = post(
        web,
        attachments=[{"text": "old kind"}],
        metadata={"event_type": "incident", "event_payload": {"id": "7"}},
    )
    kept = web.chat_update(channel=ROOM, ts=ts, text="new")["message"]
    assert kept["attachments"] == [{"text": "old kind"}]
    assert kept["metadata"]["event_payload"] == {"id": "7"}
    gone = web.chat_update(channel=ROOM, ts=ts, text="new", attachments=[], metadata={})["message"]
    assert "attachments" not in gone
    assert "metadata" not in gone


def test_only_the_bots_own_messages_can_be_changed_or_deleted(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    theirs = sandbox.post(OPERATOR.id, ROOM, "mine")["ts"]
    assert error_of(web.chat_update, channel=ROOM, ts=theirs, text="x") == "cant_update_message"
    assert error_of(web.chat_delete, channel=ROOM, ts=theirs) == "cant_delete_message"
    ours = post(web)
    web.chat_delete(channel=ROOM, ts=ours)
    assert error_of(web.chat_update, channel=ROOM, ts=ours, text="x") == "message_not_found"
    assert error_of(web.chat_delete, channel=ROOM, ts=ours) == "message_not_found"


def test_an_update_with_too_long_a_text_or_nothing_to_show_is_refused(web: WebClient) -> None:
    ts = post(web)
    assert error_of(web.chat_update, channel=ROOM, ts=ts, text="x" * 4_001) == "msg_too_long"
    assert error_of(web.chat_update, channel=ROOM, ts=ts, text=" ") == "no_text"


def test_an_update_by_channel_name_is_refused(web: WebClient) -> None:
    ts = post(web)
    assert error_of(web.chat_update, channel="migrations", ts=ts, text="x") == "channel_not_found"


# Ephemeral messages -------------------------------------------------------------------------


def test_an_ephemeral_message_is_seen_by_one_person_and_not_by_history(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    ts = web.chat_postEphemeral(channel=ROOM, user=OPERATOR.id, text="psst")["message_ts"]
    assert [one["text"] for one in sandbox.ephemerals(OPERATOR.id, ROOM)] == ["psst"]
    assert sandbox.ephemerals(APPROVER.id) == []
    assert web.conversations_history(channel=ROOM)["messages"] == []
    assert error_of(web.chat_update, channel=ROOM, ts=ts, text="x") == "message_not_found"


def test_an_ephemeral_message_to_somebody_not_there_is_refused(web: WebClient) -> None:
    assert (
        error_of(web.chat_postEphemeral, channel=PRIVATE, user=VIEWER.id, text="x")
        == "user_not_in_channel"
    )
    assert web.chat_postEphemeral(channel=PRIVATE, user=MANAGER.id, text="x")["ok"]


# Finding messages again ---------------------------------------------------------------------


def test_metadata_is_cut_to_its_type_unless_all_of_it_is_asked_for(web: WebClient) -> None:
    metadata = {"event_type": "incident", "event_payload": {"id": "7", "cluster": "east"}}
    root = post(web, metadata=metadata)
    short = web.conversations_history(channel=ROOM)["messages"][0]
    assert short["metadata"] == {"event_type": "incident"}
    full = web.conversations_history(channel=ROOM, include_all_metadata=True)["messages"][0]
    assert full["metadata"] == metadata
    full = web.conversations_replies(channel=ROOM, ts=root, include_all_metadata=True)["messages"]
    assert full[0]["metadata"] == metadata


def test_cursors_walk_the_whole_history_once(web: WebClient) -> None:
    expected = [post(web, str(number)) for number in range(7)][::-1]
    seen: list[str] = []
    for answer in web.conversations_history(channel=ROOM, limit=3):
        assert answer["has_more"] is (len(seen) + len(answer["messages"]) < 7)
        seen += [one["ts"] for one in answer["messages"]]
    assert seen == expected


def test_cursors_walk_a_thread(web: WebClient) -> None:
    root = post(web)
    expected = [root, *(post(web, "r", thread_ts=root) for _ in range(4))]
    seen = [
        one["ts"]
        for answer in web.conversations_replies(channel=ROOM, ts=root, limit=2)
        for one in answer["messages"]
    ]
    assert seen == expected


def test_history_can_be_bounded_by_time(web: WebClient) -> None:
    first, second, third = (post(web, str(number)) for number in range(3))

    def found(**bounds: Any) -> list[str]:
        return [one["ts"] for one in web.conversations_history(channel=ROOM, **bounds)["messages"]]

    assert found(oldest=first) == [third, second]
    assert found(latest=third, oldest=first) == [second]
    assert found(latest=second, inclusive=True) == [second, first]
    assert error_of(web.conversations_history, channel=ROOM, oldest="x") == "invalid_ts_oldest"
    assert error_of(web.conversations_history, channel=ROOM, latest="x") == "invalid_ts_latest"
    assert error_of(web.conversations_history, channel=ROOM, cursor="x") == "invalid_cursor"


def test_a_channel_the_bot_is_not_in_cannot_be_read(web: WebClient) -> None:
    assert error_of(web.conversations_history, channel="C0GENERAL1") == "not_in_channel"
    assert error_of(web.conversations_history, channel="C0FINANCE1") == "channel_not_found"


def test_permalinks_name_the_message_and_its_thread(web: WebClient) -> None:
    root = post(web)
    reply = post(web, "r", thread_ts=root)
    link = web.chat_getPermalink(channel=ROOM, message_ts=root)["permalink"]
    assert link == (f"https://migration-sandbox.slack.com/archives/{ROOM}/p{root.replace('.', '')}")
    link = web.chat_getPermalink(channel=ROOM, message_ts=reply)["permalink"]
    assert link.endswith(f"?thread_ts={root}&cid={ROOM}")
    assert error_of(web.chat_getPermalink, channel=ROOM, message_ts="1.1") == "message_not_found"


def test_a_reaction_is_put_once(sandbox: SlackSandbox, web: WebClient) -> None:
    ts = post(web)
    web.reactions_add(channel=ROOM, timestamp=ts, name="eyes")
    assert sandbox.messages(ROOM)[0]["reactions"] == [
        {"name": "eyes", "users": [BOT_USER_ID], "count": 1}
    ]
    for arguments, code in (
        ({"timestamp": ts, "name": "eyes"}, "already_reacted"),
        ({"timestamp": "1.1", "name": "eyes"}, "message_not_found"),
        ({"timestamp": "yesterday", "name": "eyes"}, "bad_timestamp"),
        ({"timestamp": ts, "name": "Not A Name"}, "invalid_name"),
    ):
        assert error_of(web.reactions_add, channel=ROOM, **arguments) == code
