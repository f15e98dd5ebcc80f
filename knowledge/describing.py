"""What ``oc describe`` prints, or YAML that was cut off, as conditions and as an object's status.

People paste what is on their screen. A condition is known by its type, and an object by its phase,
not by messages alone, so their lines are gathered again. Other lines are left to others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from knowledge.fragments import OF_ONE_KIND
from knowledge.observations import Observation
from knowledge.observing import observe, without_canceled
from knowledge.tables import rows

_FIELDS = frozenset(
    {
        "category",
        "durable",
        "items",
        "lastheartbeattime",
        "lastprobetime",
        "lasttransitiontime",
        "lastupdatetime",
        "message",
        "observedgeneration",
        "reason",
        "status",
        "type",
    }
)
_SILENT = frozenset({"message", "reason"})
"""Fields of a condition that may well be empty."""
_JOURNALS = frozenset({"ClusterServiceVersion"})
"""Kinds whose conditions are what was, one after the other; what is stands beside them."""
_STATES = frozenset({"true", "false", "unknown"})
_LINE = re.compile(
    r"^(?P<indent>\s*)(?P<dash>-\s+)?(?P<key>[A-Za-z][A-Za-z ]*):(?:\s+(?P<value>.*))?$"
)
_STATE = re.compile(
    r"^(?P<indent>\s*)(?P<state>(?:Last )?State):\s+(?P<phase>Waiting|Terminated)\s*$"
)
_TOP = re.compile(r"^(?P<key>kind|name):\s+(?P<value>[\w.-]+)\s*$", re.IGNORECASE)
_CLAIM = re.compile(r"^(?P<key>Name|Namespace|StorageClass|Status):\s+(?P<value>[\w.-]+)\s*$")
_GOING = re.compile(r"^Status:\s+Terminating(?: \(lasts [^)]+\))?\s*$")
_KEPT_BY = re.compile(
    r"^Finalizers:\s+\[(?:.*\s)?(?P<finalizer>external-(?:attacher|provisioner)[^\s\]]*"
    r"|kubernetes\.io/pvc?-protection)"
)
_ROOM = re.compile(r"^No (?:resource quota|resource limits|LimitRange resource)\.\s*$")
"""What is said beneath a namespace that has neither quota nor limits."""
_PROVISIONER = re.compile(
    r"^(?:Annotations:)?\s+(?P<key>volume\.(?:beta\.)?kubernetes\.io/storage-provisioner)[:=]"
)
_VOLUMES = re.compile(
    r"^(?P<indent>\s*)(?:Errors:\s+)?(?:(?:[Rr]estic|[Kk]opia) (?P<old>Backup|Restore)s"
    r"|Pod Volume (?P<new>Backup|Restore)s)\b[^:]*:\s*$"
)
_FAILED = re.compile(r"^\s+Failed:\s*(?P<count>(?!0\s*$)\d*)\s*$")
"""How many volumes failed, or the line above those that did."""
_INLINE = re.compile(
    r"(?:^|[\s,;{])\"?(?P<key>type|status|reason|category|message)\"?[:=]\s*", re.IGNORECASE
)


def described(lines: Sequence[str], component: str = "") -> tuple[list[Observation], set[int]]:
    """Return the facts in the lines, and the indices of the lines that they took."""
    top = {m["key"].lower(): m["value"] for line in lines if (m := _TOP.match(line))}
    found: list[Observation] = []
    taken: set[int] = set()
    for condition, used in _blocks(lines):
        if not {"type", "status"} <= condition.keys():
            continue
        if condition["status"].lower() not in _STATES:
            continue
        taken.update(used)
        alone = "kind" not in top and condition["type"] in OF_ONE_KIND
        of = {**top, "kind": OF_ONE_KIND[condition["type"]]} if alone else top
        facts = observe(_object(of, {"conditions": [condition]}))
        found += [fact for fact in facts if alone or fact.kind != "object"]
    if top.get("kind", "MigMigration") == "MigMigration" and _of_one(lines):
        found = list(without_canceled(found))
    status, used = _status(lines)
    if status and top.get("kind"):
        taken.update(used)
        found += observe(_object(top, status))
        if top["kind"] in _JOURNALS:
            taken.update(_conditions(lines))
    states, used = _containers(lines)
    if states:
        taken.update(used)
        found += observe({**_object(top, {"containerStatuses": states}), "kind": "Pod"})
    found += _claim(lines)
    if (going := _going(lines)) is not None:
        taken.update(index for index, line in enumerate(lines) if _GOING.match(line))
        found += observe(going)
    found += _volumes(lines)
    for index, row in rows(lines):
        taken.add(index)
        found += observe(row)
    if component:
        found = [replace(fact, component=component) for fact in found]
    return found, taken


def _of_one(lines: Sequence[str]) -> bool:
    """Return whether the lines are of one object."""
    return sum(line.lower().startswith("kind:") for line in lines) <= 1


def _object(top: dict[str, str], status: dict[str, object]) -> dict[str, object]:
    return {
        "kind": top.get("kind", ""),
        "metadata": {"name": top.get("name", "")},
        "status": status,
    }


def _status(lines: Sequence[str]) -> tuple[dict[str, object], list[int]]:
    """Return the plain fields right under ``Status:`` as ``oc describe`` prints them."""
    begin = next((i for i, line in enumerate(lines) if line.rstrip() == "Status:"), len(lines))
    status: dict[str, object] = {}
    used: list[int] = []
    depth = 0
    for index, line in enumerate(lines[begin + 1 :], begin + 1):
        indent = len(line) - len(line.lstrip())
        if line.strip() and not indent:
            break
        depth = depth or indent
        field = _LINE.match(line)
        if field is None or indent != depth or field["dash"] or not field["value"]:
            continue
        words = field["key"].split()
        key = words[0].lower() + "".join(words[1:])
        value = field["value"].strip()
        status[key] = int(value) if value.isdecimal() and len(value) < 10 else value
        used.append(index)
    return status, used


def _conditions(lines: Sequence[str]) -> Iterator[int]:
    """Yield the indices of the lines beneath ``Conditions:``."""
    within = -1
    for index, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if line.strip() == "Conditions:":
            within = indent
        elif line.strip() and indent <= within:
            within = -1
        elif within >= 0:
            yield index


def _claim(lines: Sequence[str]) -> Iterator[Observation]:
    """Yield what a claim tells that waits although a provisioner was asked for its volume.

    ``oc describe pvc`` prints no kind; a StorageClass right beneath the name is of claims alone.
    """
    fields = {m["key"]: m["value"] or "" for line in lines if (m := _CLAIM.match(line))}
    asked = next((m["key"] for line in lines if (m := _PROVISIONER.match(line))), "")
    if {"Name", "StorageClass", "Status"} <= fields.keys() and asked:
        yield from observe(
            {
                "kind": "PersistentVolumeClaim",
                "metadata": {
                    "name": fields["Name"],
                    "namespace": fields.get("Namespace", ""),
                    "annotations": {asked: ""},
                },
                "spec": {"storageClassName": fields["StorageClass"]},
                "status": {"phase": fields["Status"]},
            }
        )


def _going(lines: Sequence[str]) -> dict[str, object] | None:
    """Return the namespace, claim or volume that ``oc describe`` says is being deleted."""
    if not any(_GOING.match(line) for line in lines):
        return None
    name = next((m["value"] for line in lines if (m := _CLAIM.match(line))), "")
    kept = next((m["finalizer"] for line in lines if (m := _KEPT_BY.match(line))), "")
    if kept:
        kind = "PersistentVolumeClaim" if "pvc" in kept else "PersistentVolume"
        finalizers = {"finalizers": [kept], "deletionTimestamp": ""}
        return {"kind": kind, "metadata": {"name": name, **finalizers}}
    if any(_ROOM.match(line) for line in lines):
        return {"kind": "Namespace", "metadata": {"name": name}, "status": {"phase": "Terminating"}}
    return None


def _volumes(lines: Sequence[str]) -> Iterator[Observation]:
    """Yield the volumes that failed, as ``velero backup describe`` and ``restore`` list them."""
    kind, depth = "", 0
    for index, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if begin := _VOLUMES.match(line):
            kind, depth = f"PodVolume{begin['old'] or begin['new']}", indent
        elif line.strip() and indent < depth + (_FAILED.match(line) is None):
            kind = ""
        elif kind and (failed := _FAILED.match(line)):
            first = lines[index + 1].strip() if index + 1 < len(lines) else ""
            said = f"Failed: {failed['count'] or first}"
            yield from observe({"kind": kind, "status": {"phase": "Failed", "message": said}})


def _containers(lines: Sequence[str]) -> tuple[list[dict[str, object]], list[int]]:
    """Return the states of containers as ``oc describe pod`` prints them.

    How a container ended before counts as its state where only that was pasted.
    """
    found: list[dict[str, object]] = []
    used: list[int] = []
    now = any(re.match(r"\s*State:\s+\w", line) for line in lines)
    for index, line in enumerate(lines):
        if (begin := _STATE.match(line)) is None:
            continue
        said: dict[str, object] = {}
        used.append(index)
        for number, inner in enumerate(lines[index + 1 : index + 8], index + 1):
            field = _LINE.match(inner)
            if field is None or len(field["indent"]) <= len(begin["indent"]):
                break
            words = field["key"].split()
            value = (field["value"] or "").strip()
            said[words[0].lower() + "".join(words[1:])] = (
                int(value) if value.isdecimal() and len(value) < 4 else value
            )
            used.append(number)
        key = "lastState" if now and begin["state"] == "Last State" else "state"
        found.append({key: {begin["phase"].lower(): said}})
    return found, used


def _blocks(lines: Sequence[str]) -> Iterator[tuple[dict[str, str], list[int]]]:
    block: dict[str, str] = {}
    used: list[int] = []
    last, indent = "", 0
    for index, line in enumerate(lines):
        if len(inline := _inline(line)) > 2:
            yield inline, [index]
            continue
        field = _LINE.match(line)
        key = field["key"].replace(" ", "").lower() if field else ""
        if block and field and key in _SILENT - block.keys() and not field["value"]:
            block[key], last, indent = "", key, len(field["indent"])
            used.append(index)
            continue
        if field is None or key not in _FIELDS or not field["value"]:
            if block and last and len(line) - len(line.lstrip()) > indent and line.strip():
                block[last] = f"{block[last]} {line.strip()}".strip("'\" ")
                used.append(index)
            elif block:
                yield block, used
                block, used, last = {}, [], ""
            continue
        if field["dash"] or key in block or (last == "type" and "status" in block):
            yield block, used
            block, used = {}, []
        block[key] = field["value"].strip().strip("'\"")
        used.append(index)
        last, indent = key, len(field["indent"]) + len(field["dash"] or "")
    yield block, used


def _inline(line: str) -> dict[str, str]:
    """Return a condition that stands on one line: ``Type: X Status: True Message: ...``."""
    marks = list(_INLINE.finditer(line))
    if not {"type", "status"} <= {mark["key"].lower() for mark in marks}:
        return {}
    condition: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        key = mark["key"].lower()
        stop = following.start() if following and key != "message" else len(line)
        if key not in condition:
            condition[key] = line[mark.end() : stop].strip().strip("'\",")
        if key == "message":
            break
    return condition
