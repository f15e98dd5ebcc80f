"""What the sandbox's MTC makes of single writes, and what it does not let itself be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from bot.mtc.outcome_words import Word
from sandbox.scenarios.schema import Fix, Scenario
from tests.sandbox_clusters.conftest import scenario
from tests.sandbox_reacting.conftest import Loop

Making = Callable[[Scenario], Loop]


def conditions(obj: Json) -> set[str]:
    return {c["type"] for c in obj["status"]["conditions"] if c["status"] == "True"}


def mtc(way: Loop, kind: k.Kind, name: str, cluster: str = "host") -> Json:
    return way.plane.clusters[cluster].get(kind, name, MTC_NAMESPACE)


def make_run(way: Loop, name: str, plan: str, **spec: object) -> None:
    ref = {"name": plan, "namespace": MTC_NAMESPACE}
    body = {"metadata": {"name": name}, "spec": {"migPlanRef": ref, "stage": False, **spec}}
    way.plane.host.create(k.MIGMIGRATION, MTC_NAMESPACE, body)


class TestRuns:
    def test_a_run_meets_the_fault_again_while_it_is_there(self, loop: Making) -> None:
        way = loop(scenario("nfs-root-squash"))
        make_run(way, "reports-2", "reports", quiescePods=True)
        assert way.wait_ended("reports-2").word is Word.NOT_COPIED
        assert way.finding("reports-2") == "restic-nfs-root-squash"

    def test_a_run_of_a_plan_that_nobody_knows_is_left_alone(self, loop: Making) -> None:
        way = loop(scenario("healthy-indirect"))
        make_run(way, "lost-1", "no-such-plan")
        way.player.advance(60)
        assert "status" not in mtc(way, k.MIGMIGRATION, "lost-1")

    def test_a_cancel_turns_a_running_migration_round(self, loop: Making) -> None:
        way = loop(scenario("verification-slow"))
        way.plane.host.patch(
            k.MIGMIGRATION, "footage-1", MTC_NAMESPACE, {"spec": {"canceled": True}}
        )
        assert way.wait_ended("footage-1").word is Word.CANCELED

    def test_a_blocked_migration_does_not_heed_a_cancel(self, loop: Making) -> None:
        way = loop(scenario("token-rotated-in-mid-run"))
        way.plane.host.patch(
            k.MIGMIGRATION, "loyalty-1", MTC_NAMESPACE, {"spec": {"canceled": True}}
        )
        way.player.advance(120)
        assert way.outcome("loyalty-1").word is Word.BLOCKED

    def test_a_rollback_starts_the_source_and_empties_the_destination(self, loop: Making) -> None:
        way = loop(scenario("silent-volume-loss"))
        make_run(way, "video-back", "video", rollback=True)
        assert way.wait_ended("video-back").word is Word.ROLLED_BACK
        source = way.plane.clusters["ocp3"].get(k.DEPLOYMENT, "video", "video")
        assert source["spec"]["replicas"] == 2
        assert way.plane.host.list(k.DEPLOYMENT, "video").items == ()

    def test_a_plan_that_is_removed_takes_its_migrations_along(self, loop: Making) -> None:
        way = loop(scenario("pv-settings-lost"))
        way.plane.host.delete(k.MIGPLAN, "crm", MTC_NAMESPACE)
        way.player.advance(5)
        assert way.plane.host.list(k.MIGMIGRATION).items == ()

    def test_a_plan_made_anew_with_its_choices_kept_can_be_run(self, loop: Making) -> None:
        way = loop(scenario("pv-settings-lost"))
        approval = way.ask(Fix(action="recreate-plan", target="migplan/crm"))
        way.approve(approval)
        assert way.wait_judged(approval.id).verdict == "verified"
        volume = mtc(way, k.MIGPLAN, "crm")["spec"]["persistentVolumes"][0]
        assert volume["selection"]["storageClass"] == "fast-ssd"
        make_run(way, "crm-again", "crm", quiescePods=True)
        assert way.wait_ended("crm-again").word is Word.SUCCEEDED


class TestValidation:
    def test_a_refresh_is_set_back_and_mends_nothing_by_itself(self, loop: Making) -> None:
        way = loop(scenario("x509-migcluster"))
        body = {"spec": {"refresh": True}}
        way.plane.host.patch(k.MIGCLUSTER, "edge-1", MTC_NAMESPACE, body)
        way.player.advance(5)
        cluster = mtc(way, k.MIGCLUSTER, "edge-1")
        assert cluster["spec"]["refresh"] is False
        assert "Ready" not in conditions(cluster)

    def test_another_authority_than_the_right_one_does_not_help(self, loop: Making) -> None:
        way = loop(scenario("x509-migcluster"))
        body = {"spec": {"caBundle": "c29tZWJvZHkgZWxzZQ=="}}
        way.plane.host.patch(k.MIGCLUSTER, "edge-1", MTC_NAMESPACE, body)
        way.player.advance(60)
        assert "Ready" not in conditions(mtc(way, k.MIGCLUSTER, "edge-1"))

    def test_a_store_that_is_back_is_seen_when_it_is_looked_at(self, loop: Making) -> None:
        way = loop(scenario("storage-outage"))
        way.player.advance(600)
        assert "Ready" not in conditions(mtc(way, k.MIGSTORAGE, "s3-west"))
        body = {"spec": {"refresh": True}}
        way.plane.host.patch(k.MIGSTORAGE, "s3-west", MTC_NAMESPACE, body)
        for _ in range(3):
            way.player.advance(2)
        assert "Ready" in conditions(mtc(way, k.MIGSTORAGE, "s3-west"))
        assert "Ready" in conditions(mtc(way, k.MIGPLAN, "claims"))


class TestOperatorAndWorkloads:
    def test_the_operator_works_a_while_and_then_velero_is_rolled_out(self, loop: Making) -> None:
        way = loop(scenario("podvolumebackup-timeout"))
        body = {"spec": {"restic_timeout": "9h"}}
        way.plane.host.patch(k.MIGRATIONCONTROLLER, "migration-controller", MTC_NAMESPACE, body)
        way.player.advance(1)
        running = mtc(way, k.MIGRATIONCONTROLLER, "migration-controller")["status"]["conditions"]
        assert running[0]["reason"] == "Running"
        for _ in range(8):
            way.player.advance(2)
        velero = mtc(way, k.DEPLOYMENT, "velero")
        arguments = velero["spec"]["template"]["spec"]["containers"][0]["args"]
        assert "--fs-backup-timeout=9h" in arguments
        assert velero["status"]["observedGeneration"] == velero["metadata"]["generation"]
        untouched = mtc(way, k.DEPLOYMENT, "velero", "ocp3")
        assert untouched["metadata"]["generation"] == 1

    @pytest.mark.parametrize("replicas", [0, 3])
    def test_an_application_is_scaled_to_what_is_asked_for(
        self, loop: Making, replicas: int
    ) -> None:
        way = loop(scenario("healthy-stage"))
        source = way.plane.clusters["ocp3"]
        source.patch(k.DEPLOYMENT, "docs", "docs", {"spec": {"replicas": replicas}})
        way.player.advance(10)
        status = source.get(k.DEPLOYMENT, "docs", "docs")["status"]
        assert status["readyReplicas"] == replicas

    def test_nothing_moves_where_nobody_writes(self, loop: Making) -> None:
        way = loop(scenario("hook-failed"))
        before = [cluster.content() for cluster in way.plane.clusters.values()]
        for _ in range(20):
            way.player.advance(30)
        assert [cluster.content() for cluster in way.plane.clusters.values()] == before

    def test_a_restore_gets_an_address_for_its_results(self, loop: Making) -> None:
        way = loop(scenario("healthy-indirect"))
        target = {"kind": "RestoreResults", "name": "web-1-final"}
        body = {"metadata": {"name": "results"}, "spec": {"target": target}}
        way.plane.host.create(k.DOWNLOADREQUEST, MTC_NAMESPACE, body)
        way.player.advance(1)
        way.player.advance(5)
        assert mtc(way, k.DOWNLOADREQUEST, "results")["status"]["phase"] == "Processed"
