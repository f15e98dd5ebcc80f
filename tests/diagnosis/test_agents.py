"""Volume backups that node agents did not make, where one text leaves several reasons.

In: a volume backup on the source that was denied or never begun, with its claim, its volume, the
agents' DaemonSet and pods. Out: the root of the diagnosis.
"""

from __future__ import annotations

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Finding
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

DENIED = "error running restic backup, stderr=: fork/exec /usr/bin/restic: permission denied"
NFS = {"nfs": {"server": "nas.example.com", "path": "/exports/shop"}}
BLOCK = {"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}}


def agents(name: str = "node-agent", **security: bool) -> Thing:
    container = {"name": name, "securityContext": security}
    spec = {"template": {"spec": {"containers": [container]}}}
    return thing("apps/v1", "DaemonSet", name, MTC_NAMESPACE, spec=spec)


def source(volume: Thing, *more: Thing, message: str = DENIED, uid: bool = True) -> list[Thing]:
    owner = {"migration.openshift.io/migmigration-name": "shop-1"}
    labels = {"velero.io/backup-name": "shop-1-stage-x7k2p"}
    if uid:
        labels["velero.io/pvc-uid"] = "uid-persistentvolumeclaim-data"
    copied = {
        "pod": {"namespace": "shop", "name": "stage-shop-x"},
        "volume": "vol-0" if uid else "data",
    }
    return [
        thing("velero.io/v1", "Backup", "shop-1-stage-x7k2p", metadata={"labels": owner}),
        thing(
            "velero.io/v1",
            "PodVolumeBackup",
            "shop-1-stage-x7k2p-9bq2d",
            metadata={"labels": labels},
            spec=copied,
            status={"phase": "Failed", "message": message},
        ),
        thing("v1", "PersistentVolumeClaim", "data", "shop", spec={"volumeName": "pvc-1"}),
        thing("v1", "PersistentVolume", "pvc-1", "", spec=volume),
        *more,
    ]


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def root(diagnoser: Diagnoser, things: list[Thing]) -> Finding:
    found = diagnoser(plane(failed(), plan(), source=things), SHOP_1).root
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["node-agent", "restic"])
def test_agents_without_privileges_are_the_root_of_a_denied_backup(
    diagnoser: Diagnoser, name: str
) -> None:
    found = root(diagnoser, source(BLOCK, agents(name, privileged=False)))
    assert found.entry.id == "restic-not-privileged"
    (squash,) = [f for f in found.symptoms if f.entry.id == "restic-nfs-root-squash"]
    assert any("ebs.csi.aws.com" in quote.text for quote in squash.against)


def test_privileged_agents_on_nfs_leave_it_at_root_squash(diagnoser: Diagnoser) -> None:
    found = root(diagnoser, source(NFS, agents(privileged=True)))
    assert found.entry.id == "restic-nfs-root-squash"
    assert found.against == ()


@pytest.mark.parametrize("uid", [True, False])
def test_a_volume_that_is_no_nfs_speaks_against_root_squash(
    diagnoser: Diagnoser, uid: bool
) -> None:
    found = root(diagnoser, source(BLOCK, agents(privileged=True), uid=uid))
    assert found.entry.id == "restic-nfs-root-squash"
    assert any("pvc-1" in quote.text for quote in found.against)
    by_csi = {"csi": {"driver": "nfs.csi.k8s.io"}}
    assert root(diagnoser, source(by_csi, agents(privileged=True), uid=uid)).against == ()


def test_agents_without_privileges_say_nothing_of_other_failures(diagnoser: Diagnoser) -> None:
    full = "error running restic backup: write: no space left on device"
    found = root(diagnoser, source(BLOCK, agents(privileged=False), message=full))
    assert found.entry.id != "restic-not-privileged"
    assert "restic-not-privileged" not in {f.entry.id for f in found.symptoms}


TIMED_OUT = (
    b'time="2026-03-01T11:20:00Z" level=error msg="Error backing up item" '
    b"backup=openshift-migration/shop-1-stage-x7k2p "
    b'error="timed out waiting for all PodVolumeBackups to complete"\n'
)


def agent(node: str, phase: str = "Running") -> Thing:
    labels = {"labels": {"name": "restic"}}
    status = {"phase": phase}
    return pod(f"restic-{node}", metadata=labels, spec={"nodeName": node}, status=status)


