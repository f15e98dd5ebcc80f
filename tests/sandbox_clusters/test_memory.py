"""What an in-memory cluster does beyond the contract that all adapters share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import (
    AccessAnswer,
    AccessRequest,
    ClusterWriter,
    ControlPlane,
    Denied,
    Expired,
    Identity,
    Invalid,
    Json,
    NotFound,
    NotServed,
    Unreachable,
    WatchEvent,
)
from sandbox.clusters.history import KEPT
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane


def plan(name: str, **spec: object) -> Json:
    return {
        "kind": "MigPlan",
        "metadata": {"name": name, "namespace": MTC_NAMESPACE},
        "spec": spec,
    }


def take(cluster: MemoryCluster, version: str, count: int) -> list[WatchEvent]:
    """Return the next events of a watch on plans."""
    seen: list[WatchEvent] = []
    for event in cluster.watch(k.MIGPLAN, MTC_NAMESPACE, version, lambda: len(seen) >= count):
        seen.append(event)
        if len(seen) >= count:
            break
    return seen


def names(events: list[WatchEvent]) -> list[tuple[str, str]]:
    return [(event.type, event.object["metadata"]["name"]) for event in events]


class TestWatching:
    def test_a_watch_without_a_version_tells_what_is_there_first(self) -> None:
        cluster = MemoryCluster("host", [plan("a"), plan("b")])
        cluster.put(plan("c"))
        assert names(take(cluster, "", 3)) == [("ADDED", "a"), ("ADDED", "b"), ("ADDED", "c")]

    def test_a_version_that_is_forgotten_is_expired(self) -> None:
        cluster = MemoryCluster("host", [plan("a")])
        for number in range(KEPT + 1):
            cluster.put(plan("a", turn=number))
        with pytest.raises(Expired, match="too old"):
            take(cluster, "1", 1)

    def test_a_version_of_another_life_is_expired(self) -> None:
        with pytest.raises(Expired):
            take(MemoryCluster("host", [plan("a")]), "999", 1)

    @pytest.mark.parametrize("version", ["nonsense", "-1", "1.5"])
    def test_a_version_that_is_none_is_expired(self, version: str) -> None:
        with pytest.raises(Expired):
            take(MemoryCluster("host", [plan("a")]), version, 1)

    def test_a_waiting_watch_wakes_up_for_a_change(self) -> None:
        cluster = MemoryCluster("host", [plan("a")])
        since = cluster.list(k.MIGPLAN).resource_version
        timer = threading.Timer(0.05, cluster.put, [plan("late")])
        timer.start()
        try:
            assert names(take(cluster, since, 1)) == [("ADDED", "late")]
        finally:
            timer.join()

    def test_a_watch_of_one_kind_does_not_see_another(self) -> None:
        cluster = MemoryCluster("host", [plan("a")])
        since = cluster.list(k.MIGPLAN).resource_version
        cluster.put({"kind": "Namespace", "metadata": {"name": "shop"}})
        cluster.put(plan("b"))
        assert names(take(cluster, since, 1)) == [("ADDED", "b")]

    def test_events_cannot_be_changed_through_what_a_reader_does(self) -> None:
        cluster = MemoryCluster("host", [plan("a", closed=False)])
        take(cluster, "", 1)[0].object["spec"]["closed"] = True
        assert take(cluster, "", 1)[0].object["spec"] == {"closed": False}

    def test_a_cluster_that_fails_ends_its_watches(self) -> None:
        cluster = MemoryCluster("host", [plan("a")])
        since = cluster.list(k.MIGPLAN).resource_version
        cluster.fail_with(Unreachable("no route to host"))
        with pytest.raises(Unreachable):
            take(cluster, since, 1)

    def test_many_writers_leave_one_order_that_every_watch_sees(self) -> None:
        cluster = MemoryCluster("host")
        since = cluster.list(k.MIGPLAN).resource_version

        def write(who: int) -> None:
            for number in range(50):
                cluster.put(plan(f"p{who}-{number}"))

        writers = [threading.Thread(target=write, args=[who]) for who in range(4)]
        for writer in writers:
            writer.start()
        seen = take(cluster, since, 200)
        for writer in writers:
            writer.join()
        versions = [int(event.resource_version) for event in seen]
        assert versions == sorted(set(versions))
        assert len({name for _, name in names(seen)}) == 200


class TestWriting:
    def test_an_object_with_a_finalizer_stays_marked_until_it_is_taken_off(self) -> None:
        held = plan("held")
        held["metadata"]["finalizers"] = ["example.com/hold"]
        cluster = MemoryCluster("host", [held])
        cluster.delete(k.MIGPLAN, "held", MTC_NAMESPACE)
        assert cluster.get(k.MIGPLAN, "held", MTC_NAMESPACE)["metadata"]["deletionTimestamp"]
        cluster.patch(k.MIGPLAN, "held", MTC_NAMESPACE, {"metadata": {"finalizers": None}})
        with pytest.raises(NotFound):
            cluster.get(k.MIGPLAN, "held", MTC_NAMESPACE)

    def test_a_patch_that_changes_nothing_is_no_change(self) -> None:
        cluster = MemoryCluster("host", [plan("a", closed=True)])
        before = cluster.get(k.MIGPLAN, "a", MTC_NAMESPACE)
        after = cluster.patch(k.MIGPLAN, "a", MTC_NAMESPACE, {"spec": {"closed": True}})
        assert after == before == cluster.get(k.MIGPLAN, "a", MTC_NAMESPACE)

    def test_generation_moves_with_content_and_not_with_labels(self) -> None:
        cluster = MemoryCluster("host", [plan("a")])
        labelled = cluster.patch(
            k.MIGPLAN, "a", MTC_NAMESPACE, {"metadata": {"labels": {"x": "y"}}}
        )
        closed = cluster.patch(k.MIGPLAN, "a", MTC_NAMESPACE, {"spec": {"closed": True}})
        assert labelled["metadata"]["generation"] + 1 == closed["metadata"]["generation"]

    def test_a_patch_cannot_rename_or_take_the_identity_of_another(self) -> None:
        cluster = MemoryCluster("host", [plan("a")])
        before = cluster.get(k.MIGPLAN, "a", MTC_NAMESPACE)["metadata"]
        body = {"metadata": {"name": "b", "uid": "of-another", "namespace": "elsewhere"}}
        cluster.patch(k.MIGPLAN, "a", MTC_NAMESPACE, body)
        after = cluster.get(k.MIGPLAN, "a", MTC_NAMESPACE)["metadata"]
        assert (after["name"], after["uid"]) == (before["name"], before["uid"])

    @pytest.mark.parametrize(
        ("namespace", "body"),
        [(MTC_NAMESPACE, {"spec": {}}), ("", {"metadata": {"name": "a"}})],
        ids=["without a name", "without a namespace"],
    )
    def test_what_has_no_place_cannot_be_created(self, namespace: str, body: Json) -> None:
        with pytest.raises(Invalid):
            MemoryCluster("host").create(k.MIGPLAN, namespace, body)

    def test_an_impersonated_write_needs_the_persons_own_rights(self) -> None:
        asked: list[AccessRequest] = []

        def only_ana(request: AccessRequest) -> AccessAnswer:
            asked.append(request)
            return AccessAnswer(request.user == "ana", "rbac")

        cluster = MemoryCluster("host", [plan("a")], access=only_ana)
        body = {"spec": {"refresh": True}}
        with pytest.raises(Denied, match="ben may not patch migplan/a"):
            cluster.patch(k.MIGPLAN, "a", MTC_NAMESPACE, body, as_user=Identity("ben"))
        assert "refresh" not in cluster.get(k.MIGPLAN, "a", MTC_NAMESPACE)["spec"]
        cluster.patch(k.MIGPLAN, "a", MTC_NAMESPACE, body, as_user=Identity("ana", ("sre",)))
        assert (asked[-1].verb, asked[-1].resource, asked[-1].groups) == (
            "patch",
            "migplans",
            ("sre",),
        )


class TestFailing:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda c: c.get(k.MIGPLAN, "a", MTC_NAMESPACE),
            lambda c: c.list(k.MIGPLAN),
            lambda c: c.logs(MTC_NAMESPACE, "velero-0"),
            lambda c: c.attached_logs(k.BACKUP, "b"),
            lambda c: c.allowed(AccessRequest("get", "", "pods")),
            lambda c: c.patch(k.MIGPLAN, "a", MTC_NAMESPACE, {}),
            lambda c: c.create(k.MIGPLAN, MTC_NAMESPACE, plan("b")),
            lambda c: c.delete(k.MIGPLAN, "a", MTC_NAMESPACE),
        ],
        ids=["get", "list", "logs", "attached logs", "allowed", "patch", "create", "delete"],
    )
    def test_a_failing_cluster_refuses_everything_until_it_is_well(
        self, ask: Callable[[MemoryCluster], object]
    ) -> None:
        logs = {(MTC_NAMESPACE, "velero-0", "velero"): b"x\n"}
        cluster = MemoryCluster("ocp3", [plan("a")], logs)
        cluster.fail_with(Unreachable("connection refused", retry_after=3.0))
        with pytest.raises(Unreachable, match="connection refused") as caught:
            ask(cluster)
        assert (caught.value.cluster, caught.value.retry_after) == ("ocp3", 3.0)
        cluster.fail_with(None)
        ask(cluster)

    def test_the_player_can_write_to_a_failing_cluster(self) -> None:
        cluster = MemoryCluster("ocp3")
        cluster.fail_with(Unreachable("away"))
        cluster.put(plan("a"))
        assert cluster.find(k.MIGPLAN, "a", MTC_NAMESPACE) is not None
        cluster.fail_with(None)
        assert cluster.get(k.MIGPLAN, "a", MTC_NAMESPACE)

    def test_an_unknown_kind_cannot_be_put(self) -> None:
        with pytest.raises(NotServed, match="Widget"):
            MemoryCluster("host").put({"kind": "Widget", "metadata": {"name": "x"}})

    def test_a_cluster_may_serve_fewer_kinds(self) -> None:
        old = MemoryCluster("ocp3", kinds=[k.POD, k.NAMESPACE])
        with pytest.raises(NotServed, match="backuprepositories"):
            old.list(k.BACKUPREPOSITORY)


class TestLogs:
    LINES = (
        b"banner without a time\n"
        b'time="2026-11-24T08:00:00Z" level=info msg="early"\n'
        b'time="2026-11-24T09:00:00Z" level=info msg="late"\n'
        b"  continued\n"
    )

    def cluster(self) -> MemoryCluster:
        return MemoryCluster("host", logs={(MTC_NAMESPACE, "velero-0", "velero"): self.LINES})

    def test_since_leaves_out_what_is_older_and_keeps_lines_that_belong_to_younger_ones(
        self,
    ) -> None:
        since = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
        (log,) = self.cluster().logs(MTC_NAMESPACE, "velero-0", since=since)
        assert b"".join(log.open()) == b"".join(self.LINES.splitlines(keepends=True)[2:])

    def test_a_log_grows_and_one_that_was_opened_before_does_not(self) -> None:
        cluster = self.cluster()
        (before,) = cluster.logs(MTC_NAMESPACE, "velero-0")
        cluster.append_log(MTC_NAMESPACE, "velero-0", "velero", b"more\n")
        (after,) = cluster.logs(MTC_NAMESPACE, "velero-0", tail_lines=1)
        assert b"".join(before.open()) == self.LINES
        assert b"".join(after.open()) == b"more\n"

    def test_the_log_kept_with_a_backup_is_attached_to_it(self) -> None:
        cluster = self.cluster()
        cluster.attach_log(k.BACKUP, "shop-1-initial-x", b"level=error\n")
        (log,) = cluster.attached_logs(k.BACKUP, "shop-1-initial-x")
        assert (log.component, b"".join(log.open())) == ("velero", b"level=error\n")
        assert cluster.attached_logs(k.RESTORE, "shop-1-initial-x") == ()

    def test_the_logs_of_a_pod_go_with_it(self) -> None:
        pod = {"kind": "Pod", "metadata": {"name": "velero-0", "namespace": MTC_NAMESPACE}}
        cluster = self.cluster()
        cluster.put(pod)
        cluster.delete(k.POD, "velero-0", MTC_NAMESPACE)
        with pytest.raises(NotFound):
            cluster.logs(MTC_NAMESPACE, "velero-0")


class TestPlanes:
    def plane(self) -> MemoryPlane:
        def migcluster(name: str, is_host: bool) -> Json:
            meta = {"name": name, "namespace": MTC_NAMESPACE}
            return {"kind": "MigCluster", "metadata": meta, "spec": {"isHostCluster": is_host}}

        here = [migcluster("target", True), migcluster("ocp3", False), migcluster("ghost", False)]
        clusters = {"host": MemoryCluster("host", here), "ocp3": MemoryCluster("ocp3")}
        return MemoryPlane("prod", clusters)

    def test_it_is_a_control_plane_of_writable_clusters(self) -> None:
        plane: ControlPlane = self.plane()
        assert plane.name == "prod"
        assert isinstance(plane.host, ClusterWriter)

    def test_the_migcluster_of_the_host_is_the_host_whatever_its_name(self) -> None:
        plane = self.plane()
        assert plane.remote("target") is plane.host
        assert plane.remote("ocp3").name == "ocp3"

    @pytest.mark.parametrize("name", ["nobody", "ghost"])
    def test_what_is_not_there_is_not_found_and_named(self, name: str) -> None:
        with pytest.raises(NotFound, match=name):
            self.plane().remote(name)

    def test_without_a_host_there_is_no_plane(self) -> None:
        with pytest.raises(ValueError, match="host"):
            MemoryPlane("prod", {"ocp3": MemoryCluster("ocp3")})
