"""Objects that remediations deal with, as short as they can be."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Json
from tests.remediation.world import NOW


class Played(Protocol):
    """A cluster in the hands of its controllers and administrators, in memory or real."""

    def find(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        """Return an object, or None."""
        ...

    def find_all(self, kind: Kind, namespace: str = "") -> tuple[Json, ...]:
        """Return the objects of a kind, in one namespace or in all."""
        ...

    def put(self, obj: Json) -> None:
        """Make an object, or replace it by one that was found before."""
        ...


SELECTOR = "openshift.io/node-selector"
LABELS = "migration.openshift.io/"


def obj(kind: Kind, name: str, namespace: str = MTC_NAMESPACE, **parts: Any) -> Json:
    metadata: Json = {"name": name, **parts.pop("metadata", {})}
    if kind.namespaced:
        metadata["namespace"] = namespace
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, **parts}


def namespace(name: str, labels: Json | None = None, **annotations: str) -> Json:
    return obj(k.NAMESPACE, name, metadata={"labels": labels or {}, "annotations": annotations})


def selecting(name: str, selector: str) -> Json:
    return obj(k.NAMESPACE, name, metadata={"annotations": {SELECTOR: selector}})


def node(name: str, labels: Json | None = None, **spec: Any) -> Json:
    ready = [{"type": "Ready", "status": "True"}]
    return obj(
        k.NODE, name, metadata={"labels": labels or {}}, spec=spec, status={"conditions": ready}
    )


def controller(**spec: Any) -> Json:
    """A MigrationController whose operator has settled long ago."""
    return obj(
        k.MIGRATIONCONTROLLER,
        "migration-controller",
        spec=spec,
        status={"conditions": [settled_at("2026-03-01T00:00:00Z")]},
    )


def settled_at(moment: str) -> Json:
    return {
        "type": "Running",
        "status": "True",
        "reason": "Successful",
        "message": "Awaiting next reconciliation",
        "lastTransitionTime": moment,
        "ansibleResult": {"completion": moment},
    }


def deployment(name: str, place: str = MTC_NAMESPACE, replicas: int = 1, **notes: str) -> Json:
    """A Deployment that is rolled out."""
    return obj(
        k.DEPLOYMENT,
        name,
        place,
        metadata={"annotations": notes, "generation": 1},
        spec={"replicas": replicas, "template": {"spec": {"containers": [{"name": name}]}}},
        status={
            "observedGeneration": 1,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "readyReplicas": replicas,
        },
    )


def repository(name: str, location: str) -> Json:
    return obj(
        k.BACKUPREPOSITORY,
        name,
        spec={
            "backupStorageLocation": location,
            "maintenanceFrequency": "168h0m0s",
            "resticIdentifier": f"s3:https://store.example.com/mtc/{name}",
            "volumeNamespace": "shop",
        },
    )


def job_template() -> Json:
    containers = [{"name": "main", "image": "example.com/image"}]
    pod = {"restartPolicy": "Never", "containers": containers}
    return {"spec": {"template": {"spec": pod}}}


def daemonset(name: str) -> Json:
    return obj(
        k.DAEMONSET,
        name,
        metadata={"generation": 1},
        spec={"template": {"spec": {}}},
        status={
            "observedGeneration": 1,
            "desiredNumberScheduled": 2,
            "updatedNumberScheduled": 2,
            "numberReady": 2,
        },
    )


def roll_out(cluster: Played, kind: Kind, name: str, place: str = MTC_NAMESPACE) -> None:
    """Be the controller of a workload: everything runs as its spec says."""
    found = cluster.find(kind, name, place)
    assert found is not None
    status = found.setdefault("status", {})
    status["observedGeneration"] = found["metadata"]["generation"]
    if kind is k.DEPLOYMENT:
        wanted = found["spec"].get("replicas", 1)
        status.update(replicas=wanted, updatedReplicas=wanted, readyReplicas=wanted)
    cluster.put(found)


def secret(name: str, place: str = MTC_NAMESPACE, **data: str) -> Json:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return obj(k.SECRET, name, place, type="Opaque", data=encoded)


def authority(subject: str = "Shop CA", *, ca: bool = True, days: int = 365) -> tuple[str, str]:
    """Return a certificate as PEM, and its SHA-256 fingerprint as openssl prints it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    issuer = name if ca else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Other")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    digits = made.fingerprint(hashes.SHA256()).hex().upper()
    shown = ":".join(digits[i : i + 2] for i in range(0, len(digits), 2))
    return made.public_bytes(Encoding.PEM).decode(), shown
