"""Programs that go away while migrations need them: told within minutes, restarts never.

In: Deployments, DaemonSets and pods as Kubernetes writes them. Out: incidents.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.clusters.port import Json, Unreachable
from sandbox.clusters.memory import MemoryCluster
from tests.incidents.diagnoses import after
from tests.knowledge.builtin import builtin_engine
from tests.store.databases import blank
from tests.watching.conftest import Site
from tests.watching.objects import (
    NS,
    cluster,
    condition,
    ended,
    held,
    migration,
    plan,
    running,
    stamp,
)

CONTROLLER = "migration-controller"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(blank(tmp_path / "mtc-bot.sqlite3"), builtin_engine())
    yield made
    made.watcher.stop()
    made.database.close()


def workload(kind: str, name: str, spec: Json, status: Json) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NS, "uid": f"uid-{name}"},
        "spec": {"selector": {"matchLabels": {"app": name}}, **spec},
        "status": status,
    }


def deployment(name: str, replicas: int = 1, unavailable_at: float | None = None) -> Json:
    there = replicas > 0 and unavailable_at is None
    available = {"type": "Available", "status": str(unavailable_at is None)}
    available["lastTransitionTime"] = stamp(after(unavailable_at or -60))
    counts = {"replicas": 1, "availableReplicas": 1} if there else {"unavailableReplicas": replicas}
    status = {**counts, "conditions": [available]}
    return workload("Deployment", name, {"replicas": replicas}, status)


def agents(available: int) -> Json:
    counts = {"numberReady": available}
    counts |= {"numberAvailable": available} if available else {"numberUnavailable": 3}
    status = {"desiredNumberScheduled": 3, **counts}
    return workload("DaemonSet", "node-agent", {}, status)


def crashed(
    restarts: int, ended_at: float, up_since: float | None, name: str = CONTROLLER, code: int = 1
) -> Json:
    """Return a program's pod after a life of ten seconds; up again, or backing off."""
    last = {
        "exitCode": code,
        "reason": "OOMKilled" if code == 137 else "Error",
        "startedAt": stamp(after(ended_at - 1 / 6)),
        "finishedAt": stamp(after(ended_at)),
    }
    state: Json = {"waiting": {"reason": "CrashLoopBackOff"}}
    if up_since is not None:
        state = {"running": {"startedAt": stamp(after(up_since))}}
    container = {"name": name, "restartCount": restarts, "state": state}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{name}-0", "namespace": NS, "labels": {"app": name}},
        "status": {
            "phase": "Running",
            "startTime": stamp(after(-600)),
            "containerStatuses": [{**container, "lastState": {"terminated": last}}],
        },
    }


def in_phase(name: str, phase: str) -> Json:
    step = condition("Running", "Advisory", "Step: 20/50", phase, after(1))
    return migration(name, "shop", step, phase=phase)


def copied_by_agents(name: str) -> Json:
    made = plan(name)
    selection = {"action": "copy", "copyMethod": "filesystem"}
    volume = {"name": "pv-1", "selection": selection, "pvc": {"namespace": name, "name": "data"}}
    made["spec"] |= {"indirectVolumeMigration": True, "persistentVolumes": [volume]}
    return made


