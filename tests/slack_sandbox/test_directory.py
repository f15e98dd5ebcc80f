from __future__ import annotations

import json
import urllib.request

import pytest
from slack_sdk import WebClient

from sandbox.slack import APPROVER, BOT_USER_ID, MANAGER, OPERATOR, VIEWER, SlackSandbox
from tests.slack_sandbox.conftest import ROOM, client, error_of, refusal


def test_the_token_is_named_by_auth_test(web: WebClient) -> None:
    answer = web.auth_test()
    assert answer["user_id"] == BOT_USER_ID
    assert answer["bot_id"] == "B0MTCBOT01"
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("token", "code"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("app", "not_allowed_token_type")],
)
def test_a_wrong_token_is_refused(sandbox: SlackSandbox, token: str, code: str) -> None:
    web = WebClient(token=sandbox.app_token if token == "app" else token, base_url=sandbox.api_url)
    assert error_of(web.chat_postMessage, channel=ROOM, text="x") == code


def test_a_bot_token_opens_no_connection_and_a_get_is_insecure(sandbox: SlackSandbox) -> None:
    web = client(sandbox)
    assert (
        error_of(web.apps_connections_open, app_token=sandbox.bot_token) == "not_allowed_token_type"
    )
    request = urllib.request.Request(
        f"{sandbox.api_url}apps.connections.open",
        headers={"Authorization": f"Bearer {sandbox.app_token}"},
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer) == {"ok": False, "error": "insecure_request"}


def test_an_unknown_method_is_refused(web: WebClient) -> None:
    assert error_of(web.api_call, api_method="chat.shout") == "unknown_method"


def test_a_missing_scope_is_named_beside_those_there_are() -> None:
    with SlackSandbox(bot_scopes=["chat:write", "channels:history"]) as sandbox:
        web = client(sandbox)
        body = refusal(web.users_info, user=OPERATOR.id)
        assert body["error"] == "missing_scope"
        assert body["needed"] == "users:read"
        assert body["provided"] == "channels:history,chat:write"
        web.chat_postMessage(channel=OPERATOR.id, text="x")
        assert web.conversations_history(channel=ROOM)["ok"]
        body = refusal(web.conversations_history, channel=sandbox.dm(OPERATOR.id))
        assert (body["error"], body["needed"]) == ("missing_scope", "im:history")


def test_the_people_have_names_roles_and_locales(web: WebClient) -> None:
    seen = {one["id"]: one for one in web.users_list(include_locale=True)["members"]}
    assert set(seen) == {OPERATOR.id, APPROVER.id, VIEWER.id, MANAGER.id, BOT_USER_ID}
    assert seen[MANAGER.id]["real_name"] == "王芳"
    assert seen[MANAGER.id]["locale"] == "zh-CN"
    assert web.users_info(user=MANAGER.id, include_locale=True)["user"]["locale"] == "zh-CN"
    assert "locale" not in web.users_info(user=MANAGER.id)["user"]
    assert web.users_lookupByEmail(email="AMIR@example.com")["user"]["id"] == APPROVER.id
    assert error_of(web.users_info, user="U0NOBODY01") == "user_not_found"
    assert error_of(web.users_lookupByEmail, email="no@example.com") == "users_not_found"


def test_user_lists_come_in_pages(web: WebClient) -> None:
    assert [len(page["members"]) for page in web.users_list(limit=2)] == [2, 2, 1]


def test_user_groups_name_their_members(web: WebClient) -> None:
    groups = web.usergroups_list(include_users=True, include_count=True)["usergroups"]
    assert {group["handle"]: group["users"] for group in groups} == {
        "migration-operators": [OPERATOR.id, APPROVER.id],
        "migration-approvers": [APPROVER.id],
    }
    assert groups[0]["user_count"] == 2
    assert "users" not in web.usergroups_list()["usergroups"][0]
    assert web.usergroups_users_list(usergroup="S0APPROVE1")["users"] == [APPROVER.id]
    assert error_of(web.usergroups_users_list, usergroup="S0NONE") == "no_such_subteam"


def test_the_bot_sees_public_channels_and_private_ones_it_is_in(web: WebClient) -> None:
    public = web.conversations_list()["channels"]
    assert {one["name"]: one["is_member"] for one in public} == {
        "migrations": True,
        "general": False,
        "wave-1-done": True,
    }
    all_kinds = web.conversations_list(
        types="public_channel,private_channel", exclude_archived=True
    )["channels"]
    assert [one["name"] for one in all_kinds] == ["migrations", "general", "migration-war-room"]
    assert error_of(web.conversations_list, types="secret") == "invalid_types"
    assert error_of(web.conversations_info, channel="C0FINANCE1") == "channel_not_found"


def test_direct_messages_are_opened_once(sandbox: SlackSandbox, web: WebClient) -> None:
    opened = web.conversations_open(users=[VIEWER.id])
    assert opened["channel"] == {"id": sandbox.dm(VIEWER.id)}
    assert web.conversations_open(users=VIEWER.id)["already_open"] is True
    assert error_of(web.conversations_open, users="U0NOBODY01") == "user_not_found"
    assert error_of(web.api_call, api_method="conversations.open") == "users_list_not_supplied"
    assert (
        error_of(web.conversations_open, users=[f"U{number}" for number in range(9)])
        == "too_many_users"
    )


def test_bot_and_team_are_described(web: WebClient) -> None:
    assert web.bots_info(bot="B0MTCBOT01")["bot"]["user_id"] == BOT_USER_ID
    assert error_of(web.bots_info, bot="B0OTHER") == "bot_not_found"
    assert web.team_info()["team"]["domain"] == "migration-sandbox"
