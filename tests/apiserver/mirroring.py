"""Clusters in memory, kept up to date on real API servers while a story is played in them.

Each ``push`` writes what has changed since the one before. MigClusters lead to the real servers
from the first moment.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import sha256

import orjson

from bot.clusters import kinds as k
from bot.clusters.kinds import BY_KIND
from sandbox.clusters.plane import HOST, MemoryPlane
from tests.apiserver.fixtures import Server
from tests.apiserver.loading import Loading, give_logs, path_of
from tests.apiserver.process import Json

OWN = frozenset({"CustomResourceDefinition", "ClusterRoleBinding", "PriorityClass"})
"""Kinds of which an API server has its own."""
_Place = tuple[str, str, str, str]


class Mirror:
    """Follows the clusters of a control plane. Not for more than one thread."""

    def __init__(self, plane: MemoryPlane, servers: Mapping[str, Server]) -> None:
        """Take a server for each cluster of the plane."""
        self._plane = plane
        self._servers = servers
        self._uids: dict[bytes, bytes] = {}
        self._pushed: dict[_Place, bytes] = {}
        self._logs: dict[tuple[str, str, str, str], bytes] = {}

    def push(self) -> int:
        """Write what has changed; return how many objects that were."""
        kubelets = {id(server.api): server.kwok.port for server in self._servers.values()}
        loading = Loading(uids=self._uids, kubelets=kubelets)
        found: dict[_Place, bytes] = {}
        written = 0
        for name, server in self._servers.items():
            objects, logs = self._plane.clusters[name].content()
            changed = []
            for entry in objects:
                if entry["kind"] in OWN:
                    continue
                place = _place(name, entry)
                found[place] = sha256(orjson.dumps(entry)).digest()
                if self._pushed.get(place) != found[place]:
                    changed.append(self._led(entry))
            loading.put(server.api, changed)
            written += len(changed)
            fresh = {at: text for at, text in logs.items() if self._logs.get((name, *at)) != text}
            give_logs(server.kwok, fresh)
            self._logs |= {(name, *at): text for at, text in fresh.items()}
        loading.join()
        for place in self._pushed.keys() - found.keys():
            self._remove(place)
        self._pushed = found
        return written

    def _led(self, entry: Json) -> Json:
        """Return the object with the address or the token of the real server."""
        name = entry["metadata"]["name"]
        if entry["kind"] == "MigCluster" and name != HOST:
            api = self._servers[name].api
            bundle = base64.b64encode(api.ca.pem).decode()
            return entry | {"spec": entry["spec"] | {"url": api.url, "caBundle": bundle}}
        if entry["kind"] == "Secret" and (cluster := self._token_of(entry)):
            token = base64.b64encode(self._servers[cluster].api.admin_token.encode()).decode()
            return entry | {"data": {"saToken": token}}
        return entry

    def _token_of(self, secret: Json) -> str:
        """Return the cluster to which a secret's token belongs; empty for other secrets."""
        metadata = secret["metadata"]
        for found in self._plane.host.find_all(k.MIGCLUSTER):
            ref = found.get("spec", {}).get("serviceAccountSecretRef") or {}
            named = (ref.get("namespace"), ref.get("name"))
            if named == (metadata.get("namespace"), metadata["name"]):
                return str(found["metadata"]["name"])
        return ""

    def _remove(self, place: _Place) -> None:
        name, kind, namespace, entry = place
        path = path_of(BY_KIND[kind], namespace, entry)
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
        self._servers[name].api.call("DELETE", path, body)


def _place(cluster: str, entry: Json) -> _Place:
    metadata = entry["metadata"]
    return cluster, entry["kind"], metadata.get("namespace", ""), metadata["name"]
