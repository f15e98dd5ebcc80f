"""In: a scenario, and people who ask and approve. Out: what became of it on the clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bot.access.people import Person
from bot.access.policy import parse_policy
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ObjectRef
from bot.diagnosis.gathering import gather
from bot.diagnosis.judging import judge
from bot.mtc.outcome_words import Outcome
from bot.questions.naming import parse_target
from bot.remediation.registry import ACTIONS
from bot.remediation.requests import Asked, Requests
from bot.remediation.running import Runner
from bot.store.approval_records import Approval
from bot.store.approvals import StoredApprovals
from bot.store.audit import Audit
from bot.store.database import Database, open_database
from sandbox.clusters.plane import MemoryPlane
from sandbox.playing.building import build_plane
from sandbox.reacting.player import LivePlayer
from sandbox.scenarios.schema import Fix, Scenario
from tests.sandbox_clusters.conftest import START, diagnose

OLIVIA, AMIR, WANG = "U0OLIVIA01", "U0AMIR0001", "U0WANG0001"
POLICY = parse_policy(
    """
bindings:
  - {role: operator, users: [U0OLIVIA01]}
  - {role: approver, users: [U0AMIR0001, U0WANG0001]}
identity: {user: "{email}"}
"""
)


def person(person_id: str) -> Person:
    return Person(person_id, f"{person_id.lower()}@example.com")


@dataclass
class Loop:
    """One scenario, played to its end, and a desk at which it is mended."""

    story: Scenario
    database: Database
    plane: MemoryPlane = field(init=False)
    player: LivePlayer = field(init=False)

    def __post_init__(self) -> None:
        self.plane = build_plane([self.story])
        self.player = LivePlayer(self.plane, [self.story], START)
        self.player.advance(self.player.length)
        self.approvals = StoredApprovals(self.database)
        self.requests = Requests(
            [self.plane],
            self.approvals,
            Audit(self.database),
            policy=lambda: POLICY,
            directory=person,
            actions=ACTIONS,
            clock=lambda: self.player.now,
        )
        self.runner = Runner(
            [self.plane],
            self.approvals,
            policy=lambda: POLICY,
            directory=person,
            clock=lambda: self.player.now,
        )

    def ask(self, fix: Fix) -> Approval:
        """Ask for a fix, as the operator."""
        target = parse_target(fix.target or self.story.expect.target)
        assert target is not None
        return self.requests.request(
            Asked(OLIVIA, fix.action, self.plane.name, target, fix.params, "C0MIGRATE1")
        )

    def approve(self, approval: Approval) -> None:
        """Let as many people approve as it takes."""
        typed = " ".join(approval.plan["compare"])
        for who in (AMIR, WANG)[: approval.people_needed]:
            self.requests.approve(who, approval.id, typed=typed)

    def pass_time(self, seconds: float = 2.0) -> None:
        """Let time pass for MTC, then let the runner look."""
        self.player.advance(seconds)
        while self.runner.turn():
            pass
        self.runner.verify()

    def wait_judged(self, approval_id: str) -> Approval:
        """Return the request once it is known whether it helped."""
        for _ in range(400):
            self.pass_time()
            found = self.approvals.get(approval_id)
            assert found is not None
            if found.state in ("failed", "stale") or found.verdict in ("verified", "not-fixed"):
                return found
        raise AssertionError(f"never judged: {self.approvals.get(approval_id)}")

    def outcome(self, migration: str) -> Outcome:
        """Return what became of a migration."""
        ref = ObjectRef("MigMigration", migration, MTC_NAMESPACE)
        return judge(gather(self.plane, ref, self.player.now))

    def wait_ended(self, migration: str) -> Outcome:
        """Return what became of a migration once it has ended."""
        for _ in range(200):
            if (found := self.outcome(migration)).ended:
                return found
            self.player.advance(2.0)
        raise AssertionError(f"{migration} never ended: {self.outcome(migration)}")

    def finding(self, target: str = "") -> str:
        """Return the entry of the first finding that is not benign; empty for none."""
        root = diagnose(self.plane, target or self.story.expect.target, self.player.now).root
        return root.entry.id if root else ""


@pytest.fixture
def loop() -> Iterator[Callable[[Scenario], Loop]]:
    database = open_database("sqlite://")
    yield lambda story: Loop(story, database)
    database.close()
