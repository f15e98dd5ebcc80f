"""Things outside the namespaces that the migrated application needs."""

from __future__ import annotations

from collections.abc import Iterator

from bot.clusters import kinds as k
from bot.diagnosis.dossier import Dossier, dicts, mapping, metadata, text
from bot.diagnosis.probes.answers import answer
from bot.mtc.outcome_words import Outcome
from knowledge.observations import Observation
from knowledge.observing import subject_of


def cluster_scoped_missing(dossier: Dossier, outcome: Outcome) -> Iterator[Observation]:
    """Answer with what the plan itself lists as incompatible with the destination.

    MigPlan.status.incompatibleNamespaces[].gvks (mig-controller, GVKsIncompatible).
    """
    del outcome
    listed = []
    for namespace in dicts(mapping(dossier.plan, "status").get("incompatibleNamespaces")):
        for gvk in dicts(namespace.get("gvks")):
            parts = (text(gvk.get("group")), text(gvk.get("version")), text(gvk.get("kind")))
            listed.append("/".join(part for part in parts if part))
    served = {text(metadata(crd).get("name")) for crd in dossier.scene("destination").all(k.CRD)}
    missing = [gvk for gvk in dict.fromkeys(listed) if gvk not in served]
    if missing:
        yield answer(
            "cluster-scoped-missing",
            f"the destination does not serve: {', '.join(missing[:10])}",
            where=f"migplan/{text(metadata(dossier.plan).get('name'))} "
            "status.incompatibleNamespaces",
            subject=subject_of(dossier.plan or {}, dossier.scene("host").cluster),
            resources=", ".join(missing[:10]),
        )
