"""Traps of operators, Velero, trust and leftovers."""

from __future__ import annotations

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import NotFound, ObjectRef
from bot.remediation.actions.operator_settings import hours_needed
from bot.remediation.ground import look
from bot.remediation.plans import Plan
from bot.remediation.refusals import Refused
from tests.remediation import things as t
from tests.remediation.stories import (
    CA_PEM,
    CA_PRINT,
    all_ready,
    controllers,
    leftover_velero,
    operators_settle,
    orphans,
    running,
    token,
    velero_on_source,
    volumes,
)
from tests.remediation.world import AMIR, ANNA, World, migration


class TestRefreshing:
    """An object that cannot be processed keeps the refresh that was asked for before."""

    def pending(self, world: World, kind: k.Kind, name: str) -> None:
        found = world.host.get(kind, name, MTC_NAMESPACE)
        found["spec"]["refresh"] = True
        world.host.put(found)

    @pytest.mark.parametrize(
        ("action", "kind", "name"),
        [("refresh-cluster", k.MIGCLUSTER, "ocp3"), ("refresh-storage", k.MIGSTORAGE, "minio")],
    )
    def test_one_that_hangs_back_is_taken_back_which_makes_mtc_look(
        self, world: World, action: str, kind: k.Kind, name: str
    ) -> None:
        self.pending(world, kind, name)
        approval = world.decide(world.ask(action, name, kind.kind))
        world.runner.turn()
        assert world.host.get(kind, name, MTC_NAMESPACE)["spec"]["refresh"] is False
        all_ready(world)
        world.runner.verify()
        assert world.read(approval.id).verdict == "verified"

    def test_a_plans_own_is_left_to_migrations_that_wait_for_it(self, world: World) -> None:
        self.pending(world, k.MIGPLAN, "shop")
        world.decide(world.ask("refresh-plan", "shop", "MigPlan"))
        world.runner.turn()
        assert world.host.get(k.MIGPLAN, "shop", MTC_NAMESPACE)["spec"]["refresh"] is True


