"""One object as watching keeps it: a few plain fields, and the rest packed.

A control cluster may have tens of thousands of finished migrations. What a comparison needs lies
open; the object itself is unpacked by who wants to read it, each time anew, so that nobody can
change what others see.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.clusters.kinds import DIM, DVM, MIGMIGRATION, MIGPLAN, Kind
from bot.clusters.packing import packed, unpacked
from bot.clusters.port import Json

_PLAN_REFS = (
    ("MigCluster", "srcMigClusterRef"),
    ("MigCluster", "destMigClusterRef"),
    ("MigStorage", "migStorageRef"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One object, cut down to what watching needs."""

    uid: str
    kind: str
    name: str
    namespace: str
    version: str
    """resourceVersion, or a digest where an odd object has none."""
    created: str
    """Creation time as written; empty where there is none."""
    links: tuple[str, ...]
    """What it depends on or was made by: ``Kind/name``, or the owner's uid."""
    done: bool
    """Whether it is a migration or transfer in phase Completed."""
    packed: bytes

    @property
    def object(self) -> Json:
        """Return the object, a copy of the caller's own."""
        return unpacked(self.packed)

    @property
    def place(self) -> str:
        """Return ``Kind/name``, as links name it."""
        return f"{self.kind}/{self.name}"


def seen(kind: Kind, obj: object) -> Seen | None:
    """Return an object of a kind cut down; None for one that has no name. Never raises."""
    meta = obj.get("metadata") if isinstance(obj, dict) else None
    if not isinstance(obj, dict) or not isinstance(meta, dict):
        return None
    name, namespace = meta.get("name"), _text(meta.get("namespace"))
    if not isinstance(name, str) or not name:
        return None
    kept = packed(obj)
    version = _text(meta.get("resourceVersion"))
    return Seen(
        _text(meta.get("uid")) or f"{kind.kind}/{namespace}/{name}",
        kind.kind,
        name,
        sys.intern(namespace),
        version or hashlib.sha256(kept).hexdigest()[:16],
        _text(meta.get("creationTimestamp")),
        _links(kind, obj, meta),
        _mapping(obj.get("status")).get("phase") == "Completed",
        kept,
    )


def older(one: Seen, known: Seen | None) -> bool:
    """Return whether ``one`` is older than what is known; versions compare as numbers only."""
    if known is None or not (one.version.isdecimal() and known.version.isdecimal()):
        return False
    return int(one.version) < int(known.version)


def by_age(objects: Iterable[Seen]) -> list[Seen]:
    """Return objects, the oldest first."""
    return sorted(objects, key=lambda one: (one.created, one.name))


def _links(kind: Kind, obj: Json, meta: Json) -> tuple[str, ...]:
    spec = _mapping(obj.get("spec"))
    if kind is MIGMIGRATION:
        return _named(spec, ("MigPlan", "migPlanRef"))
    if kind is MIGPLAN:
        return _named(spec, *_PLAN_REFS)
    if kind not in (DVM, DIM):
        return ()
    owners = [_mapping(meta.get("labels")).get("migmigration")]
    references = meta.get("ownerReferences")
    for reference in references if isinstance(references, list) else ():
        owners.append(_mapping(reference).get("uid"))
    return tuple(dict.fromkeys(uid for uid in owners if isinstance(uid, str) and uid))


def _named(spec: Json, *fields: tuple[str, str]) -> tuple[str, ...]:
    named = ((kind, _mapping(spec.get(field)).get("name")) for kind, field in fields)
    return tuple(f"{kind}/{name}" for kind, name in named if isinstance(name, str) and name)


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
