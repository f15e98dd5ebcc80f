"""The world in which scenarios begin: clusters, stores, applications and ready plans."""

from __future__ import annotations

from collections.abc import Iterable

from bot.clusters import kinds as k
from bot.clusters.port import Json
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import HOST, MemoryPlane
from sandbox.playing.names import (
    Values,
    app_values,
    cluster_values,
    pod_name,
    suffix,
    uid,
    volume_name,
)
from sandbox.playing.world import World
from sandbox.scenarios.filling import filled
from sandbox.scenarios.loading import templates
from sandbox.scenarios.schema import App, Scenario, Volume


def build_plane(scenarios: Iterable[Scenario], name: str = "demo") -> MemoryPlane:
    """Return a control plane with the (empty) clusters that the scenarios name."""
    names = {HOST: None} | {
        cluster: None
        for scenario in scenarios
        for app in scenario.apps
        for cluster in (app.source, app.destination)
    }
    return MemoryPlane(name, {cluster: MemoryCluster(cluster) for cluster in names})


def names_of_clusters(scenarios: Iterable[Scenario]) -> dict[str, Values]:
    """Return the names of what stands on each cluster of the scenarios."""
    found: dict[str, Values] = {HOST: cluster_values(HOST)}
    for scenario in scenarios:
        described = {spec.name: spec for spec in scenario.clusters}
        for app in scenario.apps:
            for cluster in (app.source, app.destination):
                spec = described.get(cluster)
                if spec is not None or cluster not in found:
                    found[cluster] = cluster_values(cluster, spec.mtc if spec else "1.8")
    return found


def furnish(world: World, scenarios: Iterable[Scenario]) -> None:
    """Put into the clusters what is there before anything happens."""
    scenarios = tuple(scenarios)
    parts, logs = templates("cluster"), templates("logs")
    for cluster, values in world.clusters.items():
        for template in parts["every"] + (parts["host"] if cluster == HOST else []):
            world.make(cluster, template, values)
        if cluster != HOST:
            for template in parts["remote"]:
                world.make(HOST, template, values)
        world.log(cluster, "velero", logs["server"])
        world.log(cluster, "agent", logs["agent"])
    world.log(HOST, "controller", logs["controller"])
    stores = dict.fromkeys(app.storage for scenario in scenarios for app in scenario.apps)
    for storage in stores:
        for template in parts["storage"]:
            world.make(HOST, template, {"storage": storage})
    for scenario in scenarios:
        for app in scenario.apps:
            furnish_app(world, app)


def furnish_app(world: World, app: App) -> None:
    """Put an application on its source, and its plan on the host."""
    parts = templates("app")
    values = app_values(app, world.clusters)
    for source, _ in app.pairs:
        place = {**values, "namespace": source}
        for template in parts["namespace"] + parts["workload"]:
            world.make(app.source, template, place)
        for volume in app.claims:
            for template in parts["volume"]:
                world.make(app.source, template, {**place, **volume_values(app, source, volume)})
        make_pods(world, app.source, source, app)
    for cluster, bsl in (
        (app.source, values["source_bsl"]),
        (app.destination, values["destination_bsl"]),
    ):
        world.make(cluster, parts["location"], {**values, "bsl": bsl})
        if app.copy_by == "restic":
            kind = world.clusters[cluster]["repository_kind"]
            world.make(
                cluster, parts["repository"], {**values, "bsl": bsl, "repository_kind": kind}
            )
    for hook in app.hooks:
        world.make(HOST, parts["hook"], {"hook": hook.name, "hook_cluster": hook.cluster})
    plan = filled(
        parts["plan"],
        {
            **values,
            "now": world.stamp,
            "suffix": suffix("plan", app.name, length=4),
            "indirect_volumes": app.copy_by != "direct",
            "persistent_volumes": [
                plan_volume(app, source, volume) for source, _ in app.pairs for volume in app.claims
            ],
            "hooks": [
                {
                    "phase": hook.phase,
                    "executionNamespace": app.pairs[0][0],
                    "serviceAccount": "migration-hooks",
                    "reference": {"name": hook.name, "namespace": "openshift-migration"},
                }
                for hook in app.hooks
            ],
        },
    )
    plan["metadata"]["uid"] = values["plan_uid"]
    world.make(HOST, plan, {})


def plan_volume(app: App, namespace: str, volume: Volume) -> Json:
    """Return a volume as it stands in the plan."""
    values = volume_values(app, namespace, volume)
    chosen = {"action": "copy", "copyMethod": "filesystem", "storageClass": volume.storage_class}
    made: Json = filled(
        templates("app")["plan_volume"],
        {**values, "namespace": namespace, "selection": {**chosen, **volume.selection}},
    )
    return made


def volume_values(app: App, namespace: str, volume: Volume) -> dict[str, object]:
    """Return the names of a claim and its volume."""
    return {
        "claim": volume.name,
        "claim_uid": uid("claim", app.name, namespace, volume.name),
        "pv": volume_name(app.name, namespace, volume.name),
        "size": volume.size,
        "bytes": volume.bytes,
        "storage_class": volume.storage_class,
        "zone": volume.zone,
        "verify": volume.selection.get("verify") is True,
    }


def make_pods(world: World, cluster: str, namespace: str, app: App) -> None:
    """Start the application's pods in a namespace."""
    for number in range(app.replicas):
        name = pod_name(app.name, namespace, number)
        pod = filled(
            templates("app")["pod"],
            {
                "app": app.name,
                "namespace": namespace,
                "pod": name,
                "hash": name.split("-")[-2],
                "uid": uid("replicaset", app.name, namespace),
                "node": f"{cluster}-worker-1",
                "now": world.stamp,
            },
        )
        pod["spec"]["volumes"] = [
            {"name": v.name, "persistentVolumeClaim": {"claimName": v.name}} for v in app.claims
        ]
        world.make(cluster, pod, {})


def stop_pods(world: World, cluster: str, namespace: str, app: App) -> None:
    """Stop the application's pods in a namespace."""
    for number in range(app.replicas):
        world.remove(cluster, k.POD, pod_name(app.name, namespace, number), namespace)
