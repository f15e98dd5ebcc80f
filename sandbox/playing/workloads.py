"""What a migration does to the applications themselves: stop, restore, start, take away."""

from __future__ import annotations

from collections.abc import Callable

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import Json
from sandbox.playing.building import make_pods, stop_pods
from sandbox.playing.names import Values
from sandbox.playing.world import World
from sandbox.scenarios.schema import App

QUIESCED = "migration.openshift.io/preQuiesceReplicas"
"""Annotation that keeps the replicas of a workload that MTC has scaled down."""
MIGRATED_BY = "migration.openshift.io/migrated-by-migplan"
_RESTORED: tuple[Kind, ...] = (
    k.CONFIGMAP,
    k.BUILDCONFIG,
    k.DEPLOYMENTCONFIG,
    k.IMAGESTREAM,
    k.STATEFULSET,
    k.DEPLOYMENT,
)
_MIGRATED: tuple[Kind, ...] = (*_RESTORED, k.PVC, k.POD)
_SCALED: tuple[Kind, ...] = (k.DEPLOYMENT, k.STATEFULSET)


def quiesce(world: World, cluster: str, namespace: str, app: App) -> None:
    """Scale the workloads of a namespace to zero, keeping what they were."""

    def scale_down(workload: Json) -> None:
        annotations = workload["metadata"].setdefault("annotations", {})
        annotations.setdefault(QUIESCED, str(workload["spec"].get("replicas", 1)))
        workload["spec"]["replicas"] = 0
        workload["status"] = {"replicas": 0}

    _each_workload(world, cluster, namespace, scale_down)
    stop_pods(world, cluster, namespace, app)


def unquiesce(world: World, cluster: str, namespace: str, app: App) -> None:
    """Scale the workloads of a namespace back, and start their pods."""

    def scale_up(workload: Json) -> None:
        kept = workload["metadata"].get("annotations", {}).pop(QUIESCED, None)
        if kept is not None:
            count = int(kept)
            workload["spec"]["replicas"] = count
            workload["status"] = {"replicas": count, "readyReplicas": count}

    _each_workload(world, cluster, namespace, scale_up)
    make_pods(world, cluster, namespace, app)


def _each_workload(
    world: World, cluster: str, namespace: str, change: Callable[[Json], None]
) -> None:
    for kind in _SCALED:
        for workload in world.cluster(cluster).find_all(kind, namespace):
            world.update(cluster, kind, workload["metadata"]["name"], change, namespace)


def make_target_namespaces(world: World, app: App) -> None:
    """Create the destination namespaces that are not there, annotations and all."""
    for source, target in app.pairs:
        there = world.cluster(app.destination)
        if there.find(k.NAMESPACE, target) is None:
            made = world.cluster(app.source).find(k.NAMESPACE, source) or {}
            meta = made.get("metadata", {})
            copied = {name: meta.get(name, {}) for name in ("labels", "annotations")}
            there.put(
                {
                    "kind": "Namespace",
                    "metadata": {"name": target, "creationTimestamp": world.stamp, **copied},
                    "status": {"phase": "Active"},
                }
            )


def restore_objects(world: World, app: App, values: Values, restore: str) -> None:
    """Bring the objects of the source namespaces to the destination, scaled down."""
    make_target_namespaces(world, app)
    for source, target in app.pairs:
        for kind in _RESTORED:
            for obj in world.cluster(app.source).find_all(kind, source):
                _restore(world, app, obj, target, values, restore)


def restore_claims(world: World, app: App, values: Values, restore: str = "") -> None:
    """Make the claims of the source namespaces on the destination, with volumes of their own."""
    make_target_namespaces(world, app)
    for source, target in app.pairs:
        for claim in world.cluster(app.source).find_all(k.PVC, source):
            volume_name = claim["spec"].get("volumeName", "")
            volume = world.cluster(app.source).find(k.PV, volume_name)
            if volume is not None:
                volume["metadata"] = {
                    "name": f"{volume_name}-to",
                    "labels": volume["metadata"].get("labels", {}),
                    "creationTimestamp": world.stamp,
                }
                volume["spec"]["claimRef"]["namespace"] = target
                claim["spec"]["volumeName"] = volume["metadata"]["name"]
                if world.cluster(app.destination).find(k.PV, volume["metadata"]["name"]) is None:
                    world.cluster(app.destination).put(volume)
            _restore(world, app, claim, target, values, restore)


def _restore(world: World, app: App, obj: Json, target: str, values: Values, restore: str) -> None:
    kind = k.BY_KIND[obj["kind"]]
    meta = obj["metadata"]
    there = world.cluster(app.destination)
    if there.find(kind, meta["name"], target) is not None:
        return
    labels = {
        **meta.get("labels", {}),
        MIGRATED_BY: values["plan_uid"],
        "migration.openshift.io/migrated-by-migmigration": values["migration_uid"],
    }
    if restore:
        labels["velero.io/restore-name"] = restore
    obj["metadata"] = {
        "name": meta["name"],
        "namespace": target,
        "labels": labels,
        "annotations": dict(meta.get("annotations", {})),
        "creationTimestamp": world.stamp,
    }
    if kind in _SCALED:
        kept = obj["metadata"]["annotations"].get(QUIESCED, str(obj["spec"].get("replicas", 1)))
        if values["quiesce"]:
            obj["metadata"]["annotations"][QUIESCED] = kept
            obj["spec"]["replicas"] = 0
            obj["status"] = {"replicas": 0}
    there.put(obj)


def delete_migrated(world: World, app: App, values: Values) -> None:
    """Delete from the destination what the plan has brought there, claims included."""
    for _, target in app.pairs:
        stop_pods(world, app.destination, target, app)
        for kind in _MIGRATED:
            for obj in world.cluster(app.destination).find_all(kind, target):
                if obj["metadata"].get("labels", {}).get(MIGRATED_BY) == values["plan_uid"]:
                    world.remove(app.destination, kind, obj["metadata"]["name"], target)
