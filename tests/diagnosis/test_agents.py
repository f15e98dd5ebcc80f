"""Volume backups that were denied: NFS that squashes root, or agents without privileges.

In: a failed backup on the source, with its claim, its volume and the agents' DaemonSet. Out: the
root of the diagnosis.
"""

from __future__ import annotations

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Finding
from knowledge.loading import load_builtin
from knowledge.matching.engine import Engine
from tests.diagnosis.world import NOW, SHOP_1, Thing, failed, plan, plane, thing

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
    return Diagnoser(Engine(load_builtin().by_id.values()), lambda: NOW)


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
