"""Whether the Velero that a migration waits for is there, and does not hang in a store.

One that was stopped in mid-work fails what it does, with whatever broke first: its plugins die with
it. One that ends again and again is up for moments in which its Deployment looks well. A store that
takes connections and never answers leaves no error anywhere: backups stay as they are, and the
locations keep the phase that they had.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, RoleName, Scene, dicts, mapping, metadata, moment, text
from bot.diagnosis.evidence import AFTER, children
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome, Word
from bot.mtc.presence import SILENCE, Away, absence, last_test
from knowledge.observations import Observation
from knowledge.observing import subject_of

_NOT_BEGUN = frozenset({"", "New", "Queued", "ReadyToStart"})
_SOON = timedelta(minutes=3)
"""Velero is given as long to begin before it is said what it is at work on."""
_ROLES: tuple[RoleName, ...] = ("source", "destination")


def velero_absent(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer for each cluster whose Velero is waited for and is not there."""
    for _, scene, velero in _waited_for(dossier, outcome):
        gone = absence(velero, scene.all(k.POD), dossier.now)
        if gone is not None and gone.is_long(dossier.now):
            yield answer(
                "velero-absent",
                f"deployment/velero on {scene.cluster} {gone.state}",
                where="deployment/velero",
                subject=subject_of(velero, scene.cluster),
                time=gone.since,
            )


def velero_hangs(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer for each cluster whose Velero is waited for, runs and has ceased to test its stores.

    Only who watches a cluster can know that it did test them before.
    """
    for role, scene, velero in _waited_for(dossier, outcome):
        stores = scene.all(k.BSL)
        since, hangs = last_test(stores), Away("velero-at-stores", role) in (dossier.away or ())
        if since is None or not hangs or dossier.now - since < SILENCE:
            continue
        names = sorted(text(metadata(store).get("name")) for store in stores)
        minutes = str(int((dossier.now - since).total_seconds() // 60))
        yield answer(
            "velero-hangs",
            f"velero on {scene.cluster} tested a store last at {since:%H:%M:%SZ}, {minutes} minutes"
            f" ago; its locations: {', '.join(names[:10])}",
            where="backupstoragelocations status.lastValidationTime",
            subject=subject_of(velero, scene.cluster),
            time=since,
            role=role,
            velero_on=scene.cluster,
        )


def velero_busy(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer for each backup or restore that Velero has not begun, since it works on another's.

    It takes one after the other unless told otherwise (velero pkg/controller), and a volume that is
    never copied keeps all that come later waiting.
    """
    if outcome.word not in (Word.RUNNING, Word.STALLED):
        return
    made = {text(metadata(obj).get("uid")) for obj, _ in children(dossier)}
    sides: tuple[tuple[RoleName, Kind], ...]
    sides = (("source", k.BACKUP), ("destination", k.RESTORE))
    for role, kind in sides:
        scene = dossier.scene(role)
        mine: list[Json] = []
        others: list[Json] = []
        for obj in scene.all(kind):
            (mine if text(metadata(obj).get("uid")) in made else others).append(obj)
        waiting = [obj for obj in mine if _phase(obj) in _NOT_BEGUN and _waits(obj, dossier.now)]
        busy = [obj for obj in others if _phase(obj) == "InProgress"]
        if not waiting or not busy:
            continue
        other, own = busy[0], text(metadata(waiting[0]).get("name"))
        name = text(metadata(other).get("name"))
        since = moment(mapping(other, "status").get("startTimestamp"))
        begun = f" since {since:%H:%M:%SZ}" if since is not None else ""
        yield answer(
            "velero-busy",
            f"{kind.singular}/{own} has not begun; {kind.singular}/{name} on {scene.cluster} is in"
            f" progress{begun}",
            where=f"{kind.singular}/{name} status.phase",
            subject=subject_of(waiting[0], scene.cluster),
            time=since,
            other=name,
            other_kind=kind.kind,
            velero_on=scene.cluster,
            role=role,
        )


def _waits(obj: Json, now: datetime) -> bool:
    made = moment(metadata(obj).get("creationTimestamp"))
    return made is None or now - made > _SOON


def _phase(obj: Json) -> str:
    return text(mapping(obj, "status").get("phase"))


def velero_restarted(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer for each backup or restore that failed and in whose time Velero started anew."""
    if outcome.word is not Word.FAILED:
        return
    end = dossier.window[1] or dossier.now
    for obj, cluster in children(dossier):
        if obj.get("kind") not in ("Backup", "Restore"):
            continue
        status = mapping(obj, "status")
        begun = moment(status.get("startTimestamp"))
        if begun is None or text(status.get("phase")) != "Failed":
            continue
        scene = dossier.scene("source" if obj.get("kind") == "Backup" else "destination")
        for pod, started in _started(scene):
            if begun < started <= end + AFTER:
                kind, name = text(obj.get("kind")).lower(), text(metadata(obj).get("name"))
                yield answer(
                    "velero-restarted",
                    f"{kind}/{name} began at {begun:%H:%M:%SZ} and failed; velero in pod/{pod} on "
                    f"{cluster} started at {started:%H:%M:%SZ}",
                    where=f"pod/{pod} status.containerStatuses[velero].state",
                    subject=subject_of(obj, cluster),
                    time=started,
                )


def _started(scene: Scene) -> Iterator[tuple[str, datetime]]:
    """Yield since when each Velero of a cluster runs, by its pod."""
    for pod in scene.all(k.POD):
        meta = metadata(pod)
        if meta.get("namespace") != MTC_NAMESPACE:
            continue
        for container in dicts(mapping(pod, "status").get("containerStatuses")):
            started = moment(mapping(container, "state", "running").get("startedAt"))
            if container.get("name") == "velero" and started is not None:
                yield text(meta.get("name")), started


def _waited_for(dossier: Dossier, outcome: Outcome) -> Iterator[tuple[RoleName, Scene, Json]]:
    """Yield the Deployments that the present phase waits for; what is blocked waits for others."""
    if outcome.word not in (Word.RUNNING, Word.STALLED):
        return
    for role in _ROLES:
        scene = dossier.scene(role)
        velero = scene.named(k.DEPLOYMENT, "velero", MTC_NAMESPACE)
        if velero is not None and Away("velero", role).stops(outcome.phase, None):
            yield role, scene, velero
