"""From a dossier to observations: which objects bear on the target (of logs see ``logevidence``).

The rule of relevance keeps other people's noise out. An object bears on the target if the
object graph leads there. Where the target has ended, only what was so before its end counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.clusters import kinds as k
from bot.clusters.port import Json
from bot.diagnosis.bystanders import Bystanders
from bot.diagnosis.dossier import (
    Dossier,
    Scene,
    dicts,
    labels,
    mapping,
    metadata,
    ref_name,
    text,
)
from bot.diagnosis.gathering import belongs
from bot.diagnosis.others import made_for_another
from bot.mtc.models import MigPlan, read
from bot.mtc.presence import copies_by_agents
from knowledge.observations import Observation
from knowledge.observing import observe

BEFORE = timedelta(minutes=1)
AFTER = timedelta(minutes=2)
"""How far outside a migration's own times its evidence may lie."""
_MOVERS = frozenset({"velero", "node-agent", "restic"})
"""Workloads of MTC's namespace whose present state bears on a migration that is under way."""


def upstream(dossier: Dossier) -> tuple[tuple[Json, str], ...]:
    """Return what the target depends on: plan, clusters, store and hooks, with their cluster."""
    host = dossier.scene("host")
    found: list[Json | None] = []
    plan = dossier.plan
    if plan is not None and dossier.target.kind != "MigPlan":
        found.append(plan)
    owner = plan if plan is not None else dossier.subject
    for field in ("srcMigClusterRef", "destMigClusterRef"):
        found.append(host.named(k.MIGCLUSTER, ref_name(owner, field)))
    found.append(host.named(k.MIGSTORAGE, ref_name(owner, "migStorageRef")))
    for hook in dicts(mapping(plan, "spec").get("hooks")):
        reference = mapping(hook, "reference")
        found.append(host.named(k.MIGHOOK, text(reference.get("name"))))
    return tuple((obj, host.cluster) for obj in found if obj is not None)


def children(dossier: Dossier) -> tuple[tuple[Json, str], ...]:
    """Return what the migration made: transfers, backups, restores and their volumes."""
    migration = dossier.migration or dossier.subject
    if migration is None or dossier.target.kind in (
        "MigPlan",
        "MigCluster",
        "MigStorage",
        "MigHook",
    ):
        return ()
    host = dossier.scene("host")
    found: list[tuple[Json, str]] = []
    parents = {text(metadata(migration).get("uid")), text(metadata(dossier.subject).get("uid"))} - {
        ""
    }
    for kind in (k.DVM, k.DIM, k.DVMP, k.DISM):
        for obj in host.all(kind):
            if _owned(obj, parents):
                parents.add(text(metadata(obj).get("uid")))
                found.append((obj, host.cluster))
    name = text(metadata(dossier.migration).get("name"))
    for scene, kind, part, label in (
        (dossier.scene("source"), k.BACKUP, k.PVB, "velero.io/backup-name"),
        (dossier.scene("destination"), k.RESTORE, k.PVR, "velero.io/restore-name"),
    ):
        owned = [o for o in scene.all(kind) if belongs(o, dossier.migration, name)]
        names = {text(metadata(o).get("name")) for o in owned}
        found += [(o, scene.cluster) for o in owned]
        found += [(o, scene.cluster) for o in scene.all(part) if labels(o).get(label) in names]
    return tuple(found)


def _owned(obj: Json, parents: set[str]) -> bool:
    owners = {text(o.get("uid")) for o in dicts(metadata(obj).get("ownerReferences"))}
    return bool(owners & parents or {str(v) for v in labels(obj).values()} & parents)


def object_observations(dossier: Dossier) -> Iterator[Observation]:
    """Yield what the target, its upstream, its children and their pods tell."""
    begun, end = dossier.window
    if dossier.subject is not None:
        yield from observe(dossier.subject, dossier.scene("host").cluster)
    if dossier.migration is not None and dossier.migration is not dossier.subject:
        yield from observe(dossier.migration, dossier.scene("host").cluster)
    for obj, cluster in upstream(dossier):
        for observation in observe(obj, cluster):
            if end is None or (observation.time is not None and observation.time <= end):
                yield observation
    made = children(dossier)
    for obj, cluster in made:
        # Some are looked at by MTC for as long as they exist: what ails that is nobody's cause.
        told = observe(obj, cluster)
        yield from (each for each in told if inside(each.time, begun, end))
    for role in ("source", "destination"):
        scene = dossier.scene(role)
        bystanders = Bystanders(dossier, scene)
        for seen in _surroundings(dossier, scene, [obj for obj, _ in made]):
            yield replace(seen, beside=True) if bystanders.has(seen) else seen