def waiting(phase: str, *agents: Thing) -> list[Thing]:
    things = source(BLOCK, *agents)
    things[1]["spec"]["node"] = "worker-2"
    things[1]["status"] = {"phase": phase}
    return things


def timed_out(diagnoser: Diagnoser, things: list[Thing]) -> Finding:
    logs = {(MTC_NAMESPACE, "velero-0", "velero"): TIMED_OUT}
    there = [*things, pod("velero-0", metadata={"labels": {"component": "velero"}})]
    found = diagnoser(plane(failed(), plan(), source=there, source_logs=logs), SHOP_1).root
    assert found is not None
    return found


def test_a_backup_on_a_node_without_an_agent_was_never_too_slow(diagnoser: Diagnoser) -> None:
    found = timed_out(diagnoser, waiting("New", agent("worker-1"), agent("worker-2", "Pending")))
    assert (found.entry.id, found.params["node"]) == ("node-agent-not-on-node", "worker-2")
    (late,) = [f for f in found.symptoms if f.entry.id == "podvolumebackup-timeout"]
    assert any("worker-1" in quote.text for quote in late.against)


@pytest.mark.parametrize(
    ("phase", "node"), [("New", "worker-2"), ("InProgress", "worker-1"), ("Completed", "worker-1")]
)
def test_a_backup_that_an_agent_has_seen_is_not_without_one(
    diagnoser: Diagnoser, phase: str, node: str
) -> None:
    found = timed_out(diagnoser, waiting(phase, agent(node)))
    assert (found.entry.id, found.against) == ("podvolumebackup-timeout", ())


@pytest.mark.parametrize(
    ("backup", "copy", "late"),
    [
        ("PartiallyFailed", "InProgress", True),
        ("PartiallyFailed", "Completed", False),
        ("InProgress", "InProgress", False),
        ("Failed", "InProgress", False),
    ],
)
def test_a_copy_that_outlives_its_backup_was_too_slow_even_where_the_log_is_lost(
    diagnoser: Diagnoser, backup: str, copy: str, late: bool
) -> None:
    things = source(BLOCK)
    ended = {} if backup == "InProgress" else {"completionTimestamp": "2026-03-01T11:20:00Z"}
    things[0]["status"] = {"phase": backup, **ended}
    things[1]["status"] = {"phase": copy, "progress": {"totalBytes": 100, "bytesDone": 23}}
    found = diagnoser(plane(failed(), plan(), source=things), SHOP_1)
    entries = {finding.entry.id: finding for finding in found.findings}
    assert ("podvolumebackup-timeout" in entries) is late
    if late:
        (quote,) = entries["podvolumebackup-timeout"].quotes
        assert "23 of 100 bytes" in quote.text


@pytest.mark.parametrize(
    ("direct", "method", "held_up"),
    [(False, "filesystem", True), (False, "snapshot", False), (True, "filesystem", False)],
)
def test_agents_that_are_away_hold_up_only_what_they_copy(
    diagnoser: Diagnoser, direct: bool, method: str, held_up: bool
) -> None:
    volume = {"name": "pv-1", "selection": {"action": "copy", "copyMethod": method}}
    away = agents()
    away["status"] = {"desiredNumberScheduled": 0, "numberReady": 0}
    held = going("StageBackupCreated", true("PlanNotReady", "Critical"))
    world = plane(held, plan(volume, indirectVolumeMigration=not direct), source=[away])
    found = {f.entry.id for f in diagnoser(world, SHOP_1).findings}
    assert ("node-agent-unready" in found) is held_up


@pytest.mark.parametrize("name", ["restic", "other"])
def test_agents_of_the_old_version_are_told_of_where_a_migration_failed(
    diagnoser: Diagnoser, name: str
) -> None:
    both = [agents("node-agent", privileged=True), agents(name, privileged=True)]
    found = diagnoser(plane(failed(), plan(), source=source(NFS, *both)), SHOP_1)
    assert ("node-agents-left-over" in {f.entry.id for f in found.findings}) is (name == "restic")
    assert found.root is not None
    assert found.root.entry.id == "restic-nfs-root-squash"


def test_agents_of_the_old_version_disturb_nobody_while_a_migration_runs(
    diagnoser: Diagnoser,
) -> None:
    both = [agents("node-agent"), agents("restic")]
    found = diagnoser(plane(going("StageBackupCreated"), plan(), source=both), SHOP_1)
    assert "node-agents-left-over" not in {f.entry.id for f in found.findings}
