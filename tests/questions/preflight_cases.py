"""A plan that is fit to go, and what may be wrong with it, one thing at a time."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from bot.questions.preflight import Result
from tests.diagnosis.world import NOW, Thing, cluster, failed, mtc, plan, pod, thing, true

SELECTOR = "openshift.io/node-selector"
ACCOUNT = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}


def usual(*host: Thing) -> list[Thing]:
    """Return what the control cluster holds for a plan that is fit to go, with ``host`` over it."""
    analytic = mtc(
        "MigAnalytic",
        "a",
        metadata={"labels": {"migplan": "shop"}},
        status={"analytics": {"percentComplete": 100, "namespaces": []}},
    )
    secret = thing("v1", "Secret", "ocp3", "openshift-config", data={"saToken": token()})
    whole = {
        (o["kind"], o["metadata"]["name"]): o
        for o in (plan(volume()), migcluster(), analytic, secret, *host)
    }
    return list(whole.values())


def sound(*own: Thing) -> list[Thing]:
    """Return what every cluster has, with ``own`` over it."""
    standard = [
        namespace("shop"),
        namespace("openshift"),
        node("n1", "a"),
        storage_class("gp3", "WaitForFirstConsumer"),
        thing("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "cluster-admins", ""),
        thing("security.openshift.io/v1", "SecurityContextConstraints", "restricted", ""),
        thing("scheduling.k8s.io/v1", "PriorityClass", "system-node-critical", ""),
        thing("image.openshift.io/v1", "ImageStream", "nodejs", "openshift", status=TAGS),
    ]
    whole = {(o["kind"], o["metadata"]["name"]): o for o in (*standard, *own)}
    return list(whole.values())


TAGS = {"tags": [{"tag": "14"}]}


def volume(name: str = "data", storage_class: str = "gp3", capacity: str = "10Gi") -> Thing:
    return {
        "name": f"pv-{name}",
        "capacity": capacity,
        "pvc": {"namespace": "shop", "name": name},
        "selection": {"action": "copy", "copyMethod": "filesystem", "storageClass": storage_class},
    }


def namespace(name: str, **annotations: str) -> Thing:
    notes = {key.replace("__", "/"): value for key, value in annotations.items()}
    return thing("v1", "Namespace", name, "", metadata={"annotations": notes})


def annotated(name: str, key: str, value: str) -> Thing:
    return thing("v1", "Namespace", name, "", metadata={"annotations": {key: value}})


def node(name: str, zone: str, **labels: str) -> Thing:
    own = {"topology.kubernetes.io/zone": zone, **labels}
    return thing("v1", "Node", name, "", metadata={"labels": own})


def storage_class(name: str, binding: str) -> Thing:
    return thing("storage.k8s.io/v1", "StorageClass", name, "", volumeBindingMode=binding)


def token(expires: datetime | None = None) -> str:
    claims: dict[str, Any] = {"iss": "kubernetes/serviceaccount"}
    if expires is not None:
        claims["exp"] = int(expires.timestamp())
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({}, claims)]
    return base64.b64encode(b".".join([*parts, b"c2ln"])).decode()


def migcluster(**spec: Any) -> Thing:
    reference = {"name": "ocp3", "namespace": "openshift-config"}
    return cluster("ocp3", url="https://x", serviceAccountSecretRef=reference, **spec)


def binding(name: str, *subjects: Thing) -> Thing:
    api = "rbac.authorization.k8s.io/v1"
    role = {"kind": "ClusterRole", "name": "shop-reader"}
    return thing(api, "ClusterRoleBinding", name, "", roleRef=role, subjects=list(subjects))


def velero(kind: str, name: str, phase: str, created: str = "2026-03-01T09:00:00Z") -> Thing:
    stamp = {"creationTimestamp": created}
    return thing("velero.io/v1", kind, name, metadata=stamp, status={"phase": phase})


def quota(hard: str, used: str) -> Thing:
    status = {"hard": {"requests.storage": hard}, "used": {"requests.storage": used}}
    return thing("v1", "ResourceQuota", "storage", "shop", status=status)


def backup_of(size: int, minutes: int) -> Thing:
    ended = f"2026-02-01T{10 + minutes // 60:02}:{minutes % 60:02}:00Z"
    status = {
        "phase": "Completed",
        "progress": {"bytesDone": size, "totalBytes": size},
        "startTimestamp": "2026-02-01T10:00:00Z",
        "completionTimestamp": ended,
    }
    return thing("velero.io/v1", "PodVolumeBackup", "pvb-1", status=status)


Case = tuple[str, str, Result, dict[str, list[Thing]]]


def location(phase: str, plan_uid: str = "uid-migplan-shop", message: str = "") -> Thing:
    """Return a location of Velero's that MTC made for a plan."""
    return thing(
        "velero.io/v1",
        "BackupStorageLocation",
        "store-x7k2p",
        metadata={"labels": {"migplan": plan_uid}},
        status={"phase": phase, "message": message},
    )


