"""Messages owed: order, leases, retries, and what was given up."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest

from bot.incidents.model import Incident
from bot.incidents.ports import OutboxItem
from bot.mtc.outcome_words import Word
from bot.store.database import Database, open_database
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from tests.incidents.diagnoses import START, after, diagnosis, finding, migration, storage_down


@pytest.fixture
def incidents(database: Database) -> StoredIncidents:
    return StoredIncidents(database, channels=lambda _: "C1")


@pytest.fixture
def outbox(database: Database) -> StoredOutbox:
    return StoredOutbox(database)


def fail(incidents: StoredIncidents, name: str, at: float = 0) -> Incident:
    cause = finding("hook-failed", migration(name))
    (incident,) = incidents.observe(diagnosis(name, Word.FAILED, cause), after(at))
    return incident


def told(items: tuple[OutboxItem, ...]) -> list[str]:
    return [item.topic or item.kind for item in items]


def test_items_of_one_incident_go_out_one_after_the_other(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (card,) = outbox.claim(START)
    assert (card.kind, card.channel, card.attempts, card.created_at) == ("card", "C1", 0, START)
    assert outbox.claim(START) == ()
    outbox.sent(card, "C1", "1.1", START)
    assert told(outbox.claim(START)) == ["evidence"]


def test_incidents_do_not_wait_for_each_other(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    first, second = fail(incidents, "a"), fail(incidents, "b")
    assert [item.incident_id for item in outbox.claim(START)] == [first.id, second.id]


def test_a_claim_takes_no_more_than_asked_for(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    for name in "abc":
        fail(incidents, name)
    assert len(outbox.claim(START, limit=2)) == 2
    assert len(outbox.claim(START, limit=2)) == 1


def test_the_claim_of_a_worker_that_died_runs_out_and_the_next_is_warned(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (lost,) = outbox.claim(START)
    assert outbox.claim(after(0.9)) == ()
    (again,) = outbox.claim(after(1.1))
    assert (again.id, again.attempts) == (lost.id, 1)


def test_a_late_report_of_a_message_that_another_worker_sent_is_ignored(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    incident = fail(incidents, "a")
    (slow,) = outbox.claim(START)
    (quick,) = outbox.claim(after(2))
    outbox.sent(quick, "C1", "2.2", after(2))
    outbox.sent(slow, "C1", "1.1", after(3))
    outbox.retry(slow, timedelta(0), "late", after(3))
    now = incidents.get(incident.id)
    assert now is not None
    assert now.message_ts == "2.2"
    assert told(outbox.claim(after(3))) == ["evidence"]


def test_a_retry_waits_its_time_and_stays_first(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (card,) = outbox.claim(START)
    outbox.retry(card, timedelta(minutes=5), "ratelimited", START)
    assert outbox.claim(after(4)) == ()
    (again,) = outbox.claim(after(5))
    assert (again.id, again.attempts) == (card.id, 1)


def test_what_was_put_off_untried_is_as_if_it_had_not_been_claimed(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (card,) = outbox.claim(START)
    outbox.retry(card, timedelta(), "another message found Slack down", START, tried=False)
    (again,) = outbox.claim(START)
    assert (again.id, again.attempts) == (card.id, 0)


def test_what_is_given_up_is_kept_and_counted_and_what_hangs_on_it_goes_with_it(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (card,) = outbox.claim(START)
    outbox.give_up(card, "channel_not_found", START)
    assert outbox.claim(after(60)) == ()
    assert outbox.counts() == {"owed": 0, "sent": 0, "given-up": 2}


def test_after_a_card_was_given_up_the_next_change_tries_again(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (card,) = outbox.claim(START)
    outbox.give_up(card, "channel_not_found", START)
    incidents.observe(diagnosis("a", Word.SUCCEEDED), after(1))
    assert told(outbox.claim(after(1))) == ["card"]


def test_a_reply_that_is_given_up_takes_nothing_with_it(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (card,) = outbox.claim(START)
    outbox.sent(card, "C1", "1.1", START)
    incidents.observe(diagnosis("a", Word.SUCCEEDED), after(1))
    (evidence,) = outbox.claim(after(1))
    outbox.give_up(evidence, "invalid_blocks", after(1))
    assert told(outbox.claim(after(1))) == ["card"]


def test_a_change_while_the_card_is_on_its_way_owes_it_again(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (on_its_way,) = outbox.claim(START)
    incidents.observe(diagnosis("a", Word.SUCCEEDED), after(0.1))
    outbox.sent(on_its_way, "C1", "1.1", after(0.2))
    left = []
    while items := outbox.claim(after(0.2)):
        left += told(items)
        for item in items:
            outbox.sent(item, "C1", "1.2", after(0.2))
    assert left == ["evidence", "card", "resolved"]


def test_a_change_after_a_crash_in_mid_post_owes_the_card_again(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    """The message of the crashed try may stand in the channel as it was then."""
    fail(incidents, "a")
    outbox.claim(START)
    incidents.observe(diagnosis("a", Word.SUCCEEDED), after(5))
    left = []
    while items := outbox.claim(after(5)):
        left += told(items)
        for item in items:
            outbox.sent(item, "C1", "1.1", after(5))
    assert left == ["card", "evidence", "card", "resolved"]


def test_workers_never_have_the_same_item(incidents: StoredIncidents, outbox: StoredOutbox) -> None:
    for number in range(10):
        fail(incidents, f"m-{number}")
    taken: Counter[int] = Counter()
    lock = threading.Lock()

    def work() -> None:
        while items := outbox.claim(START, limit=3):
            for item in items:
                with lock:
                    taken[item.id] += 1
                outbox.sent(item, "C1", f"1.{item.id}", START)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(taken.values()) == {1}
    assert outbox.counts() == {"owed": 0, "sent": 20, "given-up": 0}


def test_on_sqlite_a_new_process_takes_up_at_once_what_the_old_one_was_sending(
    tmp_path: object,
) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    database = open_database(url)
    StoredIncidents(database).observe(diagnosis("a", Word.BLOCKED, storage_down()), START)
    (lost,) = StoredOutbox(database).claim(START)
    database.close()
    database = open_database(url)
    (again,) = StoredOutbox(database).claim(START)
    assert (again.id, again.attempts) == (lost.id, 1)
    database.close()


def test_what_a_channel_does_not_take_is_put_off_together_and_not_counted_as_tried(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    fail(incidents, "b")
    (first,) = outbox.claim(START, 1)
    outbox.hold(first, timedelta(minutes=30), "not_in_channel", START)
    assert outbox.claim(after(29)) == ()
    assert [each.attempts for each in outbox.claim(after(31))] == [0, 0]


def test_what_was_put_off_is_tried_at_once_when_asked_for(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (card,) = outbox.claim(START)
    outbox.hold(card, timedelta(minutes=30), "not_in_channel", START)
    assert outbox.claim(after(1)) == ()
    outbox.release(after(1))
    assert told(outbox.claim(after(1))) == ["card"]


def test_a_card_is_owed_once_more_in_its_newest_state_and_only_once(
    incidents: StoredIncidents, outbox: StoredOutbox
) -> None:
    fail(incidents, "a")
    (card,) = outbox.claim(START)
    outbox.renew(card, START)
    assert outbox.counts()["owed"] == 2
    outbox.sent(card, "C1", "1.1", START)
    outbox.renew(card, after(1))
    outbox.renew(card, after(2))
    assert outbox.counts()["owed"] == 2
