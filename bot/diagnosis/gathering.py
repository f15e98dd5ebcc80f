"""Evidence for one target, gathered over host, source and destination.

The clusters are read side by side, and of each several kinds at a time, since an answer's way
through the network takes longer than its making. What cannot be read becomes an ``Unread`` with the
reason, never an exception: partial evidence is normal, and an unreadable cluster is itself
something to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import (
    ClusterError,
    ClusterReader,
    ControlPlane,
    Json,
    LogSource,
    NotFound,
    NotServed,
    ObjectRef,
)
from bot.diagnosis.dossier import (
    Dossier,
    RoleName,
    Scene,
    dicts,
    labels,
    mapping,
    metadata,
    ref_name,
    text,
)
from bot.diagnosis.findings import Unread
from bot.diagnosis.podlogs import AT_ONCE, LOG_MARGIN, is_archive, mtc_logs, transfer_logs

HOST_KINDS: tuple[Kind, ...] = (
    k.MIGMIGRATION,
    k.MIGPLAN,
    k.MIGCLUSTER,
    k.MIGSTORAGE,
    k.MIGHOOK,
    k.MIGANALYTIC,
    k.DVM,
    k.DVMP,
    k.DIM,
    k.DISM,
)
VELERO_KINDS: tuple[Kind, ...] = (k.BACKUP, k.RESTORE, k.PVB, k.PVR, k.BSL)
REPOSITORY_KINDS: tuple[Kind, ...] = (k.BACKUPREPOSITORY, k.RESTICREPOSITORY)
WORKLOAD_KINDS: tuple[Kind, ...] = (
    k.DEPLOYMENT,
    k.STATEFULSET,
    k.DAEMONSET,
    k.REPLICASET,
    k.DEPLOYMENTCONFIG,
    k.CRONJOB,
    k.JOB,
)
NAMESPACED_KINDS: tuple[Kind, ...] = (k.POD, k.PVC, k.EVENT, k.RESOURCEQUOTA, k.BUILDCONFIG)
OPTIONAL = frozenset(
    kind.kind
    for kind in (
        *REPOSITORY_KINDS,
        *WORKLOAD_KINDS,
        k.BUILDCONFIG,
        k.RESOURCEQUOTA,
        k.IMAGESTREAM,
        k.NODE,
        k.PV,
        k.CRD,
        k.MIGRATIONCONTROLLER,
        k.MIGHOOK,
        k.MIGANALYTIC,
        k.DIM,
        k.DISM,
        k.NAMESPACE,
        k.STORAGECLASS,
        k.PVC,
    )
)
"""Kinds whose absence from a cluster or an archive is nothing to mention."""


@dataclass
class Notes:
    """Collects what could not be read, each thing once."""

    unread: dict[str, Unread] = field(default_factory=dict)
    absent: dict[tuple[str, str], str] = field(default_factory=dict)
    """By cluster and kind, optional kinds too: why not all was read.

    A kind that a live cluster does not serve has no objects; one that an archive does not hold may.
    """

    def add(self, what: str, why: str) -> None:
        """Keep that something could not be read, and why."""
        self.unread.setdefault(what, Unread(what, why))

    def take(self, other: Notes) -> None:
        """Take over what others have noted."""
        for each in other.unread.values():
            self.add(each.what, each.why)
        for place, why in other.absent.items():
            self.absent.setdefault(place, why)

    def absent_on(self, cluster: str) -> dict[str, str]:
        """Return what was not read on one cluster, by kind."""
        seen = dict(self.absent)
        return {kind: why for (where, kind), why in seen.items() if where == cluster}


def gather(plane: ControlPlane, target: ObjectRef, now: datetime) -> Dossier:
    """Return the dossier of a target. Raises ``NotFound`` where the target does not exist.

    A control cluster that cannot be read at all raises its own ``ClusterError``.
    """
    notes = Notes()
    kind = k.BY_KIND.get(target.kind)
    if kind is None:
        raise NotFound(f"{target.kind} is not a kind this bot knows", cluster=plane.name)
    host_reader = plane.host
    subject = host_reader.get(kind, target.name, target.namespace or MTC_NAMESPACE)
    host = {
        wanted.kind: list_kind(host_reader, wanted, MTC_NAMESPACE, notes) for wanted in HOST_KINDS
    }
    if mapping(subject, "status").get("phase") != "Completed":
        # Its own Deployment and pod tell whether the controller is there to do what is asked.
        for wanted in (k.DEPLOYMENT, k.POD):
            host[wanted.kind] = list_kind(host_reader, wanted, MTC_NAMESPACE, notes)
    migration, plan = _anchors(kind, subject, host)
    source_name, destination_name = _cluster_names(kind, subject, plan, host)
    outline = Dossier("", target, None, now, plan=plan, migration=migration)
    namespaces, (begun, _) = outline.namespaces, outline.window
    since = begun - LOG_MARGIN if begun is not None else None
    jobs: dict[RoleName, Callable[[], Scene]] = {}
    if plan is not None or kind in (k.DVM, k.DIM):
        wants_logs = migration is not None or kind is k.DVM
        sources, destinations = ([pair[side] for pair in namespaces] for side in (0, 1))
        hooks = _hook_namespaces(plan, host) if migration is not None else {}
        jobs["source"] = lambda: _remote_scene(
            plane, "source", source_name, sources, hooks.get("source", ()), wants_logs, since, notes
        )
        jobs["destination"] = lambda: _remote_scene(
            plane,
            "destination",
            destination_name,
            destinations,
            hooks.get("destination", ()),
            wants_logs,
            since,
            notes,
        )
    scenes: dict[RoleName, Scene] = {}
    here, host_logs = _host_name(host), None
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="gather") as pool:
        running = {role: pool.submit(job) for role, job in jobs.items()}
        if migration is not None and here not in (source_name, destination_name):
            host_logs = mtc_logs(host_reader, since, notes.add)
        for role, future in running.items():
            scenes[role] = future.result()
    if any(scene.cluster == here and scene.reader is not None for scene in scenes.values()):
        host_logs = ()  # they are read as the source's or destination's already
    if host_logs is None:
        host_logs = mtc_logs(host_reader, since, notes.add) if migration is not None else ()
    scenes["host"] = Scene(
        "host", here, host_reader, host, host_logs, notes.absent_on(host_reader.name)
    )
    dossier = Dossier(
        plane.name,
        target,
        subject,
        now,
        scenes,
        plan,
        migration,
        tuple(notes.unread.values()),
    )
    return _with_attached_logs(dossier, host_reader)


def _anchors(
    kind: Kind, subject: Json, host: Mapping[str, tuple[Json, ...]]
) -> tuple[Json | None, Json | None]:
    """Return the migration and the plan that the target belongs to."""
    migration: Json | None = None
    if kind is k.MIGMIGRATION:
        migration = subject
    elif kind in (k.DVM, k.DIM, k.DVMP, k.DISM):
        uids = {text(labels(subject).get("migmigration"))} | {
            text(owner.get("uid")) for owner in dicts(metadata(subject).get("ownerReferences"))
        }
        migration = next(
            (m for m in host["MigMigration"] if metadata(m).get("uid") in uids - {""}), None
        )
    if kind is k.MIGPLAN:
        return None, subject
    plan_name = ref_name(migration, "migPlanRef") or ref_name(subject, "migPlanRef")
    plan = next((p for p in host["MigPlan"] if metadata(p).get("name") == plan_name), None)
    return migration, plan if plan_name else None


def _cluster_names(
    kind: Kind, subject: Json, plan: Json | None, host: Mapping[str, tuple[Json, ...]]
) -> tuple[str, str]:
    owner = plan if plan is not None else subject
    del kind
    here = _host_name(host)
    return (
        ref_name(owner, "srcMigClusterRef") or here,
        ref_name(owner, "destMigClusterRef") or here,
    )


def _hook_namespaces(
    plan: Json | None, host: Mapping[str, tuple[Json, ...]]
) -> dict[str, list[str]]:
    """Return where jobs of the plan's hooks run, by the cluster that each hook is for."""
    found: dict[str, list[str]] = {}
    targets = {
        text(metadata(hook).get("name")): text(mapping(hook, "spec").get("targetCluster"))
        for hook in host.get(k.MIGHOOK.kind, ())
    }
    for hook in dicts(mapping(plan, "spec").get("hooks")):
        target = targets.get(text(mapping(hook, "reference").get("name")))
        if target and (place := text(hook.get("executionNamespace"))):
            found.setdefault(target, []).append(place)
    return found


