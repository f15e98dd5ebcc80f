"""Conditions that a plan waits for between its calls."""

from __future__ import annotations

from collections.abc import Callable

from bot.clusters import kinds as k
from bot.clusters.kinds import BY_KIND
from bot.clusters.port import Json, NotFound
from bot.diagnosis.dossier import dicts, mapping, metadata
from bot.remediation.ground import Ground, ended, holds
from bot.remediation.plans import Wait, WaitFor


def come_about(wait: Wait, ground: Ground) -> bool:
    """Return whether what is waited for is there. Raises ``ClusterError``."""
    try:
        obj = ground.reader(wait.cluster).get(BY_KIND[wait.kind], wait.name, wait.namespace)
    except NotFound:
        return wait.until == "object-gone"
    return _HOLDS[wait.until](obj)


def _settled(controller: Json) -> bool:
    """Return whether the operator has finished with a MigrationController (ansible-operator)."""
    return any(
        c.get("type") == "Running" and c.get("reason") == "Successful"
        for c in dicts(mapping(controller, "status").get("conditions"))
    )


def rolled_out(workload: Json) -> bool:
    """Return whether a Deployment or DaemonSet runs what its spec says, everywhere (G2)."""
    spec, status = mapping(workload, "spec"), mapping(workload, "status")
    if status.get("observedGeneration") != metadata(workload).get("generation"):
        return False
    if workload.get("kind") == k.DAEMONSET.kind:
        wanted = status.get("desiredNumberScheduled", 0)
        return bool(
            status.get("updatedNumberScheduled", 0) == wanted
            and status.get("numberReady", 0) == wanted
        )
    wanted = spec.get("replicas", 1)
    return bool(
        status.get("updatedReplicas", 0) == wanted and status.get("readyReplicas", 0) == wanted
    )


_HOLDS: dict[WaitFor, Callable[[Json], bool]] = {
    "migration-ended": ended,
    "operator-settled": _settled,
    "workload-rolled-out": rolled_out,
    "object-gone": lambda obj: False,
    "object-ready": lambda obj: holds(obj, "Ready"),
}