class TestController:
    def test_away_in_mid_run_it_is_one_incident_after_three_minutes(self, site: Site) -> None:
        site.put(plan("cart"), running("shop-1", "shop"), running("cart-1", "cart"))
        site.put(deployment(CONTROLLER))
        assert site.passes(1) == []
        site.put(deployment(CONTROLLER, unavailable_at=2))
        assert [site.passes(minute) for minute in (2.5, 4)] == [[], []]
        (incident,) = site.passes(5)
        assert incident.entry_id == "controller-absent"
        assert str(incident.subject) == f"deployment/{CONTROLLER}"
        assert set(incident.members) == {"shop-1", "cart-1"}
        assert site.post() == ["card", "thread:evidence"]

    @pytest.mark.parametrize("why", ["scaled", "failing"])
    def test_back_again_it_is_resolved(self, site: Site, why: str) -> None:
        site.put(running("shop-1", "shop"), deployment(CONTROLLER))
        site.passes(1)
        site.put(deployment(CONTROLLER, 0) if why == "scaled" else crashed(5, 2, None))
        assert site.passes(2) == []
        (incident,) = site.passes(6)
        site.put(deployment(CONTROLLER), crashed(6, 6.5, 7))
        assert site.passes(11) == []
        now = site.incidents.get(incident.id)
        assert now is not None
        assert now.resolved_note == "condition-gone"

    def test_back_between_two_looks_it_is_resolved_and_nothing_else_is_blamed(
        self, site: Site
    ) -> None:
        site.put(running("shop-1", "shop"), deployment(CONTROLLER))
        site.passes(1)
        site.put(deployment(CONTROLLER, 0))
        site.passes(2)
        assert len(site.passes(6)) == 1
        site.put(deployment(CONTROLLER), in_phase("shop-1", "FinalRestoreCreated"))
        site.clock.to(6.2)
        site.watcher.start()
        deadline = time.monotonic() + 20
        while site.incidents.open() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert site.open() == []

    def test_restarted_it_alerts_nobody(self, site: Site) -> None:
        site.put(running("shop-1", "shop"), deployment(CONTROLLER))
        assert site.passes(1) == []
        for minute in (2, 6, 10):
            site.put(deployment(CONTROLLER, 0))
            assert site.passes(minute) == []
            site.put(deployment(CONTROLLER, unavailable_at=minute))
            assert site.passes(minute + 2) == []
            site.put(deployment(CONTROLLER))
            assert site.passes(minute + 3) == []
        assert site.post() == []

    def test_ending_again_and_again_it_is_one_incident_however_often_it_is_up(
        self, site: Site
    ) -> None:
        site.put(running("shop-1", "shop"), deployment(CONTROLLER))
        site.passes(1)
        site.put(crashed(4, 2, None))
        site.passes(2)
        (incident,) = site.passes(5)
        assert "again and again" in incident.params["state"]
        for up, down in ((8, 9), (14, 15), (20, 21)):
            site.put(crashed(up, up - 0.1, up - 0.05))
            assert [i.id for i in site.passes(up)] == [incident.id]
            site.put(crashed(up, down - 0.1, None))
            assert [i.id for i in site.passes(down)] == [incident.id]
        assert site.post() == ["card", "thread:evidence"]

    def test_a_pod_that_was_restarted_long_ago_is_no_reason(self, site: Site) -> None:
        site.put(running("shop-1", "shop"), deployment(CONTROLLER), crashed(40, -90, -89))
        assert [site.passes(minute) for minute in (1, 5, 9)] == [[], [], []]

    def test_a_restart_of_the_bot_neither_forgets_it_nor_tells_it_again(self, site: Site) -> None:
        site.put(running("shop-1", "shop"), deployment(CONTROLLER))
        site.passes(1)
        site.put(deployment(CONTROLLER, 0))
        site.passes(2)
        (incident,) = site.passes(6)
        site.post()
        site.restart()
        assert [i.id for i in site.passes(6.5)] == [incident.id]
        assert site.post() == []

    def test_who_waits_in_a_queue_is_held_up_as_well(self, site: Site) -> None:
        waiting = migration("shop-2", "shop", condition("Postponed"), phase="", at=after(1))
        site.put(running("shop-1", "shop"), waiting, deployment(CONTROLLER))
        site.passes(1)
        site.put(deployment(CONTROLLER, 0))
        site.passes(2)
        (incident,) = site.passes(6)
        assert set(incident.members) == {"shop-1", "shop-2"}

    def test_nobody_is_told_where_nothing_is_under_way(self, site: Site) -> None:
        site.put(ended("shop-1", "shop", "Succeeded", after(0)), deployment(CONTROLLER, 0))
        assert [site.passes(minute) for minute in (1, 5, 9)] == [[], [], []]


