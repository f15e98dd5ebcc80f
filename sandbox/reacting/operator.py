"""The operator of each cluster: what is set on a MigrationController is carried through.

Ansible works for a while, then says ``Successful`` again; what reads the parameter is rolled out
(mig-operator roles/migrationcontroller, and OADP for Velero).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.clusters import kinds as k
from bot.clusters.port import Json
from sandbox.playing.world import set_condition
from sandbox.reacting.scene import Scene

CONTROLLER = "migration-controller"
_WORKS = 5.0
"""Seconds of one round of Ansible."""


class Operator:
    """The operators of all clusters."""

    def __init__(self, scene: Scene) -> None:
        """Take what is set now as carried through."""
        self._scene = scene
        self._carried: dict[str, Json] = {name: self._set(name) for name in scene.world.clusters}

    def look(self) -> None:
        """Begin a round where something was set."""
        for cluster, carried in self._carried.items():
            if self._set(cluster) != carried:
                self._say(cluster, "Running", "Running reconciliation")
                done = partial(self._carry_through, cluster)
                self._scene.later(("operator", cluster), _WORKS, done)

    def _set(self, cluster: str) -> Json:
        found = self._scene.world.cluster(cluster).find(
            k.MIGRATIONCONTROLLER, CONTROLLER, k.MTC_NAMESPACE
        )
        spec: Json = (found or {}).get("spec", {})
        return spec

    def _carry_through(self, cluster: str) -> None:
        spec = self._set(cluster)
        world, agent = self._scene.world, self._scene.world.clusters[cluster]["agent"]
        timeout = str(spec.get("restic_timeout", "1h"))
        groups = spec.get("restic_supplemental_groups")
        world.update_mtc(k.DEPLOYMENT, "velero", lambda v: _time_out(v, timeout), cluster)
        memory = spec.get("restic_limits_memory")
        world.update_mtc(k.DAEMONSET, agent, lambda a: _groups(a, groups), cluster)
        world.update_mtc(k.DAEMONSET, agent, lambda a: _memory(a, memory), cluster)
        endpoint = str(spec.get("rsync_endpoint_type", "Route"))
        world.update_mtc(
            k.CONFIGMAP,
            "migration-cluster-config",
            lambda settings: settings["data"].update(RSYNC_ENDPOINT_TYPE=endpoint),
            cluster,
        )
        self._carried[cluster] = spec
        result = {"completion": world.stamp, "changed": 1, "failures": 0}
        self._say(cluster, "Successful", "Awaiting next reconciliation", ansibleResult=result)

    def _say(self, cluster: str, reason: str, message: str, **more: Any) -> None:
        world = self._scene.world

        def say(controller: Json) -> None:
            set_condition(
                controller, world.stamp, type="Running", reason=reason, message=message, **more
            )

        world.update_mtc(k.MIGRATIONCONTROLLER, CONTROLLER, say, cluster)


def _time_out(velero: Json, timeout: str) -> None:
    container = velero["spec"]["template"]["spec"]["containers"][0]
    kept = [a for a in container.get("args", []) if not a.startswith("--fs-backup-timeout=")]
    container["args"] = [*kept, f"--fs-backup-timeout={timeout}"]


def _groups(agent: Json, groups: object) -> None:
    pod = agent["spec"]["template"]["spec"]
    if groups is None:
        pod.pop("securityContext", None)
    else:
        pod["securityContext"] = {"supplementalGroups": groups}


def _memory(agent: Json, limit: object) -> None:
    container = agent["spec"]["template"]["spec"]["containers"][0]
    if limit is None:
        container.pop("resources", None)
    else:
        container["resources"] = {"limits": {"memory": limit}}
