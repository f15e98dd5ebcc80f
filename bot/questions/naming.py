"""Names as people type them: which object is meant, and what is close to an unknown one."""

from __future__ import annotations

import re

from rapidfuzz import process

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import ClusterError, ControlPlane, ObjectRef

_SHORT: dict[str, Kind] = {
    "migmigration": k.MIGMIGRATION,
    "migration": k.MIGMIGRATION,
    "migplan": k.MIGPLAN,
    "plan": k.MIGPLAN,
    "migcluster": k.MIGCLUSTER,
    "cluster": k.MIGCLUSTER,
    "migstorage": k.MIGSTORAGE,
    "storage": k.MIGSTORAGE,
    "mighook": k.MIGHOOK,
    "hook": k.MIGHOOK,
    "dvm": k.DVM,
    "directvolumemigration": k.DVM,
    "dim": k.DIM,
    "directimagemigration": k.DIM,
    "miganalytic": k.MIGANALYTIC,
}
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def parse_target(typed: str) -> ObjectRef | None:
    """Return the object meant by ``name`` or ``kind/name``; None where it cannot be a name."""
    word = typed.strip().strip("`").lower()
    kind_word, slash, name = word.rpartition("/")
    kind = _SHORT.get(kind_word) if slash else k.MIGMIGRATION
    if kind is None or not _NAME.fullmatch(name):
        return None
    return ObjectRef(kind.kind, name, MTC_NAMESPACE)


def closest(plane: ControlPlane, target: ObjectRef, limit: int = 3) -> tuple[str, ...]:
    """Return the names of that kind that look most like the one typed."""
    kind = k.BY_KIND.get(target.kind, k.MIGMIGRATION)
    try:
        items = plane.host.list(kind, MTC_NAMESPACE).items
    except ClusterError:
        return ()
    names = [str(item.get("metadata", {}).get("name", "")) for item in items]
    found = process.extract(target.name, [n for n in names if n], limit=limit, score_cutoff=50)
    return tuple(name for name, _, _ in found)