TROUBLES: list[Case] = [
    (
        "storage",
        "store-access-denied",
        Result.FAIL,
        {
            "source": [
                location(
                    "Unavailable", message="rpc error: AccessDenied: Access Denied status code: 403"
                )
            ]
        },
    ),
    ("storage", "bsl-unavailable", Result.FAIL, {"there": [location("Unavailable")]}),
    (
        "plan",
        "migplan-cluster-ref-invalid",
        Result.FAIL,
        {
            "host": [
                plan(
                    volume(),
                    conditions=[
                        true(
                            "InvalidSourceClusterRef",
                            "Critical",
                            "The `srcMigClusterRef` must reference a valid `migcluster`.",
                            "NotFound",
                        )
                    ],
                )
            ]
        },
    ),
    (
        "credentials",
        "credentials-expire-soon",
        Result.WARN,
        {
            "host": [
                thing(
                    "v1",
                    "Secret",
                    "ocp3",
                    "openshift-config",
                    data={"saToken": token(NOW + timedelta(days=3))},
                )
            ]
        },
    ),
    (
        "credentials",
        "credentials-expired",
        Result.FAIL,
        {
            "host": [
                thing(
                    "v1",
                    "Secret",
                    "ocp3",
                    "openshift-config",
                    data={"saToken": token(NOW - timedelta(days=3))},
                )
            ]
        },
    ),
    (
        "queue",
        "plan-migration-unfinished",
        Result.WARN,
        {
            "host": [
                mtc(
                    "MigMigration",
                    "shop-2",
                    spec={"migPlanRef": {"name": "shop"}},
                    status={"phase": "StagePodsCreated"},
                )
            ]
        },
    ),
    (
        "queue",
        "plan-already-migrated",
        Result.FAIL,
        {
            "host": [
                mtc(
                    "MigMigration",
                    "shop-2",
                    spec={"migPlanRef": {"name": "shop"}},
                    status={
                        "phase": "Completed",
                        "itinerary": "Final",
                        "conditions": [true("Succeeded")],
                    },
                )
            ]
        },
    ),
    (
        "leftovers",
        "velero-leftovers",
        Result.WARN,
        {"source": [velero("Backup", "old-1", "InProgress")]},
    ),
    (
        "leftovers",
        "node-agents-left-over",
        Result.WARN,
        {
            "there": [
                thing("apps/v1", "DaemonSet", "node-agent"),
                thing("apps/v1", "DaemonSet", "restic"),
            ]
        },
    ),
    (
        "namespaces",
        "namespace-settings-differ",
        Result.WARN,
        {"there": [annotated("shop", SELECTOR, "type=infra"), node("n2", "a", type="infra")]},
    ),
    (
        "nodes",
        "node-selector-matches-no-node",
        Result.FAIL,
        {
            "there": [annotated("shop", SELECTOR, "type=infra")],
            "source": [annotated("shop", SELECTOR, "type=infra")],
        },
    ),
    (
        "identities",
        "uid-range-collision",
        Result.WARN,
        {
            "source": [annotated("shop", "openshift.io/sa.scc.uid-range", "1000620000/10000")],
            "there": [annotated("billing", "openshift.io/sa.scc.uid-range", "1000625000/10000")],
        },
    ),
    (
        "identities",
        "selinux-level-collision",
        Result.WARN,
        {
            "source": [annotated("shop", "openshift.io/sa.scc.mcs", "s0:c25,c10")],
            "there": [annotated("billing", "openshift.io/sa.scc.mcs", "s0:c25,c10")],
        },
    ),
    (
        "images",
        "deprecated-internal-image",
        Result.FAIL,
        {
            "source": [
                pod(
                    "web",
                    "shop",
                    spec={
                        "containers": [
                            {"image": "docker-registry.default.svc:5000/openshift/mysql:5.7"}
                        ]
                    },
                )
            ]
        },
    ),
    (
        "kinds",
        "cluster-scoped-resources-missing",
        Result.WARN,
        {
            "host": [
                plan(
                    volume(),
                    status={
                        "incompatibleNamespaces": [
                            {
                                "name": "shop",
                                "gvks": [
                                    {"group": "example.com", "version": "v1", "kind": "Widget"}
                                ],
                            }
                        ]
                    },
                )
            ]
        },
    ),
    (
        "dependencies",
        "cluster-scoped-resources-missing",
        Result.WARN,
        {"source": [binding("shop-reader", ACCOUNT)]},
    ),
    (
        "dependencies",
        "cluster-scoped-resources-missing",
        Result.WARN,
        {
            "source": [
                thing(
                    "security.openshift.io/v1",
                    "SecurityContextConstraints",
                    "special",
                    "",
                    users=["system:serviceaccount:shop:web"],
                )
            ]
        },
    ),
    (
        "dependencies",
        "cluster-scoped-resources-missing",
        Result.WARN,
        {"source": [pod("web", "shop", spec={"priorityClassName": "high"})]},
    ),
    (
        "storage-classes",
        "destination-storage-class-missing",
        Result.FAIL,
        {"host": [plan(volume(storage_class="thin"))]},
    ),
    (
        "zones",
        "volumes-may-cross-zones",
        Result.WARN,
        {
            "host": [plan(volume("a", "gp2"), volume("b", "gp2"))],
            "there": [node("n2", "b"), storage_class("gp2", "Immediate")],
        },
    ),
    ("quota", "quota-too-small", Result.FAIL, {"there": [quota("50Gi", "45Gi")]}),
    (
        "capacity",
        "volume-nearly-full",
        Result.WARN,
        {
            "host": [
                mtc(
                    "MigAnalytic",
                    "a",
                    metadata={"labels": {"migplan": "shop"}},
                    status={
                        "analytics": {
                            "percentComplete": 100,
                            "namespaces": [
                                {
                                    "namespace": "shop",
                                    "persistentVolumes": [
                                        {
                                            "name": "data",
                                            "usagePercentage": 97,
                                            "actualCapacity": "10Gi",
                                        }
                                    ],
                                }
                            ],
                        }
                    },
                )
            ]
        },
    ),
    (
        "timeouts",
        "restic-timeout-too-short",
        Result.WARN,
        {
            "host": [plan(volume(capacity="500Gi"), indirectVolumeMigration=True)],
            "source": [backup_of(2**30, 2)],
        },
    ),
]

