"""One control cluster in memory with a failed migration, people with roles, a real database.

What goes in is asked for by Slack user ids; what comes out is the state of the clusters, of the
requests, and of the audit. Only time and Slack's member list are stand-ins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.access.people import Person
from bot.access.policy import Policy, parse_policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import AccessAnswer, AccessRequest, Json, ObjectRef
from bot.remediation.registry import ACTIONS
from bot.remediation.requests import Asked, Requests
from bot.remediation.running import Runner
from bot.store.approval_records import Approval
from bot.store.approvals import StoredApprovals
from bot.store.audit import Audit
from bot.store.database import Database
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
MTC = "migration.openshift.io/v1alpha1"
OLIVIA, AMIR, ANNA, VERA, GUEST = (
    "U0OLIVIA01",
    "U0AMIR0001",
    "U0ANNA0001",
    "U0VERA0001",
    "U0GUEST001",
)
CHANNEL = "C0MIGRATE1"

POLICY = """
bindings:
  - {role: operator, users: [U0OLIVIA01]}
  - {role: approver, groups: [S0APPROVE1]}
  - {role: viewer, users: [U0VERA0001, U0GUEST001]}
identity:
  user: "{email}"
  groups: ["S0APPROVE1=migration-approvers"]
"""
PEOPLE = {
    OLIVIA: Person(OLIVIA, "olivia@example.com", frozenset(), name="Olivia"),
    AMIR: Person(AMIR, "amir@example.com", frozenset({"S0APPROVE1"}), name="Amir"),
    ANNA: Person(ANNA, "anna@example.com", frozenset({"S0APPROVE1"}), name="Anna"),
    VERA: Person(VERA, "vera@example.com", frozenset(), name="Vera"),
    GUEST: Person(GUEST, "guest@example.com", frozenset({"S0APPROVE1"}), trusted=False),
}


def thing(kind: str, name: str, **parts: Any) -> Json:
    metadata = {"name": name, "namespace": MTC_NAMESPACE, **parts.pop("metadata", {})}
    return {"apiVersion": MTC, "kind": kind, "metadata": metadata, **parts}


def true(kind: str, category: str = "Advisory", **more: str) -> Json:
    return {"type": kind, "status": "True", "category": category, **more}


def migration(name: str, *conditions: Json, spec: Json | None = None, **status: Any) -> Json:
    return thing(
        "MigMigration",
        name,
        spec={
            "migPlanRef": {"name": "shop", "namespace": MTC_NAMESPACE},
            "stage": False,
            **(spec or {}),
        },
        status={"conditions": list(conditions), **status},
    )


FAILED = migration(
    "shop-1",
    true("Failed", reason="PreBackupHooksFailed"),
    phase="Completed",
    itinerary="Failed",
    startTimestamp="2026-03-01T02:00:00Z",
    errors=["Hook job failed."],
)


def objects() -> tuple[Json, ...]:
    ref = {"namespace": MTC_NAMESPACE}
    return (
        thing("MigCluster", "host", spec={"isHostCluster": True}, status={"conditions": []}),
        thing("MigCluster", "ocp3", spec={"isHostCluster": False, "url": "https://api.ocp3:6443"}),
        thing("MigStorage", "minio", spec={"backupStorageProvider": "aws"}, status={}),
        thing(
            "MigPlan",
            "shop",
            spec={
                "namespaces": ["shop", "pay:pay-new"],
                "srcMigClusterRef": {"name": "ocp3", **ref},
                "destMigClusterRef": {"name": "host", **ref},
                "migStorageRef": {"name": "minio", **ref},
            },
            status={"conditions": [true("Ready", "Required")]},
        ),
        FAILED,
    )


@dataclass
class World:
    """A desk, a runner, and the clusters they work on."""

    database: Database
    now: datetime = NOW
    policy: Policy = field(default_factory=lambda: parse_policy(POLICY))
    people: dict[str, Person] = field(default_factory=lambda: dict(PEOPLE))
    denied: set[tuple[str, str]] = field(default_factory=set)
    """(user, verb) that the cluster itself refuses."""

    def __post_init__(self) -> None:
        self.host = MemoryCluster("host", objects(), access=self._access)
        self.source = MemoryCluster("ocp3", access=self._access)
        self.plane = MemoryPlane("wave-1", {"host": self.host, "ocp3": self.source})
        self.approvals = StoredApprovals(self.database)
        self.audit = Audit(self.database)
        self.requests = Requests(
            [self.plane],
            self.approvals,
            self.audit,
            policy=lambda: self.policy,
            directory=self.person,
            actions=ACTIONS,
            clock=lambda: self.now,
        )
        self.runner = self.new_runner()

    def new_runner(self) -> Runner:
        """Return a runner as a restarted process would make one."""
        return Runner(
            [self.plane],
            self.approvals,
            policy=lambda: self.policy,
            directory=self.person,
            clock=lambda: self.now,
        )

    def person(self, person_id: str) -> Person:
        """Return who has an id now."""
        return self.people[person_id]

    def _access(self, request: AccessRequest) -> AccessAnswer:
        denied = (request.user, request.verb) in self.denied
        return AccessAnswer(not denied, "RBAC: no rule allows it" if denied else "")

    def ask(
        self,
        action: str = "rerun-migration",
        target: str = "shop-1",
        kind: str = "MigMigration",
        person: str = OLIVIA,
        params: Mapping[str, Any] | None = None,
        control: str = "wave-1",
    ) -> Approval:
        """Ask for an action."""
        ref = ObjectRef(kind, target, MTC_NAMESPACE)
        return self.requests.request(Asked(person, action, control, ref, params or {}, CHANNEL))

    def migrations(self) -> set[str]:
        """Return the names of the migrations there are."""
        return {m["metadata"]["name"] for m in self.host.list(k.MIGMIGRATION).items}

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def audited(self) -> list[tuple[str, str]]:
        """Return (who, what) of every record."""
        return [(r.who, r.what) for r in self.audit.records()]
