"""Plans that wait for more than one thing, with the conditions that mig-controller sets on them.

In: a migration that waits for its plan, and the plan's conditions word for word. Out: what leads.
"""

from __future__ import annotations

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ObjectRef
from bot.diagnosis.diagnosing import Diagnoser
from tests.diagnosis.world import (
    NOW,
    SHOP,
    SHOP_1,
    Thing,
    failed,
    going,
    mtc,
    plan,
    plane,
    pod,
    thing,
    true,
)
from tests.knowledge.builtin import builtin_engine

CONFLICT = true(
    "PlanConflict", "Error", "The migration plan is in conflict with [other].", "Conflict"
)


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def waiting() -> Thing:
    blocked = true(
        "PlanNotReady",
        "Critical",
        "The referenced `migPlanRef` does not have a `Ready` condition, subject: "
        "openshift-migration/shop.",
    )
    reference = {"migPlanRef": {"name": "shop", "namespace": "openshift-migration"}}
    return mtc("MigMigration", "shop-1", spec=reference, status={"conditions": [blocked]})


@pytest.mark.parametrize(
    ("kind", "reason", "message", "leads"),
    [
        (
            "InvalidStorageRef",
            "NotFound",
            "The `spec.migStorageRef` must reference a valid `migstorage`, subject: "
            "openshift-migration/absent.",
            "migplan-storage-ref-invalid",
        ),
        (
            "NamespaceNotFoundOnSourceCluster",
            "NotFound",
            "Namespaces [shop] not found on the source cluster.",
            "migplan-namespace-not-on-source",
        ),
        (
            "DuplicateNamespaceOnSourceCluster",
            "DuplicateNamespaces",
            "Duplicate source cluster namespaces [shop] in migplan.",
            "migplan-duplicate-namespaces",
        ),
    ],
)
def test_what_is_critical_in_a_plan_leads_its_quarrel_with_another_plan(
    diagnoser: Diagnoser, kind: str, reason: str, message: str, leads: str
) -> None:
    critical = true(kind, "Critical", message, reason)
    found = diagnoser(plane(waiting(), plan(conditions=[CONFLICT, critical])), SHOP_1)
    causes = [f.entry.id for f in found.findings if f.entry.role == "cause"]
    assert causes == [leads, "migplan-conflict"]


def test_a_quarrel_alone_leads(diagnoser: Diagnoser) -> None:
    found = diagnoser(plane(waiting(), plan(conditions=[CONFLICT])), SHOP_1)
    assert found.root is not None
    assert found.root.entry.id == "migplan-conflict"


REFUSED = (
    b'time="2026-03-01T11:55:42Z" level=error msg="Error listing backups in backup store" '
    b"backupLocation=openshift-migration/store-wl4v2 controller=backup-sync "
    b'error="rpc error: code = Unknown desc = operation error S3: ListObjectsV2, https response '
    b'error StatusCode: 400, api error ExpiredToken: The provided token has expired."\n'
)


@pytest.mark.parametrize(
    ("blocked_by", "kind"),
    [("StorageNotReady", "MigStorage"), ("SourceClusterNotReady", "MigMigration")],
)
def test_what_velero_says_of_a_store_lies_in_the_store_as_soon_as_the_plan_waits_for_it(
    diagnoser: Diagnoser, blocked_by: str, kind: str
) -> None:
    held = going("InitialBackupCreated", true("PlanNotReady", "Critical"))
    waiting = plan(conditions=[true(blocked_by, "Critical")])
    logs = {(MTC_NAMESPACE, "velero-0", "velero"): REFUSED}
    velero = pod("velero-0", metadata={"labels": {"component": "velero"}})
    labels = {"labels": {"migplan": waiting["metadata"]["uid"]}}
    store = thing("velero.io/v1", "BackupStorageLocation", "store-wl4v2", metadata=labels)
    world = plane(held, waiting, source=[velero, store], source_logs=logs)
    found = diagnoser(world, SHOP_1).findings
    (expired,) = [f for f in found if f.entry.id == "store-token-expired"]
    assert expired.subject.kind == kind


REFUSES = (
    'Reconcile failed: [Get "https://api.ocp3.example.com:6443/api/v1/namespaces/shop": dial tcp '
    "10.0.0.1:6443: connect: connection refused]. See controller logs for details."
)
NO_ANSWER = true("ReconcileFailed", "Critical", REFUSES)


@pytest.mark.parametrize("target", [SHOP_1, SHOP])
def test_a_plan_that_its_cluster_does_not_answer_is_held_up_by_the_cluster(
    diagnoser: Diagnoser, target: ObjectRef
) -> None:
    held = going("PreBackupHooks", true("PlanNotReady", "Critical"))
    root = diagnoser(plane(held, plan(conditions=[NO_ANSWER])), target).root
    assert root is not None
    assert (root.entry.id, str(root.subject)) == ("cluster-connection-refused", "migcluster/ocp3")


def test_one_that_failed_of_it_keeps_it_when_its_plan_is_well_again(diagnoser: Diagnoser) -> None:
    error = 'Get "https://api.ocp3.example.com:6443/api": dial tcp 10.0.0.1:6443: connect: '
    ended = failed(f"{error}connection refused")
    for conditions in ([NO_ANSWER], [true("Ready", "Required")]):
        root = diagnoser(plane(ended, plan(conditions=conditions)), SHOP_1).root
        assert root is not None
        assert str(root.subject) == "migmigration/shop-1"


CREDENTIALS = "the server has asked for the client to provide credentials"


def refusing(name: str) -> Thing:
    message = f"Reconcile failed: [{CREDENTIALS}]. See controller logs for details."
    conditions = [true("ReconcileFailed", "Critical", message)]
    return mtc("MigCluster", name, status={"conditions": conditions})


def test_what_a_migration_says_of_the_one_cluster_that_refuses_the_token_is_one_finding(
    diagnoser: Diagnoser,
) -> None:
    found = diagnoser(plane(failed(CREDENTIALS), plan(), refusing("ocp3")), SHOP_1).findings
    refused = [f for f in found if f.entry.id == "cluster-token-refused"]
    assert [str(f.subject) for f in refused] == ["migcluster/ocp3"]
    assert {"migcluster/ocp3", "migmigration/shop-1"} == {
        quote.where.split()[0] for quote in refused[0].quotes
    }
