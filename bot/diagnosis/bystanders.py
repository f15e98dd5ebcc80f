"""What ails in a migration's namespaces and is none of its business.

Applications have broken pods, full quotas and failing jobs of their own, on the source often for
months. MTC copies volumes with pods that it makes itself, and waits for those of the application
only while it quiesces them, deletes them in a rollback, or verifies them at the end. At any other
time what befalls them is told, but is the cause of nothing.
"""

from __future__ import annotations

from bot.clusters import kinds as k
from bot.clusters.components import component_of
from bot.diagnosis.dossier import Dossier, Scene, dicts, labels, mapping, place, text
from knowledge.observations import Observation, Subject

_WAITS = frozenset(
    {
        "QuiesceSourceApplications",
        "EnsureSrcQuiesced",
        "QuiesceDestinationApplications",
        "EnsureDestQuiesced",
        "DeleteMigrated",
        "EnsureMigratedDeleted",
        "UnQuiesceSrcApplications",
        "UnQuiesceDestApplications",
        "Verification",
    }
)
"""Phases that do something to the application's workloads or wait for them (mig-controller
pkg/controller/migmigration/task.go)."""
_OF_APPLICATIONS = frozenset(
    {
        "Pod",
        "ReplicaSet",
        "ReplicationController",
        "Deployment",
        "DeploymentConfig",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "Build",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "Service",
        "Endpoints",
        "Route",
        "Ingress",
    }
)
_FOR_PEOPLE = frozenset({"ui", "log-reader"})
"""Pods of MTC itself without which migrations go on."""
_OF_MACHINES = ("virt-launcher-", "hp-volume-")
"""Pods in which KubeVirt runs a virtual machine, and attaches its volumes."""
_ENDPOINTS = ("dvm", "directvolumemigration-")
"""How the routes and services are called by which volumes are copied."""
_OF_VOLUMES = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
"""Events of a pod that speak of its volumes, which may be those that are copied."""


class Bystanders:
    """Tells what in the namespaces of one cluster has nothing to do with a migration."""

    def __init__(self, dossier: Dossier, scene: Scene) -> None:
        """Look at the plan's volumes and the pods of one cluster."""
        self._count = not _waits_for_applications(dossier)
        self._planned = dossier.plan is not None
        self._live = mapping(dossier.plan, "spec").get("liveMigrate") is True
        side = 0 if scene.role == "source" else 1
        self._claims = set(_claims(dossier, side)) if self._count else set()
        self._pods = {place(pod): pod for pod in scene.all(k.POD)} if self._count else {}

    def has(self, seen: Observation) -> bool:
        """Return whether an observation is about something that the migration does not wait for."""
        about = seen.subject
        if about.namespace == k.MTC_NAMESPACE:
            return about.kind == "Pod" and component_of(about.namespace, about.name) in _FOR_PEOPLE
        if not (self._count and about.namespace):
            return False
        if about.kind == "PersistentVolumeClaim":
            return self._planned and (about.namespace, about.name) not in self._claims
        if about.kind not in _OF_APPLICATIONS:
            return False
        return not (self._made_by_mtc(about) or self._on_its_volumes(seen))

    def _made_by_mtc(self, about: Subject) -> bool:
        if about.kind in ("Service", "Endpoints", "Route"):
            return about.name.startswith(_ENDPOINTS)
        own = labels(self._pods.get((about.namespace, about.name)))
        if about.kind == "Pod" and (
            own.get("migration.openshift.io/is-stage-pod")
            or own.get("app.kubernetes.io/part-of") == k.MTC_NAMESPACE
            or own.get("owner") == "directvolumemigration"
            or component_of(about.namespace, about.name, labels=own)
        ):
            return True
        if self._live and about.name.startswith(_OF_MACHINES):
            return True
        # Of a hook's pod that is no more, its Job's name is left.
        return component_of(about.namespace, about.name, labels={"job-name": about.name}) == "hook"

    def _on_its_volumes(self, seen: Observation) -> bool:
        """Return whether a pod cannot have a volume that is to be copied."""
        about = seen.subject
        pod = self._pods.get((about.namespace, about.name))
        if pod is None or seen.fields.get("reason") not in _OF_VOLUMES:
            return False
        volumes = dicts(mapping(pod, "spec").get("volumes"))
        used = {text(mapping(v, "persistentVolumeClaim").get("claimName")) for v in volumes}
        return any((about.namespace, claim) in self._claims for claim in used)


def _waits_for_applications(dossier: Dossier) -> bool:
    """Return whether the applications' health is, or was, what the migration waited for."""
    status = mapping(dossier.migration, "status")
    if text(status.get("phase")) in _WAITS:
        return True
    return any(
        condition.get("type") == "UnhealthyNamespaces"
        or (condition.get("type") == "Failed" and condition.get("reason") in _WAITS)
        for condition in dicts(status.get("conditions"))
        if condition.get("status") == "True"
    )


def _claims(dossier: Dossier, side: int) -> list[tuple[str, str]]:
    """Return the claims that the plan copies, as they are called on one side."""
    renamed = {pair[0]: pair[side] for pair in dossier.namespaces}
    found = []
    for volume in dicts(mapping(dossier.plan, "spec").get("persistentVolumes")):
        if mapping(volume, "selection").get("action") == "skip":
            continue
        claim = mapping(volume, "pvc")
        source, _, target = text(claim.get("name")).partition(":")
        namespace = text(claim.get("namespace"))
        found.append((renamed.get(namespace, namespace), (source, target or source)[side]))
    return found
