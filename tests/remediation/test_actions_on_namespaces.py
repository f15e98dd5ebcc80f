"""Traps of namespaces: selectors that no node fits, labels that weaken, networks, sources."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clusters import kinds as k
from bot.clusters.port import Json
from bot.remediation.plans import Plan
from bot.remediation.refusals import Refused
from tests.remediation import things as t
from tests.remediation.stories import namespaces, running, stopped
from tests.remediation.world import World

SELECT = "copy-namespace-annotations"


class TestNodeSelectors:
    @pytest.mark.parametrize(
        "node",
        [
            t.node("w", {"region": "west"}),
            t.node("w", {"region": "east"}, unschedulable=True),
            t.node("w", {"region": "east"}, taints=[{"key": "x", "effect": "NoSchedule"}]),
        ],
    )
    def test_one_is_copied_only_where_a_schedulable_node_fits(
        self, world: World, node: Json
    ) -> None:
        namespaces(world)
        world.host.take_away(k.NODE, "worker-east")
        world.host.put(node)
        with pytest.raises(Refused, match="No schedulable node"):
            world.ask(SELECT)

    def test_a_node_that_is_not_ready_does_not_count(self, world: World) -> None:
        namespaces(world)
        lost = t.node("worker-east", {"region": "east"})
        lost["status"]["conditions"][0]["status"] = "Unknown"
        world.host.put(lost)
        with pytest.raises(Refused, match="No schedulable node"):
            world.ask(SELECT)

    def test_a_copied_one_that_no_node_has_is_replaced_by_one_that_fits_or_by_none(
        self, world: World
    ) -> None:
        namespaces(world)
        world.host.put(t.selecting("shop", "region=mars"))
        for selector in ("", "region=east"):
            approval = world.ask(SELECT, params={"namespace": "shop", "selector": selector})
            (call,) = Plan.model_validate(approval.plan).calls
            assert call.body == {"metadata": {"annotations": {t.SELECTOR: selector}}}

    def test_what_the_source_does_not_have_is_not_invented(self, world: World) -> None:
        namespaces(world)
        calls = Plan.model_validate(world.ask(SELECT).plan).calls
        assert [call.name for call in calls] == ["shop"]

    def test_only_the_plans_own_namespaces(self, world: World) -> None:
        namespaces(world)
        world.host.put(t.namespace("kube-system"))
        with pytest.raises(Refused, match="no destination namespace"):
            world.ask(SELECT, params={"namespace": "kube-system", "selector": ""})

    def test_people_are_told_to_cancel_and_run_again(self, world: World) -> None:
        namespaces(world)
        plan = Plan.model_validate(world.ask(SELECT).plan)
        assert "cancel the migration and run it again" in plan.effects[0].en


class TestPrivilegedRsync:
    def test_old_labels_are_remembered_to_the_last_one(self, world: World) -> None:
        namespaces(world)
        world.source.put(
            t.namespace("shop", {"pod-security.kubernetes.io/enforce": "restricted", "team": "a"})
        )
        plan = Plan.model_validate(world.ask("rsync-privileged").plan)
        back = next(c for c in plan.undo if c.cluster == "ocp3" and c.name == "shop")
        assert back.body == {
            "metadata": {
                "labels": {
                    "pod-security.kubernetes.io/enforce": "restricted",
                    "pod-security.kubernetes.io/audit": None,
                    "pod-security.kubernetes.io/warn": None,
                    "security.openshift.io/scc.podSecurityLabelSync": None,
                }
            }
        }

    def test_a_namespace_that_is_not_there_yet_is_left_to_mtc(self, world: World) -> None:
        namespaces(world)
        world.host.take_away(k.NAMESPACE, "pay-new")
        plan = Plan.model_validate(world.ask("rsync-privileged").plan)
        assert {(c.cluster, c.name) for c in plan.calls} == {
            ("ocp3", "shop"),
            ("ocp3", "pay"),
            ("host", "shop"),
        }

    def test_where_all_is_privileged_already_there_is_nothing_to_ask_for(
        self, world: World
    ) -> None:
        from bot.remediation.actions.namespaces import PRIVILEGED

        for cluster, name in (
            (world.source, "shop"),
            (world.source, "pay"),
            (world.host, "shop"),
            (world.host, "pay-new"),
        ):
            cluster.put(t.namespace(name, dict(PRIVILEGED)))
        with pytest.raises(Refused, match="already"):
            world.ask("rsync-privileged")


class TestNetworkPolicies:
    def test_out_of_the_source_and_into_the_destination_for_transfer_pods_only(
        self, world: World
    ) -> None:
        namespaces(world)
        calls = Plan.model_validate(world.ask("allow-transfer-network").plan).calls
        ways = {(c.cluster, c.namespace): (c.body or {})["spec"]["policyTypes"][0] for c in calls}
        assert ways == {
            ("ocp3", "shop"): "Egress",
            ("ocp3", "pay"): "Egress",
            ("host", "shop"): "Ingress",
            ("host", "pay-new"): "Ingress",
        }
        selectors = {str((c.body or {})["spec"]["podSelector"]) for c in calls}
        assert len(selectors) == 1
        assert "directvolumemigration-rsync-transfer" in selectors.pop()


class TestStartingTheSourceAgain:
    def planned(self, world: World, **params: Any) -> tuple[Json, ...]:
        plan = Plan.model_validate(world.ask("scale-back-source", params=params).plan)
        return tuple(call.body or {} for call in plan.calls)

    def test_each_workload_gets_back_what_mtc_noted_and_loses_the_note(self, world: World) -> None:
        stopped(world)
        web, nightly = self.planned(world)
        assert web == {
            "spec": {"replicas": 3},
            "metadata": {"annotations": {"migration.openshift.io/preQuiesceReplicas": None}},
        }
        assert nightly["spec"] == {"suspend": False}

    def test_some_can_be_named(self, world: World) -> None:
        stopped(world)
        assert len(self.planned(world, only=["Deployment shop/web"])) == 1

    def test_a_note_that_cannot_be_read_stays(self, world: World) -> None:
        notes = {f"{t.LABELS}preQuiesceReplicas": "three"}
        world.source.put(t.deployment("web", "shop", 0, **notes))
        with pytest.raises(Refused, match="no workload"):
            world.ask("scale-back-source")

    def test_a_daemonset_gets_its_own_node_selector_back(self, world: World) -> None:
        agent = t.obj(
            k.DAEMONSET,
            "agent",
            "shop",
            metadata={"annotations": {f"{t.LABELS}preQuiesceNodeSelector": '{"a":"b"}'}},
            spec={"template": {"spec": {"nodeSelector": {f"{t.LABELS}quiesceDaemonSet": "q"}}}},
        )
        world.source.put(agent)
        (body,) = self.planned(world)
        assert body["spec"]["template"]["spec"]["nodeSelector"] == {
            "migration.openshift.io/quiesceDaemonSet": None,
            "a": "b",
        }

    def test_not_while_a_migration_wants_them_stopped(self, world: World) -> None:
        stopped(world)
        approval = world.decide(world.ask("scale-back-source"))
        running(world)
        with pytest.raises(Refused, match="is running"):
            world.ask("scale-back-source")
        world.runner.turn()
        assert (world.read(approval.id).state, world.writes) == ("stale", [])
