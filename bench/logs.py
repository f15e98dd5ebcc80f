"""Logs to measure with: healthy lines as Velero and mig-controller write them, and telling ones.

Seeded: the same seed makes the same bytes, however many are asked for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from knowledge.schema import Entry

BEGIN = datetime(2024, 11, 24, 6, tzinfo=UTC)
_KINDS = (
    "pods",
    "configmaps",
    "secrets",
    "events",
    "serviceaccounts",
    "deployments.apps",
    "jobs.batch",
    "persistentvolumeclaims",
    "rolebindings.rbac.authorization.k8s.io",
    "imagestreams.image.openshift.io",
    "routes.route.openshift.io",
)
_VELERO = (
    'msg="Getting items for resource" backup=openshift-migration/{name} group=v1 '
    'logSource="/go/src/velero/pkg/backup/item_collector.go:{n}" resource={kind}',
    'msg="Listing items" backup=openshift-migration/{name} group=apps/v1 '
    'logSource="/go/src/velero/pkg/backup/item_collector.go:{n}" namespace={ns} resource={kind}',
    'msg="Retrieved {n} items" backup=openshift-migration/{name} group=v1 '
    'logSource="/go/src/velero/pkg/backup/item_collector.go:{n}" namespace={ns} resource={kind}',
    'msg="Backed up {n} items out of an estimated total of 999 (estimate will change throughout '
    'the backup)" backup=openshift-migration/{name} logSource="/go/src/velero/pkg/backup/'
    'backup.go:{n}" name={ns}-{n} namespace={ns} progress= resource={kind}',
    'msg="Attempting to restore {kind}: {ns}-{n}" logSource="/go/src/velero/pkg/restore/'
    'restore.go:{n}" restore=openshift-migration/{name}',
    'msg="plugin process exited" cmd=/plugins/velero-plugin-for-aws id={n} '
    'logSource="/go/src/velero/pkg/plugin/clientmgmt/process/logrus_adapter.go:80" '
    "plugin=/plugins/velero-plugin-for-aws",
)
_CONTROLLER = (
    '"logger":"migration","msg":"[RUN] (Step {n}/30) Waiting for Velero backup to complete.",'
    '"migMigration":{{"name":"{name}","namespace":"openshift-migration"}},'
    '"phase":"InitialBackupCreated"}}',
    '"logger":"directvolume","msg":"[RUN] (Step {n}/22) Running Rsync Pods to migrate Persistent '
    'Volume data","dvm":{{"name":"{name}-dvm","namespace":"openshift-migration"}},'
    '"phase":"RunRsyncOperations"}}',
    '"logger":"plan","msg":"PV Discovery: Starting for Migration Plan","migPlan":{{"name":"{ns}",'
    '"namespace":"openshift-migration"}},"migPlanNamespaces":["{ns}"]}}',
)


def velero_lines(seed: int, name: str = "") -> Iterator[bytes]:
    """Yield healthy lines of Velero's log without end, four a second."""
    rng = random.Random(f"velero-{seed}")
    for at in _times(0.25):
        body = rng.choice(_VELERO).format(**_values(rng, name))
        yield f'time="{at:%Y-%m-%dT%H:%M:%SZ}" level=info {body}\n'.encode()


def controller_lines(seed: int, name: str = "") -> Iterator[bytes]:
    """Yield healthy lines of mig-controller's log without end, ten a second."""
    rng = random.Random(f"controller-{seed}")
    for at in _times(0.1):
        body = rng.choice(_CONTROLLER).format(**_values(rng, name))
        yield f'{{"level":"info","ts":{at.timestamp():.4f},{body}\n'.encode()


def telling_lines(entries: Sequence[Entry]) -> list[bytes]:
    """Return the log lines among the examples of entries."""
    return [
        line.encode()
        for entry in entries
        for example in entry.examples.match
        if example.text and example.kind == "log"
        for line in example.text.splitlines()
        if line.strip()
    ]


def mixed(
    quiet: Sequence[bytes], telling: Sequence[bytes], every: int, size: int, seed: int
) -> Iterator[bytes]:
    """Yield about ``size`` bytes of lines, one in ``every`` a telling one."""
    rng = random.Random(seed)
    number = done = 0
    while done < size:
        number += 1
        line = rng.choice(telling) if number % every == 0 else quiet[number % len(quiet)]
        yield line + b"\n"
        done += len(line) + 1


def _times(step: float) -> Iterator[datetime]:
    at = BEGIN
    while True:
        yield at
        at += timedelta(seconds=step)


def _values(rng: random.Random, name: str) -> dict[str, object]:
    namespace = rng.choice(("shop", "media", "ledger", "web"))
    return {
        "name": name or f"{namespace}-{rng.randrange(9)}",
        "ns": namespace,
        "n": rng.randrange(1, 999),
        "kind": rng.choice(_KINDS),
    }
