"""Clusters, stores and plans validated anew: on ``refresh``, and when what was wrong is mended.

mig-controller looks at a MigCluster or MigStorage again as soon as the object or its secret is
written, sets ``refresh`` back by itself, and a plan follows its clusters within a second (seen on
the real controllers).
"""

from __future__ import annotations

from functools import partial

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Json
from sandbox.playing.names import Values
from sandbox.playing.world import clear_conditions, has_condition, set_condition
from sandbox.reacting.cures import cured
from sandbox.reacting.scene import Scene
from sandbox.scenarios.filling import filled
from sandbox.scenarios.schema import Scenario

_SAYS = {
    k.MIGCLUSTER: "The cluster is ready.",
    k.MIGSTORAGE: "The storage is ready.",
    k.MIGPLAN: "The migration plan is ready.",
}
_SOON = 1.0
"""Seconds until the controller has looked."""


class Validation:
    """Validates MigClusters, MigStorages and MigPlans."""

    def __init__(self, scene: Scene, scenarios: dict[str, tuple[Scenario, Values]]) -> None:
        """Take the scenarios with the names of their first runs."""
        self._scene = scene
        self._scenarios = scenarios

    def look(self) -> None:
        """Set ``refresh`` back, and let what is mended be ready."""
        for scenario, values in self._scenarios.values():
            for change in scenario.changes:
                for broken in change.conditions:
                    kind = k.BY_KIND[broken.kind]
                    if kind in _SAYS:
                        self._mend(kind, filled(broken.name, values), scenario, values)
        host = self._scene.world.cluster("host")
        for kind in (k.MIGCLUSTER, k.MIGSTORAGE, k.MIGPLAN):
            for obj in host.find_all(kind, MTC_NAMESPACE):
                if obj.get("spec", {}).get("refresh") is True:
                    name = obj["metadata"]["name"]
                    done = partial(self._refreshed, kind, name)
                    self._scene.later(("refreshed", kind.kind, name), _SOON, done)

    def _mend(self, kind: Kind, name: str, scenario: Scenario, values: Values) -> None:
        world = self._scene.world
        there = world.cluster("host").find(kind, name, MTC_NAMESPACE)
        if there is None or has_condition(there, "Ready"):
            return
        asked = bool(scenario.cures) or there.get("spec", {}).get("refresh") is True
        if asked and cured(world, scenario, values):
            well = partial(self._well, kind, name)
            self._scene.later(("well", kind.kind, name), _SOON, well)

    def _well(self, kind: Kind, name: str) -> None:
        world = self._scene.world

        def ready(obj: Json) -> None:
            conditions = obj.get("status", {}).get("conditions", [])
            clear_conditions(
                obj, *(c["type"] for c in conditions if c.get("category") == "Critical")
            )
            set_condition(obj, world.stamp, type="Ready", category="Required", message=_SAYS[kind])

        world.update_mtc(kind, name, ready)
        if kind is k.MIGCLUSTER:
            world.cluster(name).fail_with(None)
        if kind is not k.MIGSTORAGE:
            return
        for cluster in world.clusters:
            for location in world.cluster(cluster).find_all(k.BSL, MTC_NAMESPACE):
                if location["spec"].get("objectStorage", {}).get("bucket") == f"mtc-{name}":
                    world.update_mtc(k.BSL, location["metadata"]["name"], self._available, cluster)

    def _available(self, location: Json) -> None:
        location["status"] = {
            "phase": "Available",
            "lastSyncedTime": self._scene.world.stamp,
            "lastValidationTime": self._scene.world.stamp,
        }

    def _refreshed(self, kind: Kind, name: str) -> None:
        self._scene.world.update_mtc(kind, name, lambda obj: obj["spec"].update(refresh=False))
