"""Names as people type them: which object is meant, and what is close to an unknown one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz, process

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
_ALIKE = 65.0
"""Of 100; payments-1 and paymnts-1 have 95, shop-1 and desk-1 have 50."""
_SHORTEST_PART = 3
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
    names = (str(item.get("metadata", {}).get("name", "")) for item in items)
    return nearest(target.name, filter(None, names), limit)


def nearest(typed: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the names that may be meant, likeliest first: spelt alike, or holding what was typed.

    Nothing is better than a name that only shares some letters.
    """
    found = process.extract(typed, list(names), scorer=_likeness, limit=limit, score_cutoff=_ALIKE)
    return tuple(name for name, _, _ in found)


def _likeness(typed: str, name: str, **_: object) -> float:
    held = len(typed) >= _SHORTEST_PART and typed in name
    return max(fuzz.ratio(typed, name), _ALIKE if held else 0.0)
