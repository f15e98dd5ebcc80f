"""Troubles of applications that have nothing to do with how a migration fares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from sandbox.scenarios.schema import Scenario
from tests.diagnosis.world import (
    NOW,
    SHOP_1,
    Thing,
    failed,
    going,
    plan,
    plane,
    pod,
    thing,
    true,
)
from tests.knowledge.builtin import builtin_engine
from tests.sandbox_clusters.conftest import SCENARIOS, diagnose, play

IMAGE = "quay.io/shop/extra:1"
NO_IMAGE = (
    f'Failed to pull image "{IMAGE}": reading manifest 1 in quay.io/shop/extra: manifest unknown'
)
NO_ROOM = "0/6 nodes are available: 6 Insufficient memory."
REFUSED = (
    'Error creating: pods "extra-7f-abcde" is forbidden: violates PodSecurity "restricted:latest": '
    "allowPrivilegeEscalation != false"
)


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def event(kind: str, name: str, reason: str, message: str, at: str, namespace: str) -> Thing:
    return thing(
        "v1",
        "Event",
        f"{name}.{reason.lower()}",
        namespace,
        metadata={"creationTimestamp": at},
        type="Warning",
        reason=reason,
        message=message,
        involvedObject={"kind": kind, "name": name, "namespace": namespace},
        firstTimestamp=at,
        lastTimestamp=at,
        count=3,
    )


def waiting(name: str, reason: str, namespace: str = "shop", **labels: str) -> Thing:
    container = {"name": "c", "image": IMAGE, "state": {"waiting": {"reason": reason}}}
    status = {"phase": "Pending", "containerStatuses": [container]}
    return pod(name, namespace, metadata={"labels": labels}, status=status)


def ailing(at: datetime, namespace: str) -> Iterator[Thing]:
    """Yield what may ail in any application's namespace."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def tells(kind: str, name: str, reason: str, message: str) -> Thing:
        return event(kind, name, reason, message, stamp, namespace)

    yield waiting("extra-1", "ImagePullBackOff", namespace, app="extra")
    yield tells("Pod", "extra-1", "Failed", NO_IMAGE)
    yield waiting("extra-2", "CrashLoopBackOff", namespace, app="extra")
    yield tells("Pod", "extra-3", "FailedScheduling", NO_ROOM)
    yield tells("ReplicaSet", "extra-7f", "FailedCreate", REFUSED)
    yield tells("Job", "nightly-1", "BackoffLimitExceeded", "Job has reached the backoff limit")
    over = true("Failed", message="Job has reached the backoff limit")
    over |= {"reason": "BackoffLimitExceeded", "lastTransitionTime": stamp}
    yield thing("batch/v1", "Job", "nightly-1", namespace, status={"conditions": [over]})
    gone = 'storageclass.storage.k8s.io "gone" not found'
    yield tells("PersistentVolumeClaim", "extra-data", "ProvisioningFailed", gone)
    taken = "route extra already exposes extra.apps.example.com and is older"
    yield tells("Route", "extra", "HostAlreadyClaimed", taken)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_whatever_else_ails_in_its_namespaces_the_cause_is_the_same(scenario: Scenario) -> None:
    played = play([scenario])
    now = played.player.now

    def first() -> str | None:
        root = diagnose(played.plane, scenario.expect.target, now).root
        return root.entry.id if root is not None else None

    alone = first()
    app, lately = scenario.app(), now - timedelta(seconds=20)
    for where, namespace in zip((app.source, app.destination), app.pairs[0], strict=True):
        for one in ailing(lately, namespace):
            played.plane.clusters[where].put(one)
    assert first() == alone


def entries(found: Diagnosis) -> list[str]:
    return [finding.entry.id for finding in found.findings]


AT = "2026-03-01T11:20:00Z"
OWN_TROUBLE = (
    waiting("extra-1", "ImagePullBackOff", app="extra"),
    event("Pod", "extra-1", "Failed", NO_IMAGE, AT, "shop"),
)


def test_where_no_cause_is_known_it_does_not_stand_for_one(diagnoser: Diagnoser) -> None:
    lost = failed("nobody knows this one", reason="RunRsyncOperations")
    odd = b'{"level":"error","ts":1772363700,"msg":"odd","migMigration":"shop-1","error":"hm"}'
    logs = {(MTC_NAMESPACE, "migration-controller-1", "mtc"): odd}
    site = plane(lost, plan(), pod("migration-controller-1"), destination=OWN_TROUBLE, logs=logs)
    found = diagnoser(site, SHOP_1)
    assert entries(found)[:2] == ["migmigration-failed", "image-pull-not-found"]
    assert [finding.beside for finding in found.findings[:2]] == [False, True]
    assert found.telling != ()


