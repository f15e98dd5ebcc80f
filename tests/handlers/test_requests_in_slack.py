"""Asking, approving, and being told, as people meet it in Slack.

Real all the way: Bolt over a socket, the desk of requests, policy and user groups as Slack gives
them, SQLite, clusters in memory. Only the runner is stepped by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Unreachable
from bot.store.approval_records import Approval
from handlers.asking import parse_kept, parse_wish
from handlers.views.actions import Form, RequestAction
from sandbox.slack import APPROVER, MANAGER, OPERATOR, VIEWER
from tests.handlers import samples
from tests.handlers.checking import shown
from tests.handlers.conftest import ROOM, House

Start = Callable[..., Any]


def form(house: House, user: str, callback: Form) -> dict[str, Any]:
    """Return the form that opens for a person."""

    def look() -> dict[str, Any] | None:
        views = house.sandbox.views(user)
        return next((v for v in views if v["callback_id"] == callback.value), None)

    found = house.sandbox.wait_for(look, 10)
    assert found is not None
    return found


def told(house: House, user: str, words: str) -> str:
    """Return what a modal of the person says, once it holds these words."""
    return house.sandbox.wait_for(
        lambda: next((t for t in map(shown, house.sandbox.views(user)) if words in t), ""), 10
    )


def ask(house: House, line: str = "/mtc rerun shop-1", user: str = OPERATOR.id) -> Approval:
    """Ask for a fix through its form; return the request, its card posted."""
    assert house.remediation is not None
    house.sandbox.run_command(user, ROOM, line)
    view = form(house, user, Form.PARAMS)
    assert not house.sandbox.submit_view(user, view["id"], {}).errors
    told(house, user, "Asked.")
    house.drain(house.poster())
    return house.remediation.approvals.open()[-1]


def now(house: House, request: Approval) -> Approval:
    assert house.remediation is not None
    found = house.remediation.approvals.get(request.id)
    assert found is not None
    return found


def card(house: House, request: Approval) -> str:
    ts = now(house, request).message_ts
    return next(shown(m) for m in house.posted() if m["ts"] == ts)


def press(house: House, request: Approval, who: str, action: RequestAction) -> None:
    house.sandbox.click(who, ROOM, now(house, request).message_ts, action)


class TestAsking:
    def test_fix_lists_what_can_be_done_with_risk_and_a_button(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(OPERATOR.id, ROOM, "/mtc fix shop-1")
        answer = workshop.wait_answer(OPERATOR.id, "What can be done")
        assert "Run the migration again" in answer
        assert "R3" in answer
        assert "Ask: Run the migration again" in answer

    def test_a_viewer_is_told_why_not_and_gets_no_button(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(VIEWER.id, ROOM, "/mtc fix shop-1")
        answer = workshop.wait_answer(VIEWER.id, "What can be done")
        assert "None of your roles may ask for rerun-migration" in answer
        assert "Ask: " not in answer

    def test_a_form_becomes_a_card_with_what_will_change(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        request = ask(workshop)
        text = card(workshop, request)
        assert "Approval needed: Run the migration again" in text
        assert "CREATE migmigration/openshift-migration/shop-migration-bot1 @host" in text
        assert "spec.quiescePods: (absent) → True" in text

    def test_the_card_stands_in_the_thread_of_its_incident_and_in_the_channel(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        incident = workshop.observe(samples.diagnosis(control="hub"))
        workshop.drain(workshop.poster())
        request = ask(workshop)
        assert request.incident_id == incident.id
        ts = now(workshop, request).message_ts
        message = next(m for m in workshop.posted() if m["ts"] == ts)
        root = workshop.incidents.get(incident.id)
        assert root is not None
        assert message["thread_ts"] == root.message_ts
        assert message["subtype"] == "thread_broadcast"

    def test_wrong_values_are_said_beside_the_field(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(OPERATOR.id, ROOM, "/mtc fix shop-1 set-restic-timeout")
        view = form(workshop, OPERATOR.id, Form.PARAMS)
        values = {"param_timeout": {"value": "soon"}}
        delivery = workshop.sandbox.submit_view(OPERATOR.id, view["id"], values)
        assert set(delivery.errors) == {"param_timeout"}
        assert not workshop.remediation.approvals.open()  # type: ignore[union-attr]

    def test_wrong_values_are_said_in_the_language_of_who_filled_them_in(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(MANAGER.id, ROOM, "/mtc fix shop-1 set-restic-timeout")
        view = form(workshop, MANAGER.id, Form.PARAMS)
        values = {"param_timeout": {"value": "soon"}}
        delivery = workshop.sandbox.submit_view(MANAGER.id, view["id"], values)
        assert delivery.errors == {"param_timeout": "请更正：请填写 1h 到 99h 的整小时数，如 8h。"}

    def test_what_the_desk_refuses_is_said_in_the_form(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(OPERATOR.id, ROOM, "/mtc cancel shop-1")
        view = form(workshop, OPERATOR.id, Form.PARAMS)
        workshop.sandbox.submit_view(OPERATOR.id, view["id"], {})
        assert "nothing to cancel" in told(workshop, OPERATOR.id, "Not done")

    def test_a_cluster_that_does_not_answer_is_a_sentence_in_the_form(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(OPERATOR.id, ROOM, "/mtc rerun shop-1")
        view = form(workshop, OPERATOR.id, Form.PARAMS)
        workshop.cluster.fail_with(Unreachable("dial tcp: i/o timeout", cluster="host"))
        workshop.sandbox.submit_view(OPERATOR.id, view["id"], {})
        assert "i/o timeout" in told(workshop, OPERATOR.id, "does not answer")

    def test_an_unknown_kind_of_run_is_asked_back(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(OPERATOR.id, ROOM, "/mtc rerun shop-1 sideways")
        assert "/mtc rerun shop-1 cutover" in workshop.wait_answer(OPERATOR.id, "Which run?")

    def test_a_mention_gets_the_list_instead_of_a_form(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        workshop.sandbox.post(OPERATOR.id, ROOM, "<@U0MTCBOT01> rerun shop-1")
        workshop.sandbox.wait_for(
            lambda: [m for m in workshop.posted() if "What can be done" in shown(m)], 10
        )

    def test_a_bot_that_only_reads_says_so(self, house: House, start: Start) -> None:
        start()
        for line in ("fix shop-1", "rerun shop-1", "approvals", "approve x", "audit"):
            seen = len(house.answers(OPERATOR.id))
            house.sandbox.run_command(OPERATOR.id, ROOM, f"/mtc {line}")
            house.sandbox.wait_for(lambda n=seen: len(house.answers(OPERATOR.id)) > n, 10)  # type: ignore[misc]
            assert "This bot only reads" in house.answers(OPERATOR.id)[-1]

    @pytest.mark.parametrize("odd", ["", "|", "a|b", "a|b|c|d", "|b|c", "rerun-migration||x"])
    def test_an_odd_button_is_no_wish(self, odd: str) -> None:
        assert parse_wish(odd) is None

    @pytest.mark.parametrize(
        "odd", ["", "{}", "[]", "[1,2,3]", '["a","b"]', '["a","b",""]', "x" * 9]
    )
    def test_odd_metadata_is_no_wish(self, odd: str) -> None:
        assert parse_kept(odd) is None


class TestDeciding:
    def test_another_person_approves_and_it_is_done_as_the_requester(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        request = ask(workshop)
        press(workshop, request, APPROVER.id, RequestAction.APPROVE)
        workshop.wait_answer(APPROVER.id, "Your approval is recorded")
        workshop.loop.run_once()
        made = workshop.cluster.get(k.MIGMIGRATION, "shop-migration-bot1", MTC_NAMESPACE)
        assert made["metadata"]["annotations"]["mtc-bot.openshift.io/approval"] == request.id
        workshop.drain(workshop.poster())
        assert "being verified" in card(workshop, request)

    def test_the_requester_cannot_approve_a_high_risk(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        request = ask(workshop, user=APPROVER.id)
        press(workshop, request, APPROVER.id, RequestAction.APPROVE)
        workshop.wait_answer(APPROVER.id, "somebody else must approve it")
        assert now(workshop, request).state == "pending"

    def test_an_operator_cannot_approve_by_a_button_of_somebody_else(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        request = ask(workshop)
        press(workshop, request, VIEWER.id, RequestAction.APPROVE)
        workshop.wait_answer(VIEWER.id, "None of your roles may approve")
        assert now(workshop, request).votes == ()

    def test_two_people_approve_what_deletes_data(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        request = ask(workshop, "/mtc rollback shop-1")
        said = {APPROVER.id: "Your approval is recorded", MANAGER.id: "已记录您的批准"}
        for person, words in said.items():
            assert now(workshop, request).state == "pending"
            press(workshop, request, person, RequestAction.APPROVE)
            workshop.wait_answer(person, words)
        assert now(workshop, request).state == "approved"

    def test_rejecting_asks_why_and_the_requester_is_told(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        request = ask(workshop)
        press(workshop, request, APPROVER.id, RequestAction.REJECT)
        view = form(workshop, APPROVER.id, Form.REJECT)
        values = {"param_reject": {"value": "not <!here> tonight"}}
        workshop.sandbox.submit_view(APPROVER.id, view["id"], values)
        told(workshop, APPROVER.id, "Your rejection is recorded")
        workshop.drain(workshop.poster())
        assert now(workshop, request).state == "rejected"
        note = workshop.posted()[-1]
        assert f"<@{OPERATOR.id}>" in str(note)
        assert "<!here>" not in str(note)

    def test_by_command_too(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        request = ask(workshop)
        workshop.sandbox.run_command(APPROVER.id, ROOM, f"/mtc approve {request.id} go ahead")
        workshop.wait_answer(APPROVER.id, "Your approval is recorded")
        assert now(workshop, request).votes[0].reason == "go ahead"

    def test_an_id_that_was_never_given_out_decides_nothing(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(APPROVER.id, ROOM, "/mtc approve AAAAAAAAAAAAAAAAAAAAAAAA")
        workshop.wait_answer(APPROVER.id, "There is no such request")

    def test_what_nobody_decides_expires_and_the_requester_is_told(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        request = ask(workshop)
        workshop.clock.ahead += 25 * 60
        workshop.loop.run_once()
        workshop.drain(workshop.poster())
        reminder = next(shown(m) for m in workshop.posted() if "waits for an approval" in shown(m))
        assert "<!subteam^S0APPROVE1>" in reminder
        workshop.clock.ahead += 10 * 60
        workshop.loop.run_once()
        workshop.drain(workshop.poster())
        assert "Expired" in card(workshop, request)
        assert any(
            "nobody decided" in shown(m) and OPERATOR.id in shown(m) for m in workshop.posted()
        )

    def test_what_failed_can_be_asked_for_again_from_its_card(
        self, workshop: House, start: Start
    ) -> None:
        begin(workshop, start)
        request = ask(workshop)
        press(workshop, request, APPROVER.id, RequestAction.APPROVE)
        workshop.wait_answer(APPROVER.id, "Your approval is recorded")
        ref = {"name": "shop", "namespace": MTC_NAMESPACE}
        body = {"metadata": {"name": "shop-migration-bot1"}, "spec": {"migPlanRef": ref}}
        workshop.cluster.create(k.MIGMIGRATION, MTC_NAMESPACE, body)
        workshop.loop.run_once()
        workshop.drain(workshop.poster())
        assert now(workshop, request).state in ("failed", "stale")
        ts = now(workshop, request).message_ts
        workshop.sandbox.click(OPERATOR.id, ROOM, ts, "remedy_1")
        workshop.sandbox.wait_for(lambda: workshop.sandbox.views(OPERATOR.id), 10)


class TestLooking:
    def test_approvals_shows_what_waits(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        request = ask(workshop)
        workshop.sandbox.run_command(APPROVER.id, ROOM, "/mtc approvals")
        answer = workshop.wait_answer(APPROVER.id, "Open requests (1)")
        assert f"/mtc approve {request.id}" in answer

    def test_the_audit_is_for_those_whose_role_says_so(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        ask(workshop)
        workshop.sandbox.run_command(OPERATOR.id, ROOM, "/mtc audit shop-1")
        workshop.wait_answer(OPERATOR.id, "None of your roles lets you read the audit")
        workshop.sandbox.run_command(APPROVER.id, ROOM, "/mtc audit shop-1")
        answer = workshop.wait_answer(APPROVER.id, "The chain of records is whole")
        assert "requested" in answer

    def test_whoami_names_roles_and_cluster_user(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        workshop.sandbox.run_command(APPROVER.id, ROOM, "/mtc whoami")
        answer = workshop.wait_answer(APPROVER.id, "amir@example.com")
        assert "`approver`" in answer

    def test_the_policy_of_now_counts(self, workshop: House, start: Start) -> None:
        begin(workshop, start)
        request = ask(workshop)
        workshop.policy = workshop.policy.model_copy(update={"bindings": ()})
        press(workshop, request, APPROVER.id, RequestAction.APPROVE)
        workshop.wait_answer(APPROVER.id, "None of your roles may approve")


def begin(house: House, start: Start) -> None:
    """Connect the bot of a workshop."""
    start(of=house)
