"""What an action may look at while it plans: the target, its plan and migration, the clusters.

Reading only. The plan and the host's name are asked for once and then kept, so that a draft
speaks of one moment; what cannot be read raises the ``ClusterError`` that the person then sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import (
    ClusterReader,
    ControlPlane,
    Json,
    NotFound,
    NotServed,
    ObjectRef,
)
from bot.diagnosis.dossier import dicts, mapping, metadata, ref_name, sequence, text
from bot.remediation.plans import Target

_TARGETS = {kind.kind: kind for kind in (k.MIGPLAN, k.MIGMIGRATION, k.MIGCLUSTER, k.MIGSTORAGE)}
"""Kinds that a remediation may be asked for."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Ground:
    """One target on one control cluster."""

    plane: ControlPlane
    target: ObjectRef
    subject: Json
    now: datetime

    @property
    def migration(self) -> Json | None:
        """Return the target where it is a migration."""
        return self.subject if self.target.kind == k.MIGMIGRATION.kind else None

    @cached_property
    def plan(self) -> Json | None:
        """Return the MigPlan the target is or belongs to."""
        if self.target.kind == k.MIGPLAN.kind:
            return self.subject
        name = ref_name(self.subject, "migPlanRef")
        return self.plane.host.get(k.MIGPLAN, name, MTC_NAMESPACE) if name else None

    @cached_property
    def host_name(self) -> str:
        """Return the name of the host's own MigCluster; ``host`` where there is none."""
        for cluster in self.host_list(k.MIGCLUSTER):
            if mapping(cluster, "spec").get("isHostCluster") is True:
                return text(metadata(cluster).get("name")) or "host"
        return "host"

    @property
    def source(self) -> str:
        """Return the MigCluster name of the plan's source; empty without a plan."""
        return ref_name(self.plan, "srcMigClusterRef")

    @property
    def destination(self) -> str:
        """Return the MigCluster name of the plan's destination; empty without a plan."""
        return ref_name(self.plan, "destMigClusterRef")

    @property
    def namespaces(self) -> tuple[tuple[str, str], ...]:
        """Return the plan's namespaces as (source, destination)."""
        pairs = []
        for item in sequence(mapping(self.plan, "spec").get("namespaces")):
            if isinstance(item, str) and item:
                here, _, there = item.partition(":")
                pairs.append((here, there or here))
        return tuple(pairs)

    def reader(self, cluster: str) -> ClusterReader:
        """Return a cluster by MigCluster name; ``host`` and the host's own name are the host."""
        if cluster in ("", "host", self.host_name):
            return self.plane.host
        return self.plane.remote(cluster)

    def called(self, cluster: str) -> str:
        """Return ``host`` for the control cluster, whatever its MigCluster's name: one object, one
        name, one lock.
        """
        return "host" if cluster in ("", self.host_name) else cluster

    def host_list(self, kind: Kind) -> tuple[Json, ...]:
        """Return the host's objects of a kind in MTC's namespace; none where it is not served."""
        try:
            return self.plane.host.list(kind, MTC_NAMESPACE).items
        except NotServed:
            return ()

    def siblings(self) -> Iterator[Json]:
        """Yield all migrations of the target's plan."""
        plan = text(metadata(self.plan).get("name"))
        for migration in self.host_list(k.MIGMIGRATION):
            if plan and ref_name(migration, "migPlanRef") == plan:
                yield migration

    def as_target(self) -> Target:
        """Return the target as a plan names it."""
        affected = [name for pair in self.namespaces for name in pair]
        return Target(
            control=self.plane.name,
            kind=self.target.kind,
            name=self.target.name,
            uid=text(metadata(self.subject).get("uid")),
            plan=text(metadata(self.plan).get("name")),
            namespaces=tuple(dict.fromkeys(affected)),
        )


def look(plane: ControlPlane, target: ObjectRef, now: datetime) -> Ground:
    """Return the ground for a target of MTC's own kinds, which all live in MTC's namespace.

    Raises ``NotFound`` where it does not exist, also for a kind or name that cannot.
    """
    kind = _TARGETS.get(target.kind)
    if kind is None or not _NAME.fullmatch(target.name):
        raise NotFound(f"{target} does not exist")
    return Ground(plane, target, plane.host.get(kind, target.name, MTC_NAMESPACE), now)


def ended(migration: Json) -> bool:
    """Return whether MTC is done with a migration."""
    return text(mapping(migration, "status").get("phase")) == "Completed"


_NOTHING_DONE = frozenset({"", "Created", "Started", "StartRefresh", "WaitForRefresh"})
"""Phases before the first that makes or changes anything but ``spec.refresh``."""


def started(migration: Json) -> bool:
    """Return whether MTC ever began with a migration.

    One that waited its turn may be let in and refused at the door, since the one before it was
    the plan's last: it shows a start and a first phase, and never goes on.
    """
    status = mapping(migration, "status")
    phase = text(status.get("phase"))
    if holds(migration, "HasFinalMigration") and phase in _NOTHING_DONE:
        return False
    return bool(status.get("startTimestamp") or phase)


def holds(obj: Json | None, condition: str) -> bool:
    """Return whether a condition of an object is in force."""
    return any(
        c.get("type") == condition and c.get("status") == "True"
        for c in dicts(mapping(obj, "status").get("conditions"))
    )
