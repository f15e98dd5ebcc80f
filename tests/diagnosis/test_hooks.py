"""Hooks that fail, as their jobs stand on a cluster.

mig-controller labels the Job of a hook; the pods, made by the job controller, bear the Job's name
and nothing of MTC. A hook may run in any namespace. Out: the root of the diagnosis.
"""

from __future__ import annotations

import pytest

from bot.diagnosis.diagnosing import Diagnoser
from bot.mtc.outcome_words import Word
from tests.diagnosis.world import NOW, SHOP_1, Thing, failed, going, mtc, plan, plane, thing
from tests.knowledge.builtin import builtin_engine

JOB = "shop-prebackup-sm965"
POD = f"{JOB}-9ngbf"
PLAY = b"""PLAY [localhost] ***************************************************************
fatal: [localhost]: FAILED! => {"changed": false, "msg": "queue did not drain within 30 seconds"}
"""


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def hooked(namespace: str, owner: str = "uid-migmigration-shop-1") -> list[Thing]:
    """Return a hook's Job that failed, and its last pod."""
    condition = {
        "type": "Failed",
        "status": "True",
        "reason": "BackoffLimitExceeded",
        "message": "Job has reached the specified backoff limit",
        "lastTransitionTime": "2026-03-01T11:28:00Z",
    }
    marks = {
        "app.kubernetes.io/part-of": "openshift-migration",
        "mighook": "uid-mighook-drain",
        "owner": owner,
        "phase": "PreBackup",
    }
    ended = {"exitCode": 2, "reason": "Error", "finishedAt": "2026-03-01T11:27:00Z"}
    return [
        thing(
            "batch/v1",
            "Job",
            JOB,
            namespace,
            metadata={"labels": marks},
            status={"failed": 7, "conditions": [condition]},
        ),
        thing(
            "v1",
            "Pod",
            POD,
            namespace,
            metadata={"labels": {"batch.kubernetes.io/job-name": JOB, "job-name": JOB}},
            spec={"containers": [{"name": JOB}], "restartPolicy": "Never"},
            status={
                "phase": "Failed",
                "containerStatuses": [{"name": JOB, "state": {"terminated": ended}}],
            },
        ),
    ]


def host(namespace: str) -> list[Thing]:
    reference = {"name": "drain", "namespace": "openshift-migration"}
    hook = {"reference": reference, "phase": "PreBackup", "executionNamespace": namespace}
    drain = mtc("MigHook", "drain", spec={"targetCluster": "source"})
    error = f"Hook job {JOB} failed."
    return [failed(error, reason="PreBackupHooksFailed"), plan(hooks=[hook]), drain]


@pytest.mark.parametrize("namespace", ["shop", "operations"])
def test_the_log_of_a_hooks_pod_says_why_it_failed_wherever_it_ran(
    diagnoser: Diagnoser, namespace: str
) -> None:
    logs = {(namespace, POD, JOB): PLAY}
    found = diagnoser(plane(*host(namespace), source=hooked(namespace), source_logs=logs), SHOP_1)
    assert found.root is not None
    assert found.root.entry.id == "hook-playbook-failed"
    assert any("did not drain" in quote.text for quote in found.root.quotes)
    assert "hook-job-failed" in {f.entry.id for f in found.root.symptoms}


def test_a_hook_whose_image_is_never_pulled_is_told_within_the_hour(diagnoser: Diagnoser) -> None:
    job, waiting = hooked("shop")
    job["status"] = {"active": 1, "ready": 0}
    message = 'Back-off pulling image "quay.io/hooks/nopull:1": ErrImagePull: not found'
    state = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
    waiting["status"] = {"phase": "Pending", "containerStatuses": [{"name": JOB, "state": state}]}
    _, made, drain = host("shop")
    begun = going("PreBackupHooks")
    begun["status"]["conditions"][0]["lastTransitionTime"] = "2026-03-01T11:10:00Z"
    found = diagnoser(plane(begun, made, drain, source=[job, waiting]), SHOP_1)
    assert found.outcome.word is Word.STALLED
    assert found.root is not None
    assert found.root.entry.id == "image-pull-not-found"
    assert "stalled-hook" in {f.entry.id for f in found.root.symptoms}


def test_the_job_of_another_migrations_hook_says_nothing_of_this_one(diagnoser: Diagnoser) -> None:
    theirs = hooked("operations", owner="uid-migmigration-other")
    quiet = plane(failed("odd"), plan(), source=theirs)
    assert "hook-job-failed" not in {f.entry.id for f in diagnoser(quiet, SHOP_1).findings}
