"""Volumes: zones that no single pod can reach, and settings lost after a failure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.clusters.port import Json
from bot.diagnosis.dossier import Dossier, Scene, dicts, labels, mapping, metadata, sequence, text
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import HEALTHY, Outcome, Word
from knowledge.observations import Observation
from knowledge.observing import subject_of

ZONE_KEYS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")


def _zones(volume: Json) -> set[str]:
    own = labels(volume)
    zones = {zone for key in ZONE_KEYS for zone in text(own.get(key)).split("__") if zone}
    terms = mapping(volume, "spec", "nodeAffinity", "required").get("nodeSelectorTerms")
    for term in dicts(terms):
        for expression in dicts(term.get("matchExpressions")):
            key = text(expression.get("key"))
            if key in ZONE_KEYS or key.endswith("/zone"):
                zones |= {
                    value for value in sequence(expression.get("values")) if isinstance(value, str)
                }
    return zones


def _by_zone(scene: Scene, namespace: str) -> dict[str, list[str]]:
    """Return the claims of a namespace by the zone their volume is bound to."""
    volumes = {text(metadata(v).get("name")): v for v in scene.all(k.PV)}
    found: dict[str, list[str]] = defaultdict(list)
    for claim in scene.all(k.PVC):
        if text(metadata(claim).get("namespace")) != namespace:
            continue
        volume = volumes.get(text(mapping(claim, "spec").get("volumeName")))
        zones = _zones(volume) if volume is not None else set()
        if len(zones) == 1:
            found[zones.pop()].append(text(metadata(claim).get("name")))
    return found


def volumes_in_several_zones(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where one rsync-server pod would need volumes of several zones.

    One pod a destination namespace mounts all target claims (BZ#1947487).
    """
    if outcome.word in HEALTHY and outcome.word is not Word.RUNNING:
        return
    destination = dossier.scene("destination")
    direct = mapping(dossier.plan, "spec").get("indirectVolumeMigration") is not True
    for _, namespace in dossier.namespaces:
        zones = _by_zone(destination, namespace)
        if len(zones) < 2 or not direct:
            continue
        waiting = any(
            text(metadata(pod).get("namespace")) == namespace
            and text(metadata(pod).get("name")).startswith(("rsync-server", "blockrsync-server"))
            and text(mapping(pod, "status").get("phase")) == "Pending"
            for pod in destination.all(k.POD)
        )
        if not waiting:
            continue
        listed = "; ".join(f"{zone}: {', '.join(sorted(c))}" for zone, c in sorted(zones.items()))
        yield answer(
            "volumes-in-several-zones",
            f"claims of namespace {namespace} by zone: {listed}",
            where=f"persistentvolumes of namespace {namespace}",
            subject=subject_of(dossier.migration or dossier.plan or {}, destination.cluster),
            target_namespace=namespace,
            zones=", ".join(sorted(zones)),
        )


def pv_settings_lost(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where a failed cutover left quiesced pods and the plan has choices to keep.

    The plan does not keep custom PV settings for quiesced pods then (BZ#1784899).
    """
    if outcome.word is not Word.FAILED or not outcome.scaled_down:
        return
    custom = [
        text(volume.get("name"))
        for volume in dicts(mapping(dossier.plan, "spec").get("persistentVolumes"))
        if _is_custom(volume)
    ]
    if not custom:
        return
    yield answer(
        "pv-settings-lost",
        f"failed with {', '.join(outcome.scaled_down[:5])} scaled down; "
        f"volumes with settings of their own: {', '.join(custom[:10])}",
        where=f"migplan/{text(metadata(dossier.plan).get('name'))} spec.persistentVolumes",
        subject=subject_of(dossier.migration or {}, dossier.scene("host").cluster),
        volumes=", ".join(custom[:10]),
    )


def _is_custom(volume: Json) -> bool:
    selection = mapping(volume, "selection")
    claim = mapping(volume, "pvc")
    modes = sequence(claim.get("accessModes"))
    return (
        selection.get("action") in ("skip", "move")
        or selection.get("copyMethod") == "snapshot"
        or (bool(selection.get("accessMode")) and selection.get("accessMode") not in modes)
        or (
            bool(selection.get("storageClass"))
            and bool(volume.get("storageClass"))
            and selection.get("storageClass") != volume.get("storageClass")
        )
        or ":" in text(claim.get("name"))
    )
