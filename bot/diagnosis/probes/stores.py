"""Whether Velero hangs in a request to an object store.

A store that takes connections and never answers leaves no error anywhere: backups stay as they
are, and the locations keep the phase that they had.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.dossier import Dossier, RoleName, metadata, text
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome, Word
from bot.mtc.presence import Away, absence, silent_since
from knowledge.observations import Observation
from knowledge.observing import subject_of


def velero_hangs(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer for each cluster whose Velero is waited for, runs and has tested no store for minutes.

    What is blocked waits for something else.
    """
    if outcome.word not in (Word.RUNNING, Word.STALLED):
        return
    roles: tuple[RoleName, ...] = ("source", "destination")
    for role in roles:
        scene = dossier.scene(role)
        velero = scene.named(k.DEPLOYMENT, "velero", MTC_NAMESPACE)
        stores = scene.all(k.BSL)
        since = silent_since(stores, dossier.now)
        if velero is None or since is None or not Away("velero", role).stops(outcome.phase, None):
            continue
        if absence(velero, scene.all(k.POD), dossier.now):
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
