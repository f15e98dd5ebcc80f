"""Whether mig-controller has heard of an object, and whether it is there at all.

While it is away nothing on its objects says so: a migration made meanwhile has no status, one that
was under way keeps the phase and the conditions it had.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.clusters import kinds as k
from bot.clusters.kinds import BY_KIND, MTC_NAMESPACE, Kind
from bot.clusters.port import Json
from bot.diagnosis.dossier import (
    Dossier,
    Scene,
    dicts,
    mapping,
    metadata,
    moment,
    ref_name,
    text,
)
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome, Word
from bot.mtc.presence import Away, absence
from knowledge.observations import Observation
from knowledge.observing import subject_of

DEPLOYMENT = "migration-controller"
"""Name of the Deployment (mig-operator roles/migrationcontroller)."""
RESTART = timedelta(minutes=1)
"""A new pod may take this long: the Deployment is of strategy Recreate."""
UNTOUCHED = timedelta(minutes=2)
"""After this an object that has no status is not merely new: the controller takes seconds."""
_PROCESSED = frozenset({"MigMigration", "MigPlan", "MigCluster", "MigStorage", "MigHook"})


def controller_absent(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where no pod of mig-controller is available; where nothing was read, say nothing.

    What is blocked has been so before. It is told only of a controller that stays away.
    """
    watched = dossier.away is not None and outcome.word is Word.BLOCKED
    if watched and Away("migration-controller", "host") not in (dossier.away or ()):
        return
    host = dossier.scene("host")
    deployment = host.named(k.DEPLOYMENT, DEPLOYMENT, MTC_NAMESPACE)
    if deployment is None:
        return
    gone = absence(deployment, host.all(k.POD), dossier.now)
    if gone is None or (gone.since is not None and dossier.now - gone.since < RESTART):
        return
    yield answer(
        "controller-absent",
        f"deployment/{DEPLOYMENT} {gone.state}",
        where=f"deployment/{DEPLOYMENT} status",
        subject=subject_of(deployment, host.cluster),
        time=gone.since,
        state=gone.state,
    )


def object_untouched(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer with each object of the target that has no status long after it was made.

    Not for a migration that has ended: it cannot have run without its clusters and its store.
    """
    if outcome.ended:
        return
    host, plan = dossier.scene("host"), dossier.plan
    wanted = [dossier.subject]
    if plan is not None:
        wanted += [plan] if dossier.target.kind != "MigPlan" else []
        wanted += [host.named(k.MIGSTORAGE, ref_name(plan, "migStorageRef"))]
        wanted += [host.named(k.MIGCLUSTER, ref_name(plan, f"{end}MigClusterRef")) for end in _ENDS]
    for obj in wanted:
        if obj is None or not _untouched(obj, dossier.now):
            continue
        kind, name = BY_KIND[text(obj.get("kind"))], text(metadata(obj).get("name"))
        made = moment(metadata(obj).get("creationTimestamp"))
        others = [other for other in _waiting(host, kind, dossier.now) if other != name]
        more = f"; nor have {', '.join(others[:5])}" if others else ""
        yield answer(
            "object-untouched",
            f"{kind.singular}/{name} has no status since it was made at {made:%H:%M:%SZ}{more}",
            where=f"{kind.singular}/{name} status",
            subject=subject_of(obj, host.cluster),
            time=made,
            resource=kind.singular,
        )


def store_unanswering(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where the store that is asked for waits behind one, or is one, that never answers.

    mig-controller tests one store after the other and sets itself no limit in doing so; it goes on
    with other kinds meanwhile. It takes stores as they come: the oldest without a status is the one
    it tests (mig-controller pkg/controller/migstorage/validation.go). Clusters have a limit.
    """
    host, plan = dossier.scene("host"), dossier.plan
    asked = dossier.subject if dossier.target.kind == k.MIGSTORAGE.kind else None
    if plan is not None:
        asked = host.named(k.MIGSTORAGE, ref_name(plan, "migStorageRef"))
    if outcome.ended or asked is None or not _untouched(asked, dossier.now):
        return
    waiting = _waiting(host, k.MIGSTORAGE, dossier.now)
    held_at = host.named(k.MIGSTORAGE, waiting[0])
    made = moment(metadata(held_at).get("creationTimestamp"))
    if held_at is None or made is None or not _goes_on(host, made + UNTOUCHED):
        return
    config = mapping(mapping(held_at, "spec").get("backupStorageConfig"))
    address = text(config.get("awsS3Url"))
    behind = f"; behind it wait {', '.join(waiting[1:6])}" if waiting[1:] else ""
    yield answer(
        "store-unanswering",
        f"migstorage/{waiting[0]}{f' ({address})' if address else ''} has no status since it was"
        f" made at {made:%H:%M:%SZ}, while mig-controller goes on with other objects{behind}",
        where=f"migstorage/{waiting[0]} status",
        subject=subject_of(held_at, host.cluster),
        time=made,
    )


def _goes_on(host: Scene, since: datetime) -> bool:
    """Return whether mig-controller has changed a condition of another kind after a time."""
    return any(
        (changed := moment(condition.get("lastTransitionTime"))) is not None and changed > since
        for kind in _LOOKED_AT
        for obj in host.all(kind)
        for condition in dicts(mapping(obj, "status").get("conditions"))
    )


_LOOKED_AT = (k.MIGMIGRATION, k.MIGPLAN, k.MIGCLUSTER, k.DVM, k.DIM)
_ENDS = ("src", "dest")


def _waiting(host: Scene, kind: Kind, now: datetime) -> list[str]:
    """Return the names of the objects of a kind that wait as well, the oldest first."""
    waiting = [obj for obj in host.all(kind) if _untouched(obj, now)]
    waiting.sort(key=lambda obj: str(metadata(obj).get("creationTimestamp")))
    return [text(metadata(obj).get("name")) for obj in waiting]


def _untouched(obj: Json, now: datetime) -> bool:
    status, made = mapping(obj, "status"), moment(metadata(obj).get("creationTimestamp"))
    said = status.get("conditions") or status.get("phase")
    kind = text(obj.get("kind"))
    return kind in _PROCESSED and not said and made is not None and now - made > UNTOUCHED
