"""A change of a card that Slack carries out late must not leave old facts standing."""

from __future__ import annotations

from typing import Any

from bot.incidents.ports import OutboxItem
from bot.mtc.outcome_words import Outcome, Word
from handlers.posting import Poster
from handlers.renewing import Renewals
from sandbox.slack import APPROVER, OPERATOR
from tests.handlers import samples
from tests.handlers.checking import shown
from tests.handlers.conftest import House
from tests.handlers.test_request_posts import ask, cards

LATE = 1.8
"""Seconds after which Slack does what it was asked; a call may take one."""


def resolve(house: House) -> None:
    outcome = Outcome(Word.SUCCEEDED, "Completed")
    house.observe(samples.diagnosis(outcome=outcome, findings=()))


def the_card(house: House) -> str:
    return shown(house.posted()[0])


def hung_change(house: House, poster: Poster) -> None:
    """Have the card acknowledged, and the change of it hang."""
    incident = house.observe()
    house.drain(poster)
    house.incidents.acknowledge(incident.id, OPERATOR.id, house.clock())
    house.sandbox.hang("chat.update", seconds=LATE)
    poster.drain_once()


def until_it_arrived(house: House) -> None:
    house.sandbox.wait_for(lambda: house.sandbox.calls("chat.update")[0].status == 200, 30)


def until_shown(house: House, poster: Poster, words: str) -> None:
    def look() -> bool:
        house.clock.ahead += 0.1
        poster.drain_once()
        return words in the_card(house)

    house.sandbox.wait_for(look, 30)


def test_a_late_change_is_overwritten_by_what_is_true_now(house: House) -> None:
    poster = house.poster(timeout=1)
    hung_change(house, poster)
    resolve(house)
    house.clock.ahead += 10
    house.drain(poster)
    assert "Resolved:" in the_card(house)
    until_it_arrived(house)
    until_shown(house, poster, "Resolved:")


def test_a_late_change_of_a_process_that_was_killed_is_too(house: House) -> None:
    hung_change(house, house.poster(timeout=1))
    resolve(house)
    house.clock.ahead += 61
    house.drain(house.poster(timeout=1))
    until_it_arrived(house)
    after = house.poster(timeout=1)
    after.resume()
    until_shown(house, after, "Resolved:")


def test_a_late_change_of_a_request_is_too(workshop: House) -> None:
    assert workshop.remediation is not None
    poster = workshop.poster(timeout=1)
    request = ask(workshop)
    workshop.drain(poster)
    workshop.remediation.requests.approve(APPROVER.id, request.id)
    workshop.sandbox.hang("chat.update", seconds=LATE)
    poster.drain_once()
    workshop.loop.run_once()
    workshop.clock.ahead += 10
    workshop.drain(poster)
    after = workshop.poster(timeout=1)
    after.resume()
    until_it_arrived(workshop)

    def look() -> bool:
        workshop.clock.ahead += 0.1
        after.drain_once()
        return "about to begin" not in shown(cards(workshop)[0])

    workshop.sandbox.wait_for(look, 30)


class TestRenewals:
    def test_a_card_is_shown_anew_three_times_and_then_no_more(self) -> None:
        now = [0.0]
        renewals = Renewals(10, lambda: now[0])
        renewals.watch(item())
        seen = []
        for second in range(0, 200, 5):
            now[0] = second
            seen += [second] * len(renewals.due())
        assert seen == [10, 30, 100]

    def test_one_card_is_remembered_once(self) -> None:
        now = [0.0]
        renewals = Renewals(10, lambda: now[0])
        for _ in range(50):
            renewals.watch(item())
        now[0] = 11
        assert len(renewals.due()) == 1

    def test_replies_need_nothing(self) -> None:
        now = [0.0]
        renewals = Renewals(10, lambda: now[0])
        renewals.watch(item(kind="thread", topic="evidence"))
        renewals.watch(item(kind="approval", topic="verified"))
        now[0] = 1_000
        assert renewals.due() == []


def item(**changes: Any) -> Any:
    values = {"id": 1, "kind": "card", "incident_id": "i1", "channel": "C0MIGRATE1"}
    return OutboxItem(**{**values, **changes})
