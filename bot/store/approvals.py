"""Approvals in the database: each change of state is one transaction with its audit record.

The rows decide: a request leaves ``pending`` once, by one transaction that looked at it under a
lock; whoever comes second is told so.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.approval_records import Approval, NewApproval, read
from bot.store.executions import Executions, locked
from bot.store.owing import owe_approval
from bot.store.remediation_schema import ApprovalRow, VoteRow
from knowledge.texts import LocalText

OPEN_STATES = ("pending", "approved", "running")


class NotPending(Exception):
    """The request has left ``pending`` already; ``state`` says where it is."""

    def __init__(self, state: str) -> None:
        """Keep the state."""
        super().__init__(f"this request is {state}")
        self.state = state


class VotedAlready(Exception):
    """The person has had a say on this request."""


class StoredApprovals(Executions):
    """Requests, votes and executions. May be shared by threads."""

    def add(self, new: NewApproval, now: datetime) -> Approval:
        """Store a request under a new opaque id, and owe its card."""

        def work(session: Session) -> Approval:
            row = ApprovalRow(
                id=secrets.token_urlsafe(18),
                state="pending",
                plan=new.plan,
                plan_hash=new.plan_hash,
                action=new.action,
                risk=new.risk,
                control=new.control,
                target=new.target,
                plan_name=new.plan_name,
                incident_id=new.incident_id,
                requester=new.requester,
                cluster_user=new.cluster_user,
                cluster_groups={"groups": list(new.cluster_groups)},
                requested_at=now,
                expires_at=new.expires_at,
                people_needed=new.people_needed,
                requester_may=new.requester_may,
                outcome="",
                outcome_zh="",
                verdict="",
                channel=new.channel,
                message_ts="",
                revision=1,
            )
            session.add(row)
            session.flush()
            self._note(
                session, row, now, new.requester, "requested",
                plan_hash=new.plan_hash, action=new.action, target=new.target,
                cluster_user=new.cluster_user,
            )  # fmt: skip
            return read(row)

        return self._database.write(work)

    def get(self, approval_id: str) -> Approval | None:
        """Return one request; None where no such id was ever given out."""
        with self._database.reading() as session:
            row = session.get(ApprovalRow, approval_id)
            return read(row) if row is not None else None

    def open(self) -> tuple[Approval, ...]:
        """Return all requests that are not over, oldest first."""
        with self._database.reading() as session:
            query = (
                select(ApprovalRow)
                .where(ApprovalRow.state.in_(OPEN_STATES))
                .order_by(ApprovalRow.requested_at)
            )
            return tuple(read(row) for row in session.scalars(query))

    def of_plan(self, control: str, plan_name: str) -> tuple[Approval, ...]:
        """Return every request for a plan, oldest first."""
        with self._database.reading() as session:
            query = (
                select(ApprovalRow)
                .where(ApprovalRow.control == control, ApprovalRow.plan_name == plan_name)
                .order_by(ApprovalRow.requested_at)
            )
            return tuple(read(row) for row in session.scalars(query))

    def vote(
        self,
        approval_id: str,
        person: str,
        verdict: Literal["approve", "reject"],
        reason: str,
        now: datetime,
    ) -> Approval:
        """Record a person's word; enough of them approve it, one rejection ends it.

        Whether the person may is asked before. Raises ``KeyError``, ``NotPending`` (also for one
        that has expired, which is then marked so) or ``VotedAlready``.
        """
        missed: list[str] = []

        def work(session: Session) -> Approval:
            missed.clear()
            row = locked(session, approval_id)
            if row.state != "pending":
                raise NotPending(row.state)
            if now >= row.expires_at:
                self._end(session, row, "expired", "nobody decided in time", now, "bot")
                missed.append("expired")
                return read(row)
            if any(vote.person == person for vote in row.votes):
                raise VotedAlready
            row.votes.append(VoteRow(person=person, verdict=verdict, reason=reason, at=now))
            session.flush()
            what = "approved" if verdict == "approve" else "rejected"
            approvals = sum(1 for vote in row.votes if vote.verdict == "approve")
            if verdict == "reject":
                row.state, row.decided_at, row.outcome = "rejected", now, reason
            elif approvals >= row.people_needed:
                row.state, row.decided_at = "approved", now
            self._note(session, row, now, person, what, reason=reason, state=row.state)
            return read(row)

        answer = self._database.write(work)
        if missed:
            raise NotPending("expired")
        return answer

    def withdraw(self, approval_id: str, why: LocalText, now: datetime) -> None:
        """End a request that nobody may approve any more, for a reason.

        Nothing happens where it has left ``pending``: an execution is ended by its runner only.
        """

        def work(session: Session) -> None:
            row = locked(session, approval_id)
            if row.state == "pending":
                self._end(session, row, "stale", why.en, now, "bot", why.zh)

        self._database.write(work)

    def expire(self, now: datetime) -> tuple[Approval, ...]:
        """End what nobody decided in time, and return it."""

        def work(session: Session) -> tuple[Approval, ...]:
            query = (
                select(ApprovalRow)
                .where(ApprovalRow.state == "pending", ApprovalRow.expires_at <= now)
                .with_for_update(skip_locked=True)
            )
            rows = list(session.scalars(query))
            for row in rows:
                self._end(session, row, "expired", "nobody decided in time", now, "bot")
            return tuple(read(row) for row in rows)

        return self._database.write(work)

    def remind(self, before_expiry: timedelta, now: datetime) -> tuple[Approval, ...]:
        """Mark, once, what will soon expire, and return it."""

        def work(session: Session) -> tuple[Approval, ...]:
            query = (
                select(ApprovalRow)
                .where(
                    ApprovalRow.state == "pending",
                    ApprovalRow.reminded_at.is_(None),
                    ApprovalRow.expires_at <= now + before_expiry,
                    ApprovalRow.expires_at > now,
                )
                .with_for_update(skip_locked=True)
            )
            rows = list(session.scalars(query))
            for row in rows:
                row.reminded_at = now
                owe_approval(session, row.id, row.channel, "reminder", now)
            return tuple(read(row) for row in rows)

        return self._database.write(work)

    def posted(self, approval_id: str, channel: str, ts: str) -> None:
        """Record where the card stands."""

        def work(session: Session) -> None:
            row = locked(session, approval_id)
            row.channel, row.message_ts = channel, ts

        self._database.write(work)
