"""Whether the programs that carry a migration out are there: mig-controller, Velero, node agents.

While one of them is away nothing on MTC's objects says so: phases stand still, and those that copy
may rightly last for hours. Their Deployments and DaemonSets tell it within minutes. Pure functions
over raw objects; an object that was not read says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.mtc.models import MigPlan
from knowledge.matching.loglines import parse_time

Program = Literal["migration-controller", "velero", "velero-at-stores", "node-agent"]
"""The third is a Velero that runs and hangs in a request to a store."""
Side = Literal["host", "source", "destination"]
Raw = Mapping[str, Any]

GRACE = timedelta(minutes=3)
"""So long a program may be away before it holds migrations up: restarts and upgrades are short."""
SILENCE = timedelta(minutes=4)
"""So long Velero may test no store before it counts as hanging."""
WORKLOADS: Mapping[tuple[str, str], Program] = {
    ("Deployment", "migration-controller"): "migration-controller",
    ("Deployment", "velero"): "velero",
    ("DaemonSet", "node-agent"): "node-agent",
    ("DaemonSet", "restic"): "node-agent",
}
"""By kind and name in MTC's namespace; ``restic`` up to MTC 1.7 (mig-operator, OADP)."""

_CRASHES = 3
"""Restarts of a container before it counts as ending again and again."""
_BRIEF = timedelta(minutes=6)
"""A container that ended sooner after its start did not do its work."""
_VELERO: Mapping[Side, frozenset[str]] = {
    "source": frozenset({"InitialBackupCreated", "StageBackupCreated"}),
    "destination": frozenset(
        {
            "EnsureInitialBackupReplicated",
            "EnsureStageBackupReplicated",
            "StageRestoreCreated",
            "FinalRestoreCreated",
        }
    ),
}
_EITHER_VELERO = frozenset({"WaitForVeleroReady", "EnsureCloudSecretPropagated"})
_AGENTS: Mapping[Side, str] = {
    "source": "StageBackupCreated",
    "destination": "StageRestoreCreated",
}


@dataclass(frozen=True, slots=True)
class Absence:
    """That no pod of a program is there to do its work."""

    state: str
    """As it may follow the workload's name: ``is scaled to 0 replicas``."""
    since: datetime | None = None
    """None where the objects do not say."""

    def is_long(self, now: datetime) -> bool:
        """Return whether it is longer than a restart, for all that its objects say."""
        return self.since is None or now - self.since >= GRACE


@dataclass(frozen=True, slots=True)
class Away:
    """A program that has been away for longer than a restart takes, as one migration sees it."""

    program: Program
    side: Side

    def stops(self, phase: str, plan: MigPlan | None) -> bool:
        """Return whether a migration in this phase waits for the program.

        Source: mig-controller pkg/controller/migmigration/task.go.
        """
        match self.program:
            case "migration-controller":
                return self.side == "host"
            case "velero" | "velero-at-stores":
                return phase in _EITHER_VELERO or phase in _VELERO.get(self.side, ())
            case "node-agent":
                return phase == _AGENTS.get(self.side) and copies_by_agents(plan)


def program_of(workload: Raw) -> Program | None:
    """Return the program that a workload of MTC's namespace runs."""
    name = _map(workload, "metadata").get("name")
    return WORKLOADS.get((str(workload.get("kind")), str(name)))


def absence(workload: Raw, pods: Iterable[Raw], now: datetime) -> Absence | None:
    """Return how a program is away; None where it is there, or where nothing can be told.

    ``pods`` are those of its namespace, as far as they were read.
    """
    status = _map(workload, "status")
    own = [pod for pod in pods if _runs(workload, pod)]
    looping = next((state for pod in own for state in _looping(pod, now)), None)
    if looping is not None:
        return Absence(looping)
    if workload.get("kind") == "DaemonSet":
        there = status.get("numberAvailable") or status.get("numberReady")
        if there or "desiredNumberScheduled" not in status:
            return None
        wanted = status["desiredNumberScheduled"]
        if not wanted:
            return Absence("is wanted on no node")
        return Absence(f"has 0 of {wanted} pods available", _unready_since(own))
    wanted = _map(workload, "spec").get("replicas", 1)
    if wanted == 0:
        return Absence("is scaled to 0 replicas")
    since = _unavailable_since(status)
    if status.get("availableReplicas") or since is None:
        return None
    return Absence(f"has 0 of {wanted} replicas available", since)


