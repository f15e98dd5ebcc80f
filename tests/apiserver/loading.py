"""Objects onto a test's API servers, as they are written in scenarios and contracts.

Those objects are what a bot reads, not what a person would apply: pods without images, events
without a subject, statuses. What the API server insists on is filled in, and a status is put
where the kind keeps it apart. An API server gives every object a uid of its own; where objects
name each other by uid (labels, owners), the names are changed along, across clusters too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field

import orjson

from bot.clusters.kinds import BY_KIND, POD, Kind
from tests.apiserver.kwok import NODE, RUN, Kwok
from tests.apiserver.process import ApiServer, Json

_APART = frozenset(
    {
        "Pod",
        "Node",
        "Namespace",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "ResourceQuota",
        "Deployment",
        "DaemonSet",
        "StatefulSet",
        "ReplicaSet",
        "Job",
        "CronJob",
    }
)
"""Kinds with a status subresource."""
_UID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MERGE = "application/merge-patch+json"


def path_of(kind: Kind, namespace: str = "", name: str = "") -> str:
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    where = f"/namespaces/{namespace}" if kind.namespaced and namespace else ""
    return f"{root}{where}/{kind.plural}" + (f"/{name}" if name else "")


def namespace(server: ApiServer, name: str) -> None:
    """Make a namespace where there is none."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    status, answer = server.call("POST", "/api/v1/namespaces", body)
    assert status in (201, 409), answer


def load(
    server: ApiServer,
    objects: Iterable[Json],
    kwok: Kwok | None = None,
    logs: Mapping[tuple[str, str, str], bytes] | None = None,
) -> None:
    """Put objects and the logs of their pods on a server; the pods run where kwok is given."""
    loading = Loading()
    loading.put(server, objects, kwok)
    loading.join()
    if kwok is None:
        return
    give_logs(kwok, logs or {})
    for entry in objects:
        if entry["kind"] == "Pod":
            running(server, entry["metadata"]["namespace"], entry["metadata"]["name"])
    for (where, pod, container), content in (logs or {}).items():
        served(server, where, pod, container, content)


@dataclass
class Loading:
    """Objects put on several servers that name each other by uid."""

    uids: dict[bytes, bytes] = field(default_factory=dict)
    """The server's uid by the one that was written."""
    made: list[tuple[ApiServer, Kind, Json]] = field(default_factory=list)
    kubelets: dict[int, int] = field(default_factory=dict)
    """Port of the kubelet of all nodes, by the ``id`` of the server."""

    def put(self, server: ApiServer, objects: Iterable[Json], kwok: Kwok | None = None) -> None:
        """Create objects; pods run where kwok is given, and keep their status otherwise."""
        wanted = sorted(deepcopy(list(objects)), key=_order)
        for entry in wanted:
            kind, metadata = BY_KIND[entry["kind"]], entry["metadata"]
            where = metadata.get("namespace", "") if kind.namespaced else ""
            if where:
                namespace(server, where)
            written = metadata.pop("uid", "")
            status = entry.pop("status", None) if entry["kind"] in _APART else None
            made = server.put(path_of(kind, where), _accepted(entry, where, kwok))
            if written:
                self.uids[written.encode()] = made["metadata"]["uid"].encode()
            if status is not None and kwok is None:
                _true_to_itself(entry["kind"], status, self.kubelets.get(id(server), 0))
                path = path_of(kind, where, metadata["name"]) + "/status"
                server.done("PATCH", path, {"status": status}, _MERGE)
            self.made.append((server, kind, made))

    def join(self) -> None:
        """Let the objects name each other by the uids that they have on the servers."""
        for server, kind, made in self.made:
            written = orjson.dumps(made)
            joined = _UID.sub(lambda found: self.uids.get(found[0], found[0]), written)
            if joined == written:
                continue
            entry = orjson.loads(joined)
            metadata = entry["metadata"]
            path = path_of(kind, metadata.get("namespace", ""), metadata["name"])
            change = {
                "metadata": {
                    key: metadata[key]
                    for key in ("labels", "annotations", "ownerReferences")
                    if key in metadata
                }
            }
            if kind.kind not in _APART:
                change |= {key: entry[key] for key in ("spec", "status") if key in entry}
            server.done("PATCH", path, change, _MERGE)


def give_logs(kwok: Kwok, logs: Mapping[tuple[str, str, str], bytes]) -> None:
    """Give pods their logs, by namespace, pod and container."""
    by_pod: dict[tuple[str, str], dict[str, bytes]] = {}
    for (where, pod, container), content in logs.items():
        by_pod.setdefault((where, pod), {})[container] = content
    for (where, pod), contents in by_pod.items():
        kwok.log(where, pod, contents)


def running(server: ApiServer, namespace: str, pod: str) -> None:
    """Return when a pod runs."""
    until = time.monotonic() + 60
    while True:
        status = server.done("GET", path_of(POD, namespace, pod)).get("status", {})
        if status.get("phase") == "Running":
            return
        assert time.monotonic() < until, f"pod {namespace}/{pod} never ran: {status}"
        time.sleep(0.05)


