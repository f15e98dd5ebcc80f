"""Executions in the database: who works on what, and where it stands.

A step is written before its effect and again after it, so that whoever picks it up knows where it
stood. Targets are locked for as long as an execution lasts: two never share one. Nothing is
recorded of an execution that is over, whoever comes late with it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.store.approval_records import Approval, State, read
from bot.store.audit import record, vouched
from bot.store.database import Database
from bot.store.owing import owe_approval
from bot.store.remediation_schema import ApprovalRow, LockRow, StepRow
from knowledge.texts import LocalText

TOLD = frozenset({"rejected", "expired", "stale", "failed", "verified", "not-fixed"})
"""What the requester is told beside the card, which changes without a sound."""
LEASE = timedelta(seconds=60)
"""How long a runner holds an execution without a sign of life."""


class Executions:
    """What a runner reads and writes of approved requests. May be shared by threads."""

    def __init__(self, database: Database) -> None:
        """Take an open database."""
        self._database = database

    def claim(
        self, now: datetime, lease: timedelta = LEASE, *, known: Collection[str] = ()
    ) -> Approval | None:
        """Return an approved request to execute, or one to go on with; None if none.

        Marked as running, its targets locked, in the same transaction. ``known`` are those that
        the caller put off itself; any other that runs already is one whose runner has died.
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
                    what = "execution-started" if row.state == "approved" else "execution-resumed"
                    row.state, row.claimed_until = "running", now + lease
                    if what == "execution-started" or row.id not in known:
                        self._note(session, row, now, "bot", what, cluster_user=row.cluster_user)
                    return read(row)
            return None

        with self._database.reading() as session:
            query = select(ApprovalRow.id).where(ApprovalRow.state.in_(("approved", "running")))
            if session.scalars(query.limit(1)).first() is None:
                return None
        return self._database.write(work)

    def alive(self, approval_id: str, now: datetime, lease: timedelta = LEASE) -> None:
        """Hold on to an execution for another while."""
        self.let_go(approval_id, now + lease)

    def let_go(self, approval_id: str, until: datetime) -> None:
        """Put an execution off: nobody claims it before ``until``."""

        def work(session: Session) -> None:
            locked(session, approval_id).claimed_until = until

        self._database.write(work)

    def step_started(self, approval_id: str, number: int, now: datetime, **data: Any) -> None:
        """Record that a step's effect is about to be asked for."""

        def work(session: Session) -> None:
            row = locked(session, approval_id)
            if row.state == "running" and session.get(StepRow, (approval_id, number)) is None:
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

    def end(
        self,
        approval_id: str,
        state: Literal["failed", "stale"],
        outcome: str,
        now: datetime,
        zh: str = "",
    ) -> None:
        """End an execution for a reason; nothing happens where it has ended.

        ``zh``: the reason in Chinese, where it was worked out in both languages.
        """

        def work(session: Session) -> None:
            row = locked(session, approval_id)
            if row.state in ("approved", "running"):
                self._end(session, row, state, outcome, now, "bot", zh)

        self._database.write(work)

    def unvouched(self, approval: Approval) -> LocalText | None:
        """Return what of a request the audit does not bear out; None where it bears out all.

        A row can be bent by whoever can write to the database; then it no longer agrees with the
        chained record of who asked for what and who approved it.
        """
        with self._database.reading() as session:
            return vouched(session, approval.id, approval.requester, approval.cluster_user,
                           approval.plan_hash, approval.approvers)  # fmt: skip

    def executed(self, approval_id: str, verify_until: datetime, now: datetime) -> None:
        """Record that every step is done; verification begins, the targets are free."""

        def work(session: Session) -> None:
            row = locked(session, approval_id)
            if row.state != "running":
                return
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
            row = locked(session, approval_id)
            if row.verdict == "verifying":
                row.verdict, row.outcome = verdict, seen
                self._note(session, row, now, "bot", verdict, seen=seen)
            return read(row)

        return self._database.write(work)

    def progressed(self, approval_id: str, seen: str, now: datetime) -> None:
        """Show on the card what is seen meanwhile; nothing where it is the same."""

        def work(session: Session) -> None:
            row = locked(session, approval_id)
            if row.verdict == "verifying" and row.outcome != seen:
                row.outcome = seen
                row.revision += 1
                owe_approval(session, row.id, row.channel, "card", now)

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
            row = locked(session, approval_id)
            step = session.get(StepRow, (approval_id, number))
            if row.state != "running" or step is None:
                return
            step.state, step.ended_at, step.result, step.error = state, now, result, error
            self._note(
                session, row, now, "bot", f"step-{state}", step=number, result=result, error=error
            )

        self._database.write(work)

    def _end(
        self, session: Session, row: ApprovalRow, state: State, outcome: str, now: datetime,
        who: str, zh: str = "",
    ) -> None:  # fmt: skip
        row.state, row.claimed_until = state, None
        row.outcome, row.outcome_zh = outcome, zh
        row.decided_at = row.decided_at or now
        session.execute(delete(LockRow).where(LockRow.approval_id == row.id))
        self._note(session, row, now, who, state, outcome=outcome)

    def _note(
        self, session: Session, row: ApprovalRow, now: datetime, who: str, what: str, **data: Any
    ) -> None:
        row.revision += 1
        record(session, now, who, what, row.id, **data)
        owe_approval(session, row.id, row.channel, "card", now)
        if what in TOLD:
            owe_approval(session, row.id, row.channel, what, now)


def locked(session: Session, approval_id: str) -> ApprovalRow:
    """Return a request's row, held until the transaction ends. Raises ``KeyError``."""
    row = session.get(ApprovalRow, approval_id, with_for_update=True)
    if row is None:
        raise KeyError(approval_id)
    return row


def lock_keys(plan: object) -> tuple[str, ...]:
    """Return the targets of a stored plan's calls, in one order for everybody.

    None for what is no plan: such a row was altered, and its runner will find that out.
    """
    try:
        parsed = _Locked.model_validate(plan)
    except ValidationError:
        return ()
    return tuple(
        sorted(
            {
                f"{parsed.target.control}|{s.cluster}|{s.kind}|{s.namespace}|{s.name}"
                for s in parsed.steps
                if s.step == "call"
            }
        )
    )


class _Step(BaseModel):
    step: str
    cluster: str
    kind: str
    namespace: str = ""
    name: str


class _Target(BaseModel):
    control: str


class _Locked(BaseModel):
    """As much of a stored plan as says what it locks."""

    target: _Target
    steps: tuple[_Step, ...]


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
