"""Clusters in memory for one plan, ``shop``, from ``ocp3`` to the control cluster."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ObjectRef
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MTC = "migration.openshift.io/v1alpha1"
Thing = dict[str, Any]
SHOP_1 = ObjectRef("MigMigration", "shop-1", MTC_NAMESPACE)
SHOP = ObjectRef("MigPlan", "shop", MTC_NAMESPACE)


def thing(api: str, kind: str, name: str, namespace: str = MTC_NAMESPACE, **parts: Any) -> Thing:
    metadata = {"name": name, "uid": f"uid-{kind.lower()}-{name}", **parts.pop("metadata", {})}
    if namespace:
        metadata["namespace"] = namespace
    metadata.setdefault("creationTimestamp", "2026-03-01T11:00:00Z")
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}


def mtc(kind: str, name: str, **parts: Any) -> Thing:
    return thing(MTC, kind, name, **parts)


def true(kind: str, category: str = "Advisory", message: str = "", reason: str = "") -> Thing:
    return {
        "type": kind,
        "status": "True",
        "category": category,
        "reason": reason,
        "message": message,
        "lastTransitionTime": "2026-03-01T11:30:00Z",
    }


def ready() -> Thing:
    return {"conditions": [true("Ready", "Required")]}


def cluster(name: str, **spec: Any) -> Thing:
    return mtc("MigCluster", name, spec=spec, status=ready())


def plan(*volumes: Thing, **spec: Any) -> Thing:
    conditions = spec.pop("conditions", [true("Ready", "Required")])
    status = spec.pop("status", {})
    return mtc(
        "MigPlan",
        "shop",
        spec={
            "namespaces": ["shop"],
            "srcMigClusterRef": {"name": "ocp3", "namespace": MTC_NAMESPACE},
            "destMigClusterRef": {"name": "host", "namespace": MTC_NAMESPACE},
            "migStorageRef": {"name": "store", "namespace": MTC_NAMESPACE},
            "persistentVolumes": list(volumes),
            **spec,
        },
        status={"conditions": conditions, **status},
    )


def failed(*errors: str, reason: str = "FinalRestoreFailed") -> Thing:
    return mtc(
        "MigMigration",
        "shop-1",
        spec={"migPlanRef": {"name": "shop", "namespace": MTC_NAMESPACE}},
        status={
            "phase": "Completed",
            "itinerary": "Failed",
            "startTimestamp": "2026-03-01T11:05:00Z",
            "errors": list(errors),
            "conditions": [true("Failed", "Advisory", "The migration has failed.", reason)],
        },
    )


def going(phase: str, *conditions: Thing) -> Thing:
    return mtc(
        "MigMigration",
        "shop-1",
        spec={"migPlanRef": {"name": "shop"}},
        status={
            "phase": phase,
            "itinerary": "Final",
            "startTimestamp": "2026-03-01T11:05:00Z",
            "conditions": [true("Running", reason=phase), *conditions],
        },
    )


def pod(name: str, namespace: str = MTC_NAMESPACE, **parts: Any) -> Thing:
    body = {"status": {"phase": "Running"}, **parts}
    return thing("v1", "Pod", name, namespace, **body)


def plane(
    *host: Thing,
    source: Iterable[Thing] = (),
    destination: Iterable[Thing] = (),
    source_logs: dict[tuple[str, str, str], bytes] | None = None,
    logs: dict[tuple[str, str, str], bytes] | None = None,
) -> MemoryPlane:
    """Return a control plane; the control cluster is the destination."""
    stands = [
        cluster("host", isHostCluster=True),
        cluster("ocp3", url="https://api.ocp3.example.com:6443"),
        mtc("MigStorage", "store", status=ready()),
    ]
    here = {(o["kind"], o["metadata"]["name"]): o for o in (*stands, *host, *destination)}
    return MemoryPlane(
        "prod",
        {
            "host": MemoryCluster("host", here.values(), logs),
            "ocp3": MemoryCluster("ocp3", source, source_logs),
        },
    )
