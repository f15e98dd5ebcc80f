"""Everything gathered about one target, before anyone judges it.

Raw objects by cluster role and kind; what could not be read stands beside them. Nothing here
decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.clusters.kinds import Kind
from bot.clusters.port import ClusterReader, Json, LogSource, ObjectRef
from bot.diagnosis.findings import Unread
from bot.mtc.presence import Away
from knowledge.matching.loglines import parse_time

RoleName = Literal["host", "source", "destination"]
ROLES: tuple[RoleName, ...] = ("host", "source", "destination")


@dataclass(frozen=True, slots=True)
class Scene:
    """What was read on one cluster."""

    role: RoleName
    cluster: str
    """The MigCluster's name."""
    reader: ClusterReader | None
    objects: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    """By kind name."""
    logs: tuple[LogSource, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    """Kinds of which not all could be read there, by name, with the reason."""

    def all(self, kind: Kind) -> tuple[Json, ...]:
        """Return the objects of a kind; none where they were not read."""
        return self.objects.get(kind.kind, ())

    def named(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        """Return one object of a kind by name."""
        for obj in self.all(kind):
            meta = metadata(obj)
            if meta.get("name") == name and (
                not namespace or meta.get("namespace", namespace) == namespace
            ):
                return obj
        return None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A target and all that bears on it."""

    control: str
    target: ObjectRef
    subject: Json | None
    """The target itself; None where it does not exist."""
    now: datetime
    scenes: Mapping[RoleName, Scene] = field(default_factory=dict)
    plan: Json | None = None
    migration: Json | None = None
    unread: tuple[Unread, ...] = ()
    attached: tuple[LogSource, ...] = ()
    """Logs kept beside the target's backups and restores."""
    away: tuple[Away, ...] | None = None
    """Programs that are away for longer than a restart takes; None where nobody watches them."""

    def scene(self, role: RoleName) -> Scene:
        """Return one cluster's scene; an empty one where it could not be read."""
        return self.scenes.get(role) or Scene(role, "", None)

    @property
    def namespaces(self) -> tuple[tuple[str, str], ...]:
        """Return the plan's namespaces as (source, destination) pairs."""
        spec = mapping(self.plan, "spec")
        pairs = []
        for item in sequence(spec.get("namespaces")):
            if isinstance(item, str) and item:
                source, _, target = item.partition(":")
                pairs.append((source, target or source))
        return tuple(pairs)

    @property
    def window(self) -> tuple[datetime | None, datetime | None]:
        """Return when the migration began and ended; None for not known or not ended."""
        if self.migration is None:
            return None, None
        status = mapping(self.migration, "status")
        begun = moment(status.get("startTimestamp")) or moment(
            metadata(self.migration).get("creationTimestamp")
        )
        if status.get("phase") != "Completed":
            return begun, None
        ends = [moment(step.get("completed")) for step in dicts(status.get("pipeline"))]
        ends += [moment(c.get("lastTransitionTime")) for c in dicts(status.get("conditions"))]
        known = [end for end in ends if end]
        return begun, max(known) if known else None


def metadata(obj: Json | None) -> Json:
    """Return an object's metadata, or an empty mapping."""
    return mapping(obj, "metadata")


def place(obj: Json | None) -> tuple[str, str]:
    """Return an object's namespace and name."""
    meta = metadata(obj)
    return text(meta.get("namespace")), text(meta.get("name"))


def mapping(obj: object, *path: str) -> Json:
    """Return the mapping at a path, or an empty one where it is absent or odd."""
    for key in path:
        obj = obj.get(key) if isinstance(obj, dict) else None
    return obj if isinstance(obj, dict) else {}


def sequence(value: object) -> list[object]:
    """Return a list, or an empty one."""
    return value if isinstance(value, list) else []


def dicts(value: object) -> Iterator[Json]:
    """Yield the mappings in a list."""
    return (item for item in sequence(value) if isinstance(item, dict))


def text(value: object) -> str:
    """Return a string, or an empty one."""
    return value if isinstance(value, str) else ""


def ref_name(obj: Json | None, field_name: str) -> str:
    """Return the name in ``spec.<field>`` (an ObjectReference)."""
    return text(mapping(obj, "spec", field_name).get("name"))


def labels(obj: Json | None) -> Json:
    """Return an object's labels."""
    return mapping(obj, "metadata", "labels")


def annotations_of(obj: Json | None) -> Json:
    """Return an object's annotations."""
    return mapping(obj, "metadata", "annotations")


def moment(value: object) -> datetime | None:
    """Return a time as aware UTC, or None where it is none; archives hold times, not texts."""
    if isinstance(value, datetime):
        value = value.isoformat()
    return parse_time(value) if isinstance(value, str) else None