class TestParameters:
    def test_the_time_out_is_set_on_source_and_destination_and_read_from_velero_itself(
        self, world: World
    ) -> None:
        controllers(world)
        approval = world.decide(world.ask("set-restic-timeout", params={"timeout": "4h"}), AMIR)
        plan = Plan.model_validate(approval.plan)
        assert {call.cluster for call in plan.calls} == {"host", "ocp3"}
        world.carry_out(approval, lambda: operators_settle(world))
        stale = world.source.get(k.DEPLOYMENT, "velero", MTC_NAMESPACE)
        containers = stale["spec"]["template"]["spec"]["containers"]
        containers[0]["args"] = ["server", "--fs-backup-timeout=1h"]
        world.source.put(stale)
        world.runner.verify()
        found = world.read(approval.id)
        assert (found.verdict, "does not run with 4h" in found.outcome) == ("verifying", True)
        operators_settle(world)
        world.runner.verify()
        assert world.read(approval.id).verdict == "verified"

    def test_it_is_proposed_from_the_rate_that_was_observed(self, world: World) -> None:
        copy = {
            "startTimestamp": "2026-03-01T02:00:00Z",
            "progress": {"totalBytes": 300 * 2**30, "bytesDone": 100 * 2**30},
        }
        world.source.put(t.obj(k.PVB, "slow", status=copy))
        world.source.put(t.obj(k.PVB, "still", status={"progress": {"totalBytes": 5}}))
        world.source.put(t.obj(k.PVB, "odd", status={"progress": "none", "startTimestamp": 7}))
        controllers(world)
        ground = look(world.plane, ObjectRef("MigMigration", "shop-1"), world.now)
        assert hours_needed(ground) == 5  # 3 h at this rate, half as much again, rounded up
        plan = Plan.model_validate(world.ask("set-restic-timeout").plan)
        assert plan.params == {"timeout": "5h"}

    def test_groups_are_a_list_also_when_there_is_one(self, world: World) -> None:
        controllers(world)
        plan = Plan.model_validate(
            world.ask("set-restic-supplemental-groups", params={"groups": [5555]}).plan
        )
        assert [call.body for call in plan.calls] == [
            {"spec": {"restic_supplemental_groups": [5555]}}
        ] * 2

    @pytest.mark.parametrize("groups", [[], [0], [-1], ["root"], 5555, [2**33], ["1; rm -rf"]])
    def test_odd_groups_are_refused(self, world: World, groups: object) -> None:
        controllers(world)
        with pytest.raises(Refused, match="need a correction"):
            world.ask("set-restic-supplemental-groups", params={"groups": groups})

    def test_what_the_operator_said_before_is_not_taken_for_its_answer(self, world: World) -> None:
        controllers(world)
        world.later(minutes=5)
        approval = world.decide(world.ask("set-endpoint-type", params={"type": "NodePort"}), AMIR)
        assert world.carry_out(approval, turns=5).state == "running"
        assert world.carry_out(approval, lambda: operators_settle(world)).state == "done"

    def test_an_operator_that_never_settles_ends_as_failed_with_what_was_done(
        self, world: World
    ) -> None:
        controllers(world)
        world.later(minutes=5)
        approval = world.decide(world.ask("set-endpoint-type", params={"type": "NodePort"}), AMIR)
        world.runner.turn()
        world.later(minutes=31)
        done = world.carry_out(approval)
        assert done.state == "failed"
        assert "did not come about in time" in done.outcome
        assert "was done and stays" in done.outcome

    def test_waiting_is_not_told_to_the_audit_every_few_seconds(self, world: World) -> None:
        controllers(world)
        world.later(minutes=5)
        approval = world.decide(world.ask("set-endpoint-type", params={"type": "NodePort"}), AMIR)
        world.carry_out(approval, turns=10)
        assert [what for _, what in world.audited()].count("execution-resumed") == 0
        world.restart()
        world.carry_out(approval, turns=10)
        assert [what for _, what in world.audited()].count("execution-resumed") == 1

    @pytest.mark.parametrize(
        "params", [{"client_memory": "512Mi"}, {"client_cpu": "50m"}, {"attempts": 0}, {}]
    )
    def test_limits_below_what_pods_request_are_refused(
        self, world: World, params: dict[str, object]
    ) -> None:
        controllers(world)
        with pytest.raises(Refused, match="need a correction"):
            world.ask("set-rsync-options", params=params)


class TestRestarts:
    @pytest.mark.parametrize("kind", [k.BACKUP, k.RESTORE])
    @pytest.mark.parametrize("phase", ["InProgress", "Finalizing", "WaitingForPluginOperations"])
    def test_velero_is_not_restarted_while_it_works(
        self, world: World, kind: k.Kind, phase: str
    ) -> None:
        velero_on_source(world)
        approval = world.decide(world.ask("restart-velero"), AMIR)
        world.source.put(t.obj(kind, "of-another-team", status={"phase": phase}))
        with pytest.raises(Refused, match="in progress on ocp3"):
            world.ask("restart-velero")
        world.runner.turn()
        ended = world.read(approval.id)
        assert (ended.state, world.writes) == ("stale", [])
        assert "Velero must not restart now" in ended.outcome
        assert "此时不能重启 Velero" in ended.outcome_zh

    def test_nor_while_a_migration_of_any_plan_on_that_cluster_runs(self, world: World) -> None:
        velero_on_source(world)
        world.host.put(
            migration(
                "other-1",
                spec={"migPlanRef": {"name": "secret-plan"}},
                phase="Started",
                startTimestamp="2026-03-01T02:00:00Z",
            )
        )
        with pytest.raises(Refused, match="of another plan") as refused:
            world.ask("restart-velero")
        assert "other-1" not in str(refused.value)

    def test_the_controller_may_be_restarted_while_migrations_run(self, world: World) -> None:
        running(world)
        world.host.put(t.deployment("migration-controller"))
        assert world.ask("restart-controller").state == "pending"

    def test_only_clusters_of_the_plan(self, world: World) -> None:
        with pytest.raises(Refused, match="nothing to do with cluster prod"):
            world.ask("restart-velero", params={"cluster": "prod"})

    def test_for_a_cluster_it_is_that_cluster(self, world: World) -> None:
        velero_on_source(world)
        plan = Plan.model_validate(world.ask("restart-velero", "ocp3", "MigCluster").plan)
        assert [call.cluster for call in plan.calls] == ["ocp3"]

    def test_the_agents_of_an_older_mtc_are_found_too(self, world: World) -> None:
        world.source.put(t.daemonset("restic"))
        plan = Plan.model_validate(world.ask("restart-node-agent").plan)
        assert plan.calls[0].name == "restic"

    def test_a_roll_out_is_waited_for(self, world: World) -> None:
        velero_on_source(world)
        approval = world.decide(world.ask("restart-velero"), AMIR)
        assert world.carry_out(approval, turns=4).state == "running"


