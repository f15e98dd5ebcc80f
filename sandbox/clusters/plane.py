"""A control cluster in memory with the clusters its MigClusters name."""

from __future__ import annotations

from collections.abc import Mapping

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import NotFound
from sandbox.clusters.memory import MemoryCluster

HOST = "host"


class MemoryPlane:
    """A ``ControlPlane`` over clusters in memory."""

    def __init__(self, name: str, clusters: Mapping[str, MemoryCluster]) -> None:
        """Take the clusters by MigCluster name; ``host`` must be among them."""
        if HOST not in clusters:
            raise ValueError("a control plane needs a cluster called host")
        self._name = name
        self.clusters: dict[str, MemoryCluster] = dict(clusters)

    @property
    def name(self) -> str:
        """Return the name under which the configuration knows this control cluster."""
        return self._name

    @property
    def host(self) -> MemoryCluster:
        """Return the control cluster itself."""
        return self.clusters[HOST]

    def remote(self, migcluster: str) -> MemoryCluster:
        """Return the cluster of a MigCluster. Raises ``NotFound`` where there is none."""
        found = self.host.get(k.MIGCLUSTER, migcluster, MTC_NAMESPACE)
        if (found.get("spec") or {}).get("isHostCluster") is True:
            return self.host
        cluster = self.clusters.get(migcluster)
        if cluster is None:
            raise NotFound(f"nothing stands behind migcluster/{migcluster}", cluster=migcluster)
        return cluster
