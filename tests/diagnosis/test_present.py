"""What is so now, and what it says of a migration that goes on or has ended.

In: a Deployment of Velero that was scaled to zero; a source that does not answer the bot. Out: the
entries found.
"""

from __future__ import annotations

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Unreachable
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from tests.diagnosis.world import NOW, SHOP_1, Thing, failed, going, mtc, plan, plane, thing, true
from tests.knowledge.builtin import builtin_engine


def waiting() -> Thing:
    return going("WaitForVeleroReady")


def workload(name: str = "velero", namespace: str = MTC_NAMESPACE, replicas: int = 0) -> Thing:
    status = {"replicas": replicas}
    return thing("apps/v1", "Deployment", name, namespace, spec=status, status=status)


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def found(said: Diagnosis) -> set[str]:
    return {finding.entry.id for finding in said.findings}


@pytest.mark.parametrize("side", ["source", "destination"])
def test_velero_scaled_to_zero_is_why_a_migration_waits(diagnoser: Diagnoser, side: str) -> None:
    here, there = ([workload()], []) if side == "source" else ([], [workload()])
    said = diagnoser(plane(waiting(), plan(), source=here, destination=there), SHOP_1)
    assert said.root is not None
    assert said.root.entry.id == "velero-pod-missing"


@pytest.mark.parametrize(
    "other", [workload(replicas=1), workload("velero", "shop"), workload("registry")]
)
def test_other_workloads_are_not(diagnoser: Diagnoser, other: Thing) -> None:
    said = diagnoser(plane(waiting(), plan(), source=[other]), SHOP_1)
    assert "velero-pod-missing" not in found(said)


def test_how_velero_is_now_says_nothing_of_a_migration_that_has_ended(
    diagnoser: Diagnoser,
) -> None:
    said = diagnoser(plane(failed("no"), plan(), source=[workload()]), SHOP_1)
    assert "velero-pod-missing" not in found(said)


@pytest.mark.parametrize("ready", [True, False])
def test_a_cluster_that_only_the_bot_cannot_read_is_not_why_a_migration_failed(
    diagnoser: Diagnoser, ready: bool
) -> None:
    gone = Unreachable("dial tcp 192.0.2.7:6443: i/o timeout", cluster="ocp3")
    status = {"conditions": [true("Ready", "Required")] if ready else []}
    source = mtc("MigCluster", "ocp3", spec={"url": "https://x.example.com"}, status=status)
    world = plane(failed("no"), plan(), source)
    world.clusters["ocp3"].fail_with(gone)
    said = diagnoser(world, SHOP_1)
    everything = found(said) | {s.entry.id for f in said.findings for s in f.symptoms}
    assert "cluster-unreadable" in everything
    assert ("cluster-timeout" in everything) is not ready
    assert any("i/o timeout" in unread.why for unread in said.not_read)