class TestVelero:
    @pytest.mark.parametrize(
        ("where", "phase"),
        [
            ("ocp3", "InitialBackupCreated"),
            ("ocp3", "StageBackupCreated"),
            ("host", "EnsureInitialBackupReplicated"),
            ("host", "FinalRestoreCreated"),
        ],
    )
    def test_away_while_it_is_waited_for_it_is_told(
        self, site: Site, where: str, phase: str
    ) -> None:
        site.put(in_phase("shop-1", phase), deployment(CONTROLLER))
        clusters = site.planes[0].clusters
        for each in clusters.values():
            each.put(deployment("velero"))
        site.passes(1)
        clusters[where].put(deployment("velero", 0))
        assert site.passes(1.5) == []
        (incident,) = site.passes(4.8)
        assert incident.entry_id == "velero-pod-missing"
        assert (str(incident.subject), incident.subject.cluster) == ("deployment/velero", where)
        clusters[where].put(deployment("velero"))
        assert site.passes(5.5) == []

    @pytest.mark.parametrize(
        ("where", "phase"),
        [
            ("host", "InitialBackupCreated"),
            ("ocp3", "FinalRestoreCreated"),
            ("ocp3", "WaitForDirectVolumeMigrationToComplete"),
        ],
    )
    def test_away_where_nobody_waits_for_it_it_is_not_told(
        self, site: Site, where: str, phase: str
    ) -> None:
        site.put(in_phase("shop-1", phase), deployment(CONTROLLER))
        site.passes(1)
        site.planes[0].clusters[where].put(deployment("velero", 0))
        assert [site.passes(minute) for minute in (2, 6, 10)] == [[], [], []]

    @pytest.mark.parametrize(
        ("code", "why"), [(1, "velero-pod-missing"), (137, "container-out-of-memory")]
    )
    def test_ending_again_and_again_it_is_one_incident_however_often_it_is_up(
        self, site: Site, code: int, why: str
    ) -> None:
        source = site.planes[0].clusters["ocp3"]
        site.put(in_phase("shop-1", "InitialBackupCreated"), deployment(CONTROLLER))
        source.put(deployment("velero"))
        site.passes(1)
        source.put(crashed(4, 2, None, "velero", code))
        site.passes(2)
        (incident,) = site.passes(5)
        assert incident.entry_id == why
        for up in (8, 14):
            source.put(crashed(up, up - 0.1, up - 0.05, "velero", code))
            assert [i.id for i in site.passes(up)] == [incident.id]
        assert site.post() == ["card", "thread:evidence"]

    def test_a_cluster_that_cannot_be_read_leaves_what_was_known(self, site: Site) -> None:
        source = site.planes[0].clusters["ocp3"]
        site.put(in_phase("shop-1", "InitialBackupCreated"), deployment(CONTROLLER))
        source.put(deployment("velero", 0))
        site.passes(1)
        (incident,) = site.passes(5)
        source.fail_with(Unreachable("timed out", cluster="ocp3"))
        (still,) = site.passes(5.5)
        assert still.id == incident.id


def location(tested: float, **spec: str) -> Json:
    return {
        "apiVersion": "velero.io/v1",
        "kind": "BackupStorageLocation",
        "metadata": {"name": "s3-wl4v2", "namespace": NS},
        "spec": spec,
        "status": {"phase": "Available", "lastValidationTime": stamp(after(tested))},
    }


