"""Did it help? Named checks, each with an answer that a person can read.

A run is verified by all of the object graph, never by MTC's word: its transfers, backups,
restores and image copies must have ended well too (see ``bot.mtc.outcome``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson

from bot.clusters import kinds as k
from bot.clusters.kinds import BY_KIND, MTC_NAMESPACE
from bot.clusters.port import ControlPlane, Json, NotFound, NotServed, ObjectRef
from bot.diagnosis.dossier import Dossier, dicts, mapping, metadata, sequence, text
from bot.diagnosis.gathering import WORKLOAD_KINDS, gather
from bot.diagnosis.judging import judge, migration_objects
from bot.mtc.graph import scaled_down
from bot.mtc.models import Backup, Restore
from bot.mtc.outcome_words import Word
from bot.remediation.ground import Ground, ended, holds, look
from bot.remediation.pins import already
from bot.remediation.plans import Call
from bot.remediation.waiting import rolled_out


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a fix helped: yes, no, or not to be said yet."""

    state: Literal["yes", "no", "wait"]
    seen: str
    """In MTC's own terms, English; short."""


Checker = Callable[[ControlPlane, Mapping[str, str], datetime], Verdict]


def migration_succeeded(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether a run ended well by all that it made."""
    name = params["migration"]
    try:
        dossier = gather(plane, ObjectRef(k.MIGMIGRATION.kind, name, MTC_NAMESPACE), now)
    except NotFound:
        return Verdict("no", f"migration {name} is gone")
    outcome = judge(dossier)
    step = f" ({outcome.step[0]}/{outcome.step[1]})" if outcome.step else ""
    seen = f"{name}: {outcome.word}"
    if not outcome.ended:
        return Verdict("wait", f"{seen}, {outcome.phase}{step}" if outcome.phase else seen)
    if outcome.word is Word.ROLLED_BACK:
        return Verdict("yes", seen)
    if outcome.word not in (Word.SUCCEEDED, Word.SUCCEEDED_WITH_WARNINGS):
        return Verdict("no", seen)
    objects = migration_objects(dossier)
    made: tuple[Backup | Restore, ...] = (*objects.backups, *objects.restores)
    wrong = [
        f"{o.kind.lower()}/{o.name} {o.status.phase}"
        for o in made
        if o.status.phase not in ("Completed", "")
    ]
    wrong += [
        f"dvm/{d.name} {d.status.phase}" for d in objects.dvms if d.status.phase != "Completed"
    ]
    wrong += [f"dim/{d.name}: image streams failed" for d in objects.dims if d.status.failed_i_ss]
    if wrong:
        return Verdict("no", f"{seen}, yet {', '.join(wrong[:3])}")
    if outcome.itinerary == "Final":
        missing = _not_running(dossier)
        if missing:
            return Verdict("wait", f"{seen}; on the destination {missing}")
    return Verdict("yes", seen)


def _not_running(dossier: Dossier) -> str:
    """Return what of a finished cutover does not run on the destination yet; empty: all does."""
    scene = dossier.scene("destination")
    places = {there for _, there in dossier.namespaces}
    for kind in WORKLOAD_KINDS:
        mine = [w for w in scene.all(kind) if text(metadata(w).get("namespace")) in places]
        for name in scaled_down(mine):
            return f"{name} is still stopped"
        for workload in mine:
            if kind in (k.DEPLOYMENT, k.STATEFULSET) and not _pods_ready(workload):
                return f"{_named(workload)} has pods that are not ready"
    for claim in scene.all(k.PVC):
        bound = text(mapping(claim, "status").get("phase")) == "Bound"
        if text(metadata(claim).get("namespace")) in places and not bound:
            return f"{_named(claim)} is not bound"
    return ""


def migration_canceled(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether MTC has canceled a run."""
    del now
    name = params["migration"]
    try:
        migration = plane.host.get(k.MIGMIGRATION, name, MTC_NAMESPACE)
    except NotFound:
        return Verdict("no", f"migration {name} is gone")
    phase = text(mapping(migration, "status").get("phase"))
    if not ended(migration):
        return Verdict("wait", f"{name}: {phase}")
    if holds(migration, "Canceled"):
        return Verdict("yes", f"{name}: Canceled")
    return Verdict("no", f"{name} ended before it could be canceled")


def object_ready(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether an object of MTC's is Ready, with what it says if not."""
    del now
    obj = plane.host.get(BY_KIND[params["kind"]], params["name"], MTC_NAMESPACE)
    name = f"{params['kind'].lower()}/{params['name']}"
    bad = [
        f"{text(c.get('type'))}: {text(c.get('message'))}"
        for c in dicts(mapping(obj, "status").get("conditions"))
        if c.get("status") == "True" and c.get("category") in ("Critical", "Error")
    ]
    if holds(obj, "Ready") and not bad and mapping(obj, "spec").get("refresh") is not True:
        return Verdict("yes", f"{name}: Ready")
    return Verdict("wait", f"{name}: {bad[0] if bad else 'not Ready yet'}")


def effects_hold(calls: Sequence[Call]) -> dict[str, str]:
    """Return the parameters of the check ``effects-hold`` for some calls."""
    return {
        str(number): orjson.dumps(
            {
                "verb": call.verb,
                "cluster": call.cluster,
                "kind": call.kind,
                "namespace": call.namespace,
                "name": call.name,
                "body": call.body if call.verb == "patch" else None,
            }
        ).decode()
        for number, call in enumerate(calls, 1)
    }


def all_effects_hold(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether every call's effect is there: fields set, objects made, objects gone."""
    for number in sorted(params, key=int):
        wanted = orjson.loads(params[number])
        where = {key: wanted[key] for key in ("cluster", "kind", "namespace", "name")}
        obj = _found(plane, where, now)
        name = f"{wanted['kind'].lower()}/{wanted['name']} on {wanted['cluster']}"
        if wanted["verb"] == "delete":
            if obj is not None:
                return Verdict("wait", f"{name} is still there")
        elif obj is None:
            return Verdict("no", f"{name} is gone")
        elif wanted["verb"] == "patch" and not already(obj, wanted["body"]):
            return Verdict("wait", f"{name} is not as it was set")
    return Verdict("yes", f"all {len(params)} change(s) are there")


def images_copied(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether a DirectImageStreamMigration has copied its images."""
    copied = _found(plane, {**params, "kind": k.DISM.kind}, now)
    status = mapping(copied, "status")
    errors = [text(error) for error in sequence(status.get("errors"))]
    if errors:
        return Verdict("no", errors[0][:300])
    if status.get("phase") == "Completed":
        return Verdict("yes", f"dism/{params['name']}: Completed")
    return Verdict("wait", f"dism/{params['name']}: {text(status.get('phase')) or 'waiting'}")


def results_ready(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether Velero has made a restore's results ready to download."""
    request = _found(plane, {**params, "kind": k.DOWNLOADREQUEST.kind}, now)
    if text(mapping(request, "status").get("phase")) == "Processed":
        seen = f"ready: oc get downloadrequest {params['name']} -n {MTC_NAMESPACE} -o yaml"
        return Verdict("yes", seen)
    return Verdict("wait", "Velero prepares the results")


def source_started(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether MTC's mark is gone from every source workload of a plan, and pods run."""
    ground = look(plane, ObjectRef(k.MIGPLAN.kind, params["plan"], MTC_NAMESPACE), now)
    reader = ground.reader(ground.source)
    waiting: list[str] = []
    for kind in WORKLOAD_KINDS:
        for here, _ in ground.namespaces:
            try:
                items = reader.list(kind, here).items
            except NotServed:
                continue
            waiting += [f"still stopped: {name}" for name in scaled_down(items)]
            if kind in (k.DEPLOYMENT, k.STATEFULSET):
                waiting += [f"starting: {_named(i)}" for i in items if not _pods_ready(i)]
    if waiting:
        return Verdict("wait", waiting[0])
    return Verdict("yes", f"the applications of plan {params['plan']} run on {ground.source}")


def _named(obj: Json) -> str:
    return f"{text(obj.get('kind'))} {text(mapping(obj, 'metadata').get('name'))}"


def _pods_ready(workload: Json) -> bool:
    wanted = mapping(workload, "spec").get("replicas", 1)
    return bool(mapping(workload, "status").get("readyReplicas", 0) == wanted)


def workload_rolled_out(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether a Deployment or DaemonSet runs what its spec says."""
    obj = _found(plane, params, now)
    name = f"{params['kind'].lower()}/{params['name']}"
    if obj is None:
        return Verdict("no", f"{name} is gone")
    if rolled_out(obj):
        return Verdict("yes", f"{name}: rolled out")
    return Verdict("wait", f"{name}: rolling out")


def operator_settled(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether the operator carried a parameter through on a cluster."""
    for cluster in params["clusters"].split(","):
        wanted = {
            "cluster": cluster,
            "kind": k.MIGRATIONCONTROLLER.kind,
            "name": "migration-controller",
        }
        obj = _found(plane, wanted, now)
        conditions = {
            text(c.get("type")): c for c in dicts(mapping(obj, "status").get("conditions"))
        }
        failure = conditions.get("Failure", {})
        if failure.get("status") == "True":
            return Verdict("no", f"the operator failed: {text(failure.get('message'))[:200]}")
        if text(conditions.get("Running", {}).get("reason")) != "Successful":
            return Verdict("wait", f"operator on {cluster}: working")
    return Verdict("yes", f"operator on {params['clusters']}: Successful")


def velero_timeout(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Verdict:
    """Return whether Velero runs with a time-out for volume copies, on every cluster.

    The flag is ``--fs-backup-timeout``, before Velero 1.10 ``--restic-timeout``.
    """
    wanted = params["timeout"]
    for cluster in params["clusters"].split(","):
        velero = _found(
            plane, {"cluster": cluster, "kind": k.DEPLOYMENT.kind, "name": "velero"}, now
        )
        arguments = [
            text(argument)
            for container in dicts(mapping(velero, "spec", "template", "spec").get("containers"))
            for argument in sequence(container.get("args"))
        ]
        flags = {f"--{name}={wanted}" for name in ("fs-backup-timeout", "restic-timeout")}
        if not flags & set(arguments):
            return Verdict("wait", f"velero on {cluster} does not run with {wanted} yet")
        if velero is not None and not rolled_out(velero):
            return Verdict("wait", f"velero on {cluster}: rolling out")
    return Verdict("yes", f"velero on {params['clusters']} waits {wanted} for volumes")


def _found(plane: ControlPlane, params: Mapping[str, str], now: datetime) -> Json | None:
    ground = Ground(plane, ObjectRef("", ""), {}, now)
    kind = BY_KIND[params["kind"]]
    namespace = params.get("namespace", MTC_NAMESPACE if kind.namespaced else "")
    try:
        return ground.reader(params.get("cluster", "host")).get(kind, params["name"], namespace)
    except NotFound:
        return None


CHECKS: dict[str, Checker] = {
    "migration-succeeded": migration_succeeded,
    "migration-canceled": migration_canceled,
    "object-ready": object_ready,
    "effects-hold": all_effects_hold,
    "images-copied": images_copied,
    "results-ready": results_ready,
    "source-started": source_started,
    "workload-rolled-out": workload_rolled_out,
    "operator-settled": operator_settled,
    "velero-timeout": velero_timeout,
}
"""By the name that an action's ``Verification`` gives."""
