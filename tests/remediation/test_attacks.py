"""Attacks on requests and approvals, each tried as it would be, and each in vain.

A test here does what an attacker would do, then checks that nothing was written, that the attempt
was refused with a reason, and where it was an act of a person, that it is in the audit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bot.access.people import Person
from bot.access.policy import parse_policy
from bot.remediation.refusals import Refused
from bot.store.database import open_database
from tests.remediation.attacking import nothing_came_of
from tests.remediation.stories import controllers
from tests.remediation.world import (
    AMIR,
    ANNA,
    CHANNEL,
    GUEST,
    OLIVIA,
    POLICY,
    VERA,
    World,
)


class TestForgedAndReplayed:
    @pytest.mark.parametrize(
        "forged",
        [
            "", "0", "1 OR 1=1", "' OR ''='", "../../etc/passwd", "%", "_" * 24, "\x00", "\ud800",
            "A" * 100_000, "rerun-migration", "null", "{}", "<@U0AMIR0001>", "id\nother",
        ],
    )  # fmt: skip
    def test_an_id_that_was_never_given_out(self, world: World, forged: str) -> None:
        world.ask()
        for act in (world.requests.approve, world.requests.reject):
            with pytest.raises(Refused, match="no such request"):
                act(AMIR, forged)
        with pytest.raises(Refused, match="no such request"):
            world.requests.request_undo(AMIR, forged, CHANNEL)

    def test_a_part_of_an_id_or_another_case_of_it(self, world: World) -> None:
        approval = world.ask()
        for near in (approval.id[:-1], approval.id.swapcase(), approval.id + "A"):
            with pytest.raises(Refused, match="no such request"):
                world.requests.approve(AMIR, near)

    def test_ids_cannot_be_guessed(self, world: World) -> None:
        ids = {world.ask("refresh-plan", "shop", "MigPlan").id for _ in range(20)}
        assert len(ids) == 20
        assert all(len(i) >= 24 for i in ids)

    @pytest.mark.parametrize("state", ["approved", "done", "rejected", "expired", "stale"])
    def test_the_same_click_again(self, world: World, state: str) -> None:
        approval = world.ask()
        if state == "rejected":
            world.requests.reject(ANNA, approval.id)
        elif state == "expired":
            world.later(minutes=31)
            world.requests.tick()
        elif state == "stale":
            world.requests.approve(ANNA, approval.id)
            world.denied.add(("olivia@example.com", "create"))
            world.runner.turn()
        else:
            world.requests.approve(ANNA, approval.id)
            if state == "done":
                world.runner.turn()
        assert world.read(approval.id).state == state
        with pytest.raises(Refused, match="This request is"):
            world.requests.approve(AMIR, approval.id)
        world.runner.turn()
        world.runner.turn()
        assert len(world.writes) == (1 if state in ("approved", "done") else 0)

    def test_the_id_of_another_request_approves_that_one_and_no_other(self, world: World) -> None:
        harmless = world.ask("refresh-plan", "shop", "MigPlan")
        harmful = world.ask("rollback-migration")
        world.requests.approve(AMIR, harmless.id)
        assert world.read(harmful.id).votes == ()
        nothing_of_it = {w.kind for w in world.writes}
        world.runner.turn()
        assert "MigMigration" not in {w.kind for w in world.writes} | nothing_of_it

    def test_a_vote_after_the_expiry_by_one_second(self, world: World) -> None:
        approval = world.ask()
        world.later(minutes=30)
        with pytest.raises(Refused, match="in time"):
            world.requests.approve(AMIR, approval.id)
        nothing_came_of(world, approval)


class TestAlone:
    def test_approving_ones_own(self, world: World) -> None:
        approval = world.ask(person=AMIR)
        with pytest.raises(Refused, match="somebody else"):
            world.requests.approve(AMIR, approval.id)
        nothing_came_of(world, approval)

    def test_approving_ones_own_with_a_second_account(self, world: World) -> None:
        world.people["U0AMIR0002"] = Person("U0AMIR0002", "", frozenset({"S0APPROVE1"}))
        world.policy = parse_policy(POLICY + '  table: {U0AMIR0002: "amir@example.com"}\n')
        approval = world.ask(person=AMIR)
        with pytest.raises(Refused, match="somebody else"):
            world.requests.approve("U0AMIR0002", approval.id)
        nothing_came_of(world, approval)

    def test_being_two_approvers_with_two_accounts(self, world: World) -> None:
        world.people["U0AMIR0002"] = Person("U0AMIR0002", "", frozenset({"S0APPROVE1"}))
        world.policy = parse_policy(POLICY + '  table: {U0AMIR0002: "amir@example.com"}\n')
        approval = world.ask("rollback-migration")
        world.requests.approve(AMIR, approval.id)
        with pytest.raises(Refused, match="same cluster user"):
            world.requests.approve("U0AMIR0002", approval.id)
        nothing_came_of(world, approval)

    def test_clicking_twice_where_two_are_needed(self, world: World) -> None:
        approval = world.ask("rollback-migration")
        world.requests.approve(AMIR, approval.id)
        with pytest.raises(Refused, match="had your say"):
            world.requests.approve(AMIR, approval.id)
        nothing_came_of(world, approval)

    @pytest.mark.parametrize("person", [VERA, OLIVIA, GUEST, "U0STRANGER", "", "bot"])
    def test_approving_without_the_right(self, world: World, person: str) -> None:
        approval = world.ask()
        with pytest.raises(Refused):
            world.requests.approve(person, approval.id)
        assert world.audited()[-1] == (person, "approve-refused")
        nothing_came_of(world, approval)

    def test_rejecting_what_is_somebody_elses_without_the_right(self, world: World) -> None:
        approval = world.ask()
        with pytest.raises(Refused):
            world.requests.reject(VERA, approval.id)
        assert world.read(approval.id).state == "pending"


class TestRaces:
    """On both databases, since they lock in ways of their own."""

    @pytest.fixture
    def world(self, url: str) -> Iterator[World]:
        database = open_database(url)
        yield World(database)
        database.close()

    def raced(self, world: World, *acts: Any) -> list[str]:
        """Return what each of several threads was told, starting together."""
        told: list[str] = []
        start = threading.Barrier(len(acts))

        def run(act: Any) -> None:
            start.wait()
            try:
                told.append(act().state)
            except Refused as refused:
                told.append(str(refused))

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return told

    def test_two_approvers_at_once_where_one_is_enough(self, world: World) -> None:
        approval = world.ask()
        told = self.raced(
            world, *[lambda p=p: world.requests.approve(p, approval.id) for p in (AMIR, ANNA)]
        )
        assert sorted(told)[1] == "approved"
        assert "This request is approved already" in sorted(told)[0]
        world.carry_out(approval)
        assert len(world.writes) == 1

    def test_approval_against_rejection(self, world: World) -> None:
        approval = world.ask()
        self.raced(
            world,
            lambda: world.requests.approve(AMIR, approval.id),
            lambda: world.requests.reject(ANNA, approval.id, "no"),
        )
        votes = world.read(approval.id).votes
        assert len(votes) == 1
        world.carry_out(approval)
        assert len(world.writes) == (1 if votes[0].verdict == "approve" else 0)

    def test_many_runners_at_once(self, world: World) -> None:
        approval = world.decide(world.ask())
        runners = [world.new_runner() for _ in range(4)]
        threads = [threading.Thread(target=r.turn) for r in runners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert world.read(approval.id).state == "done"
        assert len(world.writes) == 1
        assert world.audit.verify() == ()

    def test_two_fixes_of_one_object_never_at_once(self, world: World) -> None:
        controllers(world)
        world.later(minutes=5)
        first = world.decide(world.ask("set-endpoint-type", params={"type": "NodePort"}))
        world.later(seconds=1)
        second = world.decide(world.ask("set-rsync-options", params={"attempts": 3}))
        world.runner.turn()
        world.runner.turn()
        assert world.read(first.id).state == "running"
        assert world.read(second.id).state == "approved"
        assert len(world.writes) == 1

    def test_an_approver_who_comes_late_does_not_stop_what_runs(self, world: World) -> None:
        controllers(world)
        world.later(minutes=5)
        approval = world.decide(world.ask("set-endpoint-type", params={"type": "NodePort"}))
        world.runner.turn()
        with pytest.raises(Refused, match="being executed"):
            world.requests.approve(ANNA, approval.id)
        assert world.read(approval.id).state == "running"


def test_every_refusal_is_in_the_audit_with_its_reason(world: World) -> None:
    approval = world.ask()
    for attempt in (
        lambda: world.ask(person=VERA),
        lambda: world.requests.approve(OLIVIA, approval.id),
        lambda: world.requests.reject(VERA, approval.id),
        lambda: world.undo(approval),
    ):
        with pytest.raises(Refused):
            attempt()
    refusals = [r for r in world.audit.records() if r.what.endswith("-refused")]
    assert [r.what for r in refusals] == [
        "request-refused",
        "approve-refused",
        "reject-refused",
        "undo-refused",
    ]
    assert all(r.data["reason"] for r in refusals)
    assert world.audit.verify() == ()