class TestTrust:
    ASK = ("set-cluster-ca-bundle", "ocp3", "MigCluster")

    def test_the_plan_shows_what_is_trusted_and_the_approver_types_the_fingerprint(
        self, world: World
    ) -> None:
        approval = world.ask(*self.ASK, params={"pem": CA_PEM})
        plan = Plan.model_validate(approval.plan)
        assert plan.compare == (CA_PRINT,)
        assert "CN=Shop CA" in plan.effects[0].en
        for typed in ("", "AA:BB", CA_PRINT[:-1], CA_PRINT[:20]):
            with pytest.raises(Refused, match="Type the fingerprint"):
                world.requests.approve(AMIR, approval.id, typed=typed)
        plain = CA_PRINT.replace(":", "").lower()
        assert world.requests.approve(ANNA, approval.id, typed=plain).state == "approved"

    def test_every_certificate_of_a_bundle_is_compared(self, world: World) -> None:
        other, print_of_other = t.authority("Other CA")
        approval = world.ask(*self.ASK, params={"pem": CA_PEM + other})
        with pytest.raises(Refused, match="Type the fingerprint"):
            world.requests.approve(AMIR, approval.id, typed=CA_PRINT)
        both = f"{CA_PRINT}, {print_of_other}"
        assert world.requests.approve(AMIR, approval.id, typed=both).state == "approved"

    @pytest.mark.parametrize(
        ("pem", "why"),
        [
            (t.authority(days=-1)[0], "helps nobody"),
            (t.authority(ca=False)[0], "not a CA"),
            ("hello", "PEM form"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "private key"),
            (CA_PEM * 40, "At most 14000"),
        ],
    )
    def test_what_helps_nobody_is_refused(self, world: World, pem: str, why: str) -> None:
        with pytest.raises(Refused, match=why):
            world.ask(*self.ASK, params={"pem": pem})

    def test_a_new_token_is_copied_and_never_shown_or_stored(self, world: World) -> None:
        token(world)
        approval = world.decide(
            world.ask("renew-sa-token", "ocp3", "MigCluster", params={"secret": "new-token"})
        )
        world.carry_out(approval, lambda: all_ready(world))
        held = world.host.get(k.SECRET, "ocp3", "openshift-config")
        assert held["data"]["saToken"] == "bmV3"
        stored = f"{world.read(approval.id)} {world.audit.records()}"
        assert "bmV3" not in stored
        assert "b2xk" not in stored

    def test_a_token_that_was_exchanged_after_the_plan_is_not_written(self, world: World) -> None:
        token(world)
        approval = world.decide(
            world.ask("renew-sa-token", "ocp3", "MigCluster", params={"secret": "new-token"})
        )
        world.host.put(t.secret("new-token", token="evil"))
        done = world.carry_out(approval)
        assert (done.state, world.writes) == ("stale", [])

    def test_a_secret_without_a_token_is_named_before_anybody_approves(self, world: World) -> None:
        token(world)
        world.host.put(t.secret("new-token", wrong="x"))
        with pytest.raises(Refused, match="has no token"):
            world.ask("renew-sa-token", "ocp3", "MigCluster", params={"secret": "new-token"})
        with pytest.raises(NotFound):
            world.ask("renew-sa-token", "ocp3", "MigCluster", params={"secret": "absent"})


