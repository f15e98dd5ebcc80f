"""The connection to Slack: what happens when it is cut, refused, or brings things twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from bot.questions.asking import Questions
from handlers.app import SlackRefused, build_app
from handlers.socket import SocketRunner
from sandbox.slack import BOT_USER_ID, OPERATOR
from tests.handlers.checking import poll
from tests.handlers.conftest import ROOM, House

Start = Callable[..., Any]


def test_commands_work_after_every_socket_was_cut(house: House, start: Start) -> None:
    runner = start()
    assert house.sandbox.drop_sockets() == 1
    house.sandbox.wait_connected(timeout=40)
    assert poll(lambda: runner.connected)
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc whoami")
    house.wait_answer(OPERATOR.id, f"<@{OPERATOR.id}>")


def test_commands_work_after_slack_asked_to_reconnect(house: House, start: Start) -> None:
    start()
    house.sandbox.disconnect("refresh_requested")
    house.sandbox.wait_connected(timeout=20)
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc whoami")
    house.wait_answer(OPERATOR.id, f"<@{OPERATOR.id}>")


def test_slack_that_is_down_at_the_start_is_tried_again(
    house: House, leaving: ThreadPoolExecutor
) -> None:
    house.sandbox.http_error(503, "*", times=3)
    runner = house.runner()
    runner.start()
    try:
        house.sandbox.wait_connected(timeout=20)
        house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc whoami")
        house.wait_answer(OPERATOR.id, f"<@{OPERATOR.id}>")
    finally:
        leaving.submit(runner.stop)


def test_wrong_bot_token_is_refused_with_what_to_do(house: House) -> None:
    with pytest.raises(SlackRefused, match="xoxb-"):
        build_app(house.services, bot_token="xoxb-wrong", api_url=house.sandbox.api_url)


def test_wrong_app_token_is_refused_with_what_to_do(house: House) -> None:
    sandbox = house.sandbox
    app = build_app(house.services, bot_token=sandbox.bot_token, api_url=sandbox.api_url)
    runner = SocketRunner(app, "xapp-wrong", house.sandbox.api_url)
    with pytest.raises(SlackRefused, match="xapp-"):
        runner.start()


def test_second_delivery_of_an_event_is_not_answered_again(house: House, start: Start) -> None:
    start()
    asked = house.sandbox.post(OPERATOR.id, ROOM, f"<@{BOT_USER_ID}> whoami")
    house.sandbox.wait_for(lambda: len(house.posted(asked["ts"])) == 2, 8)
    assert house.sandbox.redeliver(house.sandbox.envelopes()[-1]).acked
    time.sleep(0.5)
    assert len(house.posted(asked["ts"])) == 2


def test_second_delivery_of_a_command_is_acknowledged_and_not_done_again(
    house: House, start: Start
) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc whoami")
    house.wait_answer(OPERATOR.id, f"<@{OPERATOR.id}>")
    assert house.sandbox.redeliver(house.sandbox.envelopes()[-1]).acked
    time.sleep(0.5)
    assert len(house.answers(OPERATOR.id)) == 1


def test_listener_that_breaks_is_told_to_the_person(house: House, start: Start) -> None:
    class Broken(Questions):
        def rows(self, words: str = "", outcomes: Mapping[str, str] | None = None) -> Any:
            raise ZeroDivisionError("no rows")

    broken = Broken([], house.services.questions.diagnoser, house.services.knowledge)
    house.services = replace(house.services, questions=broken)
    start()
    assert house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc list").ok
    house.wait_answer(OPERATOR.id, "Something went wrong inside the bot")


def test_other_messages_in_channels_are_left_alone(house: House, start: Start) -> None:
    start()
    house.sandbox.post(OPERATOR.id, ROOM, "good morning")
    time.sleep(0.3)
    assert len(house.posted()) == 1
