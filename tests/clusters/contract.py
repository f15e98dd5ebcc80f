"""What every cluster adapter is held to, and how each is made from the same content.

In goes one small migration: objects of two namespaces, two pods' logs. Out comes a reader; the
tests in ``test_contract.py`` never ask which one. Nothing of ours is mocked: the archive is a
real tarball, the sandbox a real in-memory cluster.

``READERS`` and ``WRITERS`` name the adapters. ``live`` needs a cluster that the content may be
written to; it is skipped unless ``LIVE`` is set by what starts one.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bot.clusters.archive import open_archive
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import ClusterReader, ClusterWriter, Json
from sandbox.clusters.memory import MemoryCluster
from sandbox.must_gather import write_must_gather

APP = "shop"
UNKNOWN_KIND = Kind("example.com", "v1", "widgets", "Widget")
"""Served by no cluster of these tests."""

VELERO_LOG = b"".join(b"velero line %d\n" % number for number in range(1, 6))
RSYNC_LOG = b"rsync: building file list\n"
STUNNEL_LOG = b"stunnel: service started\n"


def thing(api: str, kind: str, name: str, namespace: str = MTC_NAMESPACE, **parts: Any) -> Json:
    """Return an object; ``labels`` go into its metadata, the rest beside it."""
    metadata: Json = {"name": name, "uid": f"uid-{kind.lower()}-{namespace}-{name}"}
    if namespace:
        metadata["namespace"] = namespace
    if labels := parts.pop("labels", None):
        metadata["labels"] = labels
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}


MTC = "migration.openshift.io/v1alpha1"
VELERO = "velero.io/v1"
OBJECTS: tuple[Json, ...] = (
    thing("v1", "Namespace", MTC_NAMESPACE, ""),
    thing("v1", "Namespace", APP, ""),
    thing(MTC, "MigCluster", "host", spec={"isHostCluster": True}),
    thing(MTC, "MigPlan", "shop", spec={"namespaces": [APP], "indirectImageMigration": True}),
    thing(MTC, "MigMigration", "shop-1", spec={"migPlanRef": {"name": "shop"}, "stage": False}),
    thing(VELERO, "Backup", "shop-1-initial-x", labels={"plan": "shop", "part": "initial"}),
    thing(VELERO, "Backup", "shop-1-stage-y", labels={"plan": "shop", "part": "stage"}),
    thing(VELERO, "Backup", "other-1-initial-z", labels={"plan": "other", "part": "initial"}),
    thing(VELERO, "PodVolumeBackup", "good", spec={"node": "worker-1"}),
    thing(VELERO, "PodVolumeBackup", "odd", spec={"node": 7, "pod": "text"}, status=[1, None]),
    thing(
        "v1",
        "Pod",
        "velero-6d9f7c8b5-x2x9q",
        labels={"component": "velero"},
        spec={"containers": [{"name": "velero"}]},
        status={"phase": "Running"},
    ),
    thing("v1", "Pod", "web-0", APP, spec={"containers": [{"name": "web"}]}),
    thing(
        "v1",
        "Pod",
        "rsync-abcde",
        APP,
        labels={"app": "directvolumemigration-rsync-transfer"},
        spec={"containers": [{"name": "rsync"}, {"name": "stunnel"}]},
    ),
    thing("v1", "Event", "web-0.17", APP, type="Warning", reason="FailedMount", message="no disk"),
)
LOGS: dict[tuple[str, str, str], bytes] = {
    (MTC_NAMESPACE, "velero-6d9f7c8b5-x2x9q", "velero"): VELERO_LOG,
    (APP, "rsync-abcde", "rsync"): RSYNC_LOG,
    (APP, "rsync-abcde", "stunnel"): STUNNEL_LOG,
}

Make = Callable[[Path], ClusterReader]


def _archive(folder: Path) -> ClusterReader:
    target = folder / "must-gather.tar.gz"
    write_must_gather({"host": (deepcopy(OBJECTS), LOGS)}, target)
    return open_archive(target).host


def _sandbox(folder: Path) -> ClusterWriter:
    del folder
    return MemoryCluster("host", deepcopy(OBJECTS), LOGS)


LIVE: Callable[[Path], ClusterWriter] | None = None
"""Set by whatever starts a cluster; it gets ``OBJECTS`` and ``LOGS`` and returns a writer."""


def _live(folder: Path) -> ClusterWriter:
    if LIVE is None:
        pytest.skip("no cluster is at hand for the live adapter")
    return LIVE(folder)


READERS: dict[str, Make] = {"archive": _archive, "sandbox": _sandbox, "live": _live}
WRITERS: dict[str, Callable[[Path], ClusterWriter]] = {"sandbox": _sandbox, "live": _live}
