"""One control cluster in memory with a failed migration, people with roles, a real database.

What goes in is asked for by Slack user ids; what comes out is the state of the clusters, of the
requests, and of the audit. Only time and Slack's member list are stand-ins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.access.people import Person
from bot.access.policy import Policy, parse_policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import (
    AccessAnswer,
    AccessRequest,
    ControlPlane,
    Json,
    ObjectRef,
    Unreachable,
)
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
    since = {"lastTransitionTime": "2026-03-01T02:00:00Z"}
    return {"type": kind, "status": "True", "category": category, **since, **more}


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
        thing(
            "MigStorage",
            "minio",
            spec={"backupStorageProvider": "aws", "backupStorageConfig": {}},
            status={},
        ),
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


@dataclass(frozen=True)
class Write:
    """One write that the bot made on a cluster, no dry run."""

    cluster: str
    verb: str
    kind: str
    name: str
    user: str
    groups: tuple[str, ...]
    body: Json


class Watched(MemoryCluster):
    """A cluster that remembers who wrote what; tests and players write as nobody."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self.writes: list[Write] = []
        self.dying = ""
        """``before`` or ``after``: the process dies at the next write of the bot; ``lost``: it is
        made, and its answer is not heard."""
        self.restless: Kind | None = None
        """Objects of this kind are rewritten by their controller whenever they were read."""
        super().__init__(*args, **more)

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        found = super().get(kind, name, namespace)
        if kind == self.restless:
            touched = {"openshift.io/touch": str(self.revision)}
            self.put({**found, "metadata": {**found["metadata"], "annotations": touched}})
        return found

    def patch(self, kind: Kind, name: str, namespace: str, body: Json, **more: Any) -> Json:
        answer: Json = self._noted("patch", kind, name, body, super().patch, namespace, more)
        return answer

    def create(self, kind: Kind, namespace: str, body: Json, **more: Any) -> Json:
        name = str(body["metadata"]["name"])
        answer: Json = self._noted("create", kind, name, body, super().create, namespace, more)
        return answer

    def delete(self, kind: Kind, name: str, namespace: str, **more: Any) -> None:
        self._noted("delete", kind, name, {}, super().delete, namespace, more)

    def _noted(
        self,
        verb: str,
        kind: Kind,
        name: str,
        body: Json,
        do: Callable[..., Any],
        place: str,
        more: dict[str, Any],
    ) -> Any:
        who = more.get("as_user")
        real = who is not None and not more.get("dry_run")
        if real and self.dying == "before":
            self.dying = ""
            raise Killed
        if verb == "create":
            answer = do(kind, place, body, **more)
        elif verb == "patch":
            answer = do(kind, name, place, body, **more)
        else:
            answer = do(kind, name, place, **more)
        if who is not None and real:
            self.writes.append(Write(self.name, verb, kind.kind, name, who.user, who.groups, body))
            dying, self.dying = self.dying, ""
            if dying == "after":
                raise Killed
            if dying == "lost":
                raise Unreachable("the connection was closed before an answer")
        return answer


class Killed(BaseException):
    """The process dies here; nothing after it happens."""


@dataclass
class Desk:
    """People, rules, a database, and the bot's part in it; which clusters, a subclass says."""

    database: Database
    now: datetime = NOW
    policy: Policy = field(default_factory=lambda: parse_policy(POLICY))
    people: dict[str, Person] = field(default_factory=lambda: dict(PEOPLE))
    plane: ControlPlane = field(init=False)

    def begin(self) -> None:
        """Be a process: a desk and a runner, over what the database holds."""
        self.approvals = StoredApprovals(self.database)
        self.audit = Audit(self.database)
        self.requests = self.new_requests()
        self.runner = self.new_runner()

    def new_requests(self) -> Requests:
        """Return the desk of a restarted process."""
        return Requests(
            [self.plane],
            self.approvals,
            self.audit,
            policy=lambda: self.policy,
            directory=self.person,
            actions=ACTIONS,
            clock=lambda: self.now,
        )

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

    def decide(self, approval: Approval, *people: str, typed: str = "") -> Approval:
        """Let people approve until it is approved."""
        for person in people or (AMIR, ANNA):
            if approval.state == "pending":
                approval = self.requests.approve(person, approval.id, typed=typed)
        return approval

    def carry_out(
        self, approval: Approval, settle: Callable[[], None] = lambda: None, turns: int = 12
    ) -> Approval:
        """Let the runner work until the request is executed or over; ``settle`` is MTC's part."""
        for _ in range(turns):
            self.runner.turn()
            settle()
            self.later(seconds=6)
            if self.read(approval.id).state not in ("approved", "running"):
                break
        return self.read(approval.id)

    def read(self, approval_id: str) -> Approval:
        """Return a request as it is stored now."""
        found = self.approvals.get(approval_id)
        assert found is not None
        return found

    def undo(self, approval: Approval, person: str = OLIVIA) -> Approval:
        """Ask for the undo of what was done."""
        return self.requests.request_undo(person, approval.id, CHANNEL)

    def restart(self) -> None:
        """Be another process on the same database: nothing is remembered, claims run out."""
        self.later(seconds=61)
        self.begin()

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def audited(self) -> list[tuple[str, str]]:
        """Return (who, what) of every record."""
        return [(r.who, r.what) for r in self.audit.records()]


@dataclass
class World(Desk):
    """A desk, a runner, and the clusters in memory that they work on."""

    denied: set[tuple[str, str]] = field(default_factory=set)
    """(user, verb) that the cluster itself refuses."""
    plane: MemoryPlane = field(init=False)

    def __post_init__(self) -> None:
        self.host = Watched("host", objects(), access=self._access, clock=lambda: self.now)
        self.source = Watched("ocp3", access=self._access, clock=lambda: self.now)
        self.plane = MemoryPlane("wave-1", {"host": self.host, "ocp3": self.source})
        self.begin()

    def _access(self, request: AccessRequest) -> AccessAnswer:
        denied = (request.user, request.verb) in self.denied
        return AccessAnswer(not denied, "RBAC: no rule allows it" if denied else "")

    def migrations(self) -> set[str]:
        """Return the names of the migrations there are."""
        return {m["metadata"]["name"] for m in self.host.list(k.MIGMIGRATION).items}

    @property
    def writes(self) -> list[Write]:
        """Return what the bot wrote, on every cluster."""
        return [*self.host.writes, *self.source.writes]
