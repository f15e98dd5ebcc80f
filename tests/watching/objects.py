"""MTC objects as mig-controller writes them, cut to what these tests need, and what knows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.clusters.port import Json
from knowledge.matching.engine import Engine
from knowledge.schema import Entry
from tests.incidents.diagnoses import START

NS = "openshift-migration"


def stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(
    kind: str, category: str = "Critical", message: str = "", reason: str = "", at: datetime = START
) -> Json:
    return {
        "type": kind,
        "status": "True",
        "category": category,
        "reason": reason,
        "message": message or f"{kind}.",
        "lastTransitionTime": stamp(at),
    }


READY = condition("Ready", "Required", "Ready.")


def thing(
    kind: str, name: str, *conditions: Json, spec: Json | None = None, at: datetime = START
) -> Json:
    return {
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": NS,
            "uid": f"uid-{kind}-{name}",
            "creationTimestamp": stamp(at),
        },
        "spec": spec or {},
        "status": {"conditions": list(conditions)},
    }


def storage(*conditions: Json) -> Json:
    return thing("MigStorage", "s3", *(conditions or (READY,)))


def cluster(name: str, *conditions: Json, host: bool = False) -> Json:
    return thing("MigCluster", name, *(conditions or (READY,)), spec={"isHostCluster": host})


def plan(name: str, *conditions: Json) -> Json:
    spec = {
        "srcMigClusterRef": {"name": "ocp3", "namespace": NS},
        "destMigClusterRef": {"name": "host", "namespace": NS},
        "migStorageRef": {"name": "s3", "namespace": NS},
        "namespaces": [name],
    }
    return thing("MigPlan", name, *(conditions or (READY,)), spec=spec)


def migration(
    name: str,
    of: str,
    *conditions: Json,
    phase: str = "StageBackupCreated",
    itinerary: str = "Final",
    at: datetime = START,
) -> Json:
    made = thing(
        "MigMigration", name, *conditions, spec={"migPlanRef": {"name": of, "namespace": NS}}, at=at
    )
    made["status"] |= {"phase": phase, "itinerary": itinerary, "startTimestamp": stamp(at)}
    return made


def running(name: str, of: str, at: datetime = START) -> Json:
    step = condition("Running", "Advisory", "Step: 20/50", "StageBackupCreated", at)
    return migration(name, of, step, at=at)


def held(name: str, of: str, at: datetime = START) -> Json:
    return migration(name, of, condition("PlanNotReady", at=at), at=at)


def ended(name: str, of: str, kind: str, at: datetime, itinerary: str = "Final") -> Json:
    category = "Critical" if kind == "Failed" else "Advisory"
    told = condition(kind, category, f"The migration has {kind}.", "HookFailed", at)
    return migration(name, of, told, phase="Completed", itinerary=itinerary, at=at)


def _entry(name: str, kind: str, type_: str, role: str = "cause", **more: Any) -> Entry:
    texts = {"en": f"{name} of {{name}}", "zh": f"{name}: {{name}}"}
    example = {"text": f"{type_} condition"}
    return Entry.model_validate(
        {
            "id": name,
            "title": texts,
            "cause": texts,
            "severity": "critical",
            "role": role,
            "source": ["mig-controller pkg/controller/migstorage/validation.go"],
            "matchers": [{"condition": {"kind": kind, "type": type_}}],
            "steps": [{"text": texts}],
            "examples": {"match": [example] * 3, "no_match": [example] * 2},
            **more,
        }
    )


_HELD = ["plan-not-ready"]
ENGINE = Engine(
    [
        _entry(
            "storage-down",
            "MigStorage",
            "BackupStorageProviderTestFailed",
            explains=["plan-storage", "plan-not-ready"],
        ),
        _entry(
            "cluster-refused",
            "MigCluster",
            "ReconcileFailed",
            explains=["plan-source", "plan-not-ready"],
        ),
        _entry(
            "plan-storage", "MigPlan", "StorageNotReady", "symptom", explains=["plan-not-ready"]
        ),
        _entry(
            "plan-source",
            "MigPlan",
            "SourceClusterNotReady",
            "symptom",
            explains=["plan-not-ready"],
        ),
        _entry("plan-not-ready", "MigMigration", "PlanNotReady", "symptom"),
        _entry("migration-failed", "MigMigration", "Failed"),
    ]
)
