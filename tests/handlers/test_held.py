"""A channel that takes nothing: what is owed waits until channel or configuration are right."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ObjectRef
from bot.mtc.outcome_words import Outcome, Word
from bot.remediation.requests import Asked
from sandbox.slack import BOT_USER_ID, OPERATOR
from sandbox.slack.workspace import Channel
from tests.handlers import samples
from tests.handlers.checking import shown
from tests.handlers.conftest import ROOM, House

PRIVATE, ARCHIVED, NOWHERE, OTHER = "C0FINANCE1", "C0OLDMOVE1", "C0NOWHERE1", "C0GENERAL1"


def room(house: House, channel: str) -> Channel:
    """Return a channel whose administration is in our hands."""
    return house.sandbox._backend.workspace.channels[channel]


def texts(house: House, channel: str = ROOM) -> list[str]:
    return [shown(message) for message in house.sandbox.messages(channel)]


def succeeded() -> Any:
    return samples.diagnosis(outcome=Outcome(Word.SUCCEEDED, "Completed"), findings=())


def another(number: int) -> Any:
    subject = ObjectRef("MigStorage", f"repo-{number}", "", "host", f"uid-{number}")
    target = ObjectRef("MigMigration", f"m-{number}", "", "host", f"uid-m{number}")
    return samples.diagnosis(target=target, findings=(samples.finding(subject=subject),))


@pytest.mark.parametrize("channel", [NOWHERE, ARCHIVED, PRIVATE, ""])
def test_what_it_is_owed_waits_and_the_log_says_so_once(
    house: House, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.channel = channel
    house.observe()
    poster = house.poster()
    for _ in range(3):
        poster.drain_once()
        house.clock.ahead += 61
    assert house.outbox.counts() == {"owed": 2, "sent": 0, "given-up": 0}
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    (said,) = [each for each in errors if "takes no messages" in each]
    assert channel in said


def test_after_the_bot_was_invited_all_of_it_is_told_in_order(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.channel = PRIVATE
    poster = house.poster()
    house.observe()
    poster.drain_once()
    house.observe(succeeded())
    poster.drain_once()
    room(house, PRIVATE).members.add(BOT_USER_ID)
    house.clock.ahead += 61
    house.drain(poster)
    card, evidence, resolved = texts(house, PRIVATE)
    assert "Resolved:" in card
    assert "Access Denied" in evidence
    assert "Resolved." in resolved
    assert f"what waited for channel {PRIVATE} can be told" in caplog.text


def test_after_a_restart_it_goes_where_the_configuration_says_now(house: House) -> None:
    house.channel = NOWHERE
    incident = house.observe()
    house.poster().drain_once()
    house.channel = ROOM
    poster = house.poster()
    poster.resume()
    house.drain(poster, 3)
    assert len(texts(house)) == 2
    kept = house.incidents.get(incident.id)
    assert kept is not None
    assert kept.channel == ROOM


def test_without_a_restart_it_is_tried_once_a_minute(house: House) -> None:
    house.channel = NOWHERE
    for number in range(5):
        house.observe(another(number))
    poster = house.poster()
    poster.drain_once()
    assert len(house.sandbox.calls("chat.postMessage")) == 1
    assert poster.drain_once() == 0
    house.clock.ahead += 61
    poster.drain_once()
    assert len(house.sandbox.calls("chat.postMessage")) == 2


def test_other_channels_do_not_wait_for_it(house: House) -> None:
    house.channel = ROOM
    house.observe(another(1))
    house.channel = NOWHERE
    house.observe(another(2))
    house.poster().drain_once()
    assert len(texts(house)) == 1


def test_a_card_in_a_channel_that_was_archived_is_posted_anew_where_it_belongs_now(
    house: House,
) -> None:
    poster = house.poster()
    house.observe()
    house.drain(poster)
    room(house, ROOM).archived = True
    house.observe(succeeded())
    poster.drain_once()
    assert house.outbox.counts()["owed"] == 2
    house.channel = OTHER
    poster.resume()
    house.drain(poster)
    card, note = texts(house, OTHER)
    assert "Resolved:" in card
    assert "Resolved." in note


def test_a_card_is_not_posted_beside_itself_where_only_its_change_is_refused(house: House) -> None:
    house.channel = "#migrations"
    poster = house.poster()
    house.observe()
    house.drain(poster)
    house.sandbox.fail("chat.update", "restricted_action")
    house.observe(succeeded())
    poster.drain_once()
    assert len(texts(house)) == 2
    house.clock.ahead += 61
    house.drain(poster)
    assert "Resolved:" in texts(house)[0]


def test_a_rollup_of_a_storm_waits_too(house: House) -> None:
    house.channel = NOWHERE
    for number in range(14):
        house.observe(another(number))
    poster = house.poster()
    house.clock.ahead += 30
    poster.drain_once()
    house.channel = ROOM
    poster.resume()
    house.drain(poster)
    assert sum("incidents at once" in text for text in texts(house)) == 1
    assert house.outbox.counts()["given-up"] == 0


def test_a_request_is_posted_where_requests_belong(workshop: House) -> None:
    assert workshop.remediation is not None
    target = ObjectRef("MigMigration", "shop-1", MTC_NAMESPACE)
    asked = Asked(OPERATOR.id, "rerun-migration", "hub", target, {}, ARCHIVED)
    request = workshop.remediation.requests.request(asked)
    workshop.drain(workshop.poster())
    found = workshop.remediation.approvals.get(request.id)
    assert found is not None
    assert found.channel == ROOM
    assert "Approval needed" in texts(workshop)[0]


def test_after_a_week_nobody_waits_for_it_any_more(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.channel = NOWHERE
    house.observe()
    poster = house.poster()
    poster.drain_once()
    house.clock.ahead += timedelta(days=7, minutes=1).total_seconds()
    poster.drain_once()
    assert house.outbox.counts() == {"owed": 0, "sent": 0, "given-up": 2}
    assert "is set aside" in caplog.text
