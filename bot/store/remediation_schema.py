"""The tables of remediation: approvals and votes, executions and their steps, locks, the audit.

A plan is stored as it was hashed; what redaction would change in it is refused before it gets
here, so that the stored plan is the approved one to the letter.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.store.schema import Base


class ApprovalRow(Base):
    """One request for one plan: a capability that is used once or never."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index("ix_approvals_state", "state", "expires_at"),
        Index("ix_approvals_target", "control", "target"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    """Opaque and random; the only thing a button carries."""
    state: Mapped[str]
    """pending, approved, running, done, failed, rejected, expired, stale."""
    plan: Mapped[dict[str, Any]]
    plan_hash: Mapped[str]
    action: Mapped[str]
    risk: Mapped[int]
    control: Mapped[str]
    target: Mapped[str]
    """``kind/name`` as people type it."""
    plan_name: Mapped[str]
    incident_id: Mapped[str]
    requester: Mapped[str]
    cluster_user: Mapped[str]
    cluster_groups: Mapped[dict[str, Any]]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    people_needed: Mapped[int]
    requester_may: Mapped[bool]
    outcome: Mapped[str]
    """Why it ended as it did; empty while it has not."""
    outcome_zh: Mapped[str]
    """The same in Chinese, where it was worked out in both languages; else empty."""
    verdict: Mapped[str]
    """``""``, verifying, verified or not-fixed."""
    verify_until: Mapped[datetime | None]
    channel: Mapped[str]
    message_ts: Mapped[str]
    revision: Mapped[int]
    claimed_until: Mapped[datetime | None]
    """Until when a runner holds it."""

    votes: Mapped[list[VoteRow]] = relationship(order_by="VoteRow.at")
    steps: Mapped[list[StepRow]] = relationship(order_by="StepRow.number")


class VoteRow(Base):
    """One person's word on one request; a second word of the same person finds the key taken."""

    __tablename__ = "votes"

    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id"), primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class StepRow(Base):
    """One step of an execution: written before its effect and again after it."""

    __tablename__ = "execution_steps"

    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    """started, done or failed."""
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]]
    """uid and resourceVersion of the object afterwards."""
    error: Mapped[str]


class LockRow(Base):
    """A target that an execution works on; two executions never share one."""

    __tablename__ = "target_locks"

    key: Mapped[str] = mapped_column(primary_key=True)
    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id"), index=True)


class AuditRow(Base):
    """One record of the audit: each holds the hash of the one before it."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    who: Mapped[str]
    """Slack user id; ``bot`` for what it does by itself."""
    what: Mapped[str]
    subject: Mapped[str]
    """The approval's id, or the target that was asked for."""
    data: Mapped[dict[str, Any]]
    before_hash: Mapped[str]
    hash: Mapped[str]
