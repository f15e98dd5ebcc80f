"""What is owed reaches the channel once, whatever Slack does meanwhile."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Any

import pytest

from bot.clusters.port import ObjectRef
from bot.mtc.outcome_words import Outcome, Word
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from handlers.clients import make_client
from handlers.posting import Poster
from sandbox.slack import BOT_USER_ID, OPERATOR
from tests.handlers import samples
from tests.handlers.checking import shown
from tests.handlers.conftest import ROOM, House


def succeeded() -> Any:
    return samples.diagnosis(outcome=Outcome(Word.SUCCEEDED, "Completed"), findings=())


def cards(house: House) -> list[dict[str, Any]]:
    return [m for m in house.posted() if m.get("thread_ts") in (None, m["ts"])]


def replies(house: House) -> list[dict[str, Any]]:
    return [m for m in house.posted() if m.get("thread_ts") not in (None, m["ts"])]


def test_incident_is_a_card_with_the_evidence_in_its_thread(house: House) -> None:
    incident = house.observe()
    house.drain(house.poster())
    (card,), (evidence,) = cards(house), replies(house)
    assert "The object store refuses MigStorage repo-eu" in shown(card)
    assert evidence["thread_ts"] == card["ts"]
    assert "Access Denied, status code: 403" in shown(evidence)
    kept = house.incidents.get(incident.id)
    assert kept is not None
    assert (kept.channel, kept.message_ts) == (ROOM, card["ts"])


def test_message_names_its_incident_and_item_in_metadata(house: House) -> None:
    incident = house.observe()
    house.drain(house.poster())
    metadata = cards(house)[0]["metadata"]
    assert metadata["event_type"] == "mtc_bot_message"
    assert metadata["event_payload"]["incident"] == incident.id
    assert set(metadata["event_payload"]) == {"incident", "item"}


def test_card_is_updated_in_place_and_resolved_with_a_note(house: House) -> None:
    poster = house.poster()
    house.observe()
    house.drain(poster)
    house.observe(succeeded())
    house.drain(poster)
    (card,) = cards(house)
    assert "Resolved: The object store refuses MigStorage repo-eu" in shown(card)
    assert "Resolved." in shown(replies(house)[-1])


def test_ten_changes_during_an_outage_are_one_update(house: House) -> None:
    poster = house.poster()
    incident = house.observe()
    house.drain(poster)
    for number in range(10):
        name = f"cart-{number}"
        target = ObjectRef("MigMigration", name, "openshift-migration", "host", f"uid-{name}")
        house.observe(samples.diagnosis(target=target))
    house.clock.ahead += 30
    house.drain(poster)
    assert len(house.sandbox.calls("chat.update")) == 1
    kept = house.incidents.get(incident.id)
    assert kept is not None
    assert len(kept.members) == 11


def test_rate_limit_delays_and_loses_nothing(house: House) -> None:
    poster = house.poster()
    house.observe()
    house.sandbox.rate_limit("chat.postMessage", times=2, retry_after=7)
    poster.drain_once()
    assert house.posted() == []
    house.clock.ahead += 5
    assert poster.drain_once() == 0, "asked before Retry-After was over"
    house.clock.ahead += 3
    house.drain(poster)
    assert (len(cards(house)), len(replies(house))) == (1, 1)


def test_rate_limit_holds_the_rest_back_too(house: House) -> None:
    for number in range(3):
        subject = ObjectRef("MigStorage", f"repo-{number}", "", "host", f"uid-{number}")
        target = ObjectRef("MigMigration", f"m-{number}", "", "host", f"uid-m{number}")
        finding = samples.finding(subject=subject)
        house.observe(samples.diagnosis(target=target, findings=(finding,)))
    house.sandbox.rate_limit("chat.postMessage", retry_after=5)
    poster = house.poster()
    assert poster.drain_once() == 3
    assert len(house.sandbox.calls("chat.postMessage")) == 1
    house.drain(poster)
    assert len(cards(house)) == 3


@pytest.mark.parametrize("fault", ["drop_reply", "drop_request", "http_error", "fail"])
@pytest.mark.parametrize("times", [1, 3])
def test_trouble_neither_loses_nor_doubles(house: House, fault: str, times: int) -> None:
    house.observe()
    for method in ("chat.postMessage", "conversations.history", "conversations.replies"):
        match fault:
            case "http_error":
                house.sandbox.http_error(503, method, times)
            case "fail":
                house.sandbox.fail(method, "internal_error", times)
            case _:
                getattr(house.sandbox, fault)(method, times)
    house.drain(house.poster(), 40)
    assert (len(cards(house)), len(replies(house))) == (1, 1)


def test_sdk_does_not_post_again_by_itself(house: House) -> None:
    house.observe()
    house.sandbox.drop_reply("chat.postMessage")
    house.poster().drain_once()
    assert len(house.sandbox.calls("chat.postMessage")) == 1


def test_post_that_arrives_after_its_time_out_is_taken_back(house: House) -> None:
    house.observe()
    house.sandbox.hang("chat.postMessage", seconds=1.6)
    poster = house.poster(timeout=1)
    poster.drain_once()
    house.clock.ahead += 10
    poster.drain_once()
    assert len(cards(house)) == 1
    house.sandbox.wait_for(lambda: len(cards(house)) == 2, 3)
    time.sleep(0.5)
    house.drain(poster)
    assert len(cards(house)) == 1
    assert len(replies(house)) == 1


def test_crash_between_post_and_record_is_found_by_the_next_process(house: House) -> None:
    class Dying(StoredOutbox):
        def sent(self, *args: Any) -> None:
            raise SystemExit("killed")

    house.observe()
    services = house.services
    house.services = replace(services, outbox=Dying(house.database))
    with pytest.raises(SystemExit):
        house.poster().drain_once()
    assert len(cards(house)) == 1
    house.services = services
    house.clock.ahead += 61
    house.drain(house.poster())
    assert (len(cards(house)), len(replies(house))) == (1, 1)


def test_forged_metadata_of_others_hides_nothing(house: House) -> None:
    incident = house.observe()
    (item,) = house.outbox.claim(house.clock())
    stranger = house.sandbox.post(OPERATOR.id, ROOM, "look here")
    # No person's client can do this; another app could.
    kept = house.sandbox._backend.workspace.channels[ROOM].messages[stranger["ts"]]
    payload = {"incident": incident.id, "item": item.id}
    kept.metadata = {"event_type": "mtc_bot_message", "event_payload": payload}
    house.clock.ahead += 61
    house.drain(house.poster())
    mine = [m for m in cards(house) if m["user"] == BOT_USER_ID]
    assert len(mine) == 1


def test_order_is_kept_for_an_incident(house: House) -> None:
    poster = house.poster()
    house.observe()
    house.sandbox.http_error(500, "chat.postMessage", times=2)
    house.drain(poster)
    assert [m["ts"] for m in house.posted()] == sorted(m["ts"] for m in house.posted())
    assert cards(house)[0] == house.posted()[0]


def test_public_channel_is_joined_when_needed(house: House) -> None:
    house.channel = "C0GENERAL1"
    house.observe()
    house.drain(house.poster())
    assert len(house.sandbox.messages("C0GENERAL1")) == 2


def test_what_slack_refuses_for_good_is_given_up_with_a_sentence(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.observe()
    house.sandbox.fail("chat.postMessage", "msg_blocks_too_long")
    house.drain(house.poster())
    assert house.outbox.counts() == {"owed": 0, "sent": 0, "given-up": 2}
    assert "is set aside: Slack refuses it (msg_blocks_too_long)" in caplog.text


def test_channel_may_be_given_by_name(house: House) -> None:
    house.channel = "#migrations"
    house.observe()
    house.sandbox.drop_reply("chat.postMessage")
    house.drain(house.poster())
    assert (len(cards(house)), len(replies(house))) == (1, 1)


def test_card_that_was_deleted_is_posted_anew(house: House) -> None:
    poster = house.poster()
    house.observe()
    house.drain(poster)
    first = cards(house)[0]["ts"]
    client = make_client(house.sandbox.bot_token, house.sandbox.api_url)
    client.chat_delete(channel=ROOM, ts=first)
    house.observe(succeeded())
    house.drain(poster)
    (card,) = [m for m in cards(house) if "Resolved:" in shown(m)]
    assert card["ts"] != first


def test_wrong_token_waits_and_loses_nothing(house: House) -> None:
    house.observe()
    house.sandbox.fail("chat.postMessage", "token_revoked", times=3)
    house.drain(house.poster(), 40)
    assert len(cards(house)) == 1


def test_storm_is_one_rollup(house: House) -> None:
    for number in range(40):
        subject = ObjectRef("MigStorage", f"repo-{number}", "", "host", f"uid-{number}")
        target = ObjectRef("MigMigration", f"m-{number}", "", "host", f"uid-m{number}")
        finding = samples.finding(subject=subject)
        house.observe(samples.diagnosis(target=target, findings=(finding,)))
    house.drain(house.poster(), 80)
    rollups = [m for m in cards(house) if "incidents at once" in shown(m)]
    assert len(rollups) == 1
    assert len(cards(house)) < 15


def test_one_odd_incident_does_not_stop_the_others(house: House) -> None:
    odd = house.observe()
    other = samples.finding(subject=ObjectRef("MigStorage", "repo-2", "", "host", "uid-2"))
    target = ObjectRef("MigMigration", "m-2", "", "host", "uid-m2")
    house.observe(samples.diagnosis(target=target, findings=(other,)))

    class Broken(StoredIncidents):
        def get(self, incident_id: str) -> Any:
            found = super().get(incident_id)
            odd_one: Any = None
            return replace(found, subject=odd_one) if found and found.id == odd.id else found

    house.services = replace(house.services, incidents=Broken(house.database))
    house.drain(house.poster())
    assert len(cards(house)) >= 1
    assert house.outbox.counts()["owed"] == 0


def test_background_thread_posts_by_itself_and_stops(house: House) -> None:
    poster = house.poster()
    poster.start()
    try:
        house.observe()
        house.sandbox.wait_for(lambda: cards(house) and replies(house))
    finally:
        poster.stop()
    house.observe(succeeded())
    time.sleep(0.3)
    assert "Resolved:" not in shown(cards(house)[0])


def test_database_that_goes_away_at_the_wrong_moment_loses_nothing(house: House) -> None:
    class Flaky(StoredIncidents):
        failing = itertools.count()

        def get(self, incident_id: str) -> Any:
            if next(self.failing) < 1:
                raise OSError("the database is gone")
            return super().get(incident_id)

    house.services = replace(house.services, incidents=Flaky(house.database))
    house.observe()
    poster = house.poster()
    with pytest.raises(OSError, match="gone"):
        poster.drain_once()
    house.clock.ahead += 61
    house.drain(poster)
    assert (len(cards(house)), len(replies(house))) == (1, 1)


def test_background_thread_survives_a_database_that_goes_away(house: House) -> None:
    working, failing = house.outbox.claim, itertools.count()

    class Flaky(StoredOutbox):
        def claim(self, *args: Any) -> Any:
            if next(failing) < 2:
                raise OSError("the database is gone")
            return working(*args)

    house.services = replace(house.services, outbox=Flaky(house.database))
    house.observe()
    poster: Poster = house.poster()
    poster.start()
    try:
        house.sandbox.wait_for(lambda: cards(house))
    finally:
        poster.stop()
