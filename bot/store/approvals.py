"""Approvals in the database: each change of state is one transaction with its audit record.

The rows decide: a request leaves ``pending`` once, by one transaction that looked at it under a
lock; whoever comes second is told so. A step of an execution is written before its effect and
again after it, so that whoever picks it up knows where it stood.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.store.approval_records import Approval, NewApproval, State, read
from bot.store.audit import record
from bot.store.database import Database
from bot.store.owing import owe_approval
from bot.store.remediation_schema import ApprovalRow, LockRow, StepRow, VoteRow

OPEN_STATES = ("pending", "approved", "running")
LEASE = timedelta(seconds=60)
"""How long a runner holds an execution without a sign of life."""


class NotPending(Exception):
    """The request has left ``pending`` already; ``state`` says where it is."""

    def __init__(self, state: str) -> None:
        """Keep the state."""
        super().__init__(f"this request is {state}")
        self.state = state


class VotedAlready(Exception):
    """The person has had a say on this request."""


class StoredApprovals:
    """Requests, votes and executions. May be shared by threads."""

    def __init__(self, database: Database) -> None:
        """Take an open database."""
        self._database = database

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
            row = _locked(session, approval_id)
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

    def end(self, approval_id: str, state: State, outcome: str, now: datetime, who: str) -> None:
        """End a request or execution for a reason; nothing happens where it has ended."""

        def work(session: Session) -> None:
            row = _locked(session, approval_id)
            if row.state in OPEN_STATES:
                self._end(session, row, state, outcome, now, who)

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

    # Execution ------------------------------------------------------------------------------

    def claim(self, now: datetime, lease: timedelta = LEASE) -> Approval | None:
        """Return an approved request to execute, or one whose runner has died; None if none.

        Marked as running, its targets locked, in the same transaction.
        """

        def work(session: Session) -> Approval | None:
            query = (
                select(ApprovalRow)
                .where(
                    ApprovalRow.state.in_(("approved", "running")),
                    or_(ApprovalRow.claimed_until.is_(None), ApprovalRow.claimed_until <= now),
                )
                .order_by(ApprovalRow.decided_at)
                .with_for_update(skip_locked=True)
            )
            for row in session.scalars(query):
                if row.state == "running" or _lock_targets(session, row):
                    fresh = row.state == "approved"
                    row.state, row.claimed_until = "running", now + lease
                    self._note(session, row, now, "bot", "execution-started" if fresh
                               else "execution-resumed", cluster_user=row.cluster_user)  # fmt: skip
                    return read(row)
            return None

        return self._database.write(work)

    def alive(self, approval_id: str, now: datetime, lease: timedelta = LEASE) -> None:
        """Hold on to an execution for another while."""

        def work(session: Session) -> None:
            _locked(session, approval_id).claimed_until = now + lease

        self._database.write(work)

    def let_go(self, approval_id: str, until: datetime) -> None:
        """Put an execution off: nobody claims it before ``until``."""

        def work(session: Session) -> None:
            _locked(session, approval_id).claimed_until = until

        self._database.write(work)

    def step_started(self, approval_id: str, number: int, now: datetime, **data: Any) -> None:
        """Record that a step's effect is about to be asked for."""

        def work(session: Session) -> None:
            row = _locked(session, approval_id)
            if session.get(StepRow, (approval_id, number)) is None:
                row.steps.append(
                    StepRow(number=number, state="started", started_at=now, result={}, error="")
                )
                session.flush()
                self._note(session, row, now, "bot", "step-started", step=number, **data)

        self._database.write(work)

    def step_done(
        self, approval_id: str, number: int, result: dict[str, Any], now: datetime
    ) -> None:
        """Record that a step's effect is there."""
        self._step(approval_id, number, "done", result, "", now)

    def step_failed(self, approval_id: str, number: int, error: str, now: datetime) -> None:
        """Record that a step had no effect, and why."""
        self._step(approval_id, number, "failed", {}, error, now)

    def executed(self, approval_id: str, verify_until: datetime, now: datetime) -> None:
        """Record that every step is done; verification begins, the targets are free."""

        def work(session: Session) -> None:
            row = _locked(session, approval_id)
            row.state, row.verdict, row.verify_until = "done", "verifying", verify_until
            row.claimed_until = None
            session.execute(delete(LockRow).where(LockRow.approval_id == approval_id))
            self._note(session, row, now, "bot", "executed")

        self._database.write(work)

    def verifying(self) -> tuple[Approval, ...]:
        """Return what was executed and is not yet known to have helped."""
        with self._database.reading() as session:
            query = select(ApprovalRow).where(ApprovalRow.verdict == "verifying")
            return tuple(read(row) for row in session.scalars(query))

    def judged(
        self, approval_id: str, verdict: Literal["verified", "not-fixed"], seen: str, now: datetime
    ) -> Approval:
        """Record what verification found."""

        def work(session: Session) -> Approval:
            row = _locked(session, approval_id)
            if row.verdict == "verifying":
                row.verdict, row.outcome = verdict, seen
                self._note(session, row, now, "bot", verdict, seen=seen)
            return read(row)

        return self._database.write(work)

    def progressed(self, approval_id: str, seen: str, now: datetime) -> None:
        """Show on the card what is seen meanwhile; nothing where it is the same."""

        def work(session: Session) -> None:
            row = _locked(session, approval_id)
            if row.verdict == "verifying" and row.outcome != seen:
                row.outcome = seen
                row.revision += 1
                owe_approval(session, row.id, row.channel, "card", now)

        self._database.write(work)

    def posted(self, approval_id: str, channel: str, ts: str) -> None:
        """Record where the card stands."""

        def work(session: Session) -> None:
            row = _locked(session, approval_id)
            row.channel, row.message_ts = channel, ts

        self._database.write(work)

    def _step(
        self,
        approval_id: str,
        number: int,
        state: str,
        result: dict[str, Any],
        error: str,
        now: datetime,
    ) -> None:
        def work(session: Session) -> None:
            row = _locked(session, approval_id)
            step = session.get_one(StepRow, (approval_id, number))
            step.state, step.ended_at, step.result, step.error = state, now, result, error
            self._note(
                session, row, now, "bot", f"step-{state}", step=number, result=result, error=error
            )

        self._database.write(work)

    def _end(
        self, session: Session, row: ApprovalRow, state: State, outcome: str, now: datetime,
        who: str,
    ) -> None:  # fmt: skip
        row.state, row.outcome, row.claimed_until = state, outcome, None
        row.decided_at = row.decided_at or now
        session.execute(delete(LockRow).where(LockRow.approval_id == row.id))
        self._note(session, row, now, who, state, outcome=outcome)

    def _note(
        self, session: Session, row: ApprovalRow, now: datetime, who: str, what: str, **data: Any
    ) -> None:
        row.revision += 1
        record(session, now, who, what, row.id, **data)
        owe_approval(session, row.id, row.channel, "card", now)


def _locked(session: Session, approval_id: str) -> ApprovalRow:
    row = session.get(ApprovalRow, approval_id, with_for_update=True)
    if row is None:
        raise KeyError(approval_id)
    return row


def lock_keys(plan: dict[str, Any]) -> tuple[str, ...]:
    """Return the targets of a stored plan's calls, in one order for everybody."""
    control = plan.get("target", {}).get("control", "")
    calls = (step for step in plan.get("steps", ()) if step.get("step") == "call")
    return tuple(
        sorted(
            {
                f"{control}|{c['cluster']}|{c['kind']}|{c.get('namespace', '')}|{c['name']}"
                for c in calls
            }
        )
    )


def _lock_targets(session: Session, row: ApprovalRow) -> bool:
    """Lock all targets, or none. Returns whether they are ours."""
    keys = lock_keys(row.plan)
    taken = session.scalars(select(LockRow.key).where(LockRow.key.in_(keys)).limit(1)).first()
    if taken is not None:
        return False
    try:
        with session.begin_nested():
            session.add_all(LockRow(key=key, approval_id=row.id) for key in keys)
    except IntegrityError:
        return False
    return True
