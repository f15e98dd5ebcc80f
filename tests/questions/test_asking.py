"""What people type, and which object is meant; two control clusters in memory, no mocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Expired, Listing, ObjectRef, Unreachable
from bot.diagnosis.diagnosing import Diagnoser
from bot.mtc.outcome_words import Word
from bot.questions.asking import Questions, Unknown
from bot.questions.overview import overview
from bot.questions.statuses import status_of
from knowledge.loading import load_builtin
from knowledge.matching.engine import Engine
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane

LISTED = (k.MIGCLUSTER, k.MIGPLAN, k.MIGMIGRATION, k.DVM)
MIGRATION_3 = ObjectRef("MigMigration", "shop-3", MTC_NAMESPACE)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MTC = "migration.openshift.io/v1alpha1"


def thing(kind: str, name: str, **parts: Any) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": MTC_NAMESPACE,
        "creationTimestamp": parts.pop("created", "2026-03-01T11:00:00Z"),
    }
    return {"apiVersion": MTC, "kind": kind, "metadata": metadata, **parts}


def migration(name: str, plan: str, *conditions: dict[str, Any], **status: Any) -> dict[str, Any]:
    created = status.pop("created", "2026-03-01T11:00:00Z")
    return thing(
        "MigMigration",
        name,
        created=created,
        spec={"migPlanRef": {"name": plan, "namespace": MTC_NAMESPACE}, "stage": False},
        status={"conditions": list(conditions), **status},
    )


def true(kind: str, category: str = "Advisory", message: str = "") -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "category": category,
        "message": message,
        "lastTransitionTime": "2026-03-01T11:59:00Z",
    }


def plane(name: str, *objects: dict[str, Any]) -> MemoryPlane:
    host = thing("MigCluster", "host", spec={"isHostCluster": True})
    return MemoryPlane(name, {"host": MemoryCluster("host", [host, *objects])})


ENGINE = Engine([])
WAVE_1 = (
    thing("MigPlan", "shop", spec={"namespaces": ["shop", "pay:pay-new"]}),
    migration("shop-1", "shop", true("Succeeded"), phase="Completed", itinerary="Final"),
    migration(
        "shop-2",
        "shop",
        true("Running", message="Step: 21/50"),
        phase="InitialBackupCreated",
        created="2026-03-01T11:30:00Z",
        pipeline=[
            {"name": "Prepare", "started": "x", "completed": "y", "message": "Completed"},
            {"name": "Backup", "started": "x", "progress": ["Backup ns/b: 3 out of 9"]},
            {"name": "Restore", "message": "Not started"},
        ],
    ),
)
WAVE_2 = (
    thing("MigPlan", "media", spec={"namespaces": ["media"]}),
    migration(
        "media-1",
        "media",
        true("PlanNotReady", "Critical", "no Ready condition\ntoken=hunter2hunter2"),
    ),
    migration("shop-1", "media", true("Succeeded"), phase="Completed"),
)


@pytest.fixture
def questions() -> Questions:
    planes = (plane("wave-1", *WAVE_1), plane("wave-2", *WAVE_2))
    return Questions(planes, Diagnoser(ENGINE, lambda: NOW), load_builtin, lambda: NOW)


def test_what_is_under_way_without_a_controller_stands_still_in_lists_and_in_its_status() -> None:
    controller = {
        **thing("Deployment", "migration-controller", spec={"replicas": 0}, status={}),
        "apiVersion": "apps/v1",
    }
    found = plane("wave-1", *WAVE_1, controller)
    words = {row.name: row.outcome.word for row in overview(found, NOW)}
    assert words == {"shop-1": Word.SUCCEEDED, "shop-2": Word.STALLED}
    running = ObjectRef("MigMigration", "shop-2", MTC_NAMESPACE)
    assert status_of(found, running, NOW).row.outcome.word is Word.STALLED


class TestNames:
    def test_a_bare_name_is_a_migration(self, questions: Questions) -> None:
        found, target = questions.find("shop-2")
        assert (found.name, target.kind, target.name) == ("wave-1", "MigMigration", "shop-2")

    def test_or_else_a_plan(self, questions: Questions) -> None:
        assert questions.find(" `media` ")[1].kind == "MigPlan"

    def test_other_kinds_are_named(self, questions: Questions) -> None:
        assert questions.find("migcluster/host@wave-1")[1].kind == "MigCluster"

    def test_a_name_on_several_control_clusters_asks_which(self, questions: Questions) -> None:
        with pytest.raises(Unknown) as unknown:
            questions.find("shop-1")
        assert unknown.value.closest == ("shop-1@wave-1", "shop-1@wave-2")
        assert questions.find("shop-1@wave-2")[0].name == "wave-2"

    def test_an_unknown_name_gets_the_closest_matches(self, questions: Questions) -> None:
        with pytest.raises(Unknown) as unknown:
            questions.diagnose("shopp-2")
        assert unknown.value.closest[0] == "shop-2"
        assert "Did you mean shop-2" in str(unknown.value)

    def test_an_unknown_control_cluster_names_those_there_are(self, questions: Questions) -> None:
        with pytest.raises(Unknown) as unknown:
            questions.find("shop-1@nowhere")
        assert unknown.value.closest == ("shop-1@wave-1", "shop-1@wave-2")
        assert "no control cluster" in str(unknown.value)

    def test_what_only_shares_some_letters_is_not_meant(self, questions: Questions) -> None:
        with pytest.raises(Unknown) as unknown:
            questions.find("kiosk")
        assert unknown.value.closest == ()

    def test_a_part_of_a_name_leads_to_it(self, questions: Questions) -> None:
        with pytest.raises(Unknown) as unknown:
            questions.find("med")
        assert unknown.value.closest[0] in ("media", "media-1")

    def test_an_unreachable_control_cluster_is_not_an_unknown_name(
        self, questions: Questions
    ) -> None:
        broken = questions.planes[0]
        assert isinstance(broken, MemoryPlane)
        broken.host.fail_with(Unreachable("wave-1 does not answer"))
        with pytest.raises(Unreachable):
            questions.find("shop-2")
        assert questions.find("media-1")[0].name == "wave-2"

    @given(st.text(max_size=80))
    def test_anything_typed_finds_something_or_says_that_it_is_unknown(self, typed: str) -> None:
        asked = Questions((plane("wave-1", *WAVE_1),), Diagnoser(ENGINE), load_builtin)
        try:
            asked.find(typed)
        except Unknown as unknown:
            assert str(unknown)


class TestLists:
    def test_going_ones_come_first_then_the_newest(self, questions: Questions) -> None:
        names = [f"{row.name}@{row.control}" for row in questions.rows()]
        assert names[:2] == ["shop-2@wave-1", "media-1@wave-2"]
        assert set(names[2:]) == {"shop-1@wave-1", "shop-1@wave-2"}

    def test_words_narrow_the_list(self, questions: Questions) -> None:
        assert [row.name for row in questions.rows("wave-2 blocked")] == ["media-1"]

    def test_a_row_says_in_one_redacted_line_what_is_wrong(self, questions: Questions) -> None:
        row = questions.rows("media-1")[0]
        assert row.needs_attention
        assert row.problem.startswith("PlanNotReady: no Ready condition token=[redacted")

    def test_an_image_that_was_not_copied_is_named_with_the_reason(self) -> None:
        warned = true(
            "DirectImageMigrationFailed", "Warn", "(dim): x failed. See dim Status.Errors"
        )
        ended = migration("i-1", "i", warned, true("SucceededWithWarnings"), phase="Completed")
        ended["metadata"]["uid"] = "uid-i-1"
        copied = thing(
            "DirectImageMigration",
            "i-1-x",
            status={"failedISs": [{"namespace": "i", "name": "web", "errors": ["denied"]}]},
        )
        copied["metadata"]["ownerReferences"] = [{"kind": "MigMigration", "uid": "uid-i-1"}]
        asked = Questions((plane("wave-1", ended, copied),), Diagnoser(ENGINE), load_builtin)
        (row,) = asked.rows()
        assert row.problem == "image not copied: i/web: denied"

    def test_a_broken_control_cluster_is_named_and_hides_nothing(
        self, questions: Questions
    ) -> None:
        broken = questions.planes[1]
        assert isinstance(broken, MemoryPlane)
        broken.host.fail_with(Unreachable("no route to wave-2"))
        assert {row.control for row in questions.rows()} == {"wave-1"}
        assert questions.unreachable() == (("wave-2", "no route to wave-2"),)
        broken.host.fail_with(None)
        questions.rows()
        assert questions.unreachable() == ()


class Paged(MemoryCluster):
    """A cluster that lists one object a page, and forgets the version of some lists."""

    late = 0
    """How many lists break off."""

    def pages(self, kind: Kind, namespace: str = "") -> Iterator[Listing]:
        for item in self.list(kind, namespace).items:
            yield Listing((item,), "1")
            if kind is k.MIGMIGRATION and self.late:
                self.late -= 1
                raise Expired("the list took too long")


class TestLongLists:
    OTHERS = (
        migration(
            "shop-3",
            "shop",
            true("Postponed", "Critical", "queued"),
            phase="",
            created="2026-03-01T11:45:00Z",
        ),
        thing(
            "DirectVolumeMigration",
            "shop-4-x",
            status={
                "phase": "MigrationFailed",
                "rsyncOperations": [
                    {"pvcReference": {"namespace": "shop", "name": "data"}, "failed": True}
                ],
            },
        ),
        migration("shop-4", "shop", true("Succeeded"), phase="Completed", itinerary="Final"),
    )

    @pytest.fixture
    def paged(self) -> Paged:
        host = thing("MigCluster", "host", spec={"isHostCluster": True})
        cluster = Paged("host", [host, *WAVE_1, *self.OTHERS])
        uid = cluster.get(k.MIGMIGRATION, "shop-4", MTC_NAMESPACE)["metadata"]["uid"]
        labels = {"metadata": {"labels": {"migmigration": uid}}}
        cluster.patch(k.DVM, "shop-4-x", MTC_NAMESPACE, labels)
        return cluster

    def test_are_read_page_by_page_and_say_the_same(self, paged: Paged) -> None:
        whole = MemoryCluster("host", [o for kind in LISTED for o in paged.list(kind).items])
        rows = overview(MemoryPlane("wave-1", {"host": paged}), NOW)
        assert rows == overview(MemoryPlane("wave-1", {"host": whole}), NOW)
        told = {row.name: (row.outcome.word, row.outcome.behind, row.problem) for row in rows}
        assert told["shop-3"] == (Word.WAITING, "shop-2", "Postponed: queued")
        assert told["shop-4"] == (Word.NOT_COPIED, "", "not copied: shop/data")

    def test_one_that_took_too_long_is_read_again(self, paged: Paged) -> None:
        paged.late = 1
        asked = MemoryPlane("wave-1", {"host": paged})
        assert len(overview(asked, NOW)) == 4
        paged.late = 1
        assert status_of(asked, MIGRATION_3, NOW).row.outcome.behind == "shop-2"

    def test_one_that_always_takes_too_long_is_named(self, paged: Paged) -> None:
        paged.late = 9
        planes = (MemoryPlane("wave-1", {"host": paged}), plane("wave-2", *WAVE_2))
        asked = Questions(planes, Diagnoser(ENGINE), load_builtin, lambda: NOW)
        assert {row.control for row in asked.rows()} == {"wave-2"}
        assert asked.unreachable() == (("wave-1", "the list took too long"),)


class TestStatus:
    def test_a_running_migration_shows_its_steps_and_progress(self, questions: Questions) -> None:
        status = questions.status("shop-2")
        assert status.row.outcome.word is Word.RUNNING
        assert [(s.name, s.state) for s in status.pipeline] == [
            ("Prepare", "done"),
            ("Backup", "running"),
            ("Restore", "waiting"),
        ]
        assert status.progress == ("Backup ns/b: 3 out of 9",)
        assert status.namespaces == ("shop", "pay:pay-new")

    def test_a_plan_that_is_not_ready_is_blocked(self, questions: Questions) -> None:
        assert questions.status("migplan/shop").row.outcome.word is Word.BLOCKED
