"""Objects onto a test's API server, as they are written in scenarios and contracts.

Those objects are what a bot reads, not what a person would apply: pods without images, events
without a subject, statuses. What the API server insists on is filled in, and a status is put
where the kind keeps it apart.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from copy import deepcopy

from bot.clusters.kinds import BY_KIND, POD, Kind
from tests.apiserver.kwok import NODE, Kwok
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
    """Put objects and the logs of their pods on the server; the pods run where kwok does."""
    wanted = sorted((deepcopy(o) for o in objects), key=lambda o: o["kind"] != "Namespace")
    for entry in wanted:
        kind = BY_KIND[entry["kind"]]
        where = entry["metadata"].get("namespace", "")
        if where:
            namespace(server, where)
        if entry["kind"] == "Namespace":
            namespace(server, entry["metadata"]["name"])
            continue
        status = entry.pop("status", None) if entry["kind"] in _APART else None
        made = server.done("POST", path_of(kind, where), _accepted(entry, where, kwok))
        if status is not None and kwok is None:
            made["status"] = status
            server.done("PUT", path_of(kind, where, entry["metadata"]["name"]) + "/status", made)
    if kwok is None:
        return
    by_pod: dict[tuple[str, str], dict[str, bytes]] = {}
    for (where, pod, container), content in (logs or {}).items():
        by_pod.setdefault((where, pod), {})[container] = content
    for (where, pod), contents in by_pod.items():
        kwok.log(where, pod, contents)
    for entry in wanted:
        if entry["kind"] == "Pod":
            running(server, entry["metadata"]["namespace"], entry["metadata"]["name"])


def running(server: ApiServer, namespace: str, pod: str) -> None:
    """Return when a pod runs."""
    until = time.monotonic() + 30
    while True:
        status = server.done("GET", path_of(POD, namespace, pod)).get("status", {})
        if status.get("phase") == "Running":
            return
        assert time.monotonic() < until, f"pod {namespace}/{pod} never ran: {status}"
        time.sleep(0.05)


def clear(server: ApiServer, kinds: Iterable[Kind]) -> None:
    """Delete all objects of the kinds at once, in all namespaces."""
    for kind in kinds:
        for entry in server.done("GET", path_of(kind))["items"]:
            metadata = entry["metadata"]
            if metadata.get("finalizers"):
                server.done(
                    "PATCH",
                    path_of(kind, metadata.get("namespace", ""), metadata["name"]),
                    {"metadata": {"finalizers": None}},
                    "application/merge-patch+json",
                )
            server.call(
                "DELETE",
                path_of(kind, metadata.get("namespace", ""), metadata["name"]),
                {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0},
            )


def _accepted(entry: Json, namespace: str, kwok: Kwok | None) -> Json:
    """Return the object with what the API server insists on."""
    entry["metadata"].pop("resourceVersion", None)
    if entry["kind"] == "Pod":
        spec = entry.setdefault("spec", {})
        for container in spec.setdefault("containers", [{"name": "main"}]):
            container.setdefault("image", "example.com/image")
        if kwok is not None:
            spec["nodeName"] = NODE
    if entry["kind"] == "Event":
        subject = entry.setdefault("involvedObject", {})
        subject.setdefault("namespace", namespace)
    return entry
