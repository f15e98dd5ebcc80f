"""Asking and approving: what is let through, and what never is."""

from __future__ import annotations

import pytest

from bot.access.policy import parse_policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Unreachable
from bot.remediation.refusals import Refused
from tests.remediation.stories import STORIES
from tests.remediation.world import AMIR, ANNA, GUEST, OLIVIA, POLICY, VERA, World, migration, true


class TestAsking:
    def test_a_request_holds_every_call_with_its_diff_and_changes_nothing(
        self, world: World
    ) -> None:
        approval = world.ask()
        (call,) = approval.plan["steps"]
        assert (call["verb"], call["kind"], call["name"]) == (
            "create",
            "MigMigration",
            "shop-migration-bot1",
        )
        assert {"path": "spec.quiescePods", "before": "(absent)", "after": "True"} in call[
            "changes"
        ]
        assert approval.state == "pending"
        assert world.migrations() == {"shop-1"}

    def test_a_viewer_may_not_ask(self, world: World) -> None:
        with pytest.raises(Refused, match="None of your roles"):
            world.ask(person=VERA)
        assert world.audited() == [(VERA, "request-refused")]

    @pytest.mark.parametrize("person", [GUEST, "U0NOBODY01"])
    def test_guests_and_strangers_may_nothing(self, world: World, person: str) -> None:
        world.people.pop("U0NOBODY01", None)
        with pytest.raises(Refused):
            world.ask(person=person)
        assert world.approvals.open() == ()

    def test_what_the_cluster_denies_the_person_is_refused(self, world: World) -> None:
        world.denied.add(("olivia@example.com", "create"))
        with pytest.raises(Refused, match="does not let you"):
            world.ask()

    def test_somebody_without_a_cluster_user_is_refused(self, world: World) -> None:
        world.policy = parse_policy(POLICY.replace('"{email}"', '""'))
        with pytest.raises(Refused, match="who you are on the clusters"):
            world.ask()

    def test_a_cluster_that_cannot_be_asked_is_not_a_yes(self, world: World) -> None:
        world.host.fail_with(Unreachable("no route"))
        with pytest.raises(Unreachable):
            world.ask()

    def test_a_plan_that_is_not_ready_is_refused_with_what_to_do(self, world: World) -> None:
        world.host.patch(
            k.MIGPLAN,
            "shop",
            MTC_NAMESPACE,
            {"status": {"conditions": [true("SourceClusterNotReady", "Critical")]}},
        )
        with pytest.raises(Refused, match="/mtc diagnose migplan/shop"):
            world.ask()

    def test_a_stage_while_a_cutover_is_unfinished_is_refused(self, world: World) -> None:
        world.host.put(migration("shop-2", true("Running"), phase="StagePodsCreated"))
        with pytest.raises(Refused, match="deadlock"):
            world.ask(params={"run": "stage"})

    def test_unknown_parameters_are_named(self, world: World) -> None:
        with pytest.raises(Refused, match="namespace"):
            world.ask(params={"namespace": "kube-system"})

    def test_roles_count_only_where_they_are_bound(self, world: World) -> None:
        world.policy = parse_policy(
            POLICY.replace("users: [U0OLIVIA01]", "users: [U0OLIVIA01], namespaces: [shop]")
        )
        with pytest.raises(Refused, match="None of your roles"):
            world.ask()


class TestApproving:
    def test_an_approver_approves_once(self, world: World) -> None:
        approval = world.ask()
        got = world.requests.approve(AMIR, approval.id)
        assert (got.state, got.approvers) == ("approved", (AMIR,))

    def test_the_requester_cannot_approve_a_cutover_of_their_own(self, world: World) -> None:
        approval = world.ask(person=AMIR)
        with pytest.raises(Refused, match="somebody else"):
            world.requests.approve(AMIR, approval.id)
        assert world.requests.approve(ANNA, approval.id).state == "approved"

    def test_an_operator_may_approve_a_refresh_of_their_own(self, world: World) -> None:
        approval = world.ask("refresh-plan", "shop", "MigPlan")
        assert world.requests.approve(OLIVIA, approval.id).state == "approved"

    def test_where_data_is_destroyed_two_people_are_needed(self, world: World) -> None:
        approval = world.ask("rollback-migration")
        assert world.requests.approve(AMIR, approval.id).state == "pending"
        with pytest.raises(Refused, match="had your say"):
            world.requests.approve(AMIR, approval.id)
        assert world.requests.approve(ANNA, approval.id).state == "approved"

    def test_an_expired_request_cannot_be_approved(self, world: World) -> None:
        approval = world.ask()
        world.later(minutes=31)
        with pytest.raises(Refused, match="in time"):
            world.requests.approve(AMIR, approval.id)
        found = world.approvals.get(approval.id)
        assert found is not None
        assert found.state == "expired"

    def test_a_target_that_was_edited_makes_it_stale(self, world: World) -> None:
        approval = world.ask()
        world.host.patch(
            k.MIGPLAN, "shop", MTC_NAMESPACE, {"spec": {"namespaces": ["kube-system"]}}
        )
        with pytest.raises(Refused, match="stale: the spec of migplan/shop was changed") as refused:
            world.requests.approve(AMIR, approval.id)
        assert "已过时：migplan/shop 的 spec 已变化" in refused.value.text("zh")
        ended = world.approvals.get(approval.id)
        assert ended is not None
        assert ended.outcome_zh == "migplan/shop 的 spec 已变化"

    def test_what_the_controller_rewrites_all_the_time_does_not(self, world: World) -> None:
        approval = world.ask()
        world.host.patch(
            k.MIGPLAN,
            "shop",
            MTC_NAMESPACE,
            {
                "metadata": {"annotations": {"openshift.io/touch": "x"}},
                "status": {"observedDigest": "y"},
                "spec": {"refresh": False},
            },
        )
        assert world.requests.approve(AMIR, approval.id).state == "approved"

    def test_a_rejected_request_is_over(self, world: World) -> None:
        approval = world.ask()
        world.requests.reject(AMIR, approval.id, "not tonight")
        with pytest.raises(Refused, match="rejected"):
            world.requests.approve(ANNA, approval.id)

    def test_an_id_that_was_never_given_out_is_refused_and_audited(self, world: World) -> None:
        with pytest.raises(Refused, match="no such request"):
            world.requests.approve(AMIR, "../../etc")
        assert world.audited() == [(AMIR, "approve-refused")]


