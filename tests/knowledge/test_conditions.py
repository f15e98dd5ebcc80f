"""What MTC's own conditions lead to.

In: objects, event rows and messages as the controller writes them. Out: the ranked findings
of the entries that come with the bot. Nothing is replaced; the engine is the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from knowledge.matching.engine import Engine
from knowledge.observing import observe
from knowledge.pasting import match_text
from knowledge.ranking import Ranked, rank
from knowledge.schema import Entry
from tests.knowledge.builtin import builtin_engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return builtin_engine()


def mtc(kind: str, name: str, *conditions: tuple[str, str, str], **status: Any) -> dict[str, Any]:
    """Return an MTC object with conditions given as (type, category, message)."""
    return {
        "kind": kind,
        "metadata": {"name": name, "namespace": "openshift-migration"},
        "status": {
            **status,
            "conditions": [
                {"type": type_, "category": category, "message": message, "status": "True"}
                for type_, category, message in conditions
            ],
        },
    }


def findings(engine: Engine, *objects: dict[str, Any]) -> tuple[Ranked, ...]:
    return rank(engine.match([o for obj in objects for o in observe(obj, "host")]))


def below(finding: Ranked) -> Iterator[str]:
    for symptom in finding.symptoms:
        yield symptom.entry.id
        yield from below(symptom)


WAITING = mtc(
    "MigMigration",
    "cutover",
    (
        "PlanNotReady",
        "Critical",
        "The referenced `migPlanRef` does not have a `Ready` condition, "
        "subject: openshift-migration/shop.",
    ),
)
PLAN_WITHOUT_SOURCE = mtc(
    "MigPlan",
    "shop",
    (
        "SourceClusterNotReady",
        "Critical",
        "The referenced `srcMigClusterRef` does not have a `Ready` condition, "
        "subject: openshift-migration/old",
    ),
)
PLAN_WITHOUT_STORE = mtc(
    "MigPlan",
    "shop",
    (
        "StorageNotReady",
        "Critical",
        "The referenced `migStorageRef` does not have a `Ready` condition, "
        "subject: openshift-migration/minio.",
    ),
)


def cluster_failing(error: str) -> dict[str, Any]:
    text = f"Reconcile failed: [{error}]. See controller logs for details."
    return mtc("MigCluster", "old", ("ReconcileFailed", "Critical", text))


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("the server has asked for the client to provide credentials", "cluster-token-refused"),
        ("Unauthorized", "cluster-token-refused"),
        (
            'Get "https://api.old.example.com:6443/version?timeout=32s": tls: failed to verify '
            "certificate: x509: certificate signed by unknown authority",
            "x509-unknown-authority",
        ),
        (
            'Get "https://api.old.example.com:6443/version?timeout=32s": x509: certificate has '
            "expired or is not yet valid: current time 2025-03-04T10:15:00Z is after "
            "2025-03-01T00:00:00Z",
            "x509-expired",
        ),
        (
            'Get "https://10.0.0.5:6443/version?timeout=32s": x509: certificate is valid for '
            "172.30.0.1, not 10.0.0.5",
            "x509-host-mismatch",
        ),
        (
            'Get "https://api.old.example.com:6443/version?timeout=32s": dial tcp 10.0.0.5:6443: '
            "connect: connection refused",
            "cluster-connection-refused",
        ),
        (
            'Get "https://api.old.example.com:6443/version?timeout=32s": dial tcp: lookup '
            "api.old.example.com on 172.30.0.10:53: no such host",
            "cluster-host-not-found",
        ),
        (
            'Get "https://api.old.example.com:6443/version?timeout=32s": dial tcp 10.0.0.5:6443: '
            "i/o timeout",
            "cluster-timeout",
        ),
        (
            'Get "api.old.example.com:6443/version": unsupported protocol scheme '
            '"api.old.example.com"',
            "migcluster-url-invalid",
        ),
        ("an error nobody has met before", "reconcile-failed"),
    ],
)
def test_blocked_migration_is_traced_over_plan_and_cluster_to_the_error_text(
    engine: Engine, error: str, cause: str
) -> None:
    root, *others = findings(engine, WAITING, PLAN_WITHOUT_SOURCE, cluster_failing(error))
    assert root.entry.id == cause
    assert not others
    assert {"migplan-cluster-not-ready", "migmigration-plan-not-ready"} <= set(below(root))
    assert root.subject.kind == "MigCluster"


def test_specific_condition_beside_reconcile_failed_is_the_cause(engine: Engine) -> None:
    cluster = mtc(
        "MigCluster",
        "old",
        (
            "ReconcileFailed",
            "Critical",
            "Reconcile failed: [Service Account Secret not found for old]. "
            "See controller logs for details.",
        ),
        (
            "InvalidSaSecretRef",
            "Critical",
            "The `serviceAccountSecretRef` must reference a valid `secret`, "
            "subject: openshift-config/old.",
        ),
    )
    (root,) = findings(engine, cluster)
    assert root.entry.id == "migcluster-secret-missing"
    assert root.params["secret"] == "openshift-config/old"
    assert not root.symptoms


def test_store_behind_a_blocked_plan_is_the_cause(engine: Engine) -> None:
    store = mtc(
        "MigStorage",
        "minio",
        (
            "BackupStorageProviderTestFailed",
            "Critical",
            "The `backupStorageConfig` settings [RequestError: send request failed\n"
            'caused by: Put "https://minio.example.com/mig/t": x509: certificate signed by unknown '
            "authority] not provided in secret openshift-config/minio not valid.",
        ),
    )
    (root,) = findings(engine, WAITING, PLAN_WITHOUT_STORE, store)
    assert root.entry.id == "x509-unknown-authority-store"
    assert {"migplan-storage-not-ready", "migmigration-plan-not-ready"} <= set(below(root))


def test_two_causes_of_one_plan_both_stand_and_the_plan_s_own_comes_first(engine: Engine) -> None:
    plan = mtc(
        "MigPlan",
        "shop",
        (
            "SourceClusterNoRegistryPath",
            "Critical",
            "Direct image migration is selected and the source cluster openshift-migration/old "
            "is missing a configured Registry Path",
        ),
        (
            "NamespaceNotFoundOnSourceCluster",
            "Critical",
            "Namespaces [nope] not found on the source cluster.",
        ),
    )
    found = [finding.entry.id for finding in findings(engine, plan)]
    assert found == ["migplan-namespace-not-on-source", "migplan-registry-path-missing"]


def test_postponed_migration_never_alerts_by_itself(engine: Engine) -> None:
    waiting = mtc(
        "MigMigration",
        "second",
        (
            "Postponed",
            "Critical",
            "Postponed 10 seconds to ensure migrations run serially and in order.",
        ),
    )
    (only,) = findings(engine, waiting)
    assert only.entry.id == "migmigration-postponed"
    assert only.entry.benign


@pytest.mark.parametrize(
    "condition",
    [
        ("Ready", "Required", "The migration plan is ready."),
        ("PvsDiscovered", "Required", "The `persistentVolumes` list has been updated."),
        (
            "Suspended",
            "Advisory",
            "The migrations plan is in suspended state; Limited validation enforced; PV discovery "
            "and resource reconciliation suspended.",
        ),
        (
            "MigrationTypeIdentified",
            "Advisory",
            "Indirect migration modes can only be used for full namespace migrations.",
        ),
        ("Closed", "Advisory", "The migration plan is closed."),
    ],
)
def test_normal_condition_of_a_plan_leads_to_nothing(
    engine: Engine, condition: tuple[str, str, str]
) -> None:
    assert not findings(engine, mtc("MigPlan", "shop", condition))


@pytest.mark.parametrize(
    ("reason", "entry"),
    [
        ("PreBackupHooksFailed", "migmigration-failed-in-hook"),
        ("StageBackupFailed", "migmigration-failed-in-backup"),
        ("FinalRestoreFailed", "migmigration-failed-in-restore"),
        ("SourceStagePodsFailed", "migmigration-failed-in-stage-pods"),
        ("EnsureCloudSecretPropagated", "migmigration-failed"),
    ],
)
def test_failed_migration_is_named_by_the_phase_it_failed_in(
    engine: Engine, reason: str, entry: str
) -> None:
    failed = mtc(
        "MigMigration", "m", ("Failed", "Advisory", "The migration has failed.  See: Errors.")
    )
    failed["status"]["conditions"][0]["reason"] = reason
    (root,) = findings(engine, failed)
    assert root.entry.id == entry


def test_error_of_a_failed_migration_stands_above_its_failure(engine: Engine) -> None:
    failed = mtc(
        "MigMigration",
        "m",
        ("Failed", "Advisory", "The migration has failed.  See: Errors."),
        errors=["Unauthorized"],
    )
    (root,) = findings(engine, failed)
    assert root.entry.id == "cluster-token-refused"
    assert "migmigration-failed" in set(below(root))


@pytest.mark.parametrize(
    ("row", "entry"),
    [
        ("9m  Warning  SourceClusterNotReady  migplan/shop  ...", "migplan-cluster-not-ready"),
        ("9m  Warning  PlanConflict  migplan/shop  The migration plan is in", "migplan-conflict"),
        ("9m  Warning  InvalidSaToken  migcluster/old  The `saToken`", "migcluster-token-missing"),
        ("    Type:                  GVKsIncompatible", "migplan-gvks-incompatible"),
        ("The `namespaces` list may not be empty.", "migplan-namespace-list-empty"),
    ],
)
def test_row_or_bare_message_is_enough(engine: Engine, row: str, entry: str) -> None:
    root = rank(match_text(engine, row.encode()))[0]
    assert root.entry.id == entry


def superseding(name: str, other: str, pattern: str) -> Entry:
    text = {"en": "text", "zh": "文字"}
    example = {"text": "disk is full"}
    return Entry.model_validate(
        {
            "id": name,
            "title": text,
            "cause": text,
            "severity": "error",
            "source": ["made up"],
            "matchers": [{"signature": {"pattern": pattern}}],
            "supersedes": [other],
            "steps": [{"text": text}],
            "examples": {"match": [example] * 3, "no_match": [example] * 2},
        }
    )


def test_two_entries_that_supersede_each_other_both_stay() -> None:
    engine = Engine([superseding("one", "two", "disk is full"), superseding("two", "one", "full")])
    found = rank(match_text(engine, b"disk is full"))
    assert [finding.entry.id for finding in found] == ["one", "two"]


def test_entries_that_supersede_each_other_in_a_ring_leave_no_silence() -> None:
    ring = [("one", "two"), ("two", "three"), ("three", "one")]
    engine = Engine([superseding(name, other, "disk is full") for name, other in ring])
    found = rank(match_text(engine, b"disk is full"))
    assert {finding.entry.id for finding in found} == {"one", "two", "three"}


def test_a_ring_takes_what_it_supersedes_and_yields_to_what_supersedes_it() -> None:
    names = [("first", "one"), ("one", "two"), ("two", "three"), ("three", "one")]
    engine = Engine([superseding(name, other, "disk is full") for name, other in names])
    found = rank(match_text(engine, b"disk is full"))
    assert [finding.entry.id for finding in found] == ["first"]


def test_a_critical_condition_that_no_entry_names_is_told_and_goes_beneath_its_cause(
    engine: Engine,
) -> None:
    unknown = ("DestinationLacksFeature", "Critical", "The destination lacks a feature.")
    known = ("NamespaceListEmpty", "Critical", "The `namespaces` list may not be empty.")

    alone = rank(engine.match(observe(mtc("MigPlan", "shop", unknown))))
    both = rank(engine.match(observe(mtc("MigPlan", "shop", unknown, known))))
    named = rank(engine.match(observe(mtc("MigPlan", "shop", known))))

    assert [found.entry.id for found in alone] == ["mtc-condition-unknown"]
    assert [found.entry.id for found in both] == ["migplan-namespace-list-empty"]
    assert [found.entry.id for found in both[0].symptoms] == ["mtc-condition-unknown"]
    assert [found.entry.id for found in named] == ["migplan-namespace-list-empty"]
    assert not named[0].symptoms


@pytest.mark.parametrize("category", ["Warn", "Advisory", "Required", ""])
def test_a_condition_that_no_entry_names_and_that_stops_nothing_is_no_finding(
    engine: Engine, category: str
) -> None:
    plan = mtc("MigPlan", "shop", ("SomethingNew", category, "Something new was seen."))

    assert not rank(engine.match(observe(plan)))


def test_what_the_kubelet_says_of_a_container_is_no_failure_of_a_migration(engine: Engine) -> None:
    of_kubelet = "5m 4m 4 kubelet, n1 spec.containers{web} Warning Failed Error: odd thing"
    of_mtc = "5m Warning Failed directvolumemigration/shop-1 The migration has failed."

    assert not rank(match_text(engine, of_kubelet.encode()))
    assert [found.entry.id for found in rank(match_text(engine, of_mtc.encode()))] == ["dvm-failed"]


def test_of_the_history_of_an_operator_only_its_end_holds(engine: Engine) -> None:
    missing = {"phase": "Pending", "message": "one or more requirements couldn't be found"}
    done = {"phase": "Succeeded", "message": "install strategy completed with no errors"}

    def first(*history: dict[str, str]) -> list[str]:
        csv = {"kind": "ClusterServiceVersion", "status": {"conditions": list(history)}}
        return [f.entry.id for f in rank(engine.match(observe(csv)))]

    assert first(missing, done) == []
    assert first(done, missing) == ["olm-csv-failed"]


def test_conditions_deep_in_a_status_count_as_conditions(engine: Engine) -> None:
    failed = {
        "type": "BundleLookupFailed",
        "status": "True",
        "reason": "DeadlineExceeded",
        "message": "Job was active longer than specified deadline",
    }
    plan = {"kind": "InstallPlan", "status": {"bundleLookups": [{"conditions": [failed]}]}}
    assert rank(engine.match(observe(plan)))[0].entry.id == "olm-bundle-unpack-failed"


def test_the_last_words_of_a_container_that_is_ready_again_are_over(engine: Engine) -> None:
    words = (
        "E0101 10:00:00 leaderelection lost\ndial tcp 10.0.0.1:6443: connect: connection refused"
    )

    def first(labels: dict[str, str], **ended: Any) -> list[str]:
        last = {"terminated": {"exitCode": 1, "reason": "Error", "message": words, **ended}}
        container = {"name": "c", "ready": True, "state": {"running": {}}, "lastState": last}
        pod = {
            "kind": "Pod",
            "metadata": {"name": "p", "namespace": "n", "labels": labels},
            "status": {"phase": "Running", "containerStatuses": [container]},
        }
        return [f.entry.id for f in rank(engine.match(observe(pod)))]

    assert first({}) == []
    assert first({"component": "velero"}) != []
    assert first({}, reason="OOMKilled", exitCode=137) == ["container-out-of-memory"]
