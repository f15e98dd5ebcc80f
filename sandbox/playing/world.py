"""Writing to the clusters of a plane at a point of virtual time.

Everything a scenario does to a cluster goes through here, so every time in an object or a log is
the scenario's own, and writes reach a cluster even while it refuses its readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Json
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane
from sandbox.playing.names import Values
from sandbox.scenarios.filling import filled


class World:
    """The clusters of a plane, and what time it is in them."""

    def __init__(self, plane: MemoryPlane, start: datetime, clusters: Mapping[str, Values]) -> None:
        """Begin at ``start`` (aware); ``clusters`` holds the names of what stands on each."""
        self.plane = plane
        self.start = start
        self.elapsed = 0.0
        self.clusters = clusters

    @property
    def now(self) -> datetime:
        """Return the virtual time."""
        return self.start + timedelta(seconds=self.elapsed)

    @property
    def stamp(self) -> str:
        """Return the virtual time as Kubernetes writes it (whole seconds, UTC)."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def cluster(self, name: str) -> MemoryCluster:
        """Return a cluster by MigCluster name."""
        return self.plane.clusters[name]

    def make(self, cluster: str, template: Any, values: Values) -> None:
        """Create or replace an object from a template."""
        self.cluster(cluster).put(filled(template, {**values, "now": self.stamp}))

    def update(
        self, cluster: str, kind: Kind, name: str, change: Callable[[Json], None], namespace: str
    ) -> None:
        """Change an object in place; nothing happens where it is not there."""
        there = self.cluster(cluster).find(kind, name, namespace)
        if there is not None:
            change(there)
            self.cluster(cluster).put(there)

    def update_mtc(
        self, kind: Kind, name: str, change: Callable[[Json], None], cluster: str = "host"
    ) -> None:
        """Change an object in MTC's namespace in place."""
        self.update(cluster, kind, name, change, MTC_NAMESPACE)

    def remove(self, cluster: str, kind: Kind, name: str, namespace: str = "") -> None:
        """Delete an object, finalizers or not; nothing happens where it is not there."""
        self.cluster(cluster).take_away(kind, name, namespace)

    def log(self, cluster: str, component: str, lines: Iterable[str], kept_with: str = "") -> None:
        """Write lines to the log of ``velero``, ``agent`` or ``controller`` on a cluster.

        ``kept_with`` (``Backup/<name>``) keeps them beside that object too.
        """
        names = self.clusters[cluster]
        body = "".join(f"{self._timed(component, line)}\n" for line in lines).encode()
        container = {"velero": "velero", "agent": names["agent"], "controller": "mtc"}[component]
        pod = names[f"{component}_pod"]
        self.cluster(cluster).append_log(MTC_NAMESPACE, pod, container, body)
        if kept_with:
            kind, _, name = kept_with.partition("/")
            self.cluster(cluster).attach_log(k.BY_KIND[kind], name, body)

    def log_pod(self, cluster: str, place: tuple[str, str, str], lines: Iterable[str]) -> None:
        """Write bare lines to the log of a container (namespace, pod, container)."""
        body = "".join(f"{self._timed(place[2], line)}\n" for line in lines)
        self.cluster(cluster).append_log(*place, body.encode())

    def _timed(self, component: str, line: str) -> str:
        if component == "controller":
            return line.replace('"ts":0', f'"ts":{self.now.timestamp():.7f}', 1)
        if component in ("velero", "agent", "restic", "node-agent"):
            return f'time="{self.stamp}" {line}'
        if component == "stunnel":
            return f"{self.now:%Y.%m.%d %H:%M:%S} {line}"
        return line


def set_condition(obj: Json, stamp: str, **fields: Any) -> None:
    """Put a condition that counts among an object's; its time moves when it changes."""
    conditions = obj.setdefault("status", {}).setdefault("conditions", [])
    made = {"status": "True", **fields}
    for index, there in enumerate(conditions):
        if there.get("type") == made["type"]:
            same = {key: value for key, value in there.items() if key != "lastTransitionTime"}
            if same != made:
                conditions[index] = {**made, "lastTransitionTime": stamp}
            return
    conditions.append({**made, "lastTransitionTime": stamp})


def clear_conditions(obj: Json, *types: str) -> None:
    """Take conditions off an object."""
    status = obj.setdefault("status", {})
    kept = [c for c in status.get("conditions", []) if c.get("type") not in types]
    status["conditions"] = kept


def has_condition(obj: Json | None, type_: str) -> bool:
    """Return whether a condition counts on an object."""
    conditions = (obj or {}).get("status", {}).get("conditions", [])
    return any(c.get("type") == type_ and c.get("status") == "True" for c in conditions)
