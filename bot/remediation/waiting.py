"""Conditions that a plan waits for between its calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.clusters import kinds as k
from bot.clusters.kinds import BY_KIND
from bot.clusters.port import Json, NotFound
from bot.diagnosis.dossier import dicts, mapping, metadata, text
from bot.remediation.ground import Ground, ended, holds
from bot.remediation.plans import Wait, WaitFor
from knowledge.matching.loglines import parse_time

SKEW = timedelta(seconds=30)
"""How far a cluster's clock may be behind the bot's."""


class Hopeless(Exception):
    """What is waited for will never come about; ``str()`` says why."""


def come_about(wait: Wait, ground: Ground, since: datetime) -> bool:
    """Return whether what is waited for is there; ``since`` is when the wait began.

    Raises ``Hopeless`` where it never will be, or a ``ClusterError``.
    """
    try:
        obj = ground.reader(wait.cluster).get(BY_KIND[wait.kind], wait.name, wait.namespace)
    except NotFound:
        if wait.until == "object-gone":
            return True
        raise Hopeless(f"{wait.kind.lower()}/{wait.name} is gone") from None
    return _HOLDS[wait.until](obj, since)


def _settled(controller: Json, since: datetime) -> bool:
    """Return whether the operator has carried through what was set at ``since`` (ansible-operator).

    It says Successful of its last round all the time, so a round that ended before does not count.
    """
    for condition in dicts(mapping(controller, "status").get("conditions")):
        if condition.get("type") == "Running" and condition.get("reason") == "Successful":
            said = mapping(condition, "ansibleResult").get("completion")
            ended_at = parse_time(text(said or condition.get("lastTransitionTime")))
            return ended_at is None or ended_at >= since - SKEW
    return False


def _succeeded(migration: Json, since: datetime) -> bool:
    del since
    if not ended(migration):
        return False
    if holds(migration, "Succeeded") and not any(
        holds(migration, bad) for bad in ("Failed", "Canceled")
    ):
        return True
    name = text(metadata(migration).get("name"))
    raise Hopeless(f"migration {name} did not succeed; nothing after it is done")


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


_HOLDS: dict[WaitFor, Callable[[Json, datetime], bool]] = {
    "migration-succeeded": _succeeded,
    "operator-settled": _settled,
    "workload-rolled-out": lambda obj, since: rolled_out(obj),
    "object-gone": lambda obj, since: False,
}
