"""What the application needs of the destination that lies in no namespace of the plan."""

from __future__ import annotations

from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.clusters.port import Json
from bot.diagnosis.dossier import (
    Dossier,
    Scene,
    annotations_of,
    dicts,
    mapping,
    metadata,
    sequence,
    text,
)
from bot.diagnosis.gathering import WORKLOAD_KINDS
from bot.diagnosis.probes.answers import NoData, answer
from bot.diagnosis.probes.placement import copied_claims
from bot.diagnosis.surveying import Survey
from knowledge.observations import Observation
from knowledge.observing import subject_of

_ACCOUNT = "system:serviceaccount:{}:"
_ACCOUNTS = "system:serviceaccounts:{}"


def dependencies_missing(survey: Survey) -> Iterator[Observation]:
    """Answer with bindings, SCCs and priority classes that only the source has."""
    dossier = survey.dossier
    missing = [
        *_bindings(dossier),
        *_security_constraints(dossier),
        *_priority_classes(dossier),
    ]
    if missing:
        yield answer(
            "cluster-scoped-missing",
            f"the destination lacks: {', '.join(missing[:10])}",
            where=f"cluster-scoped objects of {dossier.scene('destination').cluster}",
            subject=subject_of(dossier.plan or {}, dossier.scene("destination").cluster),
            resources=", ".join(missing[:10]),
        )


def storage_class_missing(survey: Survey) -> Iterator[Observation]:
    """Answer with the storage classes that the plan chose and the destination does not have.

    Read from the destination, else from what MTC noted in the plan's status. Raises ``NoData``
    where neither is known.
    """
    dossier = survey.dossier
    destination = dossier.scene("destination")
    classes = _classes(dossier)
    if not classes:
        raise NoData("the storage classes of the destination are not known", "目标集群的存储类未知")
    claims: dict[str, list[str]] = {}
    for namespace, claim, wanted in copied_claims(dossier):
        if wanted not in classes if wanted else not any(classes.values()):
            claims.setdefault(wanted, []).append(f"{namespace}/{claim}")
    for wanted, needing in claims.items():
        lacking = f"no storage class {wanted}" if wanted else "no default storage class"
        yield answer(
            "destination-storage-class-missing",
            f"{destination.cluster} has {lacking}; {', '.join(needing[:10])} would stay Pending",
            where=f"storageclasses of {destination.cluster}",
            subject=subject_of(dossier.plan or {}, dossier.scene("host").cluster),
            storage_class=wanted or "(default)",
            claims=", ".join(needing[:10]),
            available=", ".join(sorted(classes)[:10]),
        )


def _classes(dossier: Dossier) -> dict[str, bool]:
    """Return the destination's storage classes by name, and whether each is the default."""
    is_default = "storageclass.kubernetes.io/is-default-class"
    read = {
        text(metadata(c).get("name")): annotations_of(c).get(is_default) == "true"
        for c in dossier.scene("destination").all(k.STORAGECLASS)
    }
    noted = {
        text(c.get("name")): c.get("default") is True
        for c in dicts(mapping(dossier.plan, "status").get("destStorageClasses"))
    }
    return read or noted


def _bindings(dossier: Dossier) -> Iterator[str]:
    """Yield cluster role bindings of service accounts of the plan that are not there yet."""
    source, destination = dossier.scene("source"), dossier.scene("destination")
    there = {
        grant for binding in destination.all(k.CLUSTERROLEBINDING) for grant in _grants(binding)
    }
    targets = dict(dossier.namespaces)
    for binding in source.all(k.CLUSTERROLEBINDING):
        name = text(metadata(binding).get("name"))
        for role, kind, namespace, subject in _grants(binding):
            home = namespace or subject.rpartition(":")[2]
            if home not in targets:
                continue
            moved = subject if namespace else _ACCOUNTS.format(targets[home])
            if (role, kind, targets[home] if namespace else "", moved) not in there:
                yield f"ClusterRoleBinding {name} ({role} for {home}/{subject.rpartition(':')[2]})"
                break


def _grants(binding: Json) -> Iterator[tuple[str, str, str, str]]:
    role = text(mapping(binding, "roleRef").get("name"))
    for subject in dicts(binding.get("subjects")):
        kind, name = text(subject.get("kind")), text(subject.get("name"))
        if kind == "ServiceAccount":
            yield role, kind, text(subject.get("namespace")), name
        elif kind == "Group" and name.startswith(_ACCOUNTS.format("")):
            yield role, kind, "", name


def _security_constraints(dossier: Dossier) -> Iterator[str]:
    """Yield SCCs that name the plan's service accounts on the source only."""
    source, destination = dossier.scene("source"), dossier.scene("destination")
    there = {text(metadata(scc).get("name")): _users(scc) for scc in destination.all(k.SCC)}
    for scc in source.all(k.SCC):
        name = text(metadata(scc).get("name"))
        for namespace, target in dossier.namespaces:
            own = {
                user.replace(_ACCOUNT.format(namespace), _ACCOUNT.format(target))
                if user.startswith(_ACCOUNT.format(namespace))
                else _ACCOUNTS.format(target)
                for user in _users(scc)
                if user.startswith(_ACCOUNT.format(namespace))
                or user == _ACCOUNTS.format(namespace)
            }
            lacking = sorted(own - there.get(name, set()))
            if lacking:
                yield f"SecurityContextConstraints {name} for {lacking[0]}"


def _users(scc: Json) -> set[str]:
    return {text(u) for field in ("users", "groups") for u in sequence(scc.get(field))} - {""}


def _priority_classes(dossier: Dossier) -> Iterator[str]:
    source, destination = dossier.scene("source"), dossier.scene("destination")
    there = {text(metadata(p).get("name")) for p in destination.all(k.PRIORITYCLASS)}
    if not there:
        return
    namespaces = {name for name, _ in dossier.namespaces}
    for name in sorted(set(_wanted_priorities(source, namespaces)) - there - {""}):
        yield f"PriorityClass {name}"


def _wanted_priorities(scene: Scene, namespaces: set[str]) -> Iterator[str]:
    for kind in (k.POD, *WORKLOAD_KINDS):
        for obj in scene.all(kind):
            if text(metadata(obj).get("namespace")) not in namespaces:
                continue
            pod = (
                mapping(obj, "spec") if kind is k.POD else mapping(obj, "spec", "template", "spec")
            )
            yield text(pod.get("priorityClassName"))
