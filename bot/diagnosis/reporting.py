"""From ranked matches to the findings of a diagnosis.

Names are filled in, quotes are redacted and cut to what a person can read, and each finding
gets the object in which its cause lies: the store, cluster, plan or hook it is about, the program
of MTC that is away, else the migration itself (pods and log lines come and go; an incident needs an
object that stays).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.clusters import kinds as k
from bot.clusters.port import ObjectRef
from bot.diagnosis.dossier import Dossier, labels, metadata, ref_name, text
from bot.diagnosis.findings import Finding, Quote
from bot.mtc.presence import WORKLOADS
from bot.redaction import redact
from knowledge.contradicting import Doubts
from knowledge.observations import Observation, Subject
from knowledge.ranking import Ranked

MAX_QUOTES = 5
MAX_QUOTE = 700
Mask = Callable[[str], str]
"""Redacts a text; may keep count."""
_NO_DOUBTS: Doubts = {}
_OF_STORES = frozenset({"bsl-unavailable", "migstorage-test-failed"})
"""Entries that say no more than that a store fails its test."""
_STAYING = frozenset({"MigCluster", "MigStorage", "MigHook", "MigPlan"})


def finding(
    ranked: Ranked, dossier: Dossier, mask: Mask = redact, against: Doubts = _NO_DOUBTS
) -> Finding:
    """Return a ranked match, its symptoms and what speaks against it, as a finding."""
    subject = ranked.subject
    owner = owner_of(subject, dossier)
    if owner.kind == "MigMigration" and _fails_the_store(ranked):
        owner = _store_of_plan(dossier) or owner
    if owner.kind == "MigMigration":
        owner = _program_away(ranked, dossier) or owner
    if owner.kind == "MigPlan" and _ended_by(ranked, dossier):
        owner = _ref("MigMigration", dossier.migration, dossier)
    return Finding(
        ranked.entry,
        owner,
        tuple(quote(o, mask) for o in ranked.observations[:MAX_QUOTES]),
        {**context(dossier, subject, mask), **_clean(ranked.params, mask)},
        ranked.confidence,
        tuple(finding(symptom, dossier, mask, against) for symptom in ranked.symptoms),
        tuple(quote(o, mask) for o in against.get(ranked.entry.id, ())),
        ranked.beside,
    )


def quote(observation: Observation, mask: Mask = redact) -> Quote:
    """Return an observation as evidence: redacted, one readable piece."""
    words = " ".join(mask(observation.text).split())
    if len(words) > MAX_QUOTE:
        words = words[: MAX_QUOTE - 1] + "…"
    return Quote(words, mask(observation.where), observation.time)


def owner_of(subject: Subject, dossier: Dossier) -> ObjectRef:
    """Return the object that an incident about ``subject`` belongs to."""
    ours = subject.namespace == k.MTC_NAMESPACE and (subject.kind, subject.name) in WORKLOADS
    if subject.kind in _STAYING or ours:
        return ObjectRef(
            subject.kind, subject.name, subject.namespace, subject.cluster, subject.uid
        )
    if subject.kind == "BackupStorageLocation" and (store := _store_of_plan(dossier)) is not None:
        return store
    if dossier.migration is not None:
        return _ref("MigMigration", dossier.migration, dossier)
    return ObjectRef(
        dossier.target.kind,
        dossier.target.name,
        dossier.target.namespace or k.MTC_NAMESPACE,
        dossier.scene("host").cluster,
        text(metadata(dossier.subject).get("uid")),
    )


def _store_of_plan(dossier: Dossier) -> ObjectRef | None:
    storage = dossier.scene("host").named(k.MIGSTORAGE, ref_name(dossier.plan, "migStorageRef"))
    return _ref("MigStorage", storage, dossier) if storage is not None else None


def _fails_the_store(ranked: Ranked) -> bool:
    """Return whether this is why the plan's store is not ready.

    Velero's log tells so before any object does, under every migration that the store holds up.
    """
    return not _OF_STORES.isdisjoint(ranked.entry.explains) and _waits_for_store(ranked)


def _waits_for_store(ranked: Ranked) -> bool:
    return any(
        any(
            o.kind == "condition" and o.fields.get("type") == "StorageNotReady"
            for o in s.observations
        )
        or _waits_for_store(s)
        for s in ranked.symptoms
    )


def _program_away(ranked: Ranked, dossier: Dossier) -> ObjectRef | None:
    """Return the program of MTC that this keeps from running: it holds up more than one."""
    subjects = (symptom.subject for symptom in ranked.symptoms)
    return next((owner_of(s, dossier) for s in subjects if (s.kind, s.name) in WORKLOADS), None)


def _ended_by(ranked: Ranked, dossier: Dossier) -> bool:
    """Return whether a migration that is over says so itself: it stays so when the rest is well."""
    uid = text(metadata(dossier.migration).get("uid"))
    over = dossier.migration is not None and dossier.window[1] is not None
    return over and any(o.subject.uid == uid for o in ranked.observations if o.subject.uid)


def _ref(kind: str, obj: object, dossier: Dossier) -> ObjectRef:
    meta = metadata(obj if isinstance(obj, dict) else None)
    return ObjectRef(
        kind,
        text(meta.get("name")),
        text(meta.get("namespace")),
        dossier.scene("host").cluster,
        text(meta.get("uid")),
    )


def context(dossier: Dossier, subject: Subject, mask: Mask = redact) -> dict[str, str]:
    """Return the names every finding can use in its texts and commands."""
    pairs = dossier.namespaces
    source, target = next(
        ((s, d) for s, d in pairs if subject.namespace in (s, d)), pairs[0] if pairs else ("", "")
    )
    values = {
        "migration": text(metadata(dossier.migration).get("name")),
        "plan": text(metadata(dossier.plan).get("name")),
        "namespace": source,
        "target_namespace": target,
        "source": dossier.scene("source").cluster or ref_name(dossier.plan, "srcMigClusterRef"),
        "destination": dossier.scene("destination").cluster
        or ref_name(dossier.plan, "destMigClusterRef"),
        "storage": ref_name(dossier.plan, "migStorageRef"),
        "name": subject.name or dossier.target.name,
        "kind": subject.kind or dossier.target.kind,
        "cluster": subject.cluster,
        "control": dossier.control,
    }
    if subject.kind == "MigStorage":
        values["storage"] = subject.name
    if subject.kind == "Pod":
        owner = text(labels(_find_pod(dossier, subject)).get("velero.io/backup-name"))
        values |= {"pod": subject.name, "backup": owner}
    return {name: mask(value) for name, value in values.items() if value}


def _find_pod(dossier: Dossier, subject: Subject) -> dict[str, object] | None:
    for scene in dossier.scenes.values():
        found = scene.named(k.POD, subject.name, subject.namespace)
        if found is not None:
            return found
    return None


def _clean(params: Mapping[str, str], mask: Mask) -> dict[str, str]:
    return {name: mask(value)[:200] for name, value in params.items() if value}
