"""Carrying out what a scenario changes beside its runs."""

from __future__ import annotations

from typing import Any

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import (
    ClusterError,
    Denied,
    Json,
    Unauthorized,
    Unreachable,
    Untrusted,
)
from sandbox.clusters.objects import merged
from sandbox.playing.names import Values, suffix
from sandbox.playing.world import World, clear_conditions, set_condition
from sandbox.scenarios.filling import filled
from sandbox.scenarios.schema import Change, ConditionChange, EventChange, LogChange

_FAULTS: dict[str, type[ClusterError]] = {
    "unreachable": Unreachable,
    "untrusted": Untrusted,
    "unauthorized": Unauthorized,
    "denied": Denied,
}


def carry_out(world: World, change: Change, values: Values) -> None:
    """Write a change to its cluster; ``values`` fill the placeholders."""
    values = {**values, "now": world.stamp}
    cluster = str(values.get(change.cluster, change.cluster))
    for template in change.apply:
        _apply(world, cluster, filled(template, values))
    for name in change.delete:
        kind = k.BY_KIND[name.kind]
        world.remove(cluster, kind, filled(name.name, values), filled(name.namespace, values))
    for conditions in change.conditions:
        _set_conditions(world, cluster, conditions, values)
    for log in change.logs:
        _write_log(world, cluster, log, values)
    for event in change.events:
        _record_event(world, cluster, event, values)
    if change.fault is not None:
        fault = change.fault
        error = _FAULTS[fault.kind](fault.message, cluster=cluster) if fault.kind else None
        world.cluster(cluster).fail_with(error)


def _apply(world: World, cluster: str, obj: Json) -> None:
    kind = k.BY_KIND[obj["kind"]]
    meta = obj["metadata"]
    there = world.cluster(cluster).find(kind, meta["name"], meta.get("namespace", ""))
    if there is None:
        meta.setdefault("creationTimestamp", world.stamp)
    world.cluster(cluster).put(merged(there or {}, obj))


def _set_conditions(world: World, cluster: str, change: ConditionChange, values: Values) -> None:
    def set_and_clear(obj: Json) -> None:
        clear_conditions(obj, *change.clear)
        for condition in change.set:
            made: dict[str, Any] = filled(condition, values)
            set_condition(obj, world.stamp, **made)

    world.update_mtc(k.BY_KIND[change.kind], filled(change.name, values), set_and_clear, cluster)


def _write_log(world: World, cluster: str, change: LogChange, values: Values) -> None:
    lines = filled(change.lines, values)
    if change.component is not None:
        world.log(cluster, change.component, lines, filled(change.kept_with, values))
        return
    place = (change.namespace, change.pod, change.container)
    namespace, pod, container = filled(place, values)
    world.log_pod(cluster, (namespace, pod, container), lines)


def _record_event(world: World, cluster: str, change: EventChange, values: Values) -> None:
    about: dict[str, str] = filled(
        {"kind": change.kind, "name": change.name, "namespace": change.namespace}, values
    )
    message = filled(change.message, values)
    name = f"{about['name']}.{suffix(about['name'], change.reason, message, length=12)}"
    world.cluster(cluster).put(
        {
            "kind": "Event",
            "metadata": {
                "name": name,
                "namespace": about["namespace"] or MTC_NAMESPACE,
                "creationTimestamp": world.stamp,
            },
            "involvedObject": about,
            "reason": change.reason,
            "message": message,
            "type": change.type,
            "source": {"component": change.component} if change.component else {},
            "firstTimestamp": world.stamp,
            "lastTimestamp": world.stamp,
            "count": 1,
        }
    )
