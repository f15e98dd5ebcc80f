"""What the sandbox's MTC does beside its phases, and what the player guarantees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json, Unauthorized
from sandbox.playing import Player, build_plane
from sandbox.scenarios.schema import Scenario
from tests.sandbox_clusters.conftest import START, Played, play, scenario

QUIESCED = "migration.openshift.io/preQuiesceReplicas"


def migration(played: Played, name: str) -> Json:
    return played.plane.host.get(k.MIGMIGRATION, name, MTC_NAMESPACE)


def conditions(obj: Json) -> set[str]:
    return {c["type"] for c in obj["status"]["conditions"] if c["status"] == "True"}


def deployment(played: Played, cluster: str, name: str) -> Json:
    return played.plane.clusters[cluster].get(k.DEPLOYMENT, name, name)


def small(**parts: object) -> Scenario:
    """Return a scenario of one application and one cutover, with parts replaced."""
    return Scenario.model_validate(
        {
            "id": "small",
            "title": {"en": "small", "zh": "小"},
            "because": "a test needs it",
            "apps": [{"name": "toy"}],
            "runs": [{"name": "toy-1"}],
            "expect": {"target": "toy-1", "finding": None, "outcome": "succeeded"},
            **parts,
        }
    )


class TestTime:
    def test_the_way_to_a_second_does_not_matter(self) -> None:
        stories = [scenario("healthy-direct"), scenario("storage-outage")]
        leap, walk = play(stories, 50), play(stories, 0)
        for _ in range(100):
            walk.player.advance(0.5)
        for name, cluster in leap.plane.clusters.items():
            assert cluster.content() == walk.plane.clusters[name].content()

    def test_objects_carry_virtual_times(self) -> None:
        played = play([small(offset=100)], 103)
        assert played.player.now == START + timedelta(seconds=103)
        assert migration(played, "toy-1")["metadata"]["creationTimestamp"] == "2026-11-24T08:01:42Z"

    def test_what_others_create_is_stamped_with_virtual_time_too(self) -> None:
        played = play([small()], 7200)
        body = {"metadata": {"name": "extra"}, "spec": {}}
        made = played.plane.host.create(k.MIGMIGRATION, MTC_NAMESPACE, body)
        assert made["metadata"]["creationTimestamp"] == "2026-11-24T10:00:00Z"

    def test_nothing_happens_before_a_scenario_begins(self) -> None:
        played = play([small(offset=60)], 59)
        assert played.plane.host.list(k.MIGMIGRATION).items == ()
        played.player.advance(4)
        assert len(played.plane.host.list(k.MIGMIGRATION).items) == 1

    def test_nothing_changes_after_the_length(self) -> None:
        stories = [scenario("healthy-rollback"), scenario("hook-failed")]
        played = play(stories)
        before = [cluster.content() for cluster in played.plane.clusters.values()]
        played.player.advance(10_000)
        assert [cluster.content() for cluster in played.plane.clusters.values()] == before

    def test_the_length_covers_what_is_about_waiting(self) -> None:
        story = scenario("verification-slow")
        assert play([story], 0).player.length >= story.lasts > 0

    def test_a_watch_sees_what_is_played(self) -> None:
        story = small()
        plane = build_plane([story])
        player = Player(plane, [story], START)
        since = plane.host.list(k.MIGMIGRATION, MTC_NAMESPACE).resource_version
        player.advance(5)
        stops = iter([False, False, True])
        events = list(
            plane.host.watch(k.MIGMIGRATION, MTC_NAMESPACE, since, lambda: next(stops, True))
        )
        assert [event.type for event in events[:2]] == ["ADDED", "MODIFIED"]


class TestApplications:
    def test_a_cutover_stops_the_source_and_starts_the_destination(self) -> None:
        played = play([scenario("healthy-restic")])
        here, there = deployment(played, "ocp3", "ledger"), deployment(played, "host", "ledger")
        assert here["spec"]["replicas"] == 0
        assert here["metadata"]["annotations"][QUIESCED] == "2"
        assert played.plane.clusters["ocp3"].list(k.POD, "ledger").items == ()
        assert there["spec"]["replicas"] == 2
        assert QUIESCED not in there["metadata"]["annotations"]
        assert len(played.plane.host.list(k.POD, "ledger").items) == 2

    def test_a_stage_run_leaves_the_application_running(self) -> None:
        played = play([scenario("healthy-stage")])
        assert deployment(played, "ocp3", "docs")["spec"]["replicas"] == 2

    @pytest.mark.parametrize(
        ("id", "app", "replicas"),
        [
            ("canceled-in-mid-run", "desk", 2),
            ("healthy-rollback", "blog", 2),
            ("hook-failed", "payments", 0),
        ],
        ids=["a cancel scales the source up", "so does a rollback", "a failure does not"],
    )
    def test_who_scales_the_source_up_again(self, id: str, app: str, replicas: int) -> None:
        here = deployment(play([scenario(id)]), "ocp3", app)
        assert here["spec"]["replicas"] == replicas
        assert (QUIESCED in here["metadata"].get("annotations", {})) == (replicas == 0)

    def test_a_rollback_takes_away_what_was_migrated_and_nothing_else(self) -> None:
        played = play([scenario("healthy-rollback")], 50)
        theirs = {"kind": "ConfigMap", "metadata": {"name": "not-ours", "namespace": "blog"}}
        played.plane.host.put(theirs)
        assert deployment(played, "host", "blog")
        played.player.advance(60)
        assert played.plane.host.list(k.DEPLOYMENT, "blog").items == ()
        assert [
            c["metadata"]["name"] for c in played.plane.host.list(k.CONFIGMAP, "blog").items
        ] == ["not-ours"]

    def test_a_new_namespace_gets_the_annotations_and_one_that_was_there_keeps_its_own(
        self,
    ) -> None:
        key = "openshift.io/sa.scc.uid-range"
        fresh = play([scenario("healthy-direct")])
        here = fresh.plane.clusters["ocp3"].get(k.NAMESPACE, "media")["metadata"]["annotations"]
        there = fresh.plane.host.get(k.NAMESPACE, "media")["metadata"]["annotations"]
        assert there[key] == here[key]
        old = play([scenario("node-selector-missing")])
        assert old.plane.host.get(k.NAMESPACE, "orders")["metadata"]["annotations"] == {
            "openshift.io/description": "made by hand"
        }


class TestTransfers:
    def test_a_silent_loss_is_succeeded_with_a_critical_transfer_and_no_errors(self) -> None:
        played = play([scenario("silent-volume-loss")])
        assert conditions(migration(played, "video-1")) == {"Succeeded"}
        (transfer,) = played.plane.host.list(k.DVM).items
        status = transfer["status"]
        assert (status["phase"], "errors" in status) == ("MigrationFailed", False)
        (failed,) = [c for c in status["conditions"] if c["type"] == "Failed"]
        assert (failed["category"], failed["reason"]) == ("Critical", "RunRsyncOperations")
        assert status["rsyncOperations"][0]["currentAttempt"] == 20
        (progress,) = played.plane.host.list(k.DVMP).items
        history = progress["status"]["rsyncPodStatuses"]
        assert len(history) == 20
        assert {attempt["exitCode"] for attempt in history} == {23}

    def test_only_the_last_client_pod_of_all_attempts_is_left(self) -> None:
        played = play([scenario("silent-volume-loss")])
        pods = played.plane.clusters["ocp3"].list(k.POD, "video").items
        attempts = [p["metadata"]["labels"]["migration.openshift.io/rsync-attempt"] for p in pods]
        assert attempts == ["20"]

    def test_a_transfer_that_fails_before_rsync_is_a_warning_with_its_error(self) -> None:
        played = play([scenario("transfer-configmap-missing")])
        assert conditions(migration(played, "forum-1")) == {
            "DirectVolumeMigrationFailed",
            "SucceededWithWarnings",
        }
        (transfer,) = played.plane.host.list(k.DVM).items
        assert transfer["status"]["errors"] == ['ConfigMap "migration-controller" not found']
        assert transfer["status"]["itinerary"] == "VolumeMigrationFailed"

    def test_attempts_that_fail_before_one_succeeds_stay_in_the_history_alone(self) -> None:
        played = play([scenario("healthy-rsync-retried")])
        assert conditions(migration(played, "lecture-1")) == {"Succeeded"}
        (transfer,) = played.plane.host.list(k.DVM).items
        (operation,) = transfer["status"]["rsyncOperations"]
        assert (operation["currentAttempt"], operation["succeeded"]) == (3, True)
        assert "failedPods" not in transfer["status"]
        (progress,) = played.plane.host.list(k.DVMP).items
        codes = [attempt["exitCode"] for attempt in progress["status"]["rsyncPodStatuses"]]
        assert codes == [23, 23, 0]

    def test_a_step_that_fails_makes_nothing(self) -> None:
        played = play([scenario("target-quota-exceeded")])
        assert not played.plane.host.list(k.PVC, "library").items
        played = play([scenario("transfer-pod-scc-denied")])
        assert played.plane.host.list(k.PVC, "museum").items
        labels = {"purpose": "rsync"}
        assert not played.plane.host.list(k.POD, "museum", labels).items

    def test_a_healthy_transfer_leaves_no_pods_and_no_route(self) -> None:
        played = play([scenario("healthy-direct")])
        assert played.plane.host.list(k.ROUTE).items == ()
        assert not [
            pod
            for cluster in played.plane.clusters.values()
            for pod in cluster.list(k.POD, "media").items
            if "rsync" in pod["metadata"]["name"]
        ]


class TestWhatStopsMigrations:
    def test_an_outage_stops_the_clock_and_its_end_lets_it_go_on(self) -> None:
        story = scenario("storage-outage")
        played = play([story])
        stopped = migration(played, "policies-1")
        assert conditions(stopped) == {"PlanNotReady"}
        played.player.advance(3600)
        assert migration(played, "policies-1") == stopped
        ready = {"type": "Ready", "status": "True", "category": "Required"}
        played.plane.host.patch(
            k.MIGSTORAGE, "s3-west", MTC_NAMESPACE, {"status": {"conditions": [ready]}}
        )
        played.player.advance(0)
        assert conditions(migration(played, "policies-1")) == {"Running", "Ready"}
        assert migration(played, "policies-1")["status"]["phase"] == stopped["status"]["phase"]
        played.player.advance(120)
        for name in ("claims-1", "policies-1", "brokers-1"):
            assert conditions(migration(played, name)) == {"Succeeded"}

    def test_a_token_that_is_refused_runs_up_the_chain(self) -> None:
        played = play([scenario("token-rotated-in-mid-run")])
        plan = played.plane.host.get(k.MIGPLAN, "loyalty", MTC_NAMESPACE)
        assert "SourceClusterNotReady" in conditions(plan)
        assert "Ready" not in conditions(plan)
        assert conditions(migration(played, "loyalty-1")) == {"PlanNotReady"}
        with pytest.raises(Unauthorized, match="provide credentials"):
            played.plane.remote("branch-7").list(k.POD)

    def test_plans_that_share_a_namespace_conflict_both_ways(self) -> None:
        played = play([scenario("plan-conflict")])
        for name, other in (("shop", "shop-again"), ("shop-again", "shop")):
            plan = played.plane.host.get(k.MIGPLAN, name, MTC_NAMESPACE)
            (conflict,) = [c for c in plan["status"]["conditions"] if c["type"] == "PlanConflict"]
            assert conflict["message"] == f"The migration plan is in conflict with [{other}]."

    def test_a_second_migration_waits_and_starts_when_the_first_is_done(self) -> None:
        runs = [{"name": "toy-1"}, {"name": "toy-2", "kind": "rollback", "at": 5}]
        played = play([small(runs=runs)], 10)
        waiting = migration(played, "toy-2")
        assert conditions(waiting) == {"Postponed"}
        assert "phase" not in waiting["status"]
        played.player.advance(100)
        assert conditions(migration(played, "toy-2")) == {"Succeeded"}
        assert migration(played, "toy-2")["status"]["itinerary"] == "Rollback"

    def test_canceled_and_succeeded_stand_side_by_side(self) -> None:
        end = migration(play([scenario("canceled-in-mid-run")]), "desk-1")
        assert conditions(end) == {"Canceled", "Succeeded"}
        assert end["spec"]["canceled"] is True
        assert end["status"]["itinerary"] == "Cancel"

    def test_a_finished_cutover_suspends_its_plan_which_stays_ready(self) -> None:
        played = play([scenario("healthy-indirect")])
        plan = played.plane.host.get(k.MIGPLAN, "web", MTC_NAMESPACE)
        assert {"Ready", "Suspended"} <= conditions(plan)


class TestPlaying:
    def test_the_same_scenario_gives_the_same_objects(self) -> None:
        first, second = play([scenario("healthy-restic")]), play([scenario("healthy-restic")])
        assert first.plane.host.content() == second.plane.host.content()

    def test_names_do_not_depend_on_what_else_is_played(self, everything: Played) -> None:
        alone = play([scenario("healthy-restic")])
        names = {m["metadata"]["name"] for m in alone.plane.host.list(k.RESTORE).items}
        assert names <= {m["metadata"]["name"] for m in everything.plane.host.list(k.RESTORE).items}

    def test_every_object_has_a_cluster_of_its_own_kinds(self, everything: Played) -> None:
        for cluster in everything.plane.clusters.values():
            for obj in cluster.content()[0]:
                assert obj["metadata"]["uid"]
                assert obj["metadata"]["creationTimestamp"]
                assert obj["apiVersion"] == k.BY_KIND[obj["kind"]].api_version

    def test_uids_are_unique(self, everything: Played) -> None:
        uids = [
            obj["metadata"]["uid"]
            for cluster in everything.plane.clusters.values()
            for obj in cluster.content()[0]
        ]
        assert len(set(uids)) == len(uids)

    def test_owners_of_what_a_migration_made_exist(self, everything: Played) -> None:
        host = everything.plane.host
        known = {obj["metadata"]["uid"] for obj in host.content()[0]}
        for kind in (k.MIGMIGRATION, k.DVM, k.DVMP):
            for obj in host.list(kind).items:
                assert {owner["uid"] for owner in obj["metadata"]["ownerReferences"]} <= known

    def test_no_placeholder_is_left_unfilled(self, everything: Played) -> None:
        for cluster in everything.plane.clusters.values():
            objects, logs = cluster.content()
            for text in [*map(str, objects), *(body.decode() for body in logs.values())]:
                for name in ("migration", "namespace", "dvm", "stage_backup", "app", "now"):
                    assert f"{{{name}}}" not in text
