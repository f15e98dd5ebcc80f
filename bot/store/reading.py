"""From rows to incidents as the rest of the bot knows them.

Timelines are read apart, for all incidents at once: they are long, and who writes an incident
does not need them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from bot.clusters.port import ObjectRef
from bot.incidents.model import Incident, IncidentKey, State, StoredQuote, TimelineItem
from bot.store.schema import IncidentRow, MemberRow, TimelineRow

MAX_TIMELINE = 100
"""Newest items of a timeline that are returned."""
WENT_ON = ("succeeded", "successor:", "condition-gone", "rolled-back")
"""How notes of members begin that were held up and no longer are."""


def with_parts() -> Select[IncidentRow]:
    """Return a query for incidents with all that ``incident`` reads, in four statements."""
    return select(IncidentRow).options(
        selectinload(IncidentRow.members),
        selectinload(IncidentRow.silences),
    )


def incidents(session: Session, rows: Iterable[IncidentRow]) -> tuple[Incident, ...]:
    """Return rows as incidents, timelines and all."""
    wanted = list(rows)
    lines: dict[str, list[TimelineRow]] = defaultdict(list)
    ids = [row.id for row in wanted]
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        query = select(TimelineRow).where(TimelineRow.incident_id.in_(part))
        for line in session.scalars(query.order_by(TimelineRow.id)):
            lines[line.incident_id].append(line)
    return tuple(incident(row, lines[row.id]) for row in wanted)


def incident(row: IncidentRow, timeline: Sequence[TimelineRow] = ()) -> Incident:
    """Return a row as an incident, with so much of its timeline as is at hand."""
    facts = row.facts
    return Incident(
        id=row.id,
        key=IncidentKey(row.control, row.uid, row.entry_id),
        state=State(row.state),
        subject=ObjectRef(
            row.subject_kind,
            row.subject_name,
            row.subject_namespace,
            row.subject_cluster,
            row.uid,
        ),
        severity=row.severity,
        entry_id=row.entry_id,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        params=dict(facts.get("params", {})),
        quotes=tuple(_quote(each) for each in facts.get("quotes", ())),
        members=tuple(member.name for member in present(row)),
        recovered=tuple(m.name for m in row.members if went_on(m)),
        plan=row.plan,
        outcome=row.outcome,
        phase=row.phase,
        since=row.since,
        symptoms=tuple(facts.get("symptoms", ())),
        also=tuple(facts.get("also", ())),
        not_read=tuple(facts.get("not_read", ())),
        cut_over=bool(facts.get("cut_over")),
        confidence=float(facts.get("confidence", 1.0)),
        acknowledged_by=row.acknowledged_by,
        silenced_until=row.silences[-1].until if row.silences else None,
        resolved_at=row.resolved_at,
        resolved_note=row.resolved_note,
        timeline=tuple(
            TimelineItem(item.at, item.what, item.who, item.detail)
            for item in timeline[-MAX_TIMELINE:]
        ),
        channel=row.channel,
        message_ts=row.message_ts,
        revision=row.revision,
    )


def present(row: IncidentRow) -> list[MemberRow]:
    """Return the members that are held up now, the first to join first."""
    return [member for member in row.members if member.left_at is None]


def went_on(member: MemberRow) -> bool:
    """Return whether a former member recovered (and was not deleted, say)."""
    return member.left_at is not None and member.left_note.startswith(WENT_ON)


def quote_json(text: str, where: str, time: datetime | None) -> dict[str, Any]:
    """Return a quote as it is stored."""
    return {"text": text, "where": where, "time": time.isoformat() if time else None}


def _quote(stored: dict[str, Any]) -> StoredQuote:
    time = stored.get("time")
    return StoredQuote(
        str(stored.get("text", "")),
        str(stored.get("where", "")),
        datetime.fromisoformat(time) if time else None,
    )
