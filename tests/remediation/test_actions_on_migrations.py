"""Traps of migrations themselves: queues, blocks, what may follow what."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from bot.remediation.plans import Plan
from bot.remediation.refusals import Refused
from bot.store.approval_records import Approval
from tests.remediation import things as t
from tests.remediation.stories import ended_well, running
from tests.remediation.world import AMIR, ANNA, FAILED, Killed, World, migration, true


def spec_of_new(approval: Approval) -> Json:
    (call,) = Plan.model_validate(approval.plan).calls
    assert call.body is not None
    spec: Json = call.body["spec"]
    return spec


class TestRunningAgain:
    @pytest.mark.parametrize(
        ("run", "flags", "risk"),
        [
            ("stage", (True, False, False), 2),
            ("cutover", (False, True, False), 3),
            ("state-transfer", (False, False, True), 2),
        ],
    )
    def test_each_kind_of_run_has_the_flags_of_the_console(
        self, world: World, run: str, flags: tuple[bool, ...], risk: int
    ) -> None:
        world.host.put(migration("shop-1", true("Canceled"), spec={"canceled": True}, **_ENDED))
        approval = world.ask(params={"run": run})
        spec = spec_of_new(approval)
        assert (spec["stage"], spec["quiescePods"], spec["migrateState"]) == flags
        assert (spec["rollback"], approval.risk) == (False, risk)

    def test_the_kind_and_the_settings_of_the_failed_run_are_proposed(self, world: World) -> None:
        world.host.put(
            migration(
                "shop-1",
                true("Failed"),
                spec={"stage": True, "keepAnnotations": True, "verify": True, "runAsUser": 7},
                **_ENDED,
            )
        )
        spec = spec_of_new(world.ask())
        assert (spec["stage"], spec["keepAnnotations"], spec["runAsUser"]) == (True, True, 7)

    def test_running_as_root_grants_privileges_and_is_a_risk_of_the_highest(
        self, world: World
    ) -> None:
        world.host.put(migration("shop-1", true("Failed"), spec={"stage": True}, **_ENDED))
        assert world.ask(params={"run_as_root": True}).risk == 3

    def test_after_a_failed_cutover_a_stage_is_refused_and_a_cutover_is_not(
        self, world: World
    ) -> None:
        with pytest.raises(Refused, match="refuses a stage"):
            world.ask(params={"run": "stage"})
        assert world.ask().state == "pending"

    def test_after_success_only_a_rollback_clears_the_way(self, world: World) -> None:
        world.host.put(migration("shop-1", true("Succeeded"), **_ENDED))
        with pytest.raises(Refused, match="succeeded already"):
            world.ask()
        world.later(minutes=1)
        world.host.put(migration("shop-2", true("Succeeded"), spec={"rollback": True}, **_ENDED))
        assert world.ask().state == "pending"

    def test_success_with_warnings_does_not_count_as_success(self, world: World) -> None:
        world.host.put(migration("shop-1", true("SucceededWithWarnings", "Warn"), **_ENDED))
        assert world.ask().state == "pending"

    def test_behind_a_blocked_migration_it_would_wait_for_ever(self, world: World) -> None:
        world.host.put(migration("shop-2", true("HasFinalMigration", "Critical")))
        with pytest.raises(Refused, match="Remove it first"):
            world.ask()

    def test_a_failed_rollback_is_not_run_again_as_a_cutover(self, world: World) -> None:
        world.host.put(migration("shop-1", true("Failed"), spec={"rollback": True}, **_ENDED))
        with pytest.raises(Refused, match="was a rollback"):
            world.ask()

    def test_of_two_requests_for_the_next_run_only_one_makes_it(self, world: World) -> None:
        first, second = world.ask(), world.ask()
        for approval in (first, second):
            world.requests.approve(AMIR, approval.id)
        world.carry_out(first)
        world.carry_out(second)
        states = {world.read(a.id).state for a in (first, second)}
        assert states == {"done", "stale"}
        assert world.migrations() == {"shop-1", "shop-migration-bot1"}


class TestVerifyingARun:
    def followed(self, world: World, **more: Any) -> Approval:
        approval = world.decide(world.ask())

        def mtc() -> None:
            ended_well(world)
            for obj in more.get("objects", ()):
                made = world.host.get(k.MIGMIGRATION, "shop-migration-bot1", MTC_NAMESPACE)
                obj["metadata"]["labels"] = {"migmigration": made["metadata"]["uid"]}
                world.host.put(obj)

        world.carry_out(approval, mtc)
        world.runner.verify()
        return world.read(approval.id)

    def test_success_is_success(self, world: World) -> None:
        assert self.followed(world).verdict == "verified"

    def test_success_over_a_transfer_that_failed_is_not(self, world: World) -> None:
        transfer = t.obj(
            k.DVM,
            "shop-migration-bot1-x",
            spec={"persistentVolumeClaims": [{"namespace": "shop", "name": "db"}]},
            status={"phase": "MigrationFailed", "conditions": [true("Failed")]},
        )
        found = self.followed(world, objects=[transfer])
        assert found.verdict == "not-fixed"

    def test_success_over_a_restore_that_failed_is_not(self, world: World) -> None:
        restore = t.obj(k.RESTORE, "shop-migration-bot1-final-x", status={"phase": "Failed"})
        found = self.followed(world, objects=[restore])
        assert (found.verdict, "restore/" in found.outcome) == ("not-fixed", True)

    def test_a_cutover_is_over_when_the_applications_run_on_the_destination(
        self, world: World
    ) -> None:
        world.host.put(t.deployment("web", "pay-new", 2))
        starting = world.host.get(k.DEPLOYMENT, "web", "pay-new")
        starting["status"]["readyReplicas"] = 1
        world.host.put(starting)
        found = self.followed(world)
        assert (found.verdict, "not ready" in found.outcome) == ("verifying", True)
        t.roll_out(world.host, k.DEPLOYMENT, "web", "pay-new")
        world.runner.verify()
        assert world.read(found.id).verdict == "verified"

    def test_what_does_not_come_about_in_time_is_not_fixed(self, world: World) -> None:
        approval = world.decide(world.ask())
        world.carry_out(approval)
        world.later(days=2)
        world.runner.verify()
        found = world.read(approval.id)
        assert (found.verdict, found.outcome[:11]) == ("not-fixed", "not in time")


class TestRollingBack:
    def test_it_destroys_data_and_says_so(self, world: World) -> None:
        approval = world.ask("rollback-migration")
        plan = Plan.model_validate(approval.plan)
        assert (approval.people_needed, plan.destroys_data) == (2, True)
        assert "volume claims and their data" in plan.effects[0].en
        assert "pay-new" in plan.effects[0].en

    def test_it_needs_two_who_did_not_ask(self, world: World) -> None:
        approval = world.ask("rollback-migration", person=AMIR)
        with pytest.raises(Refused, match="somebody else"):
            world.requests.approve(AMIR, approval.id)
        world.requests.approve(ANNA, approval.id)
        world.runner.turn()
        assert world.writes == []

    def test_not_while_something_of_the_plan_runs(self, world: World) -> None:
        running(world)
        with pytest.raises(Refused, match="still running"):
            world.ask("rollback-migration")

    def test_making_a_plan_anew_stops_where_the_rollback_failed(self, world: World) -> None:
        approval = world.decide(world.ask("recreate-plan", "shop", "MigPlan"))

        def failing() -> None:
            for found in world.host.find_all(k.MIGMIGRATION):
                if "bot" in found["metadata"]["name"]:
                    found["status"] = {**FAILED["status"]}
                    world.host.put(found)

        done = world.carry_out(approval, failing)
        assert (done.state, "did not succeed" in done.outcome) == ("failed", True)
        assert world.host.find(k.MIGPLAN, "shop", MTC_NAMESPACE) is not None

    def test_a_plan_made_anew_keeps_the_choices_for_its_volumes(self, world: World) -> None:
        from tests.remediation.stories import volumes

        volumes(world)
        before = world.host.get(k.MIGPLAN, "shop", MTC_NAMESPACE)
        approval = world.decide(world.ask("recreate-plan", "shop", "MigPlan"))
        world.carry_out(approval, lambda: ended_well(world))
        after = world.host.get(k.MIGPLAN, "shop", MTC_NAMESPACE)
        assert after["metadata"]["uid"] != before["metadata"]["uid"]
        assert after["spec"]["persistentVolumes"] == before["spec"]["persistentVolumes"]


class TestCanceling:
    @pytest.mark.parametrize("condition", ["PlanNotReady", "RegistriesUnhealthy"])
    def test_a_blocked_migration_cannot_be_canceled(self, world: World, condition: str) -> None:
        world.host.put(
            migration("shop-2", true(condition, "Critical"), phase="Started", **_STARTED)
        )
        with pytest.raises(Refused, match="is blocked"):
            world.ask("cancel-migration", "shop-2")

    def test_one_that_never_started_is_removed_instead(self, world: World) -> None:
        world.host.put(migration("shop-2"))
        with pytest.raises(Refused, match="remove-unstarted-migration"):
            world.ask("cancel-migration", "shop-2")

    def test_what_has_ended_or_is_being_canceled_is_let_be(self, world: World) -> None:
        with pytest.raises(Refused, match="has ended"):
            world.ask("cancel-migration")
        world.host.put(
            migration("shop-2", spec={"canceled": True}, phase="DeleteBackups", **_STARTED)
        )
        with pytest.raises(Refused, match="already"):
            world.ask("cancel-migration", "shop-2")

    def test_a_stage_is_a_smaller_matter_than_a_cutover(self, world: World) -> None:
        running(world)
        assert world.ask("cancel-migration", "shop-2").risk == 3
        world.host.put(
            migration("shop-2", spec={"stage": True}, phase="StagePodsCreated", **_STARTED)
        )
        assert world.ask("cancel-migration", "shop-2").risk == 2

    def test_one_that_ended_before_the_cancel_counted_is_told_so(self, world: World) -> None:
        running(world)
        approval = world.decide(world.ask("cancel-migration", "shop-2"))
        world.runner.turn()
        world.host.put(migration("shop-2", true("Succeeded"), spec={"canceled": True}, **_ENDED))
        world.runner.verify()
        assert world.read(approval.id).verdict == "not-fixed"


class TestRemoving:
    def unstarted(self, world: World) -> Approval:
        world.host.put(migration("shop-2", true("HasFinalMigration", "Critical")))
        return world.decide(world.ask("remove-unstarted-migration", "shop-2"), "U0OLIVIA01")

    def start(self, world: World) -> None:
        world.host.put(migration("shop-2", phase="Started", **_STARTED))

    def test_what_has_started_is_never_removed(self, world: World) -> None:
        running(world)
        with pytest.raises(Refused, match="has started"):
            world.ask("remove-unstarted-migration", "shop-2")

    def test_one_that_was_let_in_and_refused_at_once_is_removed(self, world: World) -> None:
        refused = true("HasFinalMigration", "Critical")
        world.host.put(migration("shop-2", refused, phase="WaitForRefresh", **_STARTED))
        with pytest.raises(Refused, match="remove-unstarted-migration"):
            world.ask("cancel-migration", "shop-2")
        approval = world.decide(world.ask("remove-unstarted-migration", "shop-2"), "U0OLIVIA01")
        world.runner.turn()
        world.runner.verify()
        assert world.read(approval.id).verdict == "verified"
        assert "shop-2" not in world.migrations()

    def test_one_that_was_refused_later_than_that_is_not(self, world: World) -> None:
        refused = true("HasFinalMigration", "Critical")
        world.host.put(migration("shop-2", refused, phase="QuiesceSourceApplications", **_STARTED))
        with pytest.raises(Refused, match="has started"):
            world.ask("remove-unstarted-migration", "shop-2")

    def test_not_even_when_it_starts_after_the_approval(self, world: World) -> None:
        approval = self.unstarted(world)
        self.start(world)
        world.runner.turn()
        assert world.read(approval.id).state == "stale"
        assert "shop-2" in world.migrations()

    def test_nor_when_it_starts_between_the_last_look_and_the_deletion(self, world: World) -> None:
        approval = self.unstarted(world)
        world.host.dying = "before"
        with pytest.raises(Killed):
            world.runner.turn()
        self.start(world)
        world.restart()
        world.runner.turn()
        found = world.read(approval.id)
        assert (found.state, "has started" in found.outcome) == ("failed", True)
        assert "shop-2" in world.migrations()

    def test_a_runner_that_died_after_the_deletion_finds_it_done(self, world: World) -> None:
        approval = self.unstarted(world)
        world.host.dying = "after"
        with pytest.raises(Killed):
            world.runner.turn()
        world.restart()
        assert world.carry_out(approval).state == "done"
        assert len(world.writes) == 1


_STARTED: Json = {"startTimestamp": "2026-03-01T02:30:00Z"}
_ENDED: Json = {"phase": "Completed", "itinerary": "Final", **_STARTED}
