"""Every story of the sandbox on real API servers, told by the same finding.

The stories are played in memory to their end; what is there then is put on a host and its source
(and a destination of its own where the story has one), with the published schemas of MTC and
Velero where these are at hand. A cluster that fails in the story fails for real: its token is
none, its authority unknown, nothing listens at its address.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import orjson
import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import KINDS, MTC_NAMESPACE
from bot.clusters.live import open_api
from bot.clusters.port import Json, Unauthorized, Untrusted
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import HOST
from sandbox.scenarios.schema import Scenario
from tests.apiserver.fixtures import Server
from tests.apiserver.kwok import NODE
from tests.apiserver.loading import Loading, clear, give_logs, path_of, remove
from tests.apiserver.process import free_port
from tests.sandbox_clusters.conftest import SCENARIOS, Played, diagnose, play
from tests.sandbox_clusters.test_scenarios import hold_to

pytestmark = pytest.mark.apiserver
_STAYING = frozenset({"Namespace", "CustomResourceDefinition", "ClusterRoleBinding", "Node"})
_OWN = frozenset({"CustomResourceDefinition", "ClusterRoleBinding", "PriorityClass"})
"""Kinds of which an API server has its own."""


class Stage:
    """Real servers on which one story after the other is put; what they share stays."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._stands: dict[str, dict[str, bytes]] = {}
        """By server: what was written, by path."""
        self._uids: dict[bytes, bytes] = {}
        self.host: Server = request.getfixturevalue("strict_server")

    def put(self, played: Played) -> None:
        loading = Loading(self._uids)
        servers = {name: self._server(name) for name in played.plane.clusters}
        for name, cluster in played.plane.clusters.items():
            server = servers[name]
            loading.kubelets[id(server.api)] = server.kwok.port
            objects, logs = cluster.content()
            wanted = [entry for entry in objects if entry["kind"] not in _OWN]
            written = {_path(entry): orjson.dumps(entry) for entry in wanted}
            there = self._left_of_the_last(server, written)
            loading.put(server.api, [e for e in wanted if _path(e) not in there])
            self._stands[server.api.url] = written
            give_logs(server.kwok, logs)
        loading.join()
        for name, cluster in played.plane.clusters.items():
            if name != HOST:
                self._lead_to(servers[name], name, cluster)

    def _left_of_the_last(self, server: Server, wanted: dict[str, bytes]) -> set[str]:
        """Take away what the story before had otherwise; return what is there as it should be.

        After a story that could not be put, everything is taken away.
        """
        before = self._stands.pop(server.api.url, None)
        if before is None:
            clear(server.api, [kind for kind in KINDS if kind.kind not in _STAYING])
            return set()
        for path, body in before.items():
            if wanted.get(path) != body and orjson.loads(body)["kind"] not in _STAYING:
                remove(server.api, path)
        return {path for path, body in before.items() if wanted.get(path) == body}

    def _touched(self, server: Server, path: str) -> None:
        """Note that what stands there is not what was written."""
        there = self._stands[server.api.url]
        if path in there:
            there[path] += b" "

    def _server(self, cluster: str) -> Server:
        if cluster == HOST:
            return self.host
        wanted = "destination_server" if cluster.endswith("target") else "source_server"
        found: Server = self._request.getfixturevalue(wanted)
        return found

    def _lead_to(self, server: Server, name: str, cluster: MemoryCluster) -> None:
        """Let a MigCluster lead to a real server, or fail as the story says."""
        api = self.host.api
        path = path_of(k.MIGCLUSTER, MTC_NAMESPACE, name)
        self._touched(self.host, path)
        spec: Json = {"url": server.api.url}
        if not isinstance(cluster.fault, Untrusted):
            spec["caBundle"] = base64.b64encode(server.api.ca.pem).decode()
        elif "caBundle" in (there := api.done("GET", path)["spec"]):
            assert not there["caBundle"], "an authority that is there should be the wrong one"
        if cluster.fault is not None and not isinstance(cluster.fault, Untrusted | Unauthorized):
            spec["url"] = f"https://127.0.0.1:{free_port()}"
        migcluster = api.done("PATCH", path, {"spec": spec}, "application/merge-patch+json")
        token = "none" if isinstance(cluster.fault, Unauthorized) else server.api.admin_token
        secret = migcluster["spec"]["serviceAccountSecretRef"]
        path = path_of(k.SECRET, secret["namespace"], secret["name"])
        self._touched(self.host, path)
        api.done(
            "PATCH",
            path,
            {"data": {"saToken": base64.b64encode(token.encode()).decode()}},
            "application/merge-patch+json",
        )


def _path(entry: Json) -> str:
    kind, metadata = k.BY_KIND[entry["kind"]], entry["metadata"]
    return path_of(kind, metadata.get("namespace", ""), metadata["name"])


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    yield Stage(request)


@pytest.mark.parametrize("story", SCENARIOS, ids=lambda story: str(story.id))
def test_a_story_on_real_servers_has_the_finding_it_has_in_memory(
    story: Scenario, stage: Stage
) -> None:
    played = play([story])
    stage.put(played)
    api = stage.host.api
    plane = open_api(api.url, api.admin_token, api.ca.pem)
    said = diagnose(plane, story.expect.target, played.player.now)
    hold_to(story, said)


def test_the_nodes_of_the_tests_are_not_those_of_a_story() -> None:
    for story in SCENARIOS:
        for cluster in play([story], 0).plane.clusters.values():
            assert NODE not in {node["metadata"]["name"] for node in cluster.find_all(k.NODE)}