class TestRunning:
    def test_an_approved_plan_is_executed_once_as_the_requester(self, world: World) -> None:
        approval = world.ask()
        world.requests.approve(AMIR, approval.id)
        assert world.runner.turn()
        assert not world.runner.turn()
        made = world.host.get(k.MIGMIGRATION, "shop-migration-bot1", MTC_NAMESPACE)
        assert made["metadata"]["annotations"]["mtc-bot.openshift.io/approval"] == approval.id
        assert made["spec"]["quiescePods"] is True
        assert world.audit.verify() == ()

    def test_nothing_happens_without_an_approval(self, world: World) -> None:
        world.ask()
        assert not world.runner.turn()
        assert world.migrations() == {"shop-1"}

    def test_rights_taken_away_after_approval_stop_it(self, world: World) -> None:
        approval = world.ask()
        world.requests.approve(AMIR, approval.id)
        world.denied.add(("olivia@example.com", "create"))
        world.runner.turn()
        assert world.migrations() == {"shop-1"}
        found = world.approvals.get(approval.id)
        assert found is not None
        assert found.state == "stale"
        assert (found.outcome[:13], found.outcome_zh[:20]) == (
            "olivia@exampl",
            "olivia@example.com 无",
        )

    def test_a_run_is_followed_to_its_end_and_verified_by_its_objects(self, world: World) -> None:
        approval = world.ask()
        world.requests.approve(AMIR, approval.id)
        world.runner.turn()
        world.runner.verify()
        found = world.approvals.get(approval.id)
        assert found is not None
        assert found.verdict == "verifying"
        world.host.patch(
            k.MIGMIGRATION,
            "shop-migration-bot1",
            MTC_NAMESPACE,
            {
                "status": {
                    "phase": "Completed",
                    "itinerary": "Final",
                    "conditions": [true("Succeeded", reason="Completed")],
                }
            },
        )
        world.runner.verify()
        found = world.approvals.get(approval.id)
        assert found is not None
        assert (found.verdict, found.outcome) == (
            "verified",
            "shop-migration-bot1: succeeded",
        )

    def test_an_unreachable_cluster_delays_and_never_loses(self, world: World) -> None:
        approval = world.ask()
        world.requests.approve(AMIR, approval.id)
        world.host.fail_with(Unreachable("no route"))
        assert world.runner.turn()
        world.host.fail_with(None)
        world.later(seconds=6)
        assert world.runner.turn()
        assert world.migrations() == {"shop-1", "shop-migration-bot1"}

    @pytest.mark.parametrize(
        ("action", "name", "kind"),
        [("refresh-plan", "shop", k.MIGPLAN), ("delete-leftover-velero", "shop", k.BACKUP)],
    )
    def test_what_its_controller_rewrites_all_the_time_is_written_when_it_rests(
        self, world: World, action: str, name: str, kind: Kind
    ) -> None:
        STORIES[action].prepare(world)
        approval = world.decide(world.ask(action, name, "MigPlan"))
        cluster = world.host if kind == k.MIGPLAN else world.source
        cluster.restless = kind
        world.runner.turn()
        assert (world.read(approval.id).state, world.writes) == ("running", [])
        cluster.restless = None
        world.later(seconds=6)
        world.runner.turn()
        assert (world.read(approval.id).state, len(world.writes)) == ("done", 1)

    def test_a_stored_plan_that_was_altered_is_void(self, world: World) -> None:
        from sqlalchemy import text

        approval = world.ask()
        world.requests.approve(AMIR, approval.id)
        with world.database.engine.connect().execution_options(writing=True) as connection:
            connection.execute(
                text("UPDATE approvals SET plan = replace(plan, 'cutover', 'stage')")
            )
            connection.commit()
        world.runner.turn()
        assert world.migrations() == {"shop-1"}
        assert world.audited()[-1] == ("bot", "stale")