def served(server: ApiServer, namespace: str, pod: str, container: str, content: bytes) -> None:
    """Return when a log is served, and begins as it should or has had ten seconds to."""
    path = f"{path_of(POD, namespace, pod)}/log?container={container}&limitBytes=64"
    wanted = content[:64].decode(errors="replace")
    begun = time.monotonic()
    while True:
        status, answer = server.call("GET", path)
        waited = time.monotonic() - begun
        if status == 200 and (answer.get("text", wanted) == wanted or waited > 10):
            return
        assert waited < 30, f"the log of {namespace}/{pod} is not served: {status} {answer}"
        time.sleep(0.05)


def clear(server: ApiServer, kinds: Iterable[Kind]) -> None:
    """Delete all objects of the kinds at once, in all namespaces.

    A pod that is on its way out is left to kwok: its kubelet deletes by name, and late it would
    take the pod that the next test made under the same one.
    """
    for kind in kinds:
        if kind == POD:
            _no_pod_ends(server)
        for entry in server.done("GET", path_of(kind))["items"]:
            metadata = entry["metadata"]
            remove(server, path_of(kind, metadata.get("namespace", ""), metadata["name"]))


def remove(server: ApiServer, path: str) -> None:
    """Delete an object at once, finalizers or not."""
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
    status, answer = server.call("DELETE", path, options)
    if status < 300 and answer.get("metadata", {}).get("finalizers"):
        server.call("PATCH", path, {"metadata": {"finalizers": None}}, _MERGE)


def _no_pod_ends(server: ApiServer) -> None:
    """Return when no pod is being deleted, or after ten seconds: then nobody tends to it."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        pods = server.done("GET", path_of(POD))["items"]
        if not any(pod["metadata"].get("deletionTimestamp") for pod in pods):
            return
        time.sleep(0.05)


def _order(entry: Json) -> tuple[bool, str]:
    """Namespaces first, then as they were created, since a server stamps that time itself."""
    return entry["kind"] != "Namespace", str(entry["metadata"].get("creationTimestamp", ""))


def _true_to_itself(kind: str, status: Json, kubelet: int) -> None:
    """Fill in what an API server demands of a status, and where logs are served."""
    if kind == "Job" and any(c.get("type") == "Failed" for c in status.get("conditions", [])):
        status["conditions"].append({"type": "FailureTarget", "status": "True"})
        status.setdefault("startTime", "2026-01-01T00:00:00Z")
    if kind in ("Deployment", "StatefulSet", "ReplicaSet"):
        counts = {key: status.get(f"{key}Replicas", 0) for key in ("updated", "ready", "available")}
        status |= {f"{key}Replicas": count for key, count in counts.items()}
        status["replicas"] = max(status.get("replicas", 0), *counts.values())
    if kind == "Node" and kubelet:
        status["addresses"] = [{"type": "InternalIP", "address": "127.0.0.1"}]
        status["daemonEndpoints"] = {"kubeletEndpoint": {"Port": kubelet}}


def _accepted(entry: Json, namespace: str, kwok: Kwok | None) -> Json:
    """Return the object with what the API server insists on."""
    entry["metadata"].pop("resourceVersion", None)
    spec: Json = (entry.setdefault if entry["kind"] in _WITH_PODS else entry.get)("spec", {})
    match entry["kind"]:
        case "Pod":
            _with_images(spec)
            if kwok is not None:
                spec["nodeName"] = NODE
                entry["metadata"].setdefault("labels", {})[RUN] = "true"
        case "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet":
            labels = {"made-for": entry["metadata"]["name"]}
            selector = spec.setdefault("selector", {}).setdefault("matchLabels", labels)
            template = spec.setdefault("template", {})
            own = template.setdefault("metadata", {}).setdefault("labels", {})
            template["metadata"]["labels"] = {**own, **selector}
            _with_images(template.setdefault("spec", {}))
        case "Job":
            template = spec.setdefault("template", {}).setdefault("spec", {})
            template.setdefault("restartPolicy", "Never")
            _with_images(template)
        case "PersistentVolume":
            spec.setdefault("accessModes", ["ReadWriteOnce"])
            if not any(isinstance(spec.get(key), dict) for key in _VOLUME_SOURCES):
                spec["hostPath"] = {"path": "/data"}
        case "PersistentVolumeClaim":
            spec.setdefault("accessModes", ["ReadWriteOnce"])
        case "Event":
            entry.setdefault("involvedObject", {}).setdefault("namespace", namespace)
        case "Secret":
            entry["data"] = {key: value for key, value in entry.get("data", {}).items() if value}
    return entry


_WITH_PODS = frozenset({"Pod", "Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job"})
_VOLUME_SOURCES = ("csi", "nfs", "hostPath", "awsElasticBlockStore", "local")


def _with_images(spec: Json) -> None:
    for container in spec.setdefault("containers", [{"name": "main"}]):
        container.setdefault("image", "example.com/image")
