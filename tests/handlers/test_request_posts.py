"""The card of a request on its way to Slack: once, changed in place, whatever Slack does."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ObjectRef
from bot.remediation.requests import Asked
from bot.store.approval_records import Approval
from handlers.request_posts import Place, place_of
from sandbox.slack import APPROVER, OPERATOR
from tests.handlers import samples
from tests.handlers.checking import shown
from tests.handlers.conftest import ROOM, House
from tests.handlers.request_samples import approval


def ask(house: House, incident: str = "") -> Approval:
    assert house.remediation is not None
    target = ObjectRef("MigMigration", "shop-1", MTC_NAMESPACE)
    asked = Asked(OPERATOR.id, "rerun-migration", "hub", target, {}, ROOM, incident)
    return house.remediation.requests.request(asked)


def again(house: House, request: Approval) -> Approval:
    assert house.remediation is not None
    found = house.remediation.approvals.get(request.id)
    assert found is not None
    return found


def cards(house: House) -> list[dict[str, Any]]:
    return [m for m in house.posted() if "Asked for by" in shown(m)]


@pytest.mark.parametrize("trouble", ["drop_reply", "drop_request", "rate_limit", "http_error"])
def test_a_card_is_posted_once_whatever_slack_does(workshop: House, trouble: str) -> None:
    request = ask(workshop)
    if trouble == "http_error":
        workshop.sandbox.http_error(503, "chat.postMessage")
    else:
        getattr(workshop.sandbox, trouble)("chat.postMessage")
    poster = workshop.poster(timeout=1)
    workshop.drain(poster)
    assert len(cards(workshop)) == 1
    assert again(workshop, request).message_ts == cards(workshop)[0]["ts"]


def test_a_vote_changes_the_card_in_place(workshop: House) -> None:
    request = ask(workshop)
    poster = workshop.poster()
    workshop.drain(poster)
    assert workshop.remediation is not None
    workshop.remediation.requests.approve(APPROVER.id, request.id)
    workshop.drain(poster)
    (card,) = cards(workshop)
    assert "Approved" in shown(card)


def test_a_card_that_somebody_deleted_is_posted_anew(workshop: House) -> None:
    request = ask(workshop)
    poster = workshop.poster()
    workshop.drain(poster)
    first = again(workshop, request).message_ts
    workshop.sandbox.fail("chat.update", "message_not_found")
    assert workshop.remediation is not None
    workshop.remediation.requests.reject(APPROVER.id, request.id, "no")
    workshop.drain(poster)
    assert again(workshop, request).message_ts != first


def test_notes_stand_under_the_card(workshop: House) -> None:
    request = ask(workshop)
    poster = workshop.poster()
    workshop.drain(poster)
    assert workshop.remediation is not None
    workshop.remediation.requests.reject(APPROVER.id, request.id, "no")
    workshop.drain(poster)
    thread = workshop.posted(again(workshop, request).message_ts)
    assert "was rejected" in shown(thread[-1])


def test_a_bot_that_only_reads_by_now_sets_old_cards_aside(workshop: House) -> None:
    ask(workshop)
    reading = House(workshop.sandbox, workshop.database, cluster=workshop.cluster)
    reading.drain(reading.poster())
    assert reading.outbox.counts()["given-up"] == 1
    assert cards(workshop) == []


class TestPlace:
    incident = samples.incident(channel=ROOM, message_ts="1772420000.000100")

    def test_in_the_thread_of_its_incident(self) -> None:
        place = place_of(approval(), self.incident)
        assert place == Place(ROOM, "1772420000.000100")

    def test_on_its_own_without_one(self) -> None:
        assert place_of(approval(), None) == Place(ROOM, "")

    def test_where_it_was_before_its_incident_had_a_card(self) -> None:
        early = approval(message_ts="1772410000.000100")
        assert place_of(early, self.incident) == Place(ROOM, "")

    def test_on_its_own_where_the_incident_is_in_another_channel(self) -> None:
        elsewhere = samples.incident(channel="C0WARROOM1", message_ts="1.0")
        assert place_of(approval(message_ts=""), elsewhere) == Place(ROOM, "")


def test_a_card_says_that_it_is_put_back_and_offers_that_once(workshop: House) -> None:
    assert workshop.remediation is not None
    desk, poster = workshop.remediation.requests, workshop.poster()
    stored = {"spec": {"migStorageRef": {"name": "repo-eu", "namespace": MTC_NAMESPACE}}}
    workshop.cluster.patch(k.MIGPLAN, "shop", MTC_NAMESPACE, stored)
    target = ObjectRef("MigPlan", "shop", MTC_NAMESPACE)
    done = desk.request(Asked(OPERATOR.id, "use-indirect-images", "hub", target, {}, ROOM))
    desk.approve(APPROVER.id, done.id)
    for _ in range(3):
        workshop.loop.run_once()
        workshop.drain(poster)
    assert "Undo…" in shown(cards(workshop)[0])
    undo = desk.request_undo(OPERATOR.id, done.id, ROOM)
    workshop.drain(poster)
    card, back = map(shown, cards(workshop))
    assert f"To be put back by request {undo.id}: Approval needed" in card
    assert "Undo…" not in card
    assert f"This puts back what request {done.id} did." in back
    desk.reject(APPROVER.id, undo.id, "not now")
    workshop.drain(poster)
    card = shown(cards(workshop)[0])
    assert f"To be put back by request {undo.id}: Rejected" in card
    assert "Undo…" in card