class TestLeftovers:
    def test_only_repositories_whose_location_is_gone(self, world: World) -> None:
        orphans(world)
        world.source.put(t.obj(k.BACKUPREPOSITORY, "odd", spec={}))
        calls = Plan.model_validate(world.ask("delete-orphan-repositories").plan).calls
        assert [call.name for call in calls] == ["orphan"]

    def test_only_finished_velero_objects_of_this_plan_whose_migration_is_gone(
        self, world: World
    ) -> None:
        leftover_velero(world)
        approval = world.ask("delete-leftover-velero", "shop", "MigPlan")
        calls = Plan.model_validate(approval.plan).calls
        assert ([call.name for call in calls], approval.people_needed) == (["gone-1"], 2)

    def test_stage_pods_stay_while_a_migration_may_need_them(self, world: World) -> None:
        running(world)
        with pytest.raises(Refused, match="is running"):
            world.ask("delete-stage-pods")

    def test_where_there_is_nothing_the_answer_says_so(self, world: World) -> None:
        with pytest.raises(Refused, match="There is no"):
            world.ask("delete-orphan-repositories")


class TestPlans:
    def test_turning_verification_off_keeps_the_rest_of_the_list(self, world: World) -> None:
        volumes(world)
        plan = Plan.model_validate(world.ask("disable-verification", "shop", "MigPlan").plan)
        (call,) = plan.calls
        listed = (call.body or {})["spec"]["persistentVolumes"]
        assert [v["name"] for v in listed] == ["pv-1", "pv-2"]
        assert (listed[0]["selection"]["verify"], listed[0]["capacity"]) == (False, "1Gi")

    def test_a_list_that_was_changed_since_is_not_overwritten(self, world: World) -> None:
        volumes(world)
        approval = world.decide(world.ask("disable-verification", "shop", "MigPlan"), AMIR)
        plan = world.host.get(k.MIGPLAN, "shop", MTC_NAMESPACE)
        plan["spec"]["persistentVolumes"].append({"name": "pv-3"})
        world.host.put(plan)
        world.runner.turn()
        assert (world.read(approval.id).state, world.writes) == ("stale", [])

    def test_images_are_copied_from_the_plans_namespaces_or_openshift_only(
        self, world: World
    ) -> None:
        world.source.put(t.obj(k.IMAGESTREAM, "php", "kube-system"))
        with pytest.raises(Refused, match="neither openshift nor"):
            world.ask("copy-imagestream", params={"name": "php", "namespace": "kube-system"})

    def test_images_go_to_the_namespace_that_the_plan_maps_to(self, world: World) -> None:
        world.source.put(t.obj(k.IMAGESTREAM, "php", "pay"))
        plan = Plan.model_validate(
            world.ask("copy-imagestream", params={"name": "php", "namespace": "pay"}).plan
        )
        assert (plan.calls[0].body or {})["spec"]["destNamespace"] == "pay-new"

    def test_a_second_copy_has_a_name_of_its_own(self, world: World) -> None:
        world.source.put(t.obj(k.IMAGESTREAM, "php", "openshift"))
        world.host.put(t.obj(k.DISM, "shop-php-bot1"))
        plan = Plan.model_validate(world.ask("copy-imagestream", params={"name": "php"}).plan)
        assert plan.calls[0].name == "shop-php-bot2"
