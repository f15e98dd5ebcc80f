"""Commands, clicks, modals and App Homes with a real Bolt app on the other side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.slack import (
    APPROVER,
    BOT_USER_ID,
    MANAGER,
    OPERATOR,
    CommandHint,
    SlackSandbox,
    Timing,
)
from tests.slack_sandbox.conftest import (
    PRIVATE,
    QUICK,
    ROOM,
    button,
    client,
    error_of,
    modal,
    plain,
    question,
    section,
    socket_mode,
)

Json = dict[str, Any]
Connect = Callable[[App], Any]


class Heard:
    """Collects the payloads an app heard."""

    def __init__(self, sandbox: SlackSandbox) -> None:
        self._sandbox = sandbox
        self.bodies: list[Json] = []

    def __call__(self, body: Json) -> None:
        self.bodies.append(body)

    def last(self) -> Json:
        return self._sandbox.wait_for(lambda: self.bodies)[-1]


@pytest.fixture
def heard(sandbox: SlackSandbox) -> Heard:
    return Heard(sandbox)


# Slash commands -----------------------------------------------------------------------------


def test_a_command_carries_what_slack_sends(
    sandbox: SlackSandbox, app: App, connect: Connect, heard: Heard
) -> None:
    @app.command("/mtc")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    connect(app)
    assert sandbox.run_command(OPERATOR.id, PRIVATE, "/mtc  diagnose <big> & co ").ok
    body = heard.last()
    assert {key: body[key] for key in ("command", "text", "user_id", "user_name")} == {
        "command": "/mtc",
        "text": "diagnose <big> & co",
        "user_id": OPERATOR.id,
        "user_name": "olivia",
    }
    assert (body["channel_id"], body["channel_name"]) == (PRIVATE, "privategroup")
    assert body["is_enterprise_install"] == "false"
    assert body["response_url"].startswith(sandbox.url)


def test_an_answer_in_the_acknowledgement_is_shown_to_one_person_or_to_all(
    sandbox: SlackSandbox, app: App, connect: Connect
) -> None:
    @app.command("/mtc")
    def listen(ack: Any, command: Json) -> None:
        if command["text"] == "all":
            ack({"response_type": "in_channel", "text": "for all"})
        else:
            ack("for you")

    connect(app)
    sandbox.run_command(OPERATOR.id, ROOM, "/mtc")
    sandbox.run_command(OPERATOR.id, ROOM, "/mtc all")
    assert [one["text"] for one in sandbox.ephemerals(OPERATOR.id)] == ["for you"]
    assert [one["text"] for one in sandbox.messages(ROOM)] == ["for all"]


def test_a_command_nobody_hears_fails_in_the_persons_language(sandbox: SlackSandbox) -> None:
    assert sandbox.run_command(OPERATOR.id, ROOM, "/mtc").error == "dispatch_failed"
    assert sandbox.run_command(MANAGER.id, ROOM, "/mtc").error == "dispatch_failed"
    assert sandbox.ephemerals(OPERATOR.id)[0]["text"] == (
        '/mtc failed with the error "dispatch_failed"'
    )
    assert sandbox.ephemerals(MANAGER.id)[0]["text"] == "/mtc 失败，错误为“dispatch_failed”"


def test_a_command_answered_with_faulty_blocks_says_so(
    sandbox: SlackSandbox, app: App, connect: Connect
) -> None:
    @app.command("/mtc")
    def listen(ack: Any) -> None:
        ack({"text": "x", "blocks": [section("")]})

    connect(app)
    assert sandbox.run_command(OPERATOR.id, ROOM, "/mtc").error == "invalid_blocks"


def test_a_command_no_app_has_announced_never_leaves_the_client() -> None:
    with SlackSandbox(commands=[CommandHint("/mtc list")], timing=QUICK) as sandbox:
        assert sandbox.run_command(OPERATOR.id, ROOM, "/weather").error == "no_command"
        assert sandbox.envelopes() == []
        assert "/weather is not a valid command" in sandbox.ephemerals(OPERATOR.id)[0]["text"]


def test_a_command_needs_a_slash_a_live_channel_and_a_person_in_it(sandbox: SlackSandbox) -> None:
    with pytest.raises(ValueError, match="starts with a slash"):
        sandbox.run_command(OPERATOR.id, ROOM, "mtc")
    with pytest.raises(ValueError, match="archived"):
        sandbox.run_command(OPERATOR.id, "C0OLDMOVE1", "/mtc")
    with pytest.raises(LookupError, match="sees no channel"):
        sandbox.run_command(OPERATOR.id, "C0FINANCE1", "/mtc")


# response_url -------------------------------------------------------------------------------


def test_a_response_url_works_five_times_without_the_bot_in_the_channel(
    sandbox: SlackSandbox, app: App, connect: Connect
) -> None:
    answers: list[Any] = []

    @app.command("/mtc")
    def listen(ack: Any, respond: Any) -> None:
        ack()
        answers.extend(respond(f"answer {number}") for number in range(6))

    connect(app)
    sandbox.run_command(OPERATOR.id, "C0GENERAL1", "/mtc")
    sandbox.wait_for(lambda: len(answers) == 6)
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert len(sandbox.ephemerals(OPERATOR.id, "C0GENERAL1")) == 5


def test_a_response_url_expires() -> None:
    now = [1_700_000_000.0]
    with SlackSandbox(timing=QUICK, clock=lambda: now[0]) as sandbox:
        app = App(client=client(sandbox), token_verification_enabled=False)
        answers: list[Any] = []

        @app.command("/mtc")
        def listen(ack: Any, respond: Any) -> None:
            ack()
            now[0] += 1801
            answers.append(respond("late"))

        handler = socket_mode(sandbox, app)
        handler.connect()
        sandbox.wait_connected()
        sandbox.run_command(OPERATOR.id, ROOM, "/mtc")
        sandbox.wait_for(lambda: answers)
        handler.close()
        assert answers[0].status_code == 404


def test_a_response_url_replaces_and_deletes_the_message_it_came_from(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect
) -> None:
    @app.action("replace")
    def replace(ack: Any, respond: Any) -> None:
        ack()
        respond(text="new", replace_original=True)

    @app.action("delete")
    def delete(ack: Any, respond: Any) -> None:
        ack()
        respond(delete_original=True)

    connect(app)
    blocks = [{"type": "actions", "elements": [button("replace"), button("delete")]}]
    first = web.chat_postMessage(channel=ROOM, text="one", blocks=blocks)["ts"]
    second = web.chat_postMessage(channel=ROOM, text="two", blocks=blocks)["ts"]
    sandbox.click(OPERATOR.id, ROOM, first, "replace")
    sandbox.click(OPERATOR.id, ROOM, second, "delete")
    sandbox.wait_for(lambda: [one["text"] for one in sandbox.messages(ROOM)] == ["new"])
    assert "blocks" not in sandbox.messages(ROOM)[0]


# Block actions ------------------------------------------------------------------------------


def test_a_click_carries_the_message_its_thread_and_the_state_of_all_elements(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect, heard: Heard
) -> None:
    @app.action("ack_incident")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    connect(app)
    picked = {"text": plain("One hour"), "value": "1h"}
    root = web.chat_postMessage(channel=ROOM, text="root")["ts"]
    ts = web.chat_postMessage(
        channel=ROOM,
        text="x",
        thread_ts=root,
        blocks=[
            {
                "type": "actions",
                "block_id": "row",
                "elements": [
                    button("ack_incident", value="incident-7", style="primary"),
                    {
                        "type": "static_select",
                        "action_id": "how_long",
                        "options": [picked],
                        "initial_option": picked,
                    },
                ],
            }
        ],
    )["ts"]
    assert sandbox.click(APPROVER.id, ROOM, ts, "ack_incident").ok
    body = heard.last()
    assert body["type"] == "block_actions"
    assert body["user"]["id"] == APPROVER.id
    assert body["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": ROOM,
        "is_ephemeral": False,
        "thread_ts": root,
    }
    assert body["channel"] == {"id": ROOM, "name": "migrations"}
    assert body["message"]["ts"] == ts
    (action,) = body["actions"]
    assert {key: action[key] for key in ("type", "action_id", "block_id", "value", "style")} == {
        "type": "button",
        "action_id": "ack_incident",
        "block_id": "row",
        "value": "incident-7",
        "style": "primary",
    }
    assert body["state"]["values"] == {
        "row": {
            "how_long": {
                "type": "static_select",
                "selected_option": {
                    "text": {"type": "plain_text", "text": "One hour", "emoji": True},
                    "value": "1h",
                },
            }
        }
    }


ELEMENTS: list[tuple[Json, Any, Json]] = [
    ({"type": "users_select"}, OPERATOR.id, {"selected_user": OPERATOR.id}),
    ({"type": "channels_select"}, ROOM, {"selected_channel": ROOM}),
    ({"type": "conversations_select"}, ROOM, {"selected_conversation": ROOM}),
    ({"type": "datepicker"}, "2026-03-01", {"selected_date": "2026-03-01"}),
    ({"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
    ({"type": "datetimepicker"}, 1_800_000_000, {"selected_date_time": 1_800_000_000}),
    ({"type": "multi_users_select"}, [OPERATOR.id], {"selected_users": [OPERATOR.id]}),
    ({"type": "static_select"}, None, {"selected_option": None}),
]


@pytest.mark.parametrize(
    ("element", "given", "expected"), ELEMENTS, ids=[one[0]["type"] for one in ELEMENTS]
)
def test_each_element_reports_what_was_chosen(
    sandbox: SlackSandbox,
    web: WebClient,
    app: App,
    connect: Connect,
    heard: Heard,
    element: Json,
    given: Any,
    expected: Json,
) -> None:
    @app.action("pick")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    connect(app)
    options = [{"text": plain("A"), "value": "a"}]
    accessory = {**element, "action_id": "pick"}
    if element["type"] == "static_select":
        accessory["options"] = options
    block = {"type": "actions", "elements": [accessory]}
    if element["type"].startswith("multi_"):
        block = section(accessory=accessory)
    ts = web.chat_postMessage(channel=ROOM, text="x", blocks=[block])["ts"]
    sandbox.click(OPERATOR.id, ROOM, ts, "pick", value=given)
    (action,) = heard.last()["actions"]
    assert {key: action[key] for key in expected} == expected


def test_checkboxes_and_overflow_menus_report_whole_options(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect, heard: Heard
) -> None:
    @app.action("pick")
    @app.action("more")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    app.action("more")(listen)
    connect(app)
    options = [{"text": plain(name), "value": name} for name in ("a", "b", "c")]
    ts = web.chat_postMessage(
        channel=ROOM,
        text="x",
        blocks=[
            {
                "type": "actions",
                "elements": [
                    {"type": "checkboxes", "action_id": "pick", "options": options},
                    {"type": "overflow", "action_id": "more", "options": options},
                ],
            }
        ],
    )["ts"]
    sandbox.click(OPERATOR.id, ROOM, ts, "pick", value=["a", "c"])
    assert [one["value"] for one in heard.last()["actions"][0]["selected_options"]] == ["a", "c"]
    sandbox.click(OPERATOR.id, ROOM, ts, "more", value="b")
    sandbox.wait_for(lambda: len(heard.bodies) == 2)
    body = heard.last()
    assert body["actions"][0]["selected_option"]["value"] == "b"
    assert list(next(iter(body["state"]["values"].values()))) == ["pick"]
    with pytest.raises(LookupError, match="offers no option"):
        sandbox.click(OPERATOR.id, ROOM, ts, "more", value="z")


def test_a_click_on_an_ephemeral_message_carries_no_message(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect, heard: Heard
) -> None:
    @app.action("go")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    connect(app)
    ts = web.chat_postEphemeral(
        channel=ROOM,
        user=OPERATOR.id,
        text="x",
        blocks=[{"type": "actions", "elements": [button()]}],
    )["message_ts"]
    sandbox.click(OPERATOR.id, ROOM, ts, "go")
    body = heard.last()
    assert body["container"]["is_ephemeral"] is True
    assert "message" not in body
    with pytest.raises(LookupError):
        sandbox.click(APPROVER.id, ROOM, ts, "go")


def test_what_is_not_there_cannot_be_clicked(sandbox: SlackSandbox, web: WebClient) -> None:
    ts = web.chat_postMessage(channel=ROOM, text="x")["ts"]
    with pytest.raises(LookupError, match="no element 'go'"):
        sandbox.click(OPERATOR.id, ROOM, ts, "go")
    with pytest.raises(LookupError, match="sees no message"):
        sandbox.click(OPERATOR.id, ROOM, "1.1", "go")


def test_an_external_select_in_a_message_offers_what_the_app_answers(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect
) -> None:
    @app.options("plan")
    def offer(ack: Any, payload: Json) -> None:
        ack(options=[{"text": plain(payload["value"] + "-1"), "value": "1"}])

    connect(app)
    accessory = {"type": "external_select", "action_id": "plan"}
    ts = web.chat_postMessage(channel=ROOM, text="x", blocks=[section(accessory=accessory)])["ts"]
    offered = sandbox.suggest_in_message(OPERATOR.id, ROOM, ts, "plan", "shop")
    assert [one["text"]["text"] for one in offered] == ["shop-1"]


# Modals -------------------------------------------------------------------------------------


@pytest.fixture
def opened(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect
) -> Callable[[Json], str]:
    """Let Olivia open a modal of this shape; returns its view id."""
    shape: list[Json] = []

    @app.command("/mtc")
    def listen(ack: Any, body: Json) -> None:
        ack()
        web.views_open(trigger_id=body["trigger_id"], view=shape[-1])

    connect(app)

    def start(view: Json) -> str:
        shape.append(view)
        before = {one["id"] for one in sandbox.views(OPERATOR.id)}
        sandbox.run_command(OPERATOR.id, ROOM, "/mtc")
        fresh = sandbox.wait_for(
            lambda: [one["id"] for one in sandbox.views(OPERATOR.id) if one["id"] not in before]
        )
        return str(fresh[0])

    return start


ASK = modal(question(), submit=plain("Send"), callback_id="ask", private_metadata="7")


def test_a_submitted_modal_carries_its_values_and_closes(
    sandbox: SlackSandbox, app: App, opened: Callable[[Json], str], heard: Heard
) -> None:
    @app.view("ask")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    view = opened(ASK)
    assert sandbox.submit_view(OPERATOR.id, view, {"reason": {"text": "because"}}).ok
    body = heard.last()
    assert body["type"] == "view_submission"
    assert body["view"]["private_metadata"] == "7"
    assert body["view"]["state"]["values"] == {
        "reason": {"text": {"type": "plain_text_input", "value": "because"}}
    }
    assert sandbox.views(OPERATOR.id) == []


@pytest.mark.parametrize(
    ("element", "value", "said"),
    [
        ({"type": "plain_text_input"}, "", "Please complete this required field."),
        ({"type": "plain_text_input", "max_length": 3}, "long", "Must be less than 4 characters."),
        ({"type": "plain_text_input", "min_length": 9}, "long", "Must be more than 8 characters."),
        ({"type": "email_text_input"}, "nobody", "Please enter a valid email address."),
        ({"type": "url_text_input"}, "nowhere", "Please enter a valid URL."),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5",
         "Please enter a valid number."),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "2"}, "1.5",
         "Must be 2 or more."),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "1"}, "1.5",
         "Must be 1 or less."),
    ],
)  # fmt: skip
def test_the_client_refuses_a_form_by_itself_without_asking_the_app(
    sandbox: SlackSandbox, opened: Callable[[Json], str], element: Json, value: str, said: str
) -> None:
    asked = question()
    asked["element"] = {**element, "action_id": "text"}
    view = opened(modal(asked, submit=plain("Send")))
    delivery = sandbox.submit_view(OPERATOR.id, view, {"reason": {"text": value}})
    assert delivery.errors == {"reason": said}
    assert [one["type"] for one in sandbox.envelopes()] == ["slash_commands"]


def test_an_app_can_answer_with_errors_beside_its_inputs_only(
    sandbox: SlackSandbox, app: App, opened: Callable[[Json], str]
) -> None:
    @app.view("ask")
    def listen(ack: Any, body: Json) -> None:
        said = body["view"]["state"]["values"]["reason"]["text"]["value"]
        ack(response_action="errors", errors={said: "not good enough"})

    view = opened(ASK)
    delivery = sandbox.submit_view(OPERATOR.id, view, {"reason": {"text": "reason"}})
    assert delivery.errors == {"reason": "not good enough"}
    delivery = sandbox.submit_view(OPERATOR.id, view, {"reason": {"text": "elsewhere"}})
    assert delivery.error == "invalid_response_errors"
    assert [one["id"] for one in sandbox.views(OPERATOR.id)] == [view]


def test_an_answer_can_update_push_or_clear(
    sandbox: SlackSandbox, app: App, opened: Callable[[Json], str]
) -> None:
    @app.view("ask")
    def listen(ack: Any, body: Json) -> None:
        said = body["view"]["state"]["values"]["reason"]["text"]["value"]
        ack(response_action=said, view={**ASK, "title": plain(said)})

    first = opened(ASK)
    sandbox.submit_view(OPERATOR.id, first, {"reason": {"text": "update"}})
    assert sandbox.views(OPERATOR.id)[0]["title"]["text"] == "update"
    for depth in (2, 3):
        top = sandbox.views(OPERATOR.id)[-1]["id"]
        sandbox.submit_view(OPERATOR.id, top, {"reason": {"text": "push"}})
        assert len(sandbox.views(OPERATOR.id)) == depth
    top = sandbox.views(OPERATOR.id)[-1]
    assert top["root_view_id"] == first
    delivery = sandbox.submit_view(OPERATOR.id, top["id"], {"reason": {"text": "push"}})
    assert delivery.error == "push_limit_reached"
    sandbox.submit_view(OPERATOR.id, top["id"], {"reason": {"text": "clear"}})
    assert sandbox.views(OPERATOR.id) == []


def test_a_submission_without_an_answer_leaves_the_modal_open(
    sandbox: SlackSandbox, opened: Callable[[Json], str]
) -> None:
    view = opened(ASK)
    delivery = sandbox.submit_view(OPERATOR.id, view, {"reason": {"text": "x"}})
    assert delivery.error == "operation_timeout"
    assert len(sandbox.views(OPERATOR.id)) == 1


def test_typed_values_live_on_through_an_update_where_ids_stay(
    sandbox: SlackSandbox, web: WebClient, app: App, opened: Callable[[Json], str]
) -> None:
    @app.action("more")
    def listen(ack: Any, body: Json) -> None:
        ack()
        changed = modal(
            question(), question("other", action_id="b"), section(), submit=plain("Send")
        )
        web.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=changed)

    view = opened(
        modal(
            question(),
            question("other"),
            section(accessory=button("more")),
            submit=plain("Send"),
        )
    )
    sandbox.click_in_view(
        OPERATOR.id,
        view,
        "more",
        values={"reason": {"text": "kept"}, "other": {"text": "lost"}},
    )
    sandbox.wait_for(lambda: len(sandbox.views(OPERATOR.id)[0]["state"]["values"]) == 2)
    state = sandbox.wait_for(
        lambda: next(
            (
                one["state"]["values"]
                for one in sandbox.views(OPERATOR.id)
                if "b" in one["state"]["values"]["other"]
            ),
            None,
        )
    )
    assert state["reason"]["text"]["value"] == "kept"
    assert state["other"]["b"]["value"] is None


def test_a_stale_hash_is_a_conflict_and_a_closed_view_is_not_found(
    sandbox: SlackSandbox, web: WebClient, opened: Callable[[Json], str]
) -> None:
    view = opened(ASK)
    old = sandbox.views(OPERATOR.id)[0]["hash"]
    fresh = web.views_update(view_id=view, hash=old, view=ASK)["view"]["hash"]
    assert error_of(web.views_update, view_id=view, hash=old, view=ASK) == "hash_conflict"
    assert web.views_update(view_id=view, hash=fresh, view=ASK)["ok"]
    sandbox.close_view(OPERATOR.id, view)
    assert error_of(web.views_update, view_id=view, view=ASK) == "not_found"


def test_an_external_id_names_one_view(
    sandbox: SlackSandbox, web: WebClient, opened: Callable[[Json], str]
) -> None:
    opened({**ASK, "external_id": "only"})
    assert web.views_update(external_id="only", view={**ASK, "external_id": "only"})["ok"]
    assert (
        error_of(
            web.views_publish,
            user_id=OPERATOR.id,
            view={"type": "home", "external_id": "only", "blocks": []},
        )
        == "duplicate_external_id"
    )


def test_a_view_is_pushed_only_by_a_trigger_from_inside_a_modal(
    sandbox: SlackSandbox, web: WebClient, app: App, opened: Callable[[Json], str]
) -> None:
    codes: list[str] = []

    @app.action("deeper")
    def push(ack: Any, body: Json) -> None:
        ack()
        web.views_push(
            trigger_id=body["trigger_id"], view=modal(section(accessory=button("deeper")))
        )

    @app.command("/push")
    def outside(ack: Any, body: Json) -> None:
        ack()
        codes.append(error_of(web.views_push, trigger_id=body["trigger_id"], view=modal()))

    view = opened(modal(section(accessory=button("deeper"))))
    sandbox.click_in_view(OPERATOR.id, view, "deeper")
    sandbox.wait_for(lambda: len(sandbox.views(OPERATOR.id)) == 2)
    assert sandbox.views(OPERATOR.id)[1]["previous_view_id"] == view
    sandbox.run_command(OPERATOR.id, ROOM, "/push")
    sandbox.wait_for(lambda: codes)
    assert codes == ["not_found"]


def test_a_trigger_opens_one_modal_within_three_seconds() -> None:
    now = [1_700_000_000.0]
    with SlackSandbox(timing=Timing(acknowledge=1.5), clock=lambda: now[0]) as sandbox:
        web = client(sandbox)
        triggers = []
        sandbox_app = App(client=web, token_verification_enabled=False)

        @sandbox_app.command("/mtc")
        def listen(ack: Any, body: Json) -> None:
            triggers.append(body["trigger_id"])
            ack()

        handler = socket_mode(sandbox, sandbox_app)
        handler.connect()
        sandbox.wait_connected()
        for _ in range(2):
            sandbox.run_command(OPERATOR.id, ROOM, "/mtc")
        handler.close()
        first, second = triggers
        assert web.views_open(trigger_id=first, view=modal())["ok"]
        assert error_of(web.views_open, trigger_id=first, view=modal()) == "exchanged_trigger_id"
        now[0] += 3.1
        assert error_of(web.views_open, trigger_id=second, view=modal()) == "expired_trigger_id"
        assert error_of(web.views_open, trigger_id="1.2.3", view=modal()) == "invalid_trigger_id"
        assert error_of(web.views_open, trigger_id="", view=modal()) == "invalid_arguments"


@pytest.mark.parametrize("whole_stack", [False, True])
def test_closing_tells_an_app_that_asked(
    sandbox: SlackSandbox,
    app: App,
    opened: Callable[[Json], str],
    heard: Heard,
    whole_stack: bool,
) -> None:
    @app.view_closed("ask")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    view = opened({**ASK, "notify_on_close": True})
    sandbox.close_view(OPERATOR.id, view, whole_stack=whole_stack)
    body = heard.last()
    assert body["type"] == "view_closed"
    assert body["is_cleared"] is whole_stack
    assert sandbox.views(OPERATOR.id) == []


def test_closing_says_nothing_to_an_app_that_did_not_ask(
    sandbox: SlackSandbox, opened: Callable[[Json], str]
) -> None:
    sandbox.close_view(OPERATOR.id, opened(ASK))
    assert [one["type"] for one in sandbox.envelopes()] == ["slash_commands"]


def test_a_view_that_clears_on_close_takes_the_stack_with_it_but_not_on_submit(
    sandbox: SlackSandbox, app: App, opened: Callable[[Json], str]
) -> None:
    pushed = {**ASK, "clear_on_close": True, "callback_id": "pushed"}

    @app.view("ask")
    def push(ack: Any) -> None:
        ack(response_action="push", view=pushed)

    @app.view("pushed")
    def done(ack: Any) -> None:
        ack()

    view = opened(ASK)
    for leave in ("submit", "close"):
        sandbox.submit_view(OPERATOR.id, view, {"reason": {"text": "x"}})
        top = sandbox.views(OPERATOR.id)[-1]["id"]
        if leave == "submit":
            sandbox.submit_view(OPERATOR.id, top, {"reason": {"text": "x"}})
            assert [one["id"] for one in sandbox.views(OPERATOR.id)] == [view]
        else:
            sandbox.close_view(OPERATOR.id, top)
            assert sandbox.views(OPERATOR.id) == []


def test_options_are_offered_while_one_types_into_an_external_select(
    sandbox: SlackSandbox, app: App, opened: Callable[[Json], str]
) -> None:
    @app.options("plan")
    def offer(ack: Any, payload: Json) -> None:
        names = [name for name in ("shop", "shipping") if name.startswith(payload["value"])]
        group = {"label": plain("Plans"), "options": [
            {"text": plain(name), "value": name} for name in names
        ]}  # fmt: skip
        ack(option_groups=[group])

    asked = question()
    asked["element"] = {"type": "external_select", "action_id": "plan"}
    view = opened(modal(asked, submit=plain("Send")))
    offered = sandbox.suggest(OPERATOR.id, view, "plan", "shi")
    assert [one["value"] for one in offered] == ["shipping"]


def test_a_channel_chosen_in_a_form_comes_with_a_response_url(
    sandbox: SlackSandbox, app: App, opened: Callable[[Json], str], heard: Heard
) -> None:
    @app.view("ask")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    asked = question()
    asked["element"] = {
        "type": "conversations_select",
        "action_id": "where",
        "response_url_enabled": True,
    }
    view = opened(modal(asked, submit=plain("Send"), callback_id="ask"))
    sandbox.submit_view(OPERATOR.id, view, {"reason": {"where": ROOM}})
    (url,) = heard.last()["response_urls"]
    assert {key: url[key] for key in ("block_id", "action_id", "channel_id")} == {
        "block_id": "reason",
        "action_id": "where",
        "channel_id": ROOM,
    }


# App Home and events ------------------------------------------------------------------------


def test_opening_the_home_tells_the_app_which_publishes_it(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect, heard: Heard
) -> None:
    @app.event("app_home_opened")
    def listen(event: Json) -> None:
        heard(event)
        web.views_publish(
            user_id=event["user"], view={"type": "home", "blocks": [section("Welcome")]}
        )

    connect(app)
    assert sandbox.open_home(MANAGER.id).ok
    home = sandbox.wait_for(lambda: sandbox.home(MANAGER.id))
    assert home["blocks"][0]["text"]["text"] == "Welcome"
    assert heard.last()["channel"] == sandbox.dm(MANAGER.id)
    assert "view" not in heard.last()
    assert sandbox.home(OPERATOR.id) is None
    assert (
        error_of(
            web.views_publish,
            user_id=MANAGER.id,
            hash="old",
            view={"type": "home", "blocks": []},
        )
        == "hash_conflict"
    )


def test_a_button_in_the_home_reports_its_view(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect, heard: Heard
) -> None:
    @app.action("go")
    def listen(ack: Any, body: Json) -> None:
        ack()
        heard(body)

    connect(app)
    home = web.views_publish(
        user_id=OPERATOR.id,
        view={"type": "home", "blocks": [{"type": "actions", "elements": [button()]}]},
    )["view"]["id"]
    sandbox.click_in_view(OPERATOR.id, home, "go")
    body = heard.last()
    assert body["container"] == {"type": "view", "view_id": home}
    assert "channel" not in body
    assert "response_url" not in body


def test_a_mention_and_a_direct_message_reach_the_app(
    sandbox: SlackSandbox, app: App, connect: Connect, heard: Heard
) -> None:
    app.event("app_mention")(lambda event: heard(event))
    app.event("message")(lambda event: heard(event))
    connect(app)
    said = sandbox.post(OPERATOR.id, ROOM, f"<@{BOT_USER_ID}> diagnose shop")
    assert heard.last()["type"] == "app_mention"
    sandbox.post(OPERATOR.id, ROOM, "not for you")
    sandbox.post(OPERATOR.id, "C0GENERAL1", f"<@{BOT_USER_ID}> are you here?")
    sandbox.post(OPERATOR.id, sandbox.dm(OPERATOR.id), "hello", None)
    sandbox.wait_for(lambda: len(heard.bodies) == 2)
    direct = heard.last()
    assert (direct["type"], direct["channel_type"]) == ("message", "im")
    with pytest.raises(LookupError):
        sandbox.post(OPERATOR.id, ROOM, "x", "1.1")
    reply = sandbox.post(OPERATOR.id, ROOM, f"<@{BOT_USER_ID}> and this?", said["ts"])
    sandbox.wait_for(lambda: len(heard.bodies) == 3)
    assert heard.last()["thread_ts"] == said["ts"] == reply["thread_ts"]


def test_a_global_shortcut_can_open_a_modal(
    sandbox: SlackSandbox, web: WebClient, app: App, connect: Connect
) -> None:
    @app.shortcut("diagnose")
    def listen(ack: Any, body: Json) -> None:
        ack()
        web.views_open(trigger_id=body["trigger_id"], view=modal())

    connect(app)
    assert sandbox.use_shortcut(OPERATOR.id, "diagnose").ok
    assert sandbox.wait_for(lambda: sandbox.views(OPERATOR.id))
