"""Attacks by somebody who can write to the database: rows and records that were bent."""

from __future__ import annotations

import contextlib

import pytest

from bot.remediation.refusals import Refused
from tests.remediation.attacking import alter, nothing_came_of
from tests.remediation.world import (
    AMIR,
    ANNA,
    OLIVIA,
    World,
)


class TestAlteredRows:
    @pytest.mark.parametrize(
        "change",
        [
            "plan = replace(plan, 'cutover', 'stage')",
            "plan = replace(plan, 'shop-migration-bot1', 'other')",
            "plan = '{}'",
            "plan = 'null'",
            "plan_hash = 'ffff'",
            "requester = 'U0AMIR0001'",
            "cluster_user = 'admin@example.com'",
        ],
    )
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_of_a_request(self, world: World, change: str, when: str) -> None:
        approval = world.ask()
        if when == "after":
            world.requests.approve(ANNA, approval.id)
        alter(world, f"UPDATE approvals SET {change}")
        if when == "before":
            with contextlib.suppress(Refused):
                world.requests.approve(ANNA, approval.id)
        nothing_came_of(world, approval)

    def test_a_plan_with_a_hash_that_fits_it(self, world: World) -> None:
        from bot.remediation.plans import Plan

        approval = world.decide(world.ask())
        other = Plan.model_validate({**approval.plan, "incident": "x", "risk": 1})
        alter(
            world,
            "UPDATE approvals SET plan = :plan, plan_hash = :hash, risk = 1",
            plan=other.model_dump_json(),
            hash=other.hash,
        )
        nothing_came_of(world, approval)

    def test_a_request_set_to_approved(self, world: World) -> None:
        approval = world.ask()
        alter(world, "UPDATE approvals SET state = 'approved'")
        nothing_came_of(world, approval)

    @pytest.mark.parametrize("person", [AMIR, OLIVIA, "U0NOBODY01"])
    def test_a_vote_put_in_by_hand(self, world: World, person: str) -> None:
        approval = world.ask()
        alter(
            world,
            "INSERT INTO votes VALUES (:id, :person, 'approve', '', '2026-03-01 03:00:00.000000')",
            id=approval.id,
            person=person,
        )
        alter(world, "UPDATE approvals SET state = 'approved'")
        nothing_came_of(world, approval)

    def test_fewer_people_than_policy_asks_for(self, world: World) -> None:
        approval = world.ask("rollback-migration")
        alter(world, "UPDATE approvals SET people_needed = 1")
        world.requests.approve(AMIR, approval.id)
        nothing_came_of(world, approval)

    def test_the_requester_allowed_to_approve(self, world: World) -> None:
        approval = world.ask(person=AMIR)
        alter(world, "UPDATE approvals SET requester_may = 1")
        with pytest.raises(Refused, match="somebody else"):
            world.requests.approve(AMIR, approval.id)
        nothing_came_of(world, approval)

    def test_a_longer_life(self, world: World) -> None:
        approval = world.ask()
        world.later(minutes=31)
        world.requests.tick()
        alter(world, "UPDATE approvals SET expires_at = '2027-01-01 00:00:00.000000'")
        with pytest.raises(Refused, match="in time"):
            world.requests.approve(AMIR, approval.id)

    def test_more_groups_for_the_impersonated_user(self, world: World) -> None:
        approval = world.decide(world.ask())
        alter(world, "UPDATE approvals SET cluster_groups = :g", g='{"groups": ["system:masters"]}')
        world.carry_out(approval)
        assert {w.groups for w in world.writes} == {()}


class TestAlteredAudit:
    @pytest.mark.parametrize(
        ("bent", "said"),
        [
            ("UPDATE audit SET who = 'U0EVIL0001' WHERE number = 2", "record 2 was altered"),
            ("UPDATE audit SET data = '{}' WHERE number = 2", "record 2 was altered"),
            ("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE number = 1", "record 1 was"),
            ("UPDATE audit SET what = 'rejected' WHERE number = 2", "record 2 was altered"),
            ("UPDATE audit SET hash = before_hash WHERE number = 3", "record 3 was altered"),
            ("DELETE FROM audit WHERE number = 2", "record 2 is missing"),
            ("DELETE FROM audit WHERE number = 1", "record 1 is missing"),
            (
                "UPDATE audit SET number = CASE number WHEN 2 THEN -3 WHEN 3 THEN -2 END"
                " WHERE number IN (2, 3)",
                "missing",
            ),
        ],
    )
    def test_is_found(self, world: World, bent: str, said: str) -> None:
        world.carry_out(world.decide(world.ask()))
        assert world.audit.verify() == ()
        alter(world, bent)
        assert any(said in line for line in world.audit.verify())

    def test_two_records_that_changed_places_are_found(self, world: World) -> None:
        world.carry_out(world.decide(world.ask()))
        alter(world, "UPDATE audit SET number = -1 WHERE number = 2")
        alter(world, "UPDATE audit SET number = 2 WHERE number = 3")
        alter(world, "UPDATE audit SET number = 3 WHERE number = -1")
        assert world.audit.verify()

    def test_a_record_put_in_between_is_found(self, world: World) -> None:
        world.decide(world.ask())
        alter(
            world,
            "INSERT INTO audit SELECT 99, at, 'U0EVIL0001', what, subject, data, before_hash, hash"
            " FROM audit WHERE number = 2",
        )
        assert world.audit.verify()

    def test_without_the_record_of_the_approval_nothing_is_done(self, world: World) -> None:
        approval = world.decide(world.ask())
        alter(world, "DELETE FROM audit WHERE what = 'approved'")
        nothing_came_of(world, approval)
