"""Pieces of objects that people cut out of a screen, as objects.

A piece of JSON often begins after the brace of its object and ends before it; a piece of a pod's
status names no pod, nor the status of a migration what it is the status of. They are made whole
here, so that they are read like the objects they are from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_PIECE = 1 << 20
"""Characters of a piece; what is longer was not cut out of a screen."""
_MEMBER = re.compile(r'\s*"[\w./-]+"\s*:')
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_CLOSING = {"{": "}", "[": "]"}
_STATES = frozenset({"waiting", "terminated"})
_STATE = frozenset({"state", "lastState"})
CONTAINER = _STATE | _STATES
"""Keys by which the state of a container is known."""
_CONTAINERS = frozenset({"containerStatuses", "initContainerStatuses"})
_FIELDS = {
    "DirectVolumeMigration": {"successfulPods", "failedPods", "runningPods", "rsyncOperations"},
    "DirectImageMigration": {"newISs", "successfulISs", "failedISs", "deletedISs"},
    "DirectVolumeMigrationProgress": {"lastObservedProgressPercent", "lastObservedTransferRate"},
    "MigMigration": {"pipeline"},
    "Backup": {"itemsBackedUp", "volumeSnapshotsAttempted", "csiVolumeSnapshotsAttempted"},
    "Restore": {"itemsRestored", "restoreItemOperationsAttempted"},
    "BackupStorageLocation": {"lastValidationTime", "lastSyncedTime"},
    "BackupRepository": {"lastMaintenanceTime", "recentMaintenance"},
}
"""Fields of a status, or of the progress in it, that one kind of object has only."""
OF_ONE_KIND = {"Reconciled": "DataProtectionApplication"}
"""Types of conditions that one kind of object has only, which says by False what is wrong."""
_STATUS = frozenset({"conditions", "errors", "itinerary", "observedDigest", "phase", "podPhase"})


def closed(text: str) -> str:
    """Return a piece of JSON with the brackets that it lacks; any other text as it is."""
    if len(text) > MAX_PIECE:
        return text
    if _MEMBER.match(text):
        text = "{" + text
    elif not text.lstrip().startswith(("{", "[")):
        return text
    bare = _STRING.sub(lambda found: " " * len(found[0]), text)
    open_ones: list[str] = []
    for index, char in enumerate(bare):
        if char in _CLOSING:
            open_ones.append(_CLOSING[char])
        elif char in "}]":
            if not open_ones or open_ones.pop() != char:
                return text
            if not open_ones:
                more = bare[index + 1 :].lstrip().startswith(",")
                return closed("[" + text) if char == "}" and more else text[: index + 1]
    return text.rstrip().rstrip(",") + "".join(reversed(open_ones))


def whole(value: Any) -> Any:
    """Return the object that a piece of a status is from; anything else as it is."""
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, Mapping) and not {"kind", "metadata", "items"} & value.keys():
        status = value.get("status") if "status" in value else value
        if isinstance(status, Mapping) and (kind := _kind(status)):
            return {"kind": kind, "status": status}
        if value.keys() == {"status"} and isinstance(status, Mapping) and _STATE & status.keys():
            return whole(status)
    if not isinstance(value, Mapping) or {"kind", "status", "metadata", "items"} & value.keys():
        return value
    if _CONTAINERS & value.keys():
        return {"kind": "Pod", "status": value}
    if _STATES & value.keys():
        value = {"state": value}
    state, last = value.get("state"), value.get("lastState")
    if not isinstance(state, Mapping) and isinstance(last, Mapping):
        value = {**value, "state": last, "lastState": {}}
    if isinstance(value.get("state"), Mapping) and _telling(value["state"]):
        return {"kind": "Pod", "status": {"containerStatuses": [value]}}
    return value


def _kind(status: Mapping[str, Any]) -> str:
    """Return the kind that has such a status; empty where none or several have."""
    if not _STATUS & status.keys():
        return ""
    progress = status.get("progress")
    names = status.keys() | (progress.keys() if isinstance(progress, Mapping) else set())
    for kind, fields in _FIELDS.items():
        if fields & names:
            return kind
    conditions = status.get("conditions")
    for condition in conditions if isinstance(conditions, list) else ():
        said = condition.get("type") if isinstance(condition, Mapping) else None
        if isinstance(said, str) and said in OF_ONE_KIND:
            return OF_ONE_KIND[said]
    return ""


def _telling(state: Mapping[str, Any]) -> bool:
    return any(isinstance(state.get(key), Mapping) for key in (*_STATES, "running"))
