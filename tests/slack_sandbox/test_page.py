"""The page in a real browser, with a real Bolt app on the other side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from slack_bolt import App

from sandbox.slack import APPROVER, MANAGER, OPERATOR, VIEWER, CommandHint, SlackSandbox, Timing
from tests.slack_sandbox.browser import browsing, page_at
from tests.slack_sandbox.conftest import (
    ROOM,
    button,
    client,
    modal,
    plain,
    question,
    section,
    socket_mode,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("page")]

Json = dict[str, Any]
HINTS = (
    CommandHint("/mtc list", "[words]", "Migrations and their state", "迁移及其状态"),
    CommandHint("/mtc diagnose", "<migration>", "Find the root cause"),
)
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<javascript:alert(1)|click me>",
    "<https://example.com/?\"onmouseover='alert(1)'|<b>label</b>>",
    "`<b>code</b>` ```<i>block</i>``` *<u>bold</u>* &lt;script&gt;alert(1)&lt;/script&gt;",
    "<@U0NOBODY01|<svg onload=alert(1)>> <!date^1^{date}^javascript:alert(1)|x>",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as running:
        yield running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SlackSandbox]:
    with SlackSandbox(commands=HINTS, timing=Timing(acknowledge=1.5)) as running:
        handler = socket_mode(running, bolt_app(running))
        handler.connect()
        running.wait_connected()
        yield running
        handler.close()


@pytest.fixture
def page(browser: Browser, sandbox: SlackSandbox) -> Iterator[Page]:
    for message in sandbox.messages(ROOM):
        if message.get("bot_id"):
            client(sandbox).chat_delete(channel=ROOM, ts=message["ts"])
    with page_at(browser, sandbox.url) as opened:
        expect(opened.get_by_test_id("presence")).to_have_text("mtc-bot connected")
        yield opened


def bolt_app(sandbox: SlackSandbox) -> App:
    app = App(client=client(sandbox), token_verification_enabled=False)

    @app.command("/mtc")
    def run(ack: Any, respond: Any, command: Json, body: Json, client: Any) -> None:
        ack()
        if command["text"] == "ask":
            form = modal(
                question(placeholder=plain("a ticket")),
                section(accessory=button("stamp", text=plain("Stamp")), block_id="stamp"),
                submit=plain("Send"),
                callback_id="ask",
            )
            client.views_open(trigger_id=body["trigger_id"], view=form)
        else:
            respond(f"you ran {command['text']}")

    @app.view("ask")
    def answer(ack: Any, body: Json, client: Any) -> None:
        said = body["view"]["state"]["values"]["reason"]["text"]["value"]
        if len(said) < 4:
            ack(response_action="errors", errors={"reason": "say a little more"})
            return
        ack()
        client.chat_postMessage(channel=ROOM, text=f"asked: {said}")

    @app.action("stamp")
    def stamp(ack: Any, body: Json, client: Any) -> None:
        ack()
        form = modal(
            question(),
            section("stamped", accessory=button("stamp"), block_id="stamp"),
            submit=plain("Send"),
            callback_id="ask",
        )
        client.views_update(view_id=body["view"]["id"], view=form)

    @app.action("ack")
    def acknowledge(ack: Any, body: Json, client: Any) -> None:
        ack()
        client.chat_update(
            channel=ROOM,
            ts=body["message"]["ts"],
            text="taken",
            blocks=[section(f"taken by <@{body['user']['id']}>")],
        )

    @app.action("more")
    @app.action("silence")
    def choose(ack: Any, respond: Any, action: Json) -> None:
        ack()
        respond(text=f"chose {action['selected_option']['value']}", replace_original=False)

    app.action("more")(choose)

    @app.event("app_home_opened")
    def home(event: Json, client: Any) -> None:
        text = "欢迎" if event["user"] == MANAGER.id else "Welcome"
        client.views_publish(
            user_id=event["user"], view={"type": "home", "blocks": [section(text)]}
        )

    @app.event("app_mention")
    def mentioned(event: Json, say: Any) -> None:
        say(text="here I am", thread_ts=event["ts"])

    return app


def post(sandbox: SlackSandbox, text: str = "alert", **more: Any) -> str:
    return str(client(sandbox).chat_postMessage(channel=ROOM, text=text, **more)["ts"])


def card(*elements: Json) -> list[Json]:
    return [
        {"type": "header", "text": plain("🔴 shop failed")},
        section("*Root cause:* the token", accessory=overflow()),
        {"type": "actions", "elements": list(elements)},
    ]


def overflow() -> Json:
    options = [{"text": plain(f"Silence {hours} h"), "value": f"{hours}h"} for hours in (1, 8)]
    return {"type": "overflow", "action_id": "more", "options": options}


def shown(page: Page, text: str) -> Locator:
    return page.get_by_test_id("message").filter(has_text=text)


def become(page: Page, person: Any) -> None:
    page.get_by_test_id("person-switch").select_option(person.id)
    expect(page.locator(".person-name")).to_have_text(person.real_name)


def say(page: Page, text: str, box: str = "composer") -> None:
    page.get_by_test_id(box).fill(text)
    page.get_by_test_id(box).press("Enter")


def test_a_message_appears_changes_and_goes_the_moment_it_does(
    sandbox: SlackSandbox, page: Page
) -> None:
    ts = post(sandbox, "first words")
    expect(shown(page, "first words")).to_be_visible()
    client(sandbox).chat_update(channel=ROOM, ts=ts, text="other words")
    expect(shown(page, "other words")).to_be_visible()
    expect(shown(page, "first words")).to_have_count(0)
    client(sandbox).chat_delete(channel=ROOM, ts=ts)
    expect(shown(page, "other words")).to_have_count(0)


def test_a_button_reaches_the_app_as_whoever_one_is(sandbox: SlackSandbox, page: Page) -> None:
    post(sandbox, blocks=card(button("ack", text=plain("Acknowledge"))))
    expect(page.get_by_role("heading", name="shop failed")).to_be_visible()
    become(page, APPROVER)
    page.get_by_test_id("action-ack").click()
    expect(shown(page, "taken by @Amir Patel")).to_be_visible()


def test_a_click_nobody_answers_says_so_beside_the_button(
    sandbox: SlackSandbox, page: Page
) -> None:
    post(sandbox, blocks=card(button("nobody", text=plain("Nothing"))))
    page.get_by_test_id("action-nobody").click()
    expect(page.get_by_role("alert")).to_have_text("The app did not respond. Try again.")
    become(page, MANAGER)
    page.get_by_test_id("action-nobody").click()
    expect(page.get_by_role("alert")).to_have_text("应用没有响应，请重试。")


def test_a_dangerous_button_asks_first(sandbox: SlackSandbox, page: Page) -> None:
    confirm = {
        "title": plain("Roll back?"),
        "text": plain("All of it."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    post(sandbox, blocks=card(button("ack", confirm=confirm, style="danger")))
    page.get_by_test_id("action-ack").click()
    expect(page.get_by_test_id("confirm-dialog")).to_contain_text("Roll back?")
    page.get_by_test_id("confirm-deny").click()
    expect(page.get_by_test_id("confirm-dialog")).to_have_count(0)
    expect(shown(page, "taken by")).to_have_count(0)
    page.get_by_test_id("action-ack").click()
    page.get_by_test_id("confirm-confirm").click()
    expect(shown(page, "taken by @Olivia Ortiz")).to_be_visible()


def test_menus_are_used_by_mouse_and_by_keyboard(sandbox: SlackSandbox, page: Page) -> None:
    options = [{"text": plain("One hour"), "value": "one"}]
    select = {"type": "static_select", "action_id": "silence", "options": options}
    post(sandbox, blocks=card(select))
    page.get_by_test_id("action-more").click()
    page.get_by_test_id("option-1h").click()
    expect(page.get_by_test_id("ephemeral").filter(has_text="chose 1h")).to_be_visible()
    page.get_by_test_id("action-more").press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("ephemeral").filter(has_text="chose 8h")).to_be_visible()
    page.get_by_test_id("action-silence").select_option("one")
    expect(page.get_by_test_id("ephemeral").filter(has_text="chose one")).to_be_visible()


def test_a_thread_opens_beside_the_channel_and_takes_replies(
    sandbox: SlackSandbox, page: Page
) -> None:
    root = post(sandbox, "look at this")
    post(sandbox, "the evidence", thread_ts=root)
    expect(shown(page, "look at this").get_by_test_id("thread-link")).to_contain_text("1 reply")
    page.get_by_test_id("thread-link").click()
    pane = page.get_by_test_id("thread-pane")
    expect(pane).to_contain_text("the evidence")
    say(page, "thank you", "thread-composer")
    expect(pane).to_contain_text("thank you")
    assert sandbox.messages(ROOM, root)[-1]["user"] == OPERATOR.id
    say(page, "/mtc list", "thread-composer")
    expect(page.locator("#toast")).to_have_text("Commands cannot be run in threads.")
    page.keyboard.press("Escape")
    expect(pane).to_be_hidden()


def test_commands_are_completed_run_and_answered_to_one_person(
    sandbox: SlackSandbox, page: Page
) -> None:
    box = page.get_by_test_id("composer")
    box.fill("/mtc d")
    expect(page.get_by_test_id("command-option")).to_have_text(
        ["/mtc diagnose<migration>Find the root cause"]
    )
    box.press("Tab")
    expect(box).to_have_value("/mtc diagnose ")
    box.press_sequentially("shop")
    box.press("Enter")
    answer = page.get_by_test_id("ephemeral").filter(has_text="you ran diagnose shop")
    expect(answer).to_contain_text("Only visible to you")
    box.fill("/mtc list")
    box.press("Enter")
    expect(page.get_by_test_id("ephemeral").filter(has_text="you ran list")).to_be_visible()
    become(page, MANAGER)
    box.fill("/mtc l")
    expect(page.get_by_test_id("command-option")).to_have_text(["/mtc list[words]迁移及其状态"])
    become(page, VIEWER)
    expect(answer).to_have_count(0)
    say(page, "/weather")
    expect(page.get_by_test_id("ephemeral")).to_contain_text("/weather is not a valid command")


def test_mentions_are_completed_and_reach_the_app(sandbox: SlackSandbox, page: Page) -> None:
    box = page.get_by_test_id("composer")
    box.press_sequentially("@mtc")
    expect(page.get_by_test_id("command-option")).to_have_text(["@mtc-bot"])
    box.press("Enter")
    box.press_sequentially("& <b>are you there?")
    box.press("Enter")
    said = shown(page, "@mtc-bot & <b>are you there?")
    expect(said.get_by_test_id("thread-link")).to_contain_text("1 reply")


def test_a_modal_keeps_what_was_typed_shows_errors_and_submits(
    sandbox: SlackSandbox, page: Page
) -> None:
    say(page, "/mtc ask")
    dialog = page.get_by_test_id("modal")
    field = page.get_by_test_id("action-text")
    page.get_by_test_id("modal-submit").click()
    expect(page.get_by_test_id("error-reason")).to_have_text("Please complete this required field.")
    field.fill("out")
    page.get_by_test_id("action-stamp").click()
    expect(dialog).to_contain_text("stamped")
    expect(field).to_have_value("out")
    page.get_by_test_id("modal-submit").click()
    expect(page.get_by_test_id("error-reason")).to_have_text("say a little more")
    field.fill("outage")
    page.get_by_test_id("modal-submit").click()
    expect(dialog).to_have_count(0)
    expect(shown(page, "asked: outage")).to_be_visible()


def test_a_modal_is_left_by_cancel_by_the_cross_and_by_escape(
    sandbox: SlackSandbox, page: Page
) -> None:
    for leave in (
        lambda: page.get_by_test_id("modal-close").click(),
        lambda: page.get_by_test_id("modal-x").click(),
        lambda: page.keyboard.press("Escape"),
    ):
        say(page, "/mtc ask")
        expect(page.get_by_test_id("modal")).to_be_visible()
        leave()
        expect(page.get_by_test_id("modal")).to_have_count(0)
        assert sandbox.views(OPERATOR.id) == []


def test_the_home_is_each_persons_own(sandbox: SlackSandbox, page: Page) -> None:
    page.get_by_test_id("app-home").click()
    expect(page.get_by_test_id("home-view")).to_have_text("Welcome")
    become(page, MANAGER)
    expect(page.get_by_test_id("home-view")).to_have_text("欢迎")
    expect(page.get_by_test_id("app-home")).to_have_text("应用主页")


def test_each_person_sees_their_own_channels_and_language(
    sandbox: SlackSandbox, page: Page
) -> None:
    names = page.get_by_test_id("channel").locator(".room-name")
    expect(names).to_have_text(
        ["migrations", "general", "wave-1-done", "migration-war-room", "mtc-bot"]
    )
    expect(page.get_by_test_id("role")).to_have_text("Operator")
    become(page, VIEWER)
    expect(names).to_have_text(["migrations", "general", "wave-1-done", "mtc-bot"])
    become(page, MANAGER)
    expect(names).to_have_text(
        ["migrations", "general", "wave-1-done", "migration-war-room", "finance", "mtc-bot"]
    )
    expect(page.get_by_test_id("role")).to_have_text("经理")
    expect(page.get_by_test_id("composer")).to_have_attribute(
        "placeholder", "发送消息到 #migrations"
    )
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_news_elsewhere_are_marked_until_read(sandbox: SlackSandbox, page: Page) -> None:
    page.locator("[data-channel=general]").click()
    expect(page.get_by_test_id("channel-title")).to_have_text("general")
    post(sandbox, "unread words")
    room = page.locator("[data-channel=migrations]")
    expect(room.get_by_title("New messages")).to_be_visible()
    room.click()
    expect(shown(page, "unread words")).to_be_visible()
    expect(room.get_by_title("New messages")).to_have_count(0)


def test_reading_above_is_not_disturbed_by_news(sandbox: SlackSandbox, page: Page) -> None:
    for number in range(30):
        post(sandbox, f"line {number}", blocks=card(button("ack")))
    expect(shown(page, "shop failed")).to_have_count(30)
    page.locator("#messages").evaluate("box => (box.scrollTop = 0)")
    post(sandbox, "the latest")
    pill = page.get_by_test_id("new-messages")
    expect(pill).to_be_visible()
    assert page.locator("#messages").evaluate("box => box.scrollTop") == 0
    pill.click()
    expect(shown(page, "the latest")).to_be_in_viewport()
    expect(pill).to_have_count(0)


def test_an_archived_channel_takes_no_words(page: Page) -> None:
    page.locator("[data-channel=wave-1-done]").click()
    expect(page.get_by_text("This channel is archived.")).to_be_visible()
    expect(page.get_by_test_id("composer")).to_have_count(0)


def test_where_one_is_survives_a_reload(sandbox: SlackSandbox, page: Page) -> None:
    root = post(sandbox, "root words")
    post(sandbox, "reply words", thread_ts=root)
    become(page, APPROVER)
    page.get_by_test_id("thread-link").click()
    expect(page.get_by_test_id("thread-pane")).to_contain_text("reply words")
    page.reload()
    expect(page.locator(".person-name")).to_have_text("Amir Patel")
    expect(page.get_by_test_id("thread-pane")).to_contain_text("reply words")


def test_hostile_texts_are_shown_and_never_run(sandbox: SlackSandbox, page: Page) -> None:
    for text in HOSTILE:
        post(sandbox, text)
        post(
            sandbox,
            "x",
            blocks=[
                {"type": "header", "text": plain(text[:150])},
                section(text, fields=[{"type": "mrkdwn", "text": text}]),
                {
                    "type": "rich_text",
                    "elements": [
                        {
                            "type": "rich_text_section",
                            "elements": [
                                {"type": "text", "text": text, "style": {"code": True}},
                                {"type": "link", "url": "javascript:alert(1)", "text": text},
                            ],
                        }
                    ],
                },
                {"type": "actions", "elements": [button(text=plain(text[:75]))]},
            ],
            attachments=[{"title": text, "text": text, "color": "#zz</style>", "footer": text}],
        )
    expect(page.get_by_test_id("message")).to_have_count(2 * len(HOSTILE) + typed(sandbox))
    assert page.locator("#messages script, #messages img, #messages svg[onload]").count() == 0
    assert page.locator('#messages [href^="javascript" i]').count() == 0
    assert page.locator("#messages b, #messages u, #messages i").count() == 0
    assert page.get_by_text("<script>alert(1)</script>").count() > 0


def test_a_block_of_a_kind_the_page_does_not_know_shows_its_texts(
    sandbox: SlackSandbox, page: Page
) -> None:
    post(sandbox, blocks=[{"type": "card", "title": plain("A card"), "body": plain("with words")}])
    expect(shown(page, "A card")).to_contain_text("with words")


def test_the_page_says_when_the_app_is_gone_and_back(sandbox: SlackSandbox, page: Page) -> None:
    sandbox.disconnect("refresh_requested")
    sandbox.wait_connected(timeout=20)
    # The SDK reads from its new connection up to three seconds after opening it.
    sandbox.wait_for(lambda: sandbox.run_command(OPERATOR.id, ROOM, "/mtc back").ok, timeout=20)
    expect(page.get_by_test_id("presence")).to_have_text("mtc-bot connected")
    expect(page.get_by_test_id("ephemeral").filter(has_text="you ran back").last).to_be_visible()


def typed(sandbox: SlackSandbox) -> int:
    """How many messages of people, which stay from test to test, the channel shows."""
    return sum(
        "bot_id" not in one and one.get("thread_ts") in (None, one["ts"])
        for one in sandbox.messages(ROOM)
    )
