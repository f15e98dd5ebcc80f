"""A live control cluster and the clusters that its MigClusters name."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kubernetes.client import Configuration

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.live.cluster import LiveReader, LiveWriter
from bot.clusters.live.connection import Connection, Limits
from bot.clusters.live.remotes import secret_of, settings_of
from bot.clusters.port import ClusterReader, Json

HOST = "host"


class LivePlane:
    """A ``ControlPlane`` over Kubernetes APIs.

    Without ``writable`` no cluster it gives can be written to: the readers have no such method.
    Connections to remote clusters are kept for as long as their MigCluster and token stay the
    same.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], Configuration],
        *,
        login: str,
        trust: str,
        writable: bool = False,
        limits: Limits | None = None,
    ) -> None:
        """Connect to the control cluster lazily; ``load`` gives its settings.

        Raises ``ClusterError`` where the settings cannot be used.
        """
        self._name = name
        self._make = LiveWriter if writable else LiveReader
        self._limits = limits or Limits()
        self._host = self._make(
            Connection(load, cluster=HOST, login=login, trust=trust, limits=self._limits)
        )
        self._remotes: dict[str, tuple[Json, Connection]] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Return the name under which the configuration knows this control cluster."""
        return self._name

    @property
    def host(self) -> ClusterReader:
        """Return the control cluster itself."""
        return self._host

    def remote(self, migcluster: str) -> ClusterReader:
        """Return the cluster of a MigCluster, the host itself for ``isHostCluster``.

        Raises ``NotFound`` (no such MigCluster or secret), ``Unauthorized`` (no usable token),
        ``Untrusted`` or ``Unreachable`` (unusable CA bundle or url). What the cluster itself
        says is heard at the first read. A token that was rotated is read again when the old one
        is refused.
        """
        spec = self._spec(migcluster)
        if spec.get("isHostCluster") is True:
            return self._host
        with self._lock:
            known, connection = self._remotes.get(migcluster, (None, None))
        if connection is None or known != spec:
            connection = self._connected(migcluster, spec)
            with self._lock:
                self._remotes[migcluster] = (spec, connection)
        return self._make(connection)

    def _spec(self, migcluster: str) -> Json:
        spec = self._host.get(k.MIGCLUSTER, migcluster, MTC_NAMESPACE).get("spec")
        return spec if isinstance(spec, dict) else {}

    def _connected(self, migcluster: str, spec: Json) -> Connection:
        namespace, secret = secret_of({"spec": spec})

        def load() -> Configuration:
            found = self._host.get(k.MIGCLUSTER, migcluster, MTC_NAMESPACE)
            return settings_of(self._host, found)

        return Connection(
            load,
            cluster=migcluster,
            login=f"secret {namespace}/{secret}",
            trust=f"the caBundle of migcluster/{migcluster}",
            limits=self._limits,
        )
