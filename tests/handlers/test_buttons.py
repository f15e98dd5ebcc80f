"""Clicks on cards and in the App Home."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.incidents.model import State
from bot.mtc.outcome_words import Outcome, Word
from handlers.views.actions import Action
from sandbox.slack import APPROVER, MANAGER, OPERATOR
from tests.handlers import samples
from tests.handlers.checking import poll, shown
from tests.handlers.conftest import ROOM, House

Start = Callable[..., Any]


@pytest.fixture
def card(house: House, start: Start) -> dict[str, Any]:
    start()
    house.observe()
    house.drain(house.poster())
    return house.posted()[0]


def state(house: House) -> Any:
    return house.incidents.open()[0]


def test_acknowledge_is_attributed_to_who_clicked(house: House, card: dict[str, Any]) -> None:
    assert house.sandbox.click(APPROVER.id, ROOM, card["ts"], Action.ACKNOWLEDGE).ok
    house.sandbox.wait_for(lambda: wait(house, State.ACKNOWLEDGED))
    assert state(house).acknowledged_by == APPROVER.id
    house.drain(house.poster())
    assert f"<@{APPROVER.id}>" in shown(house.posted()[0])


@pytest.mark.parametrize(("action", "hours"), [(Action.SILENCE_1H, 1), (Action.SILENCE_8H, 8)])
def test_silence_lasts_as_long_as_its_button_says(
    house: House, card: dict[str, Any], action: Action, hours: int
) -> None:
    before = house.clock()
    assert house.sandbox.click(OPERATOR.id, ROOM, card["ts"], action).ok
    until = house.sandbox.wait_for(lambda: poll(lambda: state(house).silenced_until), 8)
    assert abs(until - before - timedelta(hours=hours)) < timedelta(seconds=20)
    assert state(house).timeline[-1].who == OPERATOR.id


def test_silence_can_be_ended_by_anybody_and_only_once(house: House, card: dict[str, Any]) -> None:
    house.sandbox.click(OPERATOR.id, ROOM, card["ts"], Action.SILENCE_8H)
    house.sandbox.wait_for(lambda: poll(lambda: state(house).silenced_until), 8)
    house.drain(house.poster())
    silenced = house.posted()[0]
    assert Action.SILENCE_8H not in str(silenced)
    for _ in range(2):
        assert house.sandbox.click(APPROVER.id, ROOM, silenced["ts"], Action.UNSILENCE).ok

    def ended() -> bool:
        return bool(state(house).timeline[-1].what == "unsilenced")

    house.sandbox.wait_for(lambda: poll(ended), 8)
    house.drain(house.poster())
    assert Action.SILENCE_8H in str(house.posted()[0])
    assert "silenced until" not in shown(house.posted()[0])
    said = [shown(message) for message in house.posted(card["ts"])]
    assert said.count(f"<@{APPROVER.id}> ended the silence.") == 1


def test_details_opens_a_modal_with_all_that_is_known(house: House, card: dict[str, Any]) -> None:
    assert house.sandbox.click(OPERATOR.id, ROOM, card["ts"], Action.DETAILS).ok
    view = house.sandbox.wait_for(
        lambda: next((v for v in house.sandbox.views(OPERATOR.id) if "403" in shown(v)), None), 8
    )
    assert "oc patch migstorage repo-eu" in shown(view)
    assert "What happened so far" in shown(view)


def test_details_are_in_the_language_of_who_clicks(house: House, card: dict[str, Any]) -> None:
    house.sandbox.click(MANAGER.id, ROOM, card["ts"], Action.DETAILS)
    house.sandbox.wait_for(
        lambda: [v for v in house.sandbox.views(MANAGER.id) if "处理步骤" in shown(v)], 8
    )


def test_details_come_as_a_message_when_the_modal_cannot_open(
    house: House, card: dict[str, Any]
) -> None:
    house.sandbox.fail("views.open", "expired_trigger_id")
    house.sandbox.click(OPERATOR.id, ROOM, card["ts"], Action.DETAILS)
    house.wait_answer(OPERATOR.id, "oc patch migstorage repo-eu")


def test_card_of_an_incident_that_is_gone_says_so(house: House, card: dict[str, Any]) -> None:
    with house.database.engine.begin() as connection:
        for table in ("outbox", "silences", "timeline", "members", "incidents"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    house.sandbox.click(OPERATOR.id, ROOM, card["ts"], Action.ACKNOWLEDGE)
    house.wait_answer(OPERATOR.id, "This incident is not known any more")
    house.sandbox.click(OPERATOR.id, ROOM, card["ts"], Action.DETAILS)
    house.sandbox.wait_for(
        lambda: [v for v in house.sandbox.views(OPERATOR.id) if "not known any more" in shown(v)]
    )


def test_card_of_a_resolved_incident_cannot_be_acknowledged(
    house: House, card: dict[str, Any]
) -> None:
    outcome = Outcome(Word.SUCCEEDED, "Completed")
    house.observe(samples.diagnosis(outcome=outcome, findings=()))
    house.sandbox.click(OPERATOR.id, ROOM, card["ts"], Action.ACKNOWLEDGE)
    house.wait_answer(OPERATOR.id, "This incident is resolved already")


class TestHome:
    def test_shows_open_incidents_and_how_to_ask(self, house: House, card: dict[str, Any]) -> None:
        assert house.sandbox.open_home(OPERATOR.id).ok
        home = house.sandbox.wait_for(lambda: house.sandbox.home(OPERATOR.id), 8)
        assert "Open incidents (1)" in shown(home)
        assert "/mtc diagnose <migration>" in shown(home)

    def test_is_shown_anew_after_an_act_in_it(self, house: House, card: dict[str, Any]) -> None:
        house.sandbox.open_home(OPERATOR.id)
        home = house.sandbox.wait_for(lambda: house.sandbox.home(OPERATOR.id), 8)
        row = next(b for b in home["blocks"] if b["type"] == "actions")
        house.sandbox.click_in_view(
            OPERATOR.id, home["id"], Action.ACKNOWLEDGE, block_id=row["block_id"]
        )
        house.sandbox.wait_for(
            lambda: f"<@{OPERATOR.id}>" in shown(house.sandbox.home(OPERATOR.id) or {}), 8
        )

    def test_answers_its_questions_in_direct_messages(
        self, house: House, card: dict[str, Any]
    ) -> None:
        house.sandbox.open_home(OPERATOR.id)
        home = house.sandbox.wait_for(lambda: house.sandbox.home(OPERATOR.id), 8)
        house.sandbox.click_in_view(OPERATOR.id, home["id"], "ask_0")
        direct = house.sandbox.dm(OPERATOR.id)
        house.sandbox.wait_for(
            lambda: [m for m in house.sandbox.messages(direct) if "Migrations" in m["text"]], 8
        )


def wait(house: House, wanted: State) -> bool:
    return bool(poll(lambda: state(house).state is wanted))