def _surroundings(dossier: Dossier, scene: Scene, made: Sequence[Json]) -> Iterator[Observation]:
    """Yield what pods, claims and events of the plan's namespaces and MTC's own pods tell."""
    begun, end = dossier.window
    if dossier.migration is None and dossier.target.kind != "DirectVolumeMigration":
        return
    wanted = {pair[0 if scene.role == "source" else 1] for pair in dossier.namespaces}
    hooks = _hook_jobs(dossier, scene)
    theirs = made_for_others(dossier, scene, made)
    for kind in (k.POD, k.PVC, k.RESOURCEQUOTA, k.NAMESPACE, k.JOB, k.REPLICASET):
        for obj in scene.all(kind):
            meta = metadata(obj)
            if text(meta.get("uid")) in theirs:
                continue
            place = text(meta.get("name" if kind is k.NAMESPACE else "namespace"))
            job = text(meta.get("name")) if kind is k.JOB else text(labels(obj).get("job-name"))
            if place in wanted or (place, job) in hooks:
                yield from observe(obj, scene.cluster)
            elif kind is k.POD and place == k.MTC_NAMESPACE:
                for observation in observe(obj, scene.cluster):
                    if inside(observation.time, begun, end):
                        yield observation
    plan = read(MigPlan, dossier.plan) if dossier.plan is not None else None
    movers = (k.DEPLOYMENT, k.DAEMONSET) if copies_by_agents(plan) else (k.DEPLOYMENT,)
    for kind in movers if end is None else ():
        for obj in scene.all(kind):
            meta = metadata(obj)
            if meta.get("namespace") == k.MTC_NAMESPACE and meta.get("name") in _MOVERS:
                yield from observe(obj, scene.cluster)
    for kind in (k.BSL, k.BACKUPREPOSITORY, k.RESTICREPOSITORY):
        for obj in scene.all(kind):
            if _ours(dossier, scene, made, obj):
                yield from observe(obj, scene.cluster)
    settled = _settled(scene)
    for event in scene.all(k.EVENT):
        for observation in observe(event, scene.cluster):
            about = observation.subject
            if about.uid in theirs or about.uid in settled.get(
                observation.fields.get("reason", ""), ()
            ):
                continue
            if about.kind.startswith(("Mig", "Direct")) or about.namespace not in wanted:
                continue
            if observation.level == "warning" and inside(observation.time, begun, end):
                yield observation


def made_for_others(dossier: Dossier, scene: Scene, made: Sequence[Json]) -> set[str]:
    """Return the uids and the names of the pods that MTC made for other runs."""
    own = {text(metadata(obj).get("uid")) for obj in (dossier.subject, dossier.migration, *made)}
    pods = [metadata(pod) for pod in scene.all(k.POD) if made_for_another(pod, own)]
    return {text(meta.get(word)) for meta in pods for word in ("uid", "name")} - {""}


def _hook_jobs(dossier: Dossier, scene: Scene) -> set[tuple[str, str]]:
    """Return the jobs of the migration's own hooks, which may run in any namespace."""
    uid = text(metadata(dossier.migration).get("uid"))
    return {
        (text(metadata(job).get("namespace")), text(metadata(job).get("name")))
        for job in scene.all(k.JOB)
        if uid and "mighook" in labels(job) and labels(job).get("owner") == uid
    }


def _settled(scene: Scene) -> dict[str, set[str]]:
    """Return, by reason of an event, the uids of the objects that have got over it since.

    Of a pod that is no more, only its events tell that it was placed in the end.
    """
    bound = {
        text(metadata(claim).get("uid"))
        for claim in scene.all(k.PVC)
        if mapping(claim, "status").get("phase") == "Bound"
    }
    placed = {
        text(metadata(pod).get("uid"))
        for pod in scene.all(k.POD)
        if mapping(pod, "spec").get("nodeName")
    }
    for event in scene.all(k.EVENT):
        over = {"Scheduled": placed, "ProvisioningSucceeded": bound}.get(text(event.get("reason")))
        if over is not None:
            over.add(text(mapping(event, "involvedObject").get("uid")))
    return {
        "ProvisioningFailed": bound - {""},
        "FailedBinding": bound - {""},
        "FailedScheduling": placed - {""},
    }


def _ours(dossier: Dossier, scene: Scene, made: Sequence[Json], obj: Json) -> bool:
    """Return whether a storage location or repository serves this plan."""
    uid = text(metadata(dossier.plan).get("uid"))
    if uid and labels(obj).get("migplan") == uid:
        return True
    volumes = text(mapping(obj, "spec").get("volumeNamespace"))
    side = 0 if scene.role == "source" else 1
    if not volumes or volumes not in {pair[side] for pair in dossier.namespaces}:
        return False
    used = {
        text(mapping(o, "spec").get("storageLocation")) for o in made if o.get("kind") == "Backup"
    }
    return text(mapping(obj, "spec").get("backupStorageLocation")) in used


def inside(time: datetime | None, begun: datetime | None, end: datetime | None) -> bool:
    """Return whether a time lies in a migration's window; an unknown time counts as inside."""
    if time is None:
        return True
    if begun is not None and time < begun - BEFORE:
        return False
    return end is None or time <= end + AFTER