def test_in_the_verification_it_is_the_cause(diagnoser: Diagnoser) -> None:
    unhealthy = true(
        "UnhealthyNamespaces", "Warn", "'host' cluster has unhealthy namespaces.", "ErrorsDetected"
    )
    ended = failed(reason="Verification")
    ended["status"]["conditions"].append(unhealthy)
    found = diagnoser(plane(ended, plan(), destination=OWN_TROUBLE), SHOP_1)
    assert entries(found)[0] == "image-pull-not-found"


@pytest.mark.parametrize(
    ("phase", "beside"), [("EnsureSrcQuiesced", False), ("StageBackupCreated", True)]
)
def test_while_applications_are_quiesced_they_are_waited_for(
    diagnoser: Diagnoser, phase: str, beside: bool
) -> None:
    found = diagnoser(plane(going(phase), plan(), source=OWN_TROUBLE), SHOP_1)
    told = {f.entry.id: f for one in found.findings for f in (one, *one.symptoms)}
    assert told["image-pull-not-found"].beside is beside


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("migration-log-reader-7f", "migmigration-failed"),
        ("velero-6d9f", "container-out-of-memory"),
    ],
)
def test_of_the_pods_of_mtc_those_that_only_people_look_at_are_no_cause(
    diagnoser: Diagnoser, name: str, root: str
) -> None:
    last = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": AT}
    container = {"name": "c", "restartCount": 9, "lastState": {"terminated": last}}
    killed = pod(name, status={"phase": "Running", "containerStatuses": [container]})
    lost = failed("nobody knows this one", reason="StageBackupCreated")
    found = diagnoser(plane(lost, plan(), killed), SHOP_1)
    assert entries(found)[0] == root


def volume(claim: str) -> dict[str, Any]:
    return {
        "name": f"pv-{claim}",
        "pvc": {"name": claim, "namespace": "shop"},
        "selection": {"action": "copy", "copyMethod": "filesystem"},
    }


@pytest.mark.parametrize(
    ("claim", "root"), [("data", "pvc-storage-class-missing"), ("extra", "migmigration-failed")]
)
def test_a_claim_counts_where_the_plan_copies_it(
    diagnoser: Diagnoser, claim: str, root: str
) -> None:
    gone = 'storageclass.storage.k8s.io "gone" not found'
    told = event("PersistentVolumeClaim", claim, "ProvisioningFailed", gone, AT, "shop")
    lost = failed("nobody knows this one", reason="RunRsyncOperations")
    found = diagnoser(plane(lost, plan(volume("data")), destination=[told]), SHOP_1)
    assert entries(found)[0] == root


@pytest.mark.parametrize(
    ("claim", "root"), [("data", "volume-multi-attach"), ("extra", "migmigration-failed")]
)
def test_a_pod_that_cannot_have_a_copied_volume_counts(
    diagnoser: Diagnoser, claim: str, root: str
) -> None:
    used = [{"name": "d", "persistentVolumeClaim": {"claimName": claim}}]
    web = pod("web-1", "shop", spec={"volumes": used}, status={"phase": "Pending"})
    twice = 'Multi-Attach error for volume "pvc-7" Volume is already used by pod(s) web-0'
    told = event("Pod", "web-1", "FailedAttachVolume", twice, AT, "shop")
    lost = failed("nobody knows this one", reason="RunRsyncOperations")
    found = diagnoser(plane(lost, plan(volume("data")), source=[web, told]), SHOP_1)
    assert entries(found)[0] == root


@pytest.mark.parametrize(
    ("live", "root"), [(True, "unschedulable-insufficient"), (False, "migmigration-failed")]
)
def test_a_machine_that_moves_while_it_runs_counts(
    diagnoser: Diagnoser, live: bool, root: str
) -> None:
    told = event("Pod", "virt-launcher-vm-1-abcde", "FailedScheduling", NO_ROOM, AT, "shop")
    lost = failed("nobody knows this one", reason="RunRsyncOperations")
    found = diagnoser(plane(lost, plan(liveMigrate=live), destination=[told]), SHOP_1)
    assert entries(found)[0] == root


@pytest.mark.parametrize(
    "own",
    [
        waiting("stage-web-1-abcde", "ImagePullBackOff"),
        waiting("rsync-abcde", "ImagePullBackOff", owner="directvolumemigration"),
        waiting(
            "shop-prebackup-7xk2p-m4v8d", "ImagePullBackOff", **{"job-name": "x-prebackup-7xk2p"}
        ),
    ],
    ids=["stage", "rsync", "hook"],
)
def test_the_pods_that_mtc_makes_count(diagnoser: Diagnoser, own: Thing) -> None:
    name = own["metadata"]["name"]
    told = event("Pod", name, "Failed", NO_IMAGE, AT, "shop")
    lost = failed("nobody knows this one", reason="RunRsyncOperations")
    found = diagnoser(plane(lost, plan(), destination=[own, told]), SHOP_1)
    assert entries(found)[0] == "image-pull-not-found"