def _host_name(host: Mapping[str, tuple[Json, ...]]) -> str:
    for cluster in host.get("MigCluster", ()):
        if mapping(cluster, "spec").get("isHostCluster") is True:
            return text(metadata(cluster).get("name")) or "host"
    return "host"


def list_kind(
    reader: ClusterReader,
    kind: Kind,
    namespace: str,
    notes: Notes,
    match: Mapping[str, str] | None = None,
) -> tuple[Json, ...]:
    """Return the objects of a kind; what could not be read is noted."""
    where = f"{kind.plural} in {namespace}" if namespace else kind.plural
    try:
        listing = reader.list(kind, namespace, match)
    except NotServed as error:
        if "archive" in str(error):
            notes.absent.setdefault((reader.name, kind.kind), str(error))
        if kind.kind not in OPTIONAL:
            notes.add(f"{where} on {reader.name}", str(error))
        return ()
    except ClusterError as error:
        notes.absent.setdefault((reader.name, kind.kind), str(error))
        notes.add(f"{where} on {reader.name}", str(error))
        return ()
    for problem in listing.problems:
        notes.add(f"{where} on {reader.name}: {problem}", "skipped: it could not be parsed")
    return listing.items


def _remote_scene(
    plane: ControlPlane,
    role: RoleName,
    name: str,
    namespaces: Iterable[str],
    hooks: Iterable[str],
    wants_logs: bool,
    since: datetime | None,
    notes: Notes,
) -> Scene:
    try:
        reader = plane.remote(name)
    except ClusterError as error:
        notes.add(f"{role} cluster {name}", str(error))
        return Scene(role, name, None)
    try:
        reader.list(k.BSL, MTC_NAMESPACE)
    except NotServed:
        pass
    except ClusterError as error:
        notes.add(f"{role} cluster {name}", str(error))
        return Scene(role, name, None)
    own = (*VELERO_KINDS, *REPOSITORY_KINDS, k.MIGRATIONCONTROLLER)
    wanted = [(kind, MTC_NAMESPACE) for kind in own]
    wanted += [(kind, "") for kind in (k.NAMESPACE, k.NODE, k.PV, k.STORAGECLASS, k.CRD)]
    for namespace in dict.fromkeys((*namespaces, MTC_NAMESPACE)):
        wanted += [(kind, namespace) for kind in (*NAMESPACED_KINDS, *WORKLOAD_KINDS)]
    apart = set(hooks) - {*namespaces, MTC_NAMESPACE}
    wanted += [(kind, namespace) for namespace in sorted(apart) for kind in (k.POD, k.JOB)]
    wanted.append((k.IMAGESTREAM, "openshift"))
    objects = _lists(reader, wanted, notes)
    logs: tuple[LogSource, ...] = ()
    if wants_logs:
        logs = mtc_logs(reader, since, notes.add) + transfer_logs(
            reader, objects, (*namespaces, *hooks), since
        )
    return Scene(role, name, reader, objects, logs, notes.absent_on(reader.name))


