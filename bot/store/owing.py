"""Owing messages: rows in the outbox, written in the transaction of what they tell.

Guarantees: a card that nobody took yet is not owed twice, since it shows the newest state when
it is sent; a card that is being sent is owed again; names that join or recover within a few
seconds are told in one message; what a person did is shown without waiting for that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from bot.store.schema import IncidentRow, OutboxRow

OWED, SENT, GIVEN_UP = "owed", "sent", "given-up"
"""States of a row."""

GATHER = timedelta(seconds=5)
"""How long names that join or recover are gathered for one message."""
GATHER_ROLLUP = timedelta(seconds=20)
"""How long incidents of a storm are gathered for one rollup."""
GATHERED = frozenset({"joined", "recovered"})
"""Topics that are gathered."""
_MAX_DETAIL = 15_000


def owe_card(session: Session, row: IncidentRow, now: datetime) -> None:
    """Owe the card, unless one that nobody took yet is owed already."""
    waiting = select(OutboxRow).where(
        OutboxRow.incident_id == row.id, OutboxRow.kind == "card", *_untouched(now)
    )
    if session.scalars(waiting.limit(1).with_for_update()).first() is None:
        _owe(session, "card", row.id, row.channel, now)


def owe_thread(
    session: Session, row: IncidentRow, topic: str, now: datetime, detail: str = ""
) -> None:
    """Owe a reply under the card; names of the same topic that wait go in one message."""
    if topic not in GATHERED:
        _owe(session, "thread", row.id, row.channel, now, topic=topic, detail=detail)
        return
    newest = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.incident_id == row.id, OutboxRow.kind == "thread", *_untouched(now))
        .order_by(OutboxRow.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if newest is not None and newest.topic == topic and _room(newest):
        if detail not in newest.detail.split():
            newest.detail = f"{newest.detail} {detail}"
        return
    _owe(
        session,
        "thread",
        row.id,
        row.channel,
        now,
        topic=topic,
        detail=detail,
        gather=GATHER,
    )


def owe_rollup(session: Session, row: IncidentRow, now: datetime) -> None:
    """Owe the channel a summary of a storm that names this incident."""
    waiting = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.kind == "rollup", OutboxRow.channel == row.channel, *_untouched(now))
        .order_by(OutboxRow.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if waiting is not None and _room(waiting):
        waiting.detail = f"{waiting.detail} {row.id}"
    else:
        _owe(session, "rollup", "", row.channel, now, detail=row.id, gather=GATHER_ROLLUP)


def owe_approval(
    session: Session, approval_id: str, channel: str, topic: str, now: datetime
) -> None:
    """Owe the card of a request, or a note about it; a card nobody took is not owed twice."""
    if topic == "card":
        waiting = select(OutboxRow).where(
            OutboxRow.incident_id == approval_id,
            OutboxRow.kind == "approval",
            OutboxRow.topic == topic,
            *_untouched(now),
        )
        if session.scalars(waiting.limit(1).with_for_update()).first() is not None:
            return
    _owe(session, "approval", approval_id, channel, now, topic=topic)


def hurry(session: Session, row: IncidentRow, now: datetime) -> None:
    """Send at once what is only waiting to be gathered, since a person waits behind it."""
    session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.incident_id == row.id,
            OutboxRow.state == OWED,
            OutboxRow.gathering.is_(True),
            OutboxRow.due_at > now,
        )
        .values(due_at=now)
    )


def _untouched(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxRow.state == OWED,
        or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until <= now),
        OutboxRow.attempts == 0,
    )


def _room(row: OutboxRow) -> bool:
    return len(row.detail) < _MAX_DETAIL


def _owe(
    session: Session,
    kind: str,
    incident_id: str,
    channel: str,
    now: datetime,
    *,
    topic: str = "",
    detail: str = "",
    gather: timedelta = timedelta(),
) -> None:
    session.add(
        OutboxRow(
            kind=kind,
            incident_id=incident_id,
            channel=channel,
            topic=topic,
            detail=detail,
            state=OWED,
            created_at=now,
            due_at=now + gather,
            gathering=bool(gather),
            claimed_until=None,
            attempts=0,
            done_at=None,
            message_ts="",
            error="",
        )
    )
    session.flush()
