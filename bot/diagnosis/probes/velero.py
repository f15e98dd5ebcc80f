"""Whether the Velero that a migration waits for is there, and does not hang in a store.

One that ends again and again is up for moments in which its Deployment looks well. A store that
takes connections and never answers leaves no error anywhere: backups stay as they are, and the
locations keep the phase that they had.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, RoleName, Scene, metadata, text
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome, Word
from bot.mtc.presence import SILENCE, Away, absence, last_test
from knowledge.observations import Observation
from knowledge.observing import subject_of

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


def _waited_for(dossier: Dossier, outcome: Outcome) -> Iterator[tuple[RoleName, Scene, Json]]:
    """Yield the Deployments that the present phase waits for; what is blocked waits for others."""
    if outcome.word not in (Word.RUNNING, Word.STALLED):
        return
    for role in _ROLES:
        scene = dossier.scene(role)
        velero = scene.named(k.DEPLOYMENT, "velero", MTC_NAMESPACE)
        if velero is not None and Away("velero", role).stops(outcome.phase, None):
            yield role, scene, velero
