"""Where pods and volumes will land on the destination: node selectors, zones, UID neighbours.

Asked before a migration is started; while one runs, what has happened tells more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.diagnosis.dossier import (
    Dossier,
    annotations_of,
    dicts,
    labels,
    mapping,
    metadata,
    text,
)
from bot.diagnosis.probes.answers import answer
from bot.diagnosis.probes.namespaces import NODE_SELECTOR, selects
from bot.diagnosis.probes.volumes import ZONE_KEYS
from bot.diagnosis.surveying import Survey
from knowledge.observations import Observation
from knowledge.observing import subject_of

COMPARED = (
    NODE_SELECTOR,
    "scheduler.alpha.kubernetes.io/node-selector",
    "scheduler.alpha.kubernetes.io/defaultTolerations",
)
"""Annotations that decide where pods of a namespace may run."""
SELINUX = "openshift.io/sa.scc.mcs"


def namespace_settings_differ(survey: Survey) -> Iterator[Observation]:
    """Answer with the scheduling annotations that a destination namespace has otherwise.

    MTC copies annotations only to a namespace that it creates itself (mig-controller
    pkg/controller/directvolumemigration, createDestinationNamespaces).
    """
    dossier = survey.dossier
    source, destination = dossier.scene("source"), dossier.scene("destination")
    for source_name, target_name in dossier.namespaces:
        here = source.named(k.NAMESPACE, source_name)
        there = destination.named(k.NAMESPACE, target_name)
        if here is None or there is None:
            continue
        for key in COMPARED:
            wanted, given = annotations_of(here).get(key), annotations_of(there).get(key)
            if wanted != given:
                yield answer(
                    "namespace-settings-differ",
                    f"{key}: {wanted!r} on namespace {source_name} of the source, {given!r} on "
                    f"namespace {target_name} of the destination",
                    where=f"namespace/{target_name} metadata.annotations[{key}]",
                    subject=subject_of(dossier.plan or {}, destination.cluster),
                    namespace=source_name,
                    target_namespace=target_name,
                    annotation=key,
                    value=text(wanted) or "",
                )


def node_selector_matches_no_node(survey: Survey) -> Iterator[Observation]:
    """Answer where the node selector of a target namespace fits no node of the destination."""
    dossier = survey.dossier
    source, destination = dossier.scene("source"), dossier.scene("destination")
    nodes = [labels(node) for node in destination.all(k.NODE)]
    if not nodes:
        return
    for source_name, target_name in dossier.namespaces:
        there = destination.named(k.NAMESPACE, target_name)
        owner = there if there is not None else source.named(k.NAMESPACE, source_name)
        selector = text(annotations_of(owner).get(NODE_SELECTOR))
        if selector.strip(" ,") and not any(selects(selector, own) for own in nodes):
            yield answer(
                "node-selector-matches-no-node",
                f"namespace {target_name} asks for {selector}; none of {len(nodes)} nodes of "
                f"{destination.cluster} has that",
                where=f"namespace/{target_name} metadata.annotations[{NODE_SELECTOR}]",
                subject=subject_of(dossier.plan or {}, destination.cluster),
                namespace=source_name,
                target_namespace=target_name,
                selector=selector,
            )


def selinux_level_collision(survey: Survey) -> Iterator[Observation]:
    """Answer where a migrated namespace brings a SELinux level that another one has there."""
    dossier = survey.dossier
    source, destination = dossier.scene("source"), dossier.scene("destination")
    for source_name, target_name in dossier.namespaces:
        mine = text(annotations_of(source.named(k.NAMESPACE, source_name)).get(SELINUX))
        for other in destination.all(k.NAMESPACE) if mine else ():
            name = text(metadata(other).get("name"))
            if name != target_name and annotations_of(other).get(SELINUX) == mine:
                yield answer(
                    "selinux-level-collision",
                    f"{SELINUX}={mine} on namespace {source_name} of the source and on namespace "
                    f"{name} of the destination",
                    where=f"namespace/{name} metadata.annotations[{SELINUX}]",
                    subject=subject_of(dossier.plan or {}, destination.cluster),
                    namespace=source_name,
                    target_namespace=target_name,
                    other_namespace=name,
                    level=mine,
                )
                break


def volumes_may_cross_zones(survey: Survey) -> Iterator[Observation]:
    """Answer where volumes of one namespace will be made before anybody knows in which zone.

    One rsync-server pod mounts all target claims of a namespace; a class with immediate binding
    spreads them over the zones of the destination (BZ#1947487).
    """
    dossier = survey.dossier
    destination = dossier.scene("destination")
    if mapping(dossier.plan, "spec").get("indirectVolumeMigration") is True:
        return
    zones = {text(labels(n).get(key)) for n in destination.all(k.NODE) for key in ZONE_KEYS} - {""}
    if len(zones) < 2:
        return
    immediate = {
        text(metadata(c).get("name"))
        for c in destination.all(k.STORAGECLASS)
        if c.get("volumeBindingMode") != "WaitForFirstConsumer"
    }
    spread: dict[str, list[str]] = defaultdict(list)
    classes: set[str] = set()
    for namespace, claim, storage_class in copied_claims(dossier):
        if storage_class in immediate:
            spread[namespace].append(claim)
            classes.add(storage_class)
    for namespace, claims in spread.items():
        if len(claims) > 1:
            yield answer(
                "volumes-may-cross-zones",
                f"namespace {namespace}: {', '.join(sorted(claims)[:10])} will be made by "
                f"{', '.join(sorted(classes))} (immediate binding) in any of "
                f"{', '.join(sorted(zones))}",
                where="spec.persistentVolumes[].selection.storageClass",
                subject=subject_of(dossier.plan or {}, destination.cluster),
                target_namespace=namespace,
                storage_class=", ".join(sorted(classes)),
                zones=", ".join(sorted(zones)),
            )


def copied_claims(dossier: Dossier) -> Iterator[tuple[str, str, str]]:
    """Yield (target namespace, target claim, target storage class) of what the plan copies."""
    targets = dict(dossier.namespaces)
    for volume in dicts(mapping(dossier.plan, "spec").get("persistentVolumes")):
        selection, claim = mapping(volume, "selection"), mapping(volume, "pvc")
        if selection.get("action") != "copy":
            continue
        source = text(claim.get("namespace")).partition(":")[0]
        name, _, target = text(claim.get("name")).partition(":")
        yield targets.get(source, source), target or name, text(selection.get("storageClass"))