def programs(
    workloads: Iterable[Raw], pods: Collection[Raw], now: datetime
) -> Iterator[tuple[Program, Absence | None]]:
    """Yield the programs among the workloads of MTC's namespace, and how each is away, if it is."""
    for workload in workloads:
        if (program := program_of(workload)) is not None:
            yield program, absence(workload, pods, now)


def last_test(stores: Iterable[Raw]) -> datetime | None:
    """Return when Velero last tested one of these BackupStorageLocations; None if none tells.

    It tests each every minute, one after the other, and waits for an answer without a limit: one
    store that takes connections and says nothing holds up all (velero
    pkg/controller/backup_storage_location_controller.go). Those with a frequency of their own
    do not tell.
    """
    tested = (
        _time(_map(store, "status").get("lastValidationTime"))
        for store in stores
        if not _map(store, "spec").get("validationFrequency")
    )
    return max((time for time in tested if time is not None), default=None)


def copies_by_agents(plan: MigPlan | None) -> bool:
    """Return whether node agents copy volumes of the plan."""
    return plan is not None and any(
        volume.selection.action == "copy" and volume.selection.copy_method == "filesystem"
        for volume in (plan.spec.persistent_volumes if plan.spec.indirect_volume_migration else ())
    )


def _runs(workload: Raw, pod: Raw) -> bool:
    wanted = _map(workload, "spec", "selector", "matchLabels")
    labels = _map(pod, "metadata", "labels")
    return bool(wanted) and all(labels.get(key) == value for key, value in wanted.items())


def _looping(pod: Raw, now: datetime) -> Iterator[str]:
    """Yield the containers of a pod that end again and again, also while they run for a moment."""
    for container in _maps(_map(pod, "status").get("containerStatuses")):
        restarts, last = container.get("restartCount"), _map(container, "lastState", "terminated")
        if not isinstance(restarts, int) or restarts < _CRASHES:
            continue
        state = _map(container, "state")
        begun, ended = _time(last.get("startedAt")), _time(last.get("finishedAt"))
        again = _time(_map(state, "running").get("startedAt"))
        brief = begun is not None and ended is not None and ended - begun < _BRIEF
        just = again is not None and now - again < GRACE
        if _map(state, "waiting").get("reason") == "CrashLoopBackOff" or (brief and just):
            reason = last.get("reason")
            why = f"{reason}, " if reason and reason != "Error" else ""
            why += f"exit code {last.get('exitCode')}"
            yield f"ends again and again (container {container.get('name')}: {why})"


def _unavailable_since(status: Raw) -> datetime | None:
    for condition in _maps(status.get("conditions")):
        if condition.get("type") == "Available" and condition.get("status") == "False":
            return _time(condition.get("lastTransitionTime"))
    return None


def _unready_since(pods: Iterable[Raw]) -> datetime | None:
    """Return since when none of these pods is ready; None where there is none."""
    times = [
        _time(condition.get("lastTransitionTime"))
        for pod in pods
        for condition in _maps(_map(pod, "status").get("conditions"))
        if condition.get("type") == "Ready" and condition.get("status") == "False"
    ]
    return max((time for time in times if time is not None), default=None)


def _map(obj: object, *path: str) -> Raw:
    for key in path:
        obj = obj.get(key) if isinstance(obj, Mapping) else None
    return obj if isinstance(obj, Mapping) else {}


def _maps(value: object) -> Iterator[Raw]:
    return (
        each for each in (value if isinstance(value, list) else ()) if isinstance(each, Mapping)
    )


def _time(value: object) -> datetime | None:
    if isinstance(value, datetime):
        value = value.isoformat()
    return parse_time(value) if isinstance(value, str) else None