def _lists(
    reader: ClusterReader, wanted: Sequence[tuple[Kind, str]], notes: Notes
) -> dict[str, tuple[Json, ...]]:
    """Return the objects of these kinds and namespaces by kind, in the order that was asked for."""

    def read(part: Sequence[tuple[Kind, str]]) -> list[tuple[tuple[Json, ...], Notes]]:
        return [(list_kind(reader, *each, own), own) for each in part for own in (Notes(),)]

    hands = 1 if is_archive(reader) else AT_ONCE
    with ThreadPoolExecutor(hands, "list") as pool:
        answers = list(pool.map(read, [wanted[hand::hands] for hand in range(hands)]))
    objects: dict[str, tuple[Json, ...]] = {}
    for number, (kind, _) in enumerate(wanted):
        found, own = answers[number % hands][number // hands]
        objects[kind.kind] = objects.get(kind.kind, ()) + found
        notes.take(own)
    return objects


def _with_attached_logs(dossier: Dossier, host: ClusterReader) -> Dossier:
    if dossier.migration is None:
        return dossier
    attached: list[LogSource] = []
    readers = [(host, k.BACKUP), (host, k.RESTORE)]
    for scene in dossier.scenes.values():
        if scene.reader is not None and scene.role != "host":
            readers += [(scene.reader, k.BACKUP), (scene.reader, k.RESTORE)]
    name = text(metadata(dossier.migration).get("name"))
    seen: set[str] = set()
    for reader, kind in readers:
        for owned in owned_names(dossier, kind, name):
            try:
                logs = reader.attached_logs(kind, owned)
            except ClusterError:
                continue
            attached.extend(log for log in logs if log.where not in seen)
            seen.update(log.where for log in logs)
    return replace(dossier, attached=tuple(attached))


def owned_names(dossier: Dossier, kind: Kind, migration: str) -> tuple[str, ...]:
    """Return the names of the migration's Backups or Restores, on any cluster."""
    return tuple(
        dict.fromkeys(
            text(metadata(obj).get("name"))
            for scene in dossier.scenes.values()
            for obj in scene.all(kind)
            if belongs(obj, dossier.migration, migration)
        )
    )


def belongs(obj: Json, migration: Json | None, name: str) -> bool:
    """Return whether a Backup or Restore was made by this migration.

    Labels say so (mig-controller pkg/controller/migmigration); where an odd object lost them,
    the generated name ``<migration>-<kind>-<random>`` does.
    """
    own = labels(obj)
    uid = text(metadata(migration).get("uid"))
    if uid and uid in {str(value) for value in own.values()}:
        return True
    if "migration.openshift.io/migmigration-name" in own:
        return bool(own["migration.openshift.io/migmigration-name"] == name)
    prefix = text(metadata(obj).get("name")).rsplit("-", 2)[0]
    return bool(name) and prefix == name[:48]
