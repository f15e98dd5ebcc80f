"""Why node agents did not copy a volume, where a log line leaves more than one reason.

The same line tells of an NFS export that squashes root and of an agent that may not look into
other pods' volumes: its privileges and the kind of volume tell them apart. The same time-out tells
of a volume that was too large and of one that no agent ever took up: the nodes tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, RoleName, Scene, dicts, labels, mapping, metadata, text
from bot.diagnosis.gathering import belongs
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import HEALTHY, Outcome
from knowledge.observations import Observation
from knowledge.observing import subject_of

AGENTS = ("node-agent", "restic")
"""Names of the DaemonSet that copies volumes; the second up to MTC 1.7."""


def node_agent_unprivileged(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where a volume backup was denied and the source's node agent is not privileged.

    On OpenShift only a privileged node agent may read the volumes of other pods (velero
    site/content/docs/v1.14/file-system-backup.md).
    """
    del outcome
    source = dossier.scene("source")
    if not any(_denied(backup) for backup in _failed_backups(dossier)):
        return
    for agents in source.all(k.DAEMONSET):
        name = text(metadata(agents).get("name"))
        if name not in AGENTS or text(metadata(agents).get("namespace")) != k.MTC_NAMESPACE:
            continue
        containers = list(dicts(mapping(agents, "spec", "template", "spec").get("containers")))
        if containers and not any(
            mapping(c, "securityContext").get("privileged") is True for c in containers
        ):
            yield answer(
                "node-agent-unprivileged",
                f"daemonset/{name} on {source.cluster}: securityContext.privileged is not true",
                where=f"daemonset/{name} spec.template.spec.containers[].securityContext",
                subject=subject_of(dossier.migration or {}, source.cluster),
                daemonset=name,
            )