class TestStoresThatDoNotAnswer:
    def begin(self, site: Site) -> MemoryCluster:
        """Let Velero test its stores for three minutes of a backup."""
        source = site.planes[0].clusters["ocp3"]
        source.put(deployment("velero"))
        site.put(in_phase("shop-1", "InitialBackupCreated"), deployment(CONTROLLER))
        for minute in (1, 2, 3):
            source.put(location(minute - 0.5))
            assert site.passes(minute) == []
        return source

    def test_velero_that_tests_no_store_any_more_is_told_and_resolved_when_it_does(
        self, site: Site
    ) -> None:
        source = self.begin(site)
        assert [site.passes(minute) for minute in (4, 5, 6, 7, 9)] == [[]] * 5
        (incident,) = site.passes(10)
        assert incident.entry_id == "velero-hangs"
        assert (str(incident.subject), incident.subject.cluster) == ("deployment/velero", "ocp3")
        source.put(location(11))
        assert site.passes(11.5) == []

    def test_velero_that_was_cut_off_from_its_cluster_has_a_moment_to_test_its_stores(
        self, site: Site
    ) -> None:
        source = self.begin(site)
        source.fail_with(Unreachable("timed out", cluster="ocp3"))
        assert site.passes(9) == []
        source.fail_with(None)
        assert site.passes(20) == []
        source.put(location(20.5))
        assert [site.passes(minute) for minute in (21, 24)] == [[], []]

    def test_velero_that_was_away_has_that_moment_too(self, site: Site) -> None:
        source = self.begin(site)
        source.put(deployment("velero", 0))
        site.passes(4)
        assert [i.entry_id for i in site.passes(9)] == ["velero-pod-missing"]
        source.put(deployment("velero"))
        assert [site.passes(minute) for minute in (10, 12)] == [[], []]

    def test_a_plan_that_is_not_ready_for_its_own_reason_keeps_it(self, site: Site) -> None:
        self.begin(site)
        quarrel = condition("PlanConflict", "Error", "The plan is in conflict with [cart].")
        site.put(plan("shop", quarrel), held("shop-1", "shop"))
        for minute in (8, 12):
            assert [i.entry_id for i in site.passes(minute)] == ["migplan-conflict"]

    @pytest.mark.parametrize("often", [{}, {"validationFrequency": "24h0m0s"}])
    def test_who_was_not_seen_to_test_its_stores_every_minute_does_not_hang(
        self, site: Site, often: dict[str, str]
    ) -> None:
        source = site.planes[0].clusters["ocp3"]
        source.put(deployment("velero"))
        site.put(in_phase("shop-1", "InitialBackupCreated"), deployment(CONTROLLER))
        for minute, tested in ((1, -60.0), (6, 0.0), (12, 9.0 if often else 0.0), (18, 9.0)):
            source.put(location(tested, **often))
            assert site.passes(minute) == []


class TestNodeAgents:
    def test_away_while_they_copy_they_are_told(self, site: Site) -> None:
        site.put(copied_by_agents("shop"), in_phase("shop-1", "StageBackupCreated"))
        source = site.planes[0].clusters["ocp3"]
        source.put(agents(3))
        site.passes(1)
        source.put(agents(0))
        assert site.passes(2) == []
        (incident,) = site.passes(6)
        assert str(incident.subject) == "daemonset/node-agent"
        source.put(agents(1))
        assert site.passes(8) == []

    def test_no_volume_is_theirs_and_nobody_is_told(self, site: Site) -> None:
        site.put(in_phase("shop-1", "StageBackupCreated"))
        source = site.planes[0].clusters["ocp3"]
        source.put(agents(0))
        assert [site.passes(minute) for minute in (1, 5, 9)] == [[], [], []]


def test_what_is_blocked_is_not_laid_on_a_controller_that_is_only_replaced(site: Site) -> None:
    unwell = condition("TestConnectFailed", message="The connection test failed.")
    site.put(plan("shop", condition("SourceClusterNotReady")), held("shop-1", "shop"))
    site.put(cluster("ocp3", unwell), deployment(CONTROLLER))
    (incident,) = site.passes(3)
    site.put(deployment(CONTROLLER, 0))
    assert [i.id for i in site.passes(6)] == [incident.id]
    site.put(deployment(CONTROLLER))
    assert [i.id for i in site.passes(9)] == [incident.id]
    assert site.post() == ["card", "thread:evidence"]
