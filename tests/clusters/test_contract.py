"""The Cluster port's texts, as tests that every adapter passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import (
    AccessRequest,
    ClusterReader,
    ClusterWriter,
    Conflict,
    Json,
    NotFound,
    NotServed,
    WatchEvent,
)
from tests.clusters.contract import (
    APP,
    READERS,
    RSYNC_LOG,
    STUNNEL_LOG,
    UNKNOWN_KIND,
    VELERO_LOG,
    WRITERS,
    thing,
)

VELERO_POD = "velero-6d9f7c8b5-x2x9q"


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> ClusterReader:
    return READERS[request.param](tmp_path)


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> ClusterWriter:
    return WRITERS[request.param](tmp_path)


def names(items: tuple[Json, ...]) -> set[str]:
    return {item["metadata"]["name"] for item in items}


class TestGetting:
    def test_an_adapter_is_a_reader(self, reader: ClusterReader) -> None:
        assert isinstance(reader, ClusterReader)
        assert reader.name == "host"

    def test_get_returns_the_whole_object(self, reader: ClusterReader) -> None:
        plan = reader.get(k.MIGPLAN, "shop", MTC_NAMESPACE)
        assert (plan["apiVersion"], plan["kind"]) == (k.MIGPLAN.api_version, "MigPlan")
        assert plan["spec"] == {"namespaces": [APP], "indirectImageMigration": True}

    def test_an_object_that_is_not_there_is_not_found_and_named(
        self, reader: ClusterReader
    ) -> None:
        with pytest.raises(NotFound, match="nope"):
            reader.get(k.MIGPLAN, "nope", MTC_NAMESPACE)

    def test_an_object_of_another_namespace_is_not_found(self, reader: ClusterReader) -> None:
        with pytest.raises(NotFound):
            reader.get(k.POD, "web-0", MTC_NAMESPACE)

    def test_cluster_scoped_objects_need_no_namespace(self, reader: ClusterReader) -> None:
        assert reader.get(k.NAMESPACE, APP)["metadata"]["name"] == APP

    def test_a_kind_that_is_not_served_says_so(self, reader: ClusterReader) -> None:
        with pytest.raises(NotServed, match="widgets"):
            reader.get(UNKNOWN_KIND, "x", APP)

    def test_an_answer_may_be_changed_without_changing_the_next(
        self, reader: ClusterReader
    ) -> None:
        reader.get(k.MIGPLAN, "shop", MTC_NAMESPACE)["spec"]["namespaces"].append("other")
        reader.list(k.MIGPLAN).items[0]["spec"].clear()
        assert reader.get(k.MIGPLAN, "shop", MTC_NAMESPACE)["spec"]["namespaces"] == [APP]


class TestListing:
    def test_all_namespaces_or_one(self, reader: ClusterReader) -> None:
        assert names(reader.list(k.POD).items) == {VELERO_POD, "web-0", "rsync-abcde"}
        assert names(reader.list(k.POD, APP).items) == {"web-0", "rsync-abcde"}

    def test_every_item_carries_api_version_and_kind(self, reader: ClusterReader) -> None:
        for kind in (k.POD, k.EVENT, k.NAMESPACE, k.BACKUP, k.MIGMIGRATION):
            items = reader.list(kind).items
            assert items
            for item in items:
                assert (item["apiVersion"], item["kind"]) == (kind.api_version, kind.kind)

    @pytest.mark.parametrize(
        ("labels", "expected"),
        [
            ({"plan": "shop"}, {"shop-1-initial-x", "shop-1-stage-y"}),
            ({"plan": "shop", "part": "stage"}, {"shop-1-stage-y"}),
            ({"plan": "nope"}, set()),
            ({}, {"shop-1-initial-x", "shop-1-stage-y", "other-1-initial-z"}),
        ],
    )
    def test_labels_must_all_fit(
        self, reader: ClusterReader, labels: dict[str, str], expected: set[str]
    ) -> None:
        assert names(reader.list(k.BACKUP, MTC_NAMESPACE, labels).items) == expected

    def test_a_served_kind_without_objects_is_an_empty_listing(self, reader: ClusterReader) -> None:
        assert reader.list(k.MIGHOOK, MTC_NAMESPACE).items == ()

    def test_a_kind_that_is_not_served_raises(self, reader: ClusterReader) -> None:
        with pytest.raises(NotServed, match="widgets"):
            reader.list(UNKNOWN_KIND)

    def test_one_odd_object_does_not_hide_the_others(self, reader: ClusterReader) -> None:
        assert names(reader.list(k.PVB, MTC_NAMESPACE).items) == {"good", "odd"}
        assert reader.get(k.PVB, "odd", MTC_NAMESPACE)["status"] == [1, None]


class TestLogs:
    def test_a_container_has_one_log(self, reader: ClusterReader) -> None:
        (log,) = reader.logs(MTC_NAMESPACE, VELERO_POD, "velero")
        assert b"".join(log.open()) == VELERO_LOG
        assert (log.component, log.namespace, log.pod) == ("velero", MTC_NAMESPACE, VELERO_POD)

    def test_a_pod_gives_a_log_for_each_container(self, reader: ClusterReader) -> None:
        logs = reader.logs(APP, "rsync-abcde")
        assert {(log.component, b"".join(log.open())) for log in logs} == {
            ("rsync", RSYNC_LOG),
            ("stunnel", STUNNEL_LOG),
        }

    def test_each_opening_starts_from_the_beginning(self, reader: ClusterReader) -> None:
        (log,) = reader.logs(MTC_NAMESPACE, VELERO_POD)
        next(log.open())
        assert b"".join(log.open()) == b"".join(log.open()) == VELERO_LOG

    @pytest.mark.parametrize(
        ("limits", "expected"),
        [
            ({"tail_lines": 2}, b"velero line 4\nvelero line 5\n"),
            ({"limit_bytes": 9}, b"velero li"),
            ({"tail_lines": 1, "limit_bytes": 6}, b"velero"),
            ({"tail_lines": 100, "limit_bytes": 10_000}, VELERO_LOG),
        ],
    )
    def test_the_tail_is_taken_first_and_then_its_first_bytes(
        self, reader: ClusterReader, limits: dict[str, int], expected: bytes
    ) -> None:
        (log,) = reader.logs(
            MTC_NAMESPACE,
            VELERO_POD,
            tail_lines=limits.get("tail_lines"),
            limit_bytes=limits.get("limit_bytes"),
        )
        assert b"".join(log.open()) == expected

    @pytest.mark.parametrize(
        ("pod", "container", "previous"),
        [("nope", "", False), (VELERO_POD, "nope", False), (VELERO_POD, "velero", True)],
        ids=["no such pod", "no such container", "no previous log"],
    )
    def test_a_log_that_is_not_there_is_not_found(
        self, reader: ClusterReader, pod: str, container: str, previous: bool
    ) -> None:
        with pytest.raises(NotFound):
            logs = reader.logs(MTC_NAMESPACE, pod, container, previous=previous)
            b"".join(piece for log in logs for piece in log.open())

    def test_most_objects_have_no_attached_log(self, reader: ClusterReader) -> None:
        assert reader.attached_logs(k.MIGPLAN, "shop") == ()


class TestWatchingAndAccess:
    def test_a_watch_ends_when_told_to_stop(self, reader: ClusterReader) -> None:
        version = reader.list(k.MIGPLAN, MTC_NAMESPACE).resource_version
        events = reader.watch(k.MIGPLAN, MTC_NAMESPACE, version, lambda: True)
        assert [event for event in events if event.type != "BOOKMARK"] == []

    def test_access_is_answered_not_raised(self, reader: ClusterReader) -> None:
        request = AccessRequest("patch", k.MIGPLAN.group, k.MIGPLAN.plural, MTC_NAMESPACE)
        assert isinstance(reader.allowed(request).allowed, bool)


class TestPatching:
    def test_a_merge_patch_changes_what_it_names(self, writer: ClusterWriter) -> None:
        after = writer.patch(k.MIGPLAN, "shop", MTC_NAMESPACE, {"spec": {"closed": True}})
        assert after["spec"] == {
            "namespaces": [APP],
            "indirectImageMigration": True,
            "closed": True,
        }
        assert writer.get(k.MIGPLAN, "shop", MTC_NAMESPACE)["spec"] == after["spec"]

    def test_null_takes_a_field_away_and_a_list_is_replaced(self, writer: ClusterWriter) -> None:
        body = {"spec": {"indirectImageMigration": None, "namespaces": ["a", "b"]}}
        after = writer.patch(k.MIGPLAN, "shop", MTC_NAMESPACE, body)
        assert after["spec"] == {"namespaces": ["a", "b"]}

    def test_the_last_label_or_annotation_takes_its_map_along(self, writer: ClusterWriter) -> None:
        noted = {"labels": {"a": "1"}, "annotations": {"b": "2"}}
        writer.patch(k.MIGPLAN, "shop", MTC_NAMESPACE, {"metadata": noted})
        bare = {"labels": {"a": None}, "annotations": {"b": None}}
        changed = writer.patch(k.MIGPLAN, "shop", MTC_NAMESPACE, {"metadata": bare})
        assert not {"labels", "annotations"} & changed["metadata"].keys()

    def test_a_patch_moves_the_resource_version(self, writer: ClusterWriter) -> None:
        before = writer.get(k.MIGPLAN, "shop", MTC_NAMESPACE)["metadata"]["resourceVersion"]
        after = writer.patch(k.MIGPLAN, "shop", MTC_NAMESPACE, {"spec": {"closed": True}})
        assert after["metadata"]["resourceVersion"] != before

    def test_a_patch_of_an_old_version_is_a_conflict_and_changes_nothing(
        self, writer: ClusterWriter
    ) -> None:
        old = writer.get(k.MIGPLAN, "shop", MTC_NAMESPACE)["metadata"]["resourceVersion"]
        writer.patch(k.MIGPLAN, "shop", MTC_NAMESPACE, {"spec": {"refresh": True}})
        with pytest.raises(Conflict):
            writer.patch(
                k.MIGPLAN, "shop", MTC_NAMESPACE, {"spec": {"closed": True}}, resource_version=old
            )
        assert "closed" not in writer.get(k.MIGPLAN, "shop", MTC_NAMESPACE)["spec"]

    def test_a_patch_of_the_present_version_is_made(self, writer: ClusterWriter) -> None:
        now = writer.get(k.MIGPLAN, "shop", MTC_NAMESPACE)["metadata"]["resourceVersion"]
        after = writer.patch(
            k.MIGPLAN, "shop", MTC_NAMESPACE, {"spec": {"closed": True}}, resource_version=now
        )
        assert after["spec"]["closed"] is True

    def test_what_is_not_there_cannot_be_patched(self, writer: ClusterWriter) -> None:
        with pytest.raises(NotFound):
            writer.patch(k.MIGPLAN, "nope", MTC_NAMESPACE, {"spec": {}})

    def test_a_dry_run_shows_the_result_and_changes_nothing(self, writer: ClusterWriter) -> None:
        before = writer.get(k.MIGPLAN, "shop", MTC_NAMESPACE)
        shown = writer.patch(
            k.MIGPLAN, "shop", MTC_NAMESPACE, {"spec": {"closed": True}}, dry_run=True
        )
        assert shown["spec"]["closed"] is True
        assert writer.get(k.MIGPLAN, "shop", MTC_NAMESPACE) == before


class TestCreatingAndDeleting:
    def new(self, name: str) -> Json:
        made = thing(k.MIGMIGRATION.api_version, "MigMigration", name, spec={"rollback": True})
        del made["metadata"]["uid"]
        return made

    def test_what_is_created_is_there_with_a_uid(self, writer: ClusterWriter) -> None:
        made = writer.create(k.MIGMIGRATION, MTC_NAMESPACE, self.new("shop-2"))
        there = writer.get(k.MIGMIGRATION, "shop-2", MTC_NAMESPACE)
        assert there["metadata"]["uid"] == made["metadata"]["uid"] != ""
        assert there["spec"] == {"rollback": True}

    def test_a_name_that_is_taken_is_a_conflict(self, writer: ClusterWriter) -> None:
        before = writer.get(k.MIGMIGRATION, "shop-1", MTC_NAMESPACE)
        with pytest.raises(Conflict):
            writer.create(k.MIGMIGRATION, MTC_NAMESPACE, self.new("shop-1"))
        assert writer.get(k.MIGMIGRATION, "shop-1", MTC_NAMESPACE) == before

    def test_a_dry_run_creates_nothing(self, writer: ClusterWriter) -> None:
        writer.create(k.MIGMIGRATION, MTC_NAMESPACE, self.new("shop-2"), dry_run=True)
        with pytest.raises(NotFound):
            writer.get(k.MIGMIGRATION, "shop-2", MTC_NAMESPACE)

    def test_what_is_deleted_is_gone(self, writer: ClusterWriter) -> None:
        uid = writer.get(k.PVB, "good", MTC_NAMESPACE)["metadata"]["uid"]
        writer.delete(k.PVB, "good", MTC_NAMESPACE, uid=uid)
        with pytest.raises(NotFound):
            writer.get(k.PVB, "good", MTC_NAMESPACE)

    def test_another_object_of_the_same_name_is_not_deleted(self, writer: ClusterWriter) -> None:
        with pytest.raises(Conflict):
            writer.delete(k.PVB, "good", MTC_NAMESPACE, uid="of-another")
        with pytest.raises(Conflict):
            writer.delete(k.PVB, "good", MTC_NAMESPACE, resource_version="1999999")
        assert writer.get(k.PVB, "good", MTC_NAMESPACE)

    def test_a_dry_run_deletes_nothing(self, writer: ClusterWriter) -> None:
        writer.delete(k.PVB, "good", MTC_NAMESPACE, dry_run=True)
        assert writer.get(k.PVB, "good", MTC_NAMESPACE)

    def test_what_is_not_there_cannot_be_deleted(self, writer: ClusterWriter) -> None:
        with pytest.raises(NotFound):
            writer.delete(k.PVB, "nope", MTC_NAMESPACE)


class TestWatchingChanges:
    def watched(
        self, writer: ClusterWriter, version: str, enough: Callable[[list[WatchEvent]], bool]
    ) -> list[WatchEvent]:
        seen: list[WatchEvent] = []
        for event in writer.watch(k.MIGMIGRATION, MTC_NAMESPACE, version, lambda: enough(seen)):
            if event.type != "BOOKMARK":
                seen.append(event)
            if enough(seen):
                break
        return seen

    def test_a_watch_tells_what_changed_since_a_listing_in_order(
        self, writer: ClusterWriter
    ) -> None:
        since = writer.list(k.MIGMIGRATION, MTC_NAMESPACE).resource_version
        body = thing(k.MIGMIGRATION.api_version, "MigMigration", "shop-2", spec={})
        writer.create(k.MIGMIGRATION, MTC_NAMESPACE, body)
        writer.patch(k.MIGMIGRATION, "shop-2", MTC_NAMESPACE, {"spec": {"canceled": True}})
        writer.delete(k.MIGMIGRATION, "shop-2", MTC_NAMESPACE)
        events = self.watched(writer, since, lambda seen: len(seen) >= 3)
        assert [event.type for event in events] == ["ADDED", "MODIFIED", "DELETED"]
        assert {event.object["metadata"]["name"] for event in events} == {"shop-2"}
        assert events[1].object["spec"] == {"canceled": True}
        assert all(event.object["kind"] == "MigMigration" for event in events)

    def test_a_dry_run_is_not_seen(self, writer: ClusterWriter) -> None:
        since = writer.list(k.MIGMIGRATION, MTC_NAMESPACE).resource_version
        dry, wet = {"spec": {"canceled": True}}, {"spec": {"quiescePods": True}}
        writer.patch(k.MIGMIGRATION, "shop-1", MTC_NAMESPACE, dry, dry_run=True)
        writer.patch(k.MIGMIGRATION, "shop-1", MTC_NAMESPACE, wet)
        (event,) = self.watched(writer, since, lambda seen: len(seen) >= 1)
        assert "canceled" not in event.object["spec"]
        assert event.object["spec"]["quiescePods"] is True
