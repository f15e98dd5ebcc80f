"""A controller that is away, or held up: objects have no status, or keep the one they had.

In: objects as mig-controller leaves them, and its Deployment. Out: the root of the diagnosis.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ObjectRef
from bot.diagnosis.diagnosing import Diagnoser
from bot.mtc.outcome_words import Word
from tests.diagnosis.world import NOW, SHOP, SHOP_1, Thing, going, mtc, plan, plane, thing, true
from tests.knowledge.builtin import builtin_engine

NEW = {"creationTimestamp": "2026-03-01T11:54:00Z"}
"""Six minutes ago."""


def deployment(replicas: int, available: int, since: timedelta = timedelta(hours=1)) -> Thing:
    status: dict[str, Any] = {
        "conditions": [
            {
                "type": "Available",
                "status": "True" if available >= replicas else "False",
                "lastTransitionTime": (NOW - since).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ]
    }
    if available:
        status["availableReplicas"] = available
    spec = {"replicas": replicas}
    return thing("apps/v1", "Deployment", "migration-controller", spec=spec, status=status)


def unheard() -> Thing:
    return mtc("MigMigration", "shop-1", metadata=NEW, spec={"migPlanRef": {"name": "shop"}})


def diagnoser(now: datetime = NOW) -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: now)


@pytest.mark.parametrize(("replicas", "said"), [(0, "scaled to 0"), (1, "0 of 1 replicas")])
def test_a_controller_that_is_away_is_why_a_new_migration_has_no_status(
    replicas: int, said: str
) -> None:
    found = diagnoser()(plane(unheard(), plan(), deployment(replicas, 0)), SHOP_1)
    assert found.outcome.word is Word.STALLED
    assert found.root is not None
    assert found.root.entry.id == "controller-absent"
    assert any(said in quote.text for quote in found.root.quotes)
    assert [f.entry.id for f in found.root.symptoms] == ["object-untouched"]


@pytest.mark.parametrize(("away", "word"), [(2, Word.RUNNING), (4, Word.STALLED)])
def test_a_controller_that_went_away_in_mid_run_is_named_and_soon_holds_up_what_may_last_for_hours(
    away: int, word: Word
) -> None:
    gone = deployment(1, 0, timedelta(minutes=away))
    found = diagnoser()(plane(going("FinalRestoreCreated"), plan(), gone), SHOP_1)
    assert found.outcome.word is word
    assert found.root is not None
    assert found.root.entry.id == "controller-absent"


def test_a_controller_that_is_just_restarted_is_not_called_away() -> None:
    restarted = deployment(1, 0, timedelta(seconds=20))
    found = diagnoser()(plane(going("Prepare"), plan(), restarted), SHOP_1)
    assert "controller-absent" not in {f.entry.id for f in found.findings}


def test_what_ended_before_the_controller_went_away_is_not_blamed_on_it() -> None:
    ended = going("Completed", true("Succeeded", message="The migration has completed."))
    found = diagnoser()(plane(ended, plan(), deployment(0, 0)), SHOP_1)
    assert found.findings == ()


def test_stores_behind_one_that_does_not_answer_are_named_with_it() -> None:
    at = ("2026-03-01T11:51:00Z", "2026-03-01T11:52:00Z", "2026-03-01T11:59:30Z")
    silent, behind, new = (
        mtc("MigStorage", name, metadata={"creationTimestamp": made})
        for name, made in zip(("silent", "behind", "new"), at, strict=True)
    )
    here = plane(silent, behind, new, deployment(1, 1))
    found = diagnoser()(here, ObjectRef("MigStorage", "behind", MTC_NAMESPACE))
    assert found.root is not None
    assert found.root.entry.id == "object-untouched"
    (quote,) = found.root.quotes
    assert quote.text.endswith("made at 11:52:00Z; nor have silent")


class TestStoresThatNeverAnswer:
    """mig-controller tests one after the other without a limit, and other kinds meanwhile."""

    def stores(self, *names: str) -> list[Thing]:
        return [
            mtc(
                "MigStorage",
                name,
                spec={"backupStorageConfig": {"awsS3Url": "http://minio.example.com:9000"}},
                metadata={"creationTimestamp": f"2026-03-01T11:5{minute}:00Z"},
            )
            for minute, name in enumerate(names)
        ]

    def elsewhere(self, at: str) -> Thing:
        condition = {**true("Ready", "Required"), "lastTransitionTime": f"2026-03-01T{at}:00Z"}
        return mtc("MigCluster", "ocp4", status={"conditions": [condition]})

    @pytest.mark.parametrize("asked", ["silent", "store"])
    def test_the_one_at_which_the_controller_waits_is_named(self, asked: str) -> None:
        here = plane(*self.stores("silent", "store"), self.elsewhere("11:58"), deployment(1, 1))
        found = diagnoser()(here, ObjectRef("MigStorage", asked, MTC_NAMESPACE))
        assert found.root is not None
        assert (found.root.entry.id, found.root.subject.name) == ("store-unanswering", "silent")
        assert "http://minio.example.com:9000" in found.root.quotes[0].text
        assert found.root.quotes[0].text.endswith("behind it wait store")

    def test_it_is_named_for_plans_and_migrations_that_use_one_behind_it(self) -> None:
        not_ready = true("StorageNotReady", "Critical", "The referenced `migStorageRef` ...")
        blocked = going("", true("PlanNotReady", "Critical", "The `migPlanRef` is not Ready."))
        stores = self.stores("silent", "store")
        here = plane(blocked, plan(conditions=[not_ready]), *stores, self.elsewhere("11:58"))
        for target in (SHOP_1, SHOP):
            found = diagnoser()(here, target)
            assert found.root is not None
            assert (found.root.entry.id, found.root.subject.name) == ("store-unanswering", "silent")

    def test_none_is_blamed_while_the_controller_looks_at_nothing_at_all(self) -> None:
        here = plane(*self.stores("silent", "store"), self.elsewhere("11:49"), deployment(1, 1))
        found = diagnoser()(here, ObjectRef("MigStorage", "store", MTC_NAMESPACE))
        assert found.root is not None
        assert found.root.entry.id == "object-untouched"


def test_a_migration_whose_store_was_never_looked_at_is_held_up_by_the_store() -> None:
    store = mtc("MigStorage", "store", metadata=NEW)
    not_ready = true("StorageNotReady", "Critical", "The referenced `migStorageRef` ...")
    blocked = going("", true("PlanNotReady", "Critical", "The `migPlanRef` is not Ready."))
    here = plane(blocked, plan(conditions=[not_ready]), store)
    for target in (SHOP_1, SHOP):
        found = diagnoser()(here, target)
        assert found.root is not None
        assert (found.root.entry.id, found.root.subject.name) == ("object-untouched", "store")


def test_a_migration_that_failed_is_not_blamed_on_a_cluster_without_a_status() -> None:
    cluster = mtc("MigCluster", "ocp3", metadata=NEW)
    failed = true("Failed", "Critical", "The migration has failed.", "StageBackupFailed")
    found = diagnoser()(plane(going("Completed", failed), plan(), cluster), SHOP_1)
    assert found.outcome.word is Word.FAILED
    assert "object-untouched" not in {f.entry.id for f in found.findings}


def test_an_object_is_given_time_to_be_looked_at() -> None:
    early = datetime(2026, 3, 1, 11, 55, tzinfo=UTC)
    found = diagnoser(early)(plane(unheard(), plan(), deployment(1, 1)), SHOP_1)
    assert found.findings == ()