def volumes_not_on_nfs(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where volumes that could not be backed up lie on something else than NFS."""
    del outcome
    source = dossier.scene("source")
    for backup in _failed_backups(dossier):
        claim = _claim(source, backup)
        volume = source.named(k.PV, text(mapping(claim, "spec").get("volumeName")))
        spec = mapping(volume, "spec")
        driver = text(mapping(spec, "csi").get("driver"))
        if not spec or "nfs" in spec or "nfs" in driver.lower():
            continue
        name = text(metadata(volume).get("name"))
        yield answer(
            "volume-not-on-nfs",
            f"the volume of {text(metadata(claim).get('name'))} is no NFS export: "
            f"persistentvolume/{name} {driver or ', '.join(sorted(spec))}",
            where=f"persistentvolume/{name} spec",
            subject=subject_of(dossier.migration or {}, source.cluster),
            volume=name,
        )


def node_agent_absent(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where a volume backup was taken up by nobody and no agent runs on its node.

    Each agent sees to the volumes of its own node (velero pkg/controller/
    pod_volume_backup_controller.go).
    """
    del outcome
    source = dossier.scene("source")
    pods = [p for p in source.all(k.POD) if text(metadata(p).get("namespace")) == k.MTC_NAMESPACE]
    served = {
        text(mapping(pod, "spec").get("nodeName"))
        for pod in pods
        if labels(pod).get("name") in AGENTS and mapping(pod, "status").get("phase") == "Running"
    }
    for backup in _own_backups(dossier) if pods else ():
        node = text(mapping(backup, "spec").get("node"))
        untouched = text(mapping(backup, "status").get("phase")) in ("", "New")
        if untouched and node and node not in served:
            name = text(metadata(backup).get("name"))
            yield answer(
                "node-agent-absent",
                f"podvolumebackup/{name} was never begun: no node agent runs on {node} (agents run "
                f"on {', '.join(sorted(served)) or 'no node'})",
                where=f"podvolumebackup/{name} spec.node",
                subject=subject_of(dossier.migration or {}, source.cluster),
                node=node,
            )


def node_agents_twice(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where the agents of MTC 1.7 still run beside those of 1.8 and not all went well.

    The upgrade leaves the old DaemonSet behind (BZ#2236829, MTC 1.8.0 release notes); its pods take
    up volumes as well.
    """
    if outcome.word not in HEALTHY:
        yield from old_agents(dossier)


def old_agents(dossier: Dossier) -> Iterator[Observation]:
    """Answer for each side on which both DaemonSets that copy volumes run pods."""
    roles: tuple[RoleName, ...] = ("source", "destination")
    for role in roles:
        scene = dossier.scene(role)
        running = {
            text(metadata(agents).get("name"))
            for agents in scene.all(k.DAEMONSET)
            if text(metadata(agents).get("namespace")) == k.MTC_NAMESPACE
            and mapping(agents, "status").get("desiredNumberScheduled") != 0
        }
        if running.issuperset(AGENTS):
            yield answer(
                "node-agents-twice",
                f"daemonset/restic runs beside daemonset/node-agent on {scene.cluster}",
                where=f"{k.MTC_NAMESPACE} on {scene.cluster}",
                subject=subject_of(dossier.migration or dossier.plan or {}, scene.cluster),
                role=role,
            )


def volume_copies_unfinished(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer with volume copies that go on although their backup or restore has ended in part.

    Velero has given up waiting for them (``--fs-backup-timeout``, MTC's ``restic_timeout``). Its
    log says so too, but is lost with its pod.
    """
    del outcome
    migration = text(metadata(dossier.migration).get("name"))
    roles: tuple[tuple[RoleName, Kind, Kind, str], ...] = (
        ("source", k.BACKUP, k.PVB, "velero.io/backup-name"),
        ("destination", k.RESTORE, k.PVR, "velero.io/restore-name"),
    )
    for role, whole, part, label in roles:
        scene = dossier.scene(role)
        ended = {
            text(metadata(obj).get("name")): text(mapping(obj, "status").get("completionTimestamp"))
            for obj in scene.all(whole)
            if belongs(obj, dossier.migration, migration)
            and mapping(obj, "status").get("phase") == "PartiallyFailed"
        }
        for copy in scene.all(part):
            owner, status = text(labels(copy).get(label)), mapping(copy, "status")
            if not ended.get(owner) or status.get("phase") != "InProgress":
                continue
            name, done = text(metadata(copy).get("name")), mapping(status, "progress")
            yield answer(
                f"{part.singular}-unfinished",
                f"{part.singular}/{name} is InProgress since {text(status.get('startTimestamp'))} "
                f"({done.get('bytesDone', 0)} of {done.get('totalBytes', 0)} bytes), yet "
                f"{whole.singular}/{owner} ended at {ended[owner]}",
                where=f"{part.singular}/{name} status",
                subject=subject_of(dossier.migration or {}, scene.cluster),
                volume=text(mapping(copy, "spec").get("volume")),
            )


def _failed_backups(dossier: Dossier) -> Iterator[Json]:
    for backup in _own_backups(dossier):
        if text(mapping(backup, "status").get("phase")) == "Failed":
            yield backup


def _own_backups(dossier: Dossier) -> Iterator[Json]:
    """Yield the volume backups of the migration."""
    source = dossier.scene("source")
    name = text(metadata(dossier.migration).get("name"))
    own = {
        text(metadata(b).get("name"))
        for b in source.all(k.BACKUP)
        if belongs(b, dossier.migration, name)
    }
    for backup in source.all(k.PVB):
        if labels(backup).get("velero.io/backup-name") in own:
            yield backup


def _claim(scene: Scene, backup: Json) -> Json | None:
    """Return the claim of a volume backup: by its uid, else by the name of the pod's volume."""
    place = text(mapping(backup, "spec", "pod").get("namespace"))
    claims = [c for c in scene.all(k.PVC) if text(metadata(c).get("namespace")) == place]
    uid = labels(backup).get("velero.io/pvc-uid")
    for claim in claims:
        if uid and metadata(claim).get("uid") == uid:
            return claim
    named = text(mapping(backup, "spec").get("volume"))
    return next((c for c in claims if metadata(c).get("name") == named), None)


def _denied(backup: Json) -> bool:
    return "permission denied" in text(mapping(backup, "status").get("message")).lower()
