"""The outbox in the database: messages owed, claimed with a lease, sent or given up.

A claim is a promise for a minute: a worker that dies leaves its item to the next, which sees
``attempts`` above 0 and looks in the channel before it posts. Items of one incident go out one
after the other, in the order in which they were owed; on PostgreSQL several workers never see
each other's items (``FOR UPDATE SKIP LOCKED``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.incidents.ports import MessageKind, OutboxItem, Resent
from bot.store.database import Database
from bot.store.owing import GIVEN_UP, OWED, SENT, owe_approval, owe_card
from bot.store.schema import IncidentRow, OutboxRow, SilenceRow

LEASE = timedelta(seconds=60)
"""Longer than one call to Slack may take, time-outs included."""


class StoredOutbox:
    """Implements ``bot.incidents.ports.Outbox``. May be shared by threads."""

    def __init__(self, database: Database, lease: timedelta = LEASE) -> None:
        """Take the database, and how long a claim holds."""
        self._database = database
        self._lease = lease

    def claim(self, now: datetime, limit: int = 20) -> tuple[OutboxItem, ...]:
        """Return items due, at most one per incident, and keep other workers off them.

        Silences that have ended owe their card from here on.
        """

        def work(session: Session) -> tuple[OutboxItem, ...]:
            _end_silences(session, now)
            rows = session.scalars(_claimable(now, limit)).all()
            items = tuple(_item(row) for row in rows)
            for row in rows:
                row.claimed_until = now + self._lease
                row.attempts += 1
                row.gathering = False
            return items

        if not self._anything(now):
            return ()
        return self._database.write(work)

    def sent(self, item: OutboxItem, channel: str, ts: str, now: datetime) -> None:
        """Record the message; for a card, where it stands."""

        def work(session: Session) -> None:
            row = _owed(session, item)
            if row is None:
                return
            row.state, row.done_at, row.message_ts = SENT, now, ts
            row.claimed_until, row.error = None, ""
            if row.kind == "card":
                incident = session.get(IncidentRow, row.incident_id, with_for_update=True)
                if incident is not None:
                    incident.channel, incident.message_ts = channel, ts

        self._database.write(work)

    def retry(
        self,
        item: OutboxItem,
        after: timedelta,
        error: str,
        now: datetime,
        *,
        tried: bool = True,
    ) -> None:
        """Put the item off; it stays first in its incident's order.

        Where it was not ``tried`` this time, the claim does not count among its attempts.
        """

        def work(session: Session) -> None:
            row = _owed(session, item)
            if row is not None:
                row.due_at, row.claimed_until, row.error = now + after, None, error
                if not tried:
                    row.attempts = item.attempts

        self._database.write(work)

    def hold(self, item: OutboxItem, after: timedelta, error: str, now: datetime) -> None:
        """Put off the item, and with it all that is owed to its channel, which takes nothing now.

        Nothing of it counts as tried.
        """

        def work(session: Session) -> None:
            row = _owed(session, item)
            if row is None:
                return
            row.claimed_until, row.error, row.attempts = None, error, item.attempts
            session.execute(
                update(OutboxRow)
                .where(
                    OutboxRow.channel == row.channel,
                    OutboxRow.state == OWED,
                    OutboxRow.due_at < now + after,
                )
                .values(due_at=now + after, gathering=False)
            )

        self._database.write(work)

    def release(self, now: datetime) -> None:
        """Let all that was put off be tried now: what stood in its way may have been mended."""

        def work(session: Session) -> None:
            session.execute(
                update(OutboxRow)
                .where(
                    OutboxRow.state == OWED, OutboxRow.due_at > now, OutboxRow.gathering.is_(False)
                )
                .values(due_at=now)
            )

        self._database.write(work)

    def renew(self, item: OutboxItem, now: datetime) -> None:
        """Owe once more the card that the item was about, in its newest state."""

        def work(session: Session) -> None:
            if item.kind == "approval":
                owe_approval(session, item.incident_id, item.channel, "card", now)
                return
            row = session.get(IncidentRow, item.incident_id, with_for_update=True)
            if row is not None and row.message_ts:
                owe_card(session, row, now)

        self._database.write(work)

    def give_up(self, item: OutboxItem, error: str, now: datetime) -> None:
        """Set the item aside for good (its blocks are refused); it is kept and counted.

        Replies that wait for a card which was never posted are set aside with it.
        """

        def work(session: Session) -> None:
            row = _owed(session, item)
            if row is None:
                return
            _set_aside(row, error, now)
            if row.kind != "card":
                return
            incident = session.get(IncidentRow, row.incident_id)
            if incident is None or incident.message_ts:
                return
            replies = select(OutboxRow).where(
                OutboxRow.incident_id == row.incident_id,
                OutboxRow.kind == "thread",
                OutboxRow.state == OWED,
            )
            for reply in session.scalars(replies.with_for_update()):
                _set_aside(reply, f"its card was not posted: {error}", now)

        self._database.write(work)

    def counts(self) -> Mapping[str, int]:
        """Return how many items are ``owed``, ``sent`` and ``given-up``."""
        with self._database.reading() as session:
            query = select(OutboxRow.state, func.count()).group_by(OutboxRow.state)
            found = dict(session.execute(query).all())
        return {state: found.get(state, 0) for state in (OWED, SENT, GIVEN_UP)}

    def resent(self, since: datetime) -> tuple[Resent, ...]:
        """Return what was sent since then after more than one try, newest first, 100 at most."""
        query = (
            select(OutboxRow)
            .where(OutboxRow.state == SENT, OutboxRow.done_at >= since, OutboxRow.attempts > 1)
            .order_by(OutboxRow.id.desc())
            .limit(100)
        )
        with self._database.reading() as session:
            return tuple(Resent(_item(row), row.message_ts) for row in session.scalars(query))

    def _anything(self, now: datetime) -> bool:
        """Return whether a claim is worth the write lock."""
        with self._database.reading() as session:
            due = session.scalar(
                select(
                    or_(
                        exists().where(*_due(now)),
                        exists().where(SilenceRow.over.is_(False), SilenceRow.until <= now),
                    )
                )
            )
        return bool(due)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxRow.state == OWED,
        OutboxRow.due_at <= now,
        or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until <= now),
    )


def _claimable(now: datetime, limit: int) -> Select[OutboxRow]:
    before = aliased(OutboxRow)
    behind = exists().where(
        before.incident_id == OutboxRow.incident_id,
        before.incident_id != "",
        before.state == OWED,
        before.id < OutboxRow.id,
    )
    return (
        select(OutboxRow)
        .where(*_due(now), ~behind)
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )


def _owed(session: Session, item: OutboxItem) -> OutboxRow | None:
    """Return the item's row, unless another worker has dealt with it."""
    row = session.get(OutboxRow, item.id, with_for_update=True)
    return row if row is not None and row.state == OWED else None


def _set_aside(row: OutboxRow, error: str, now: datetime) -> None:
    row.state, row.done_at = GIVEN_UP, now
    row.claimed_until, row.error = None, error


def _end_silences(session: Session, now: datetime) -> None:
    ended = (
        select(SilenceRow, IncidentRow)
        .join(IncidentRow, IncidentRow.id == SilenceRow.incident_id)
        .where(SilenceRow.over.is_(False), SilenceRow.until <= now)
        .with_for_update(of=SilenceRow)
    )
    for silence, incident in session.execute(ended):
        silence.over = True
        owe_card(session, incident, now)


def _item(row: OutboxRow) -> OutboxItem:
    kind: MessageKind = row.kind  # type: ignore[assignment]
    return OutboxItem(
        id=row.id,
        kind=kind,
        incident_id=row.incident_id,
        channel=row.channel,
        topic=row.topic,
        detail=row.detail,
        attempts=row.attempts,
        created_at=row.created_at,
    )
