"""The names in a scenario: of its applications, its runs and what MTC makes for them.

Random parts are derived from what they belong to, so that the same scenario always gives the
same names. How MTC builds each: mig-controller, crane-lib and Velero (``<migration>-stage-x5k2p``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.scenarios.schema import App, Run, Scenario

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
Values = Mapping[str, Any]


def suffix(*parts: str, length: int = 5) -> str:
    """Return the random part of a generated name."""
    digest = hashlib.sha256("/".join(parts).encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:length])


def uid(*parts: str) -> str:
    """Return the uid of the thing that the parts name."""
    return str(uuid5(NAMESPACE_URL, "/".join(parts)))


def md5(text: str) -> str:
    """Return the hash that MTC labels a claim's pods with."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def cluster_values(cluster: str, mtc: str = "1.8") -> dict[str, Any]:
    """Return the names of what stands on a cluster."""
    agent = "restic" if mtc == "1.7" else "node-agent"
    return {
        "cluster": cluster,
        "is_host": cluster == "host",
        "version": "1.7.13" if mtc == "1.7" else "1.8.6",
        "url": f"https://api.{cluster}.example.com:6443",
        "agent": agent,
        "velero_pod": f"velero-{suffix('velero', cluster, length=10)}-{suffix('v', cluster)}",
        "agent_pod": f"{agent}-{suffix('agent', cluster)}",
        "controller_pod": "migration-controller-5c9d8b7f6c-kq4wm",
        "repository_kind": "ResticRepository" if mtc == "1.7" else "BackupRepository",
    }


def app_values(app: App, clusters: Mapping[str, Values]) -> dict[str, Any]:
    """Return the names of an application, its plan and what the plan has made."""
    source, target = app.pairs[0]
    here, there = clusters[app.source], clusters[app.destination]
    return {
        "app": app.name,
        "plan": app.name,
        "plan_uid": uid("plan", app.name),
        "namespace": source,
        "target_namespace": target,
        "namespaces": [s if s == t else f"{s}:{t}" for s, t in app.pairs],
        "source_namespaces": [s for s, _ in app.pairs],
        "source": app.source,
        "destination": app.destination,
        "storage": app.storage,
        "source_bsl": f"{app.storage}-{suffix('bsl', app.name, app.source)}",
        "destination_bsl": f"{app.storage}-{suffix('bsl', app.name, app.destination, 'to')}",
        "uid_range": uid_range(app.name),
        "replicas": app.replicas,
        "items": 6 + 2 * len(app.claims),
        "claim": app.claims[0].name if app.claims else "",
        "pv": volume_name(app.name, source, app.claims[0].name) if app.claims else "",
        "pod": pod_name(app.name, source, 0),
        "source_velero_pod": here["velero_pod"],
        "source_agent_pod": here["agent_pod"],
        "destination_velero_pod": there["velero_pod"],
        "destination_agent_pod": there["agent_pod"],
        "controller_pod": here["controller_pod"],
    }


def uid_range(app: str) -> str:
    """Return the UIDs that an application's namespaces have (``first/count``)."""
    number = int(hashlib.sha256(app.encode()).hexdigest()[:8], 16) % 90_000
    return f"{1_001_000_000 + 10_000 * number}/10000"


def run_values(scenario: Scenario, run: Run, clusters: Mapping[str, Values]) -> dict[str, Any]:
    """Return the names of a run's objects, those of its application included."""
    app = scenario.app(run.app)
    name = run.name
    claim = app.claims[0].name if app.claims else ""
    values = app_values(app, clusters)
    for which in ("initial", "stage"):
        values[f"{which}_backup"] = f"{name[:48]}-{which}-{suffix('backup', which, name)}"
    for which in ("stage", "final"):
        values[f"{which}_restore"] = f"{name[:48]}-{which}-{suffix('restore', which, name)}"
    dvm = f"{name}-{suffix('dvm', name)}"
    values |= {
        "migration": name,
        "migration_uid": uid("migration", name),
        "type": "stage" if run.kind == "stage" else "final",
        "stage": run.kind == "stage",
        "quiesce": run.kind == "cutover",
        "rollback": run.kind == "rollback",
        "dvm": dvm,
        "dvm_uid": uid("dvm", dvm),
        "transfer_type": "Stage" if run.kind == "stage" else "CutOver",
        "volume_backup": volume_copy(values["stage_backup"], claim),
        "volume_restore": volume_copy(values["stage_restore"], claim),
        "client_pod": client_pod(dvm, claim, 1),
        "last_client_pod": client_pod(dvm, claim, run.transfer.attempts),
        "stage_pod": f"stage-{app.name}-{suffix('stage', name)}",
    }
    return values


def volume_copy(owner: str, claim: str) -> str:
    """Return the name of the PodVolumeBackup or PodVolumeRestore of a claim."""
    return f"{owner}-{suffix('copy', owner, claim)}"


def volume_name(app: str, namespace: str, claim: str) -> str:
    """Return the name of the volume behind a claim."""
    return f"pvc-{uid('pv', app, namespace, claim)}"


def client_pod(dvm: str, claim: str, attempt: int) -> str:
    """Return the name of the rsync client pod of an attempt."""
    return f"rsync-{suffix('rsync', dvm, claim, str(attempt))}"


def pod_name(app: str, namespace: str, number: int) -> str:
    """Return the name of one of an application's pods."""
    return (
        f"{app}-{suffix('rs', app, namespace, length=9)}-"
        f"{suffix('pod', app, namespace, str(number))}"
    )