NO_TROUBLE: list[tuple[str, dict[str, list[Thing]]]] = [
    ("storage", {"source": [location("Available")], "there": [location("Available")]}),
    ("storage", {"source": [location("Unavailable", plan_uid="uid-migplan-bank")]}),
    (
        "credentials",
        {
            "host": [
                thing(
                    "v1",
                    "Secret",
                    "ocp3",
                    "openshift-config",
                    data={"saToken": token(NOW + timedelta(days=90))},
                )
            ]
        },
    ),
    ("queue", {"host": [failed("x")]}),
    (
        "queue",
        {
            "host": [
                mtc(
                    "MigMigration",
                    "other",
                    spec={"migPlanRef": {"name": "bank"}},
                    status={"phase": "Started"},
                ),
                mtc(
                    "MigMigration",
                    "stage",
                    spec={"migPlanRef": {"name": "shop"}, "stage": True},
                    status={"phase": "Completed", "conditions": [true("Succeeded")]},
                ),
            ]
        },
    ),
    (
        "leftovers",
        {
            "source": [
                velero("Backup", "old-1", "Completed"),
                velero("Backup", "new", "InProgress", "2026-03-01T11:45:00Z"),
            ]
        },
    ),
    ("namespaces", {"there": [annotated("shop", "openshift.io/requester", "ann")]}),
    (
        "nodes",
        {
            "there": [annotated("shop", SELECTOR, "type=infra"), node("n2", "a", type="infra")],
            "source": [annotated("shop", SELECTOR, "type=infra")],
        },
    ),
    (
        "identities",
        {
            "source": [annotated("shop", "openshift.io/sa.scc.mcs", "s0:c25,c10")],
            "there": [annotated("billing", "openshift.io/sa.scc.mcs", "s0:c26,c5")],
        },
    ),
    (
        "images",
        {
            "source": [
                pod(
                    "web",
                    "shop",
                    spec={
                        "containers": [
                            {"image": "docker-registry.default.svc:5000/openshift/nodejs:14"},
                            {"image": "quay.io/openshift/mysql:5.7"},
                        ]
                    },
                )
            ]
        },
    ),
    (
        "dependencies",
        {"source": [binding("shop-reader", ACCOUNT)], "there": [binding("another-name", ACCOUNT)]},
    ),
    ("dependencies", {"source": [binding("bank", {**ACCOUNT, "namespace": "bank"})]}),
    ("storage-classes", {"host": [plan({**volume(), "selection": {"action": "skip"}})]}),
    (
        "zones",
        {
            "host": [plan(volume("a", "gp2"))],
            "there": [node("n2", "b"), storage_class("gp2", "Immediate")],
        },
    ),
    ("zones", {"host": [plan(volume("a"), volume("b"))], "there": [node("n2", "b")]}),
    ("quota", {"there": [quota("50Gi", "40Gi")]}),
    (
        "timeouts",
        {
            "host": [plan(volume(capacity="2Gi"), indirectVolumeMigration=True)],
            "source": [backup_of(2**30, 2)],
        },
    ),
]
