"""Workloads: MTC's own are rolled out when their template changes, applications are scaled."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Json
from sandbox.playing.building import make_pods, stop_pods
from sandbox.reacting.scene import Scene
from sandbox.scenarios.schema import App

_ROLL = 4.0
"""Seconds until new pods are ready."""


class Rollouts:
    """Velero, the node agents and the controller on every cluster."""

    def __init__(self, scene: Scene) -> None:
        """Roll out on all clusters of the scene."""
        self._scene = scene

    def look(self) -> None:
        """Begin a roll-out where the template is newer than what runs."""
        world = self._scene.world
        for cluster, names in world.clusters.items():
            for kind, name, pod in (
                (k.DEPLOYMENT, "velero", names["velero_pod"]),
                (k.DAEMONSET, names["agent"], names["agent_pod"]),
                (k.DEPLOYMENT, "migration-controller", names["controller_pod"]),
            ):
                there = world.cluster(cluster).find(kind, name, MTC_NAMESPACE)
                if there is not None and _behind(there):
                    done = partial(self._rolled_out, cluster, kind, name, str(pod))
                    self._scene.later(("roll-out", cluster, name), _ROLL, done)

    def _rolled_out(self, cluster: str, kind: Kind, name: str, pod: str) -> None:
        world = self._scene.world

        def observed(workload: Json) -> None:
            workload["status"]["observedGeneration"] = workload["metadata"]["generation"]

        def restarted(running: Json) -> None:
            for container in running["status"].get("containerStatuses", []):
                container["state"] = {"running": {"startedAt": world.stamp}}

        world.update_mtc(kind, name, observed, cluster)
        world.update_mtc(k.POD, pod, restarted, cluster)


def _behind(workload: Json) -> bool:
    seen = workload.get("status", {}).get("observedGeneration")
    return seen is not None and seen != workload["metadata"]["generation"]


class Scaling:
    """Applications whose number of replicas somebody has set."""

    def __init__(self, scene: Scene, apps: Iterable[App]) -> None:
        """Scale these applications, on both of their sides."""
        self._scene = scene
        self._places = tuple(
            (cluster, pair[side], app)
            for app in apps
            for pair in app.pairs
            for side, cluster in enumerate((app.source, app.destination))
        )

    def look(self) -> None:
        """Begin to scale where the spec asks for another number than there is."""
        for cluster, namespace, app in self._places:
            there = self._scene.world.cluster(cluster).find(k.DEPLOYMENT, app.name, namespace)
            if there is not None and _wanted(there) != there.get("status", {}).get("replicas"):
                done = partial(self._scaled, cluster, namespace, app)
                self._scene.later(("scale", cluster, namespace, app.name), _ROLL, done)

    def _scaled(self, cluster: str, namespace: str, app: App) -> None:
        world = self._scene.world
        there = world.cluster(cluster).find(k.DEPLOYMENT, app.name, namespace)
        if there is None:
            return
        count = _wanted(there)
        status = {"replicas": count, "readyReplicas": count, "updatedReplicas": count}
        world.update(cluster, k.DEPLOYMENT, app.name, lambda w: w.update(status=status), namespace)
        (make_pods if count else stop_pods)(world, cluster, namespace, app)


def _wanted(workload: Json) -> int:
    return int(workload.get("spec", {}).get("replicas", 1))
