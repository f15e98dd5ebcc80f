"""Whether a diagnosis was right: pressed in Slack, kept once for a person and an incident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.store.feedback import StoredFeedback
from handlers.views.actions import Action, Vote
from handlers.views.votes import about_incident
from sandbox.slack import APPROVER, MANAGER, OPERATOR
from tests.handlers import samples
from tests.handlers.checking import poll, shown
from tests.handlers.conftest import ROOM, House

Start = Callable[..., Any]
PATIENCE = 60.0


def card(house: House) -> dict[str, Any]:
    house.observe()
    house.drain(house.poster())
    return house.posted()[0]


def votes(house: House) -> list[tuple[str, int, int]]:
    counts = StoredFeedback(house.database).counts()
    return [(each.entry_id, each.up, each.down) for each in counts]


def test_a_vote_on_a_card_is_kept_and_confirmed_to_who_pressed(house: House, start: Start) -> None:
    start()
    ts = card(house)["ts"]
    assert house.sandbox.click(OPERATOR.id, ROOM, ts, Vote.RIGHT).ok
    said = house.wait_answer(OPERATOR.id, "the cause is right", PATIENCE)
    assert samples.ROOT.id in said
    assert house.answers(APPROVER.id) == []
    assert votes(house) == [(samples.ROOT.id, 1, 0)]


def test_a_second_vote_takes_the_place_of_the_first(house: House, start: Start) -> None:
    start()
    ts = card(house)["ts"]
    house.sandbox.click(OPERATOR.id, ROOM, ts, Vote.RIGHT)
    house.wait_answer(OPERATOR.id, "the cause is right", PATIENCE)
    house.sandbox.click(OPERATOR.id, ROOM, ts, Vote.WRONG)
    house.wait_answer(OPERATOR.id, "the cause is wrong", PATIENCE)
    house.sandbox.click(APPROVER.id, ROOM, ts, Vote.WRONG)
    house.wait_answer(APPROVER.id, "the cause is wrong", PATIENCE)
    assert votes(house) == [(samples.ROOT.id, 0, 2)]


def test_who_finds_it_wrong_is_told_how_to_help_in_their_language(
    house: House, start: Start
) -> None:
    start()
    posted = card(house)
    house.sandbox.click(MANAGER.id, ROOM, posted["ts"], Vote.WRONG)
    said = house.wait_answer(MANAGER.id, "原因不对", PATIENCE)
    assert "mtc-bot kb draft" in said
    assert f"/archives/{ROOM}/p{posted['ts'].replace('.', '')}|" in said


def test_how_to_help_is_told_without_the_address_where_slack_gives_none(
    house: House, start: Start
) -> None:
    start()
    ts = card(house)["ts"]
    house.sandbox.fail("chat.getPermalink", "internal_error")
    house.sandbox.click(OPERATOR.id, ROOM, ts, Vote.WRONG)
    said = house.wait_answer(OPERATOR.id, "the cause is wrong", PATIENCE)
    assert "to whoever runs the bot" in said


def test_an_answer_can_be_voted_on_where_no_incident_is_open(house: House, start: Start) -> None:
    start()
    answer = ask(house)
    house.sandbox.click(OPERATOR.id, ROOM, answer["ts"], Vote.WRONG)
    house.wait_answer(OPERATOR.id, "the cause is wrong", PATIENCE)
    assert votes(house) == [(samples.SYMPTOM.id, 0, 1)]


def test_an_answer_and_the_card_of_its_incident_take_one_vote_together(
    house: House, start: Start
) -> None:
    start()
    found = house.services.questions.diagnose("shop-1")
    house.observe(found)
    house.drain(house.poster())
    house.sandbox.click(OPERATOR.id, ROOM, house.posted()[0]["ts"], Vote.WRONG)
    house.wait_answer(OPERATOR.id, "the cause is wrong", PATIENCE)
    answer = ask(house)
    house.sandbox.click(OPERATOR.id, ROOM, answer["ts"], Vote.RIGHT)
    house.wait_answer(OPERATOR.id, "the cause is right", PATIENCE)
    assert votes(house) == [(samples.SYMPTOM.id, 1, 0)]


def test_a_vote_on_what_is_not_known_is_refused_with_a_sentence(house: House, start: Start) -> None:
    start()
    ts = card(house)["ts"]
    with house.database.engine.begin() as connection:
        for table in ("outbox", "silences", "timeline", "members", "incidents"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    house.sandbox.click(OPERATOR.id, ROOM, ts, Vote.RIGHT)
    house.wait_answer(OPERATOR.id, "This incident is not known any more", PATIENCE)
    assert votes(house) == []


def test_details_show_what_others_think_of_the_cause(house: House, start: Start) -> None:
    start()
    ts = card(house)["ts"]
    house.sandbox.click(OPERATOR.id, ROOM, ts, Vote.WRONG)
    house.wait_answer(OPERATOR.id, "the cause is wrong", PATIENCE)
    house.sandbox.click(APPROVER.id, ROOM, ts, Action.DETAILS)
    house.sandbox.wait_for(
        lambda: [v for v in house.sandbox.views(APPROVER.id) if "👍 0 · 👎 1" in shown(v)], PATIENCE
    )


def test_what_no_entry_explains_cannot_be_judged() -> None:
    assert about_incident(samples.undiagnosed()) == ""


def ask(house: House) -> dict[str, Any]:
    """Return the answer to a diagnosis."""
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc diagnose shop-1")
    house.wait_answer(OPERATOR.id, "shop-1: failed", PATIENCE)
    found: dict[str, Any] = poll(
        lambda: next(
            (m for m in house.sandbox.ephemerals(OPERATOR.id) if Vote.RIGHT in str(m)), None
        )
    )
    return found
