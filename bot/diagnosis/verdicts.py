"""Verdicts that follow from the outcome, as observations for knowledge entries.

MTC itself never gives them: volumes that were not copied although it says Succeeded, source
workloads left scaled to zero, phases that wait for ever, clusters that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, dicts, mapping, metadata, text
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome, Word
from knowledge.observations import Observation
from knowledge.observing import subject_of


def verdicts(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Yield what the outcome itself says is wrong."""
    subject = subject_of(dossier.migration or dossier.subject or {}, dossier.scene("host").cluster)
    name = subject.name
    if outcome.not_copied or outcome.word is Word.NOT_COPIED:
        volumes = ", ".join(outcome.not_copied) or "all of the plan's copied volumes"
        yield answer(
            "volumes-not-copied",
            f"not copied: {volumes}. {_transfer_state(dossier)}".strip(),
            where=f"{subject.kind.lower()}/{name}",
            subject=subject,
            time=outcome.since,
            volumes=volumes,
            said=_mtc_word(dossier),
        )
    if outcome.scaled_down:
        yield answer(
            "source-workloads-scaled-down",
            f"still scaled down by MTC: {', '.join(outcome.scaled_down[:10])}",
            where="annotations migration.openshift.io/preQuiesce*",
            subject=subject,
            time=outcome.since,
            workloads=", ".join(outcome.scaled_down[:10]),
        )
    if outcome.word is Word.STALLED and outcome.phase:
        minutes = ""
        if outcome.since is not None:
            minutes = str(int((dossier.now - outcome.since).total_seconds() // 60))
        yield answer(
            "stalled-phase",
            f"phase {outcome.phase} for {minutes or 'an unknown number of'} minutes",
            where=f"{subject.kind.lower()}/{name} status.phase",
            subject=subject,
            time=outcome.since,
            phase=outcome.phase,
            minutes=minutes,
            waiting_for=outcome.behind,
        )
        yield from _pending_clients(dossier)


def _pending_clients(dossier: Dossier) -> Iterator[Observation]:
    """Yield the rsync pods of the source that MTC says are Pending, in a transfer that stalls.

    Its own condition for them (RsyncClientPodsPending) comes late, and only where the kubelet has
    said what the containers wait for (mig-controller directvolumemigration/rsync.go).
    """
    for transfer in _transfers(dossier):
        pods = [
            f"{text(pod.get('namespace'))}/{text(pod.get('name'))}"
            for pod in dicts(mapping(transfer, "status").get("pendingPods"))
            if text(pod.get("name"))
        ]
        if pods:
            cluster = dossier.scene("source").cluster
            yield answer(
                "rsync-client-pending",
                f"Pending on {cluster}: {', '.join(pods[:5])}",
                where=f"directvolumemigration/{text(metadata(transfer).get('name'))}"
                " status.pendingPods",
                subject=subject_of(transfer, dossier.scene("host").cluster),
            )


def unreadable_clusters(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Yield the clusters that could not be read, with the reason as text to match.

    Where MTC itself calls the cluster ready, the reason names no cause of what befell a migration:
    it may be the bot's own, or have come later.
    """
    del outcome
    host = dossier.scene("host")
    for role in ("source", "destination"):
        scene = dossier.scenes.get(role)
        if scene is None or scene.reader is not None:
            continue
        why = next(
            (u.why for u in dossier.unread if u.what == f"{role} cluster {scene.cluster}"), ""
        )
        cluster = host.named(k.MIGCLUSTER, scene.cluster)
        if cluster is not None and not _is_archive(why):
            well = _ready(cluster)
            yield answer(
                "cluster-unreadable",
                f"the bot could not read {scene.cluster}; MTC calls it ready" if well else why,
                where=f"reading {scene.cluster}",
                subject=subject_of(cluster, host.cluster),
                role=role,
                why=why,
            )


def _ready(cluster: Json) -> bool:
    conditions = dicts(mapping(cluster, "status").get("conditions"))
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def _is_archive(why: str) -> bool:
    return "archive" in why


def _mtc_word(dossier: Dossier) -> str:
    for condition in dicts(mapping(dossier.migration, "status").get("conditions")):
        if condition.get("status") == "True" and text(condition.get("type")).startswith(
            "Succeeded"
        ):
            return text(condition.get("type"))
    return "-"


def _transfer_state(dossier: Dossier) -> str:
    """Return how the direct volume migrations of the migration ended, in MTC's own words."""
    parts = []
    for transfer in _transfers(dossier):
        status = mapping(transfer, "status")
        failed = next((c for c in dicts(status.get("conditions")) if c.get("type") == "Failed"), {})
        attempts = [
            f"{text(mapping(o, 'pvcReference').get('name'))} failed after "
            f"{o.get('currentAttempt')} attempts"
            for o in dicts(status.get("rsyncOperations"))
            if o.get("failed") is True
        ]
        parts.append(
            f"{text(transfer.get('kind'))} {text(metadata(transfer).get('name'))}: phase "
            f"{text(status.get('phase'))}, Failed ({text(failed.get('reason'))}); "
            + "; ".join(attempts)
        )
    return " ".join(parts)


def _transfers(dossier: Dossier) -> Iterator[Json]:
    """Yield the direct volume migrations of the migration."""
    uid = text(metadata(dossier.migration).get("uid"))
    for transfer in dossier.scene("host").all(k.DVM):
        owners = {text(o.get("uid")) for o in dicts(metadata(transfer).get("ownerReferences"))}
        if uid in owners:
            yield transfer
