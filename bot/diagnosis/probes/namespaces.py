"""Namespace annotations that differ or collide between source and destination.

MTC copies a namespace's annotations only when it creates the namespace (mig-controller,
CreateDestinationNamespaces), so a destination namespace that was there before keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.clusters import kinds as k
from bot.clusters.port import Json
from bot.diagnosis.dossier import (
    Dossier,
    Scene,
    annotations_of,
    dicts,
    labels,
    mapping,
    metadata,
    text,
)
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import ENDED, Outcome
from knowledge.observations import Observation
from knowledge.observing import subject_of

NODE_SELECTOR = "openshift.io/node-selector"
UID_RANGE = "openshift.io/sa.scc.uid-range"


def _migration_subject(dossier: Dossier) -> Json:
    return dossier.migration or dossier.plan or dossier.subject or {}


def _pending_transfer_pod(scene: Scene, namespace: str) -> Json | None:
    """Return a rsync or stage pod that no node takes."""
    for pod in scene.all(k.POD):
        if text(metadata(pod).get("namespace")) != namespace:
            continue
        if text(mapping(pod, "status").get("phase")) != "Pending":
            continue
        own = labels(pod)
        if (
            own.get("owner") == "directvolumemigration"
            or own.get("app.kubernetes.io/part-of") == k.MTC_NAMESPACE
        ):
            return pod
    return None


def _scheduler_text(pod: Json) -> str:
    for condition in dicts(mapping(pod, "status").get("conditions")):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return text(condition.get("message"))
    return ""


def node_selector_differs(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where a transfer pod is pending for its node selector and the two sides differ."""
    del outcome
    source, destination = dossier.scene("source"), dossier.scene("destination")
    for source_name, target_name in dossier.namespaces:
        there = destination.named(k.NAMESPACE, target_name)
        here = source.named(k.NAMESPACE, source_name)
        if there is None or here is None:
            continue
        wanted = annotations_of(here).get(NODE_SELECTOR)
        given = annotations_of(there).get(NODE_SELECTOR)
        if wanted == given:
            continue
        pod = _pending_transfer_pod(destination, target_name)
        if pod is None:
            continue
        said = _scheduler_text(pod)
        if said and not ("selector" in said or "affinity" in said):
            continue
        set_there = "none" if given is None else repr(given)
        quote = (
            f"{NODE_SELECTOR} of namespace {source_name} on the source: {wanted!r}; "
            f"of namespace {target_name} on the destination: {set_there}"
        )
        yield answer(
            "node-selector-differs",
            f"{quote}; {said}" if said else quote,
            where=f"namespace/{target_name} metadata.annotations[{NODE_SELECTOR}]",
            subject=subject_of(_migration_subject(dossier), destination.cluster),
            namespace=source_name,
            target_namespace=target_name,
            selector=text(wanted) or "",
            destination_selector=text(given) or "",
            pod=text(metadata(pod).get("name")),
        )


def node_selector_agrees(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where a transfer pod is pending although both sides have the same node selector.

    Two answers: nodes of the destination carry its labels, so that something else keeps the pod
    from them; or none does. A source that could not be read differs from nothing.
    """
    del outcome
    source, destination = dossier.scene("source"), dossier.scene("destination")
    nodes = destination.all(k.NODE)
    for source_name, target_name in dossier.namespaces:
        there = annotations_of(destination.named(k.NAMESPACE, target_name)).get(NODE_SELECTOR)
        other = source.named(k.NAMESPACE, source_name)
        here = there if other is None else annotations_of(other).get(NODE_SELECTOR)
        pod = _pending_transfer_pod(destination, target_name)
        if not there or there != here or pod is None or not nodes or not _scheduler_text(pod):
            continue
        fitting = [node for node in nodes if selects(text(there), labels(node))]
        same = f"namespace {target_name} has {NODE_SELECTOR}={there}"
        if other is not None:
            same += f", as has {source_name} on the source"
        told = (
            f"{same}; so have nodes {', '.join(map(_with_taints, fitting[:5]))}"
            if fitting
            else f"{same}; none of {len(nodes)} nodes of {destination.cluster} has that"
        )
        yield answer(
            "node-selector-fits" if fitting else "node-selector-matches-no-node",
            told,
            where=f"namespace/{target_name} metadata.annotations[{NODE_SELECTOR}]",
            subject=subject_of(_migration_subject(dossier), destination.cluster),
            namespace=source_name,
            target_namespace=target_name,
            selector=text(there),
        )


def selects(selector: str, own: Mapping[str, object]) -> bool:
    """Return whether labels are those that a node selector (``a=b,c=d``) asks for."""
    wanted = [part.strip().partition("=") for part in selector.split(",") if part.strip()]
    return all(own.get(key) == value for key, _, value in wanted)


def _with_taints(node: Json) -> str:
    taints = [
        f"{text(taint.get('key'))}={text(taint.get('value'))}:{text(taint.get('effect'))}"
        for taint in dicts(mapping(node, "spec").get("taints"))
    ]
    name = text(metadata(node).get("name"))
    return f"{name} (tainted {', '.join(taints[:3])})" if taints else name


def _range(value: object) -> tuple[int, int] | None:
    """Return the UIDs of ``<first>/<count>``."""
    first, slash, count = text(value).partition("/")
    if not slash or not first.isdigit() or not count.isdigit() or len(first) > 12:
        return None
    return int(first), int(first) + int(count[:12]) - 1


def uid_range_collision(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer where a migrated namespace's UID range is another namespace's on the destination.

    Before the migration the source namespace's range counts (BZ#1748440).
    """
    source, destination = dossier.scene("source"), dossier.scene("destination")
    for source_name, target_name in dossier.namespaces:
        owner = destination.named(k.NAMESPACE, target_name) if outcome.word in ENDED else None
        owner = owner or source.named(k.NAMESPACE, source_name)
        mine = _range(annotations_of(owner).get(UID_RANGE))
        if mine is None:
            continue
        for other in destination.all(k.NAMESPACE):
            name = text(metadata(other).get("name"))
            theirs = _range(annotations_of(other).get(UID_RANGE))
            if name == target_name or theirs is None:
                continue
            if mine[0] <= theirs[1] and theirs[0] <= mine[1]:
                yield answer(
                    "uid-range-collision",
                    f"namespace {target_name}: {UID_RANGE}={annotations_of(owner).get(UID_RANGE)}; "
                    f"namespace {name} on the destination: {annotations_of(other).get(UID_RANGE)}",
                    where=f"namespace/{name} metadata.annotations[{UID_RANGE}]",
                    subject=subject_of(_migration_subject(dossier), destination.cluster),
                    namespace=source_name,
                    target_namespace=target_name,
                    other_namespace=name,
                    uid_range=text(annotations_of(owner).get(UID_RANGE)),
                )
                break
