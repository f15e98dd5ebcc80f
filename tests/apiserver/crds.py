"""The custom resources of MTC, Velero and OpenShift on a test's API server.

``minimal`` takes any content, odd objects included. ``published`` are the CRDs of MTC and Velero
themselves, where a copy of them lies beside the project.
"""

from __future__ import annotations

import time
from pathlib import Path

import yaml

from bot.clusters.kinds import KINDS, Kind
from tests.apiserver.process import ApiServer, Json

PUBLISHED = Path(__file__).parents[3] / "shared" / "crds"
KWOK_LOGS = Kind("kwok.x-k8s.io", "v1alpha1", "logs", "Logs")
KWOK_EXECS = Kind("kwok.x-k8s.io", "v1alpha1", "execs", "Exec")
CUSTOM = (
    *(kind for kind in KINDS if "." in kind.group and not kind.group.endswith(".k8s.io")),
    KWOK_LOGS,
    KWOK_EXECS,
)
"""All but what an API server serves by itself."""
_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def minimal(kind: Kind) -> Json:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.crd_name},
        "spec": {
            "group": kind.group,
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "names": {
                "plural": kind.plural,
                "singular": kind.singular,
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
            },
            "versions": [
                {
                    "name": kind.version,
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": True,
                        }
                    },
                }
            ],
        },
    }


def published() -> dict[str, Json]:
    """Return the CRDs that lie beside the project, by name; none where they do not."""
    found = {}
    for path in sorted(PUBLISHED.glob("*.yaml")) if PUBLISHED.is_dir() else ():
        for document in yaml.safe_load_all(path.read_text()):
            if document:
                found[document["metadata"]["name"]] = document
    return found


def install(server: ApiServer, *, real: bool = False) -> None:
    """Install all custom resources and return when they are served."""
    ours = {kind.crd_name: minimal(kind) for kind in CUSTOM}
    if real:
        ours |= published()
    for crd in ours.values():
        server.done("POST", _PATH, crd)
    until = time.monotonic() + 60
    for crd in ours.values():
        group, version = crd["spec"]["group"], crd["spec"]["versions"][0]["name"]
        path = f"/apis/{group}/{version}/{crd['spec']['names']['plural']}?limit=1"
        while server.call("GET", path)[0] != 200:
            assert time.monotonic() < until, f"never served: {crd['metadata']['name']}"
            time.sleep(0.05)
