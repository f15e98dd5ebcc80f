"""Requests as they are read back: what was asked, who said what, where the execution stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.store.remediation_schema import ApprovalRow

State = Literal["pending", "approved", "running", "done", "failed", "rejected", "expired", "stale"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's word."""

    person: str
    verdict: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepState:
    """Where one step of an execution stands: started, done or failed."""

    number: int
    state: str
    started_at: datetime
    ended_at: datetime | None
    result: dict[str, Any]
    error: str


@dataclass(frozen=True, slots=True)
class Approval:
    """One request for one plan, with all that became of it."""

    id: str
    state: str
    plan: dict[str, Any]
    plan_hash: str
    action: str
    risk: int
    control: str
    target: str
    plan_name: str
    incident_id: str
    requester: str
    cluster_user: str
    cluster_groups: tuple[str, ...]
    requested_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    people_needed: int
    requester_may: bool
    outcome: str
    outcome_zh: str
    """The outcome in Chinese where it was worked out in both languages; else empty."""
    verdict: str
    verify_until: datetime | None
    channel: str
    message_ts: str
    revision: int
    votes: tuple[Vote, ...]
    steps: tuple[StepState, ...]

    @property
    def approvers(self) -> tuple[str, ...]:
        """Return who approved, in order."""
        return tuple(vote.person for vote in self.votes if vote.verdict == "approve")


@dataclass(frozen=True, slots=True)
class NewApproval:
    """What a request is stored with."""

    plan: dict[str, Any]
    plan_hash: str
    action: str
    risk: int
    control: str
    target: str
    plan_name: str
    incident_id: str
    requester: str
    cluster_user: str
    cluster_groups: tuple[str, ...]
    expires_at: datetime
    people_needed: int
    requester_may: bool
    channel: str


def read(row: ApprovalRow) -> Approval:
    """Return a row as a value."""
    return Approval(
        id=row.id,
        state=row.state,
        plan=row.plan if isinstance(row.plan, dict) else {},
        plan_hash=row.plan_hash,
        action=row.action,
        risk=row.risk,
        control=row.control,
        target=row.target,
        plan_name=row.plan_name,
        incident_id=row.incident_id,
        requester=row.requester,
        cluster_user=row.cluster_user,
        cluster_groups=tuple(row.cluster_groups.get("groups", ())),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        people_needed=row.people_needed,
        requester_may=row.requester_may,
        outcome=row.outcome,
        outcome_zh=row.outcome_zh,
        verdict=row.verdict,
        verify_until=row.verify_until,
        channel=row.channel,
        message_ts=row.message_ts,
        revision=row.revision,
        votes=tuple(Vote(v.person, v.verdict, v.reason, v.at) for v in row.votes),
        steps=tuple(
            StepState(s.number, s.state, s.started_at, s.ended_at, s.result, s.error)
            for s in row.steps
        ),
    )
