"""Objects and texts as observations.

Takes any JSON, from any cluster or archive or from a person's paste, and says what in it can
tell something: conditions, events, the states of pods, messages in a status, and the object
itself. Odd content yields fewer observations, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from knowledge.matching.loglines import head, parse_time
from knowledge.observations import Observation, Subject

MAX_TEXT = 8192
"""Characters of one message that are looked at."""
_MAX_DEPTH = 12
_MAX_OBSERVATIONS = 5000

_MESSAGE_KEYS = frozenset(
    {
        "message",
        "error",
        "errorMessage",
        "errors",
        "validationErrors",
        "failureReason",
        "logMessage",
        "logs",
        "resticErrors",
        "progress",
        "comment",
    }
)
_EVENT_ROW = re.compile(r"(?:^|\s)(?:Warning|Normal)\s+(?P<reason>[A-Z][A-Za-z]+)\s+(?P<rest>.*)")
_ROW_OBJECT = re.compile(r"(?P<kind>[a-z]+)[a-z0-9.]*/[a-z0-9]")
"""The column OBJECT of ``oc get events``: its kind in small letters, without the group."""
_ROW_SENDER = re.compile(
    r"(?:\d+[dhms])+(?: \(x\d+ over [\w ]+\))?\s+(?P<sender>kubelet|default-scheduler)\b"
)
"""The column From of ``oc describe``: who sends events of pods only."""
_EVENT_LINE = re.compile(
    r"""Event\(v1\.ObjectReference\{Kind:\\*"(?P<kind>\w*).*\}\): """
    r"""type: '(?P<type>\w+)' reason: '(?P<reason>\w+)'"""
)
"""How a controller logs an event that it has sent."""
_HARMLESS = frozenset({"Advisory", "Required", ""})
_ENDS = frozenset({"SucceededWithWarnings", "Failed"})
_EXPECTED = "AsExpected"
"""The reason that OpenShift's operators give for a condition that is as it should be."""
_OF_PODS = frozenset({("PodScheduled", "False"), ("DisruptionTarget", "True")})
"""The conditions of a pod that tell why it has no node, or why it had to go."""
_HISTORY = frozenset({"failures", "outages"})
"""What the status of a check keeps of the time before it passed."""
_CAMEL = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b|\bOOMKilled\b|\bEvicted\b|\bError\b(?!:| (?!exit)\w)")
_LAST_STATE = re.compile(r"\W*last ?state\b", re.IGNORECASE)
_EXIT_CODE = re.compile(
    r"\bexit(?:ed)?(?: with)?(?: status| code|Code)?[ :=]+(\d{1,3})\b", re.IGNORECASE
)

COMPONENT_LABELS: tuple[tuple[str, str, str], ...] = (
    ("component", "velero", "velero"),
    ("name", "restic", "restic"),
    ("name", "node-agent", "node-agent"),
    ("owner", "directvolumemigration", "rsync"),
    ("migration.openshift.io/migration-registry", "True", "registry"),
    ("migration.openshift.io/is-stage-pod", "True", "stage"),
    ("control-plane", "controller-manager", "mig-controller"),
)
"""(label, value, component) of MTC's and Velero's pods."""


def subject_of(obj: Mapping[str, Any], cluster: str = "") -> Subject:
    """Return which object this is; fields that are absent or odd are empty."""
    meta = _mapping(obj.get("metadata"))
    return Subject(
        kind=_text(obj.get("kind")),
        name=_text(meta.get("name")),
        namespace=_text(meta.get("namespace")),
        cluster=cluster,
        uid=_text(meta.get("uid")),
    )


def observe(obj: Any, cluster: str = "") -> Iterator[Observation]:
    """Yield what an object (or a list of objects) tells; at most a few thousand facts."""
    for count, observation in enumerate(_observe(obj, cluster, 0)):
        if count >= _MAX_OBSERVATIONS:
            return
        yield observation


def observe_line(line: str, kind: str = "", component: str = "", where: str = "") -> Observation:
    """Return one line of text as an observation.

    ``kind`` is the person's hint (log, event, condition, cr, pod-status); a row of
    ``oc get events`` or ``oc describe`` is an event whatever the hint says.
    """
    text = line[:MAX_TEXT]
    if sent := _EVENT_LINE.search(text):
        fields = {"reason": sent["reason"], "kind": sent["kind"]}
        level = "info" if sent["type"] == "Normal" else ""
        return Observation(
            "event", text, where=where, component=component, level=level, fields=fields
        )
    row = _EVENT_ROW.search(text)
    if kind == "event" or (row and kind in ("", "log")):
        fields = {"reason": row["reason"]} if row else {}
        if row and (about := _ROW_OBJECT.match(row["rest"])):
            fields["kind"] = about["kind"]
        elif row and _ROW_SENDER.match(row["rest"]):
            fields["kind"] = "pod"
        if not fields and (named := _CAMEL.search(text)):
            fields = {"reason": named[0]}
        level = "info" if row and "Normal" in row[0].split()[:1] else ""
        return Observation(
            "event", text, where=where, component=component, level=level, fields=fields
        )
    if kind == "pod-status":
        fields = {"reasons": " ".join(_CAMEL.findall(text))}
        if _LAST_STATE.match(text):
            fields["state"] = "lastState"
        if code := _EXIT_CODE.search(text):
            fields["exit_code"] = code[1]
        return Observation("pod", text, where=where, component=component, fields=fields)
    said = head(text)
    as_kind: Any = "status" if kind in ("condition", "cr") else "log"
    return Observation(
        as_kind,
        text,
        where=where,
        component=component,
        level=said.level,
        time=said.time,
    )


def _observe(obj: Any, cluster: str, depth: int) -> Iterator[Observation]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(obj, list | tuple):
        for item in obj:
            yield from _observe(item, cluster, depth + 1)
        return
    if not isinstance(obj, Mapping):
        return
    items = obj.get("items")
    if isinstance(items, list) and "status" not in obj:
        for item in items:
            yield from _observe(item, cluster, depth + 1)
        return
    if "conditions" in obj and not {"kind", "status", "metadata"} & obj.keys():
        obj = {"status": obj}
    elif isinstance(obj.get("type"), str) and isinstance(obj.get("status"), str | bool):
        obj = {"status": {"conditions": [obj]}}
    subject = subject_of(obj, cluster)
    if subject.kind == "Event" or (not subject.kind and "involvedObject" in obj):
        yield from _event(obj, subject)
        return
    yield Observation(
        "object", f"{subject.kind}/{subject.name}", subject, _where(subject), object=obj
    )
    status = _mapping(obj.get("status"))
    component = _component(obj)
    yield from _conditions(_of_running(obj, status), subject, component)
    if subject.kind in ("Pod", "") and _looks_like_pod(status):
        yield from _pod(status, subject, component)
    over = _HISTORY if _passes(status.get("conditions")) else frozenset()
    rest = {key: value for key, value in status.items() if key not in {"conditions", *over}}
    if subject.kind != "Pod" and "containerStatuses" not in status:
        yield from _messages(rest, subject, component, "status", 0)
    if subject.kind == "Status" or (subject.kind and "metadata" not in obj):
        yield from _texts(obj.get("message"), subject, component, "message")
    annotations = _mapping(_mapping(obj.get("metadata")).get("annotations"))
    for key, value in annotations.items():
        if str(key).startswith("velero.io/") and isinstance(value, str) and value:
            where = f"{_where(subject)} metadata.annotations[{key}]"
            yield Observation("status", f"{key}: {value[:MAX_TEXT]}", subject, where, component)


def _event(obj: Mapping[str, Any], subject: Subject) -> Iterator[Observation]:
    about = _mapping(obj.get("involvedObject")) or _mapping(obj.get("regarding"))
    source = _mapping(obj.get("source"))
    target = Subject(
        kind=_text(about.get("kind")),
        name=_text(about.get("name")),
        namespace=_text(about.get("namespace")) or subject.namespace,
        cluster=subject.cluster,
        uid=_text(about.get("uid")),
    )
    reason = _text(obj.get("reason"))
    message = _text(obj.get("message")) or _text(obj.get("note"))
    yield Observation(
        "event",
        message[:MAX_TEXT] or reason,
        target,
        f"event {reason} on {_where(target)}",
        component=_text(source.get("component")) if target.kind.startswith("Mig") else "",
        level="warning" if obj.get("type") == "Warning" else "info",
        time=_first_time(
            obj, "lastTimestamp", "eventTime", "firstTimestamp", "deprecatedLastTimestamp"
        ),
        fields={"reason": reason, "kind": target.kind, "type": _text(obj.get("type"))},
    )


def _conditions(conditions: Any, subject: Subject, component: str) -> Iterator[Observation]:
    """Yield what conditions tell; of a history, which has no types, only its end holds.

    Of a migration that was canceled nothing holds but that: the others tell what it waited for.
    """
    listed = [c for c in conditions if isinstance(c, Mapping)] if _is_list(conditions) else []
    found: list[Observation] = []
    for number, condition in enumerate(listed, 1):
        if condition.get("type") or number == len(listed):
            found += _condition(condition, subject, component)
    yield from without_canceled(found) if subject.kind in ("MigMigration", "") else found


def without_canceled(found: Sequence[Observation]) -> Sequence[Observation]:
    """Return the facts of one migration without what stood when it was canceled, where it was."""
    canceled = any(o.kind == "condition" and o.fields.get("type") == "Canceled" for o in found)
    if not canceled:
        return found
    return [
        o
        for o in found
        if o.kind != "condition"
        or (o.fields.get("category") in _HARMLESS and o.fields.get("type") not in _ENDS)
    ]


def _condition(
    condition: Mapping[str, Any], subject: Subject, component: str
) -> Iterator[Observation]:
    kind = _text(condition.get("type"))
    state = _text(condition.get("status"))
    if condition.get("reason") == _EXPECTED:
        return
    where = f"{_where(subject)} status.conditions[{kind}]"
    message = _text(condition.get("message"))[:MAX_TEXT]
    time = _first_time(condition, "lastTransitionTime")
    if subject.kind == "Pod":
        if (kind, state) in _OF_PODS:
            fields = {"reason": _text(condition.get("reason"))}
            yield Observation("pod", message, subject, where, component, time=time, fields=fields)
        return
    category = _text(condition.get("category"))  # of MTC's conditions only
    fields = {"type": kind, "reason": _text(condition.get("reason")), "category": category}
    if state.lower() == "true":
        yield Observation("condition", message, subject, where, component, time=time, fields=fields)
    elif message and not (subject.kind.startswith(("Mig", "Direct")) or (state and category)):
        yield Observation("status", message, subject, where, component, time=time, fields=fields)


def _of_running(obj: Mapping[str, Any], status: Mapping[str, Any]) -> Any:
    """Return the conditions; of a workload scaled to nothing not that none is available."""
    conditions = status.get("conditions")
    stopped = _mapping(obj.get("spec")).get("replicas") == 0
    if not stopped or not isinstance(conditions, list):
        return conditions
    return [c for c in conditions if _mapping(c).get("type") != "Available"]


def _passes(conditions: Any) -> bool:
    """Return whether a check of connections reaches its end now."""
    return _is_list(conditions) and any(
        isinstance(c, Mapping) and c.get("type") == "Reachable" and c.get("status") == "True"
        for c in conditions
    )


def _looks_like_pod(status: Mapping[str, Any]) -> bool:
    return any(key in status for key in ("containerStatuses", "initContainerStatuses", "phase"))


def _pod(status: Mapping[str, Any], subject: Subject, component: str) -> Iterator[Observation]:
    """Yield the states of a pod and its containers.

    The last words of a container that is ready again, often the end of its log, are left out: it
    has got over them. They tell of a migration only where the pod is one of MTC's own.
    """
    reason = _text(status.get("reason"))
    message = _text(status.get("message"))[:MAX_TEXT]
    if reason or message:
        where = f"{_where(subject)} status"
        yield Observation(
            "pod",
            message or reason,
            subject,
            where,
            component,
            fields={"reason": reason},
        )
    for key in ("initContainerStatuses", "containerStatuses"):
        containers = status.get(key)
        for container in containers if isinstance(containers, list) else ():
            if not isinstance(container, Mapping):
                continue
            name = _text(container.get("name"))
            for state_key in ("state", "lastState"):
                state = _mapping(container.get(state_key))
                for phase in ("waiting", "terminated"):
                    said = _mapping(state.get(phase))
                    if not said or said.get("reason") == "Completed":
                        continue
                    code = said.get("exitCode")
                    why = _text(said.get("reason"))
                    over = state_key == "lastState" and container.get("ready") is True
                    text = "" if over and not component else _text(said.get("message"))[:MAX_TEXT]
                    yield Observation(
                        "pod",
                        text
                        or " ".join(p for p in (why, f"exit code {code}" if code else "") if p),
                        subject,
                        f"{_where(subject)} status.{key}[{name}].{state_key}.{phase}",
                        _container_component(component, name),
                        time=_first_time(said, "finishedAt"),
                        fields={
                            "reason": why,
                            "exit_code": str(code) if isinstance(code, int) else "",
                            "container": name,
                            "state": state_key,
                        },
                    )


def _messages(
    value: Any, subject: Subject, component: str, path: str, depth: int
) -> Iterator[Observation]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            here = f"{path}.{key}"
            if key in _MESSAGE_KEYS:
                yield from _texts(inner, subject, component, here)
            if key == "conditions":
                yield from _conditions(inner, subject, component)
            elif isinstance(inner, Mapping | list):
                yield from _messages(inner, subject, component, here, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, Mapping | list):
                yield from _messages(inner, subject, component, f"{path}[{index}]", depth + 1)


def _texts(value: Any, subject: Subject, component: str, path: str) -> Iterator[Observation]:
    for index, text in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(text, str) and text:
            where = f"{_where(subject)} {path}" + (f"[{index}]" if isinstance(value, list) else "")
            yield Observation("status", text[:MAX_TEXT], subject, where, component)


def _component(obj: Mapping[str, Any]) -> str:
    labels = _mapping(_mapping(obj.get("metadata")).get("labels"))
    for label, value, component in COMPONENT_LABELS:
        if labels.get(label) == value:
            return component
    return ""


def _container_component(component: str, container: str) -> str:
    return "stunnel" if component == "rsync" and container == "stunnel" else component


def _where(subject: Subject) -> str:
    if not subject.kind:
        return ""
    return f"{subject.kind.lower()}/{subject.name}" if subject.name else subject.kind.lower()


def _first_time(value: Mapping[str, Any], *keys: str) -> datetime | None:
    for key in keys:
        raw = value.get(key)
        if isinstance(raw, datetime):
            raw = raw.isoformat()
        if isinstance(raw, str) and (time := parse_time(raw)):
            return time
    return None


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
