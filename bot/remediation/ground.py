"""What an action may look at while it plans: the target, its plan and migration, the clusters.

Reading only. Each cluster is asked once for each object; what cannot be read raises the
``ClusterError`` that the person then sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import ClusterReader, ControlPlane, Json, NotServed, ObjectRef
from bot.diagnosis.dossier import dicts, mapping, metadata, ref_name, text
from bot.remediation.plans import Target


@dataclass(frozen=True)
class Ground:
    """One target on one control cluster."""

    plane: ControlPlane
    target: ObjectRef
    subject: Json
    now: datetime
    params: dict[str, str] = field(default_factory=dict)
    """Values that the finding filled in (names, paths); a person's parameters come on top."""

    @property
    def migration(self) -> Json | None:
        """Return the target where it is a migration."""
        return self.subject if self.target.kind == k.MIGMIGRATION.kind else None

    @property
    def plan(self) -> Json | None:
        """Return the MigPlan the target is or belongs to."""
        if self.target.kind == k.MIGPLAN.kind:
            return self.subject
        name = ref_name(self.subject, "migPlanRef")
        return self.plane.host.get(k.MIGPLAN, name, MTC_NAMESPACE) if name else None

    @property
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
        for item in mapping(self.plan, "spec").get("namespaces") or ():
            if isinstance(item, str) and item:
                here, _, there = item.partition(":")
                pairs.append((here, there or here))
        return tuple(pairs)

    def reader(self, cluster: str) -> ClusterReader:
        """Return a cluster by MigCluster name; ``host`` and the host's own name are the host."""
        if cluster in ("", "host", self.host_name):
            return self.plane.host
        return self.plane.remote(cluster)

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


def look(plane: ControlPlane, target: ObjectRef, now: datetime, **params: str) -> Ground:
    """Return the ground for a target. Raises ``NotFound`` where it does not exist."""
    kind = k.BY_KIND[target.kind]
    subject = plane.host.get(kind, target.name, target.namespace or MTC_NAMESPACE)
    return Ground(plane, target, subject, now, dict(params))


def ended(migration: Json) -> bool:
    """Return whether MTC is done with a migration."""
    return text(mapping(migration, "status").get("phase")) == "Completed"


def started(migration: Json) -> bool:
    """Return whether MTC ever began with a migration."""
    return bool(mapping(migration, "status").get("startTimestamp"))


def holds(obj: Json | None, condition: str) -> bool:
    """Return whether a condition of an object is in force."""
    return any(
        c.get("type") == condition and c.get("status") == "True"
        for c in dicts(mapping(obj, "status").get("conditions"))
    )
