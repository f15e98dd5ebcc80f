"""Verification of copied files: errors it found, and the time it takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.clusters import kinds as k
from bot.diagnosis.dossier import (
    Dossier,
    annotations_of,
    dicts,
    labels,
    mapping,
    metadata,
    sequence,
    text,
)
from bot.diagnosis.gathering import belongs
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome, Word
from knowledge.observations import Observation
from knowledge.observing import subject_of

SLOW = timedelta(minutes=30)
"""A phase of copying with verification that lasts this long is worth naming the reason."""
COPYING = frozenset(
    {
        "StageBackupCreated",
        "StageRestoreCreated",
        "WaitForDirectVolumeMigrationToComplete",
        "RunRsyncOperations",
    }
)


def restic_verify_errors(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer with the volume restores in which verification found differences.

    MTC up to 1.6 writes them into the status of Restore and PodVolumeRestore, 1.7 into
    annotations, 1.8 no more (mtc model, Velero kinds).
    """
    del outcome
    scene = dossier.scene("destination")
    name = text(metadata(dossier.migration).get("name"))
    for restore in scene.all(k.RESTORE):
        if not belongs(restore, dossier.migration, name):
            continue
        listed = set(
            filter(
                None,
                text(annotations_of(restore).get("velero.io/restore-pvr-verify-errors")).split(","),
            )
        )
        for item in sequence(mapping(restore, "status").get("podVolumeRestoreVerifyErrors")):
            listed.add(text(item.get("name")) if isinstance(item, dict) else text(item))
        for pvr in scene.all(k.PVR):
            own = text(metadata(pvr).get("name"))
            if labels(pvr).get("velero.io/restore-name") != metadata(restore).get("name"):
                continue
            count = text(annotations_of(pvr).get("velero.io/pvr-verify-errors")) or str(
                mapping(pvr, "status").get("verifyErrors") or ""
            )
            if own not in listed and count in ("", "0"):
                continue
            pod = text(annotations_of(pvr).get("velero.io/pvr-restic-pod")) or text(
                mapping(pvr, "status").get("resticPod")
            )
            yield answer(
                "restic-verify-errors",
                f"podvolumerestore/{own}: {count or 'some'} verify error(s), "
                f"restic pod {pod or 'unknown'}",
                where=f"restore/{text(metadata(restore).get('name'))} -> podvolumerestore/{own}",
                subject=subject_of(dossier.migration or {}, scene.cluster),
                restore=text(metadata(restore).get("name")),
                pvr=own,
                pod=pod,
            )


def verification_slow(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where verified volumes are being copied, and that takes long."""
    if outcome.word not in (Word.RUNNING, Word.STALLED) or outcome.phase not in COPYING:
        return
    if outcome.since is None or dossier.now - outcome.since < SLOW:
        return
    verified = [
        text(volume.get("name"))
        for volume in dicts(mapping(dossier.plan, "spec").get("persistentVolumes"))
        if mapping(volume, "selection").get("verify") is True
    ]
    if verified:
        minutes = int((dossier.now - outcome.since).total_seconds() // 60)
        yield answer(
            "verification-slow",
            f"{len(verified)} volume(s) with verify: true ({', '.join(verified[:5])}); "
            f"phase {outcome.phase} for {minutes} minutes",
            where=f"migplan/{text(metadata(dossier.plan).get('name'))} "
            "spec.persistentVolumes[].selection.verify",
            subject=subject_of(dossier.migration or {}, dossier.scene("host").cluster),
            volumes=", ".join(verified[:10]),
            minutes=str(minutes),
        )
