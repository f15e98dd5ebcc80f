"""Whose pods keep a quiesce waiting.

MTC scales workloads to zero and waits until no pod of a ReplicaSet, StatefulSet, DaemonSet, Job or
ReplicationController runs (mig-controller pkg/controller/migmigration/quiesce.go). A ReplicaSet
that belongs to anything is left to its owner, also where that is no Deployment; and whoever scales
up again starts the wait anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, RoleName, Scene, dicts, mapping, metadata, text
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome, Word
from knowledge.observations import Observation
from knowledge.observing import subject_of

_WAITS: dict[str, RoleName] = {
    "EnsureSrcQuiesced": "source",
    "EnsureQuiesced": "source",
    "EnsureDestQuiesced": "destination",
}
_OVER = frozenset({"Succeeded", "Failed", "Unknown"})
_READ: dict[str, Kind] = {
    kind.kind: kind
    for kind in (k.DEPLOYMENT, k.STATEFULSET, k.REPLICASET, k.DAEMONSET, k.JOB, k.DEPLOYMENTCONFIG)
}
_SCALED = frozenset({"Deployment", "StatefulSet", "DeploymentConfig", "ReplicaSet"})


def quiesce_held(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer for the workloads whose pods run although the namespaces were quiesced."""
    role = _WAITS.get(outcome.phase)
    if outcome.word is not Word.STALLED or role is None:
        return
    scene = dossier.scene(role)
    wanted = {pair[0 if role == "source" else 1] for pair in dossier.namespaces}
    told: set[str] = set()
    for pod in scene.all(k.POD):
        meta = metadata(pod)
        namespace = text(meta.get("namespace"))
        if namespace not in wanted or text(mapping(pod, "status").get("phase")) in _OVER:
            continue
        if meta.get("deletionTimestamp"):
            continue
        chain = _owners(scene, pod, namespace)
        top = chain[-1] if chain else None
        if top is None or not _runs_on(top, scene, namespace):
            continue
        workload = " of ".join(f"{kind} {name}" for kind, name in chain)
        if workload in told:
            continue
        told.add(workload)
        name = text(meta.get("name"))
        yield answer(
            "quiesce-held",
            f"pod/{name} in {namespace} still runs: {workload}",
            where=f"pod/{name} metadata.ownerReferences",
            subject=subject_of(dossier.migration or {}, dossier.scene("host").cluster),
            role=role,
            workload=workload,
            owner=f"{top[0]} {top[1]}",
            namespace=namespace,
        )


def _owners(scene: Scene, obj: Json, namespace: str) -> list[tuple[str, str]]:
    """Return the owners of an object, the nearest first, as (kind, name)."""
    chain: list[tuple[str, str]] = []
    current: Json | None = obj
    while current is not None and len(chain) < 5:
        refs = list(dicts(metadata(current).get("ownerReferences")))
        ref = next((r for r in refs if r.get("controller")), refs[0] if refs else None)
        if ref is None or not text(ref.get("kind")):
            break
        kind, name = text(ref.get("kind")), text(ref.get("name"))
        chain.append((kind, name))
        current = scene.named(_READ[kind], name, namespace) if kind in _READ else None
    return chain


def _runs_on(top: tuple[str, str], scene: Scene, namespace: str) -> bool:
    """Return whether the one who owns all the rest wants pods: what MTC cannot scale, or must."""
    kind, name = top
    if kind not in _SCALED:
        return kind not in _READ
    workload = scene.named(_READ[kind], name, namespace)
    wanted = mapping(workload, "spec").get("replicas")
    return isinstance(wanted, int) and wanted > 0
