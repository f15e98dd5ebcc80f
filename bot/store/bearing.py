"""Whether a diagnosis may change anything at all: a small read that saves most writes.

Most looks find what was found before. In an outage that holds up a thousand migrations, each
of them is looked at every few minutes; only the first member's look can change the card.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from bot.diagnosis.findings import Diagnosis
from bot.incidents.causes import DONE_WELL, Cause, cause_of, identity, is_migration
from bot.incidents.model import State
from bot.store.columns import clean
from bot.store.database import Database
from bot.store.schema import IncidentRow, MemberRow


def may_matter(database: Database, diagnosis: Diagnosis) -> bool:
    """Return False where observing the diagnosis would surely change nothing."""
    if diagnosis.outcome.word in DONE_WELL:
        return True
    cause = cause_of(diagnosis)
    with database.reading() as session:
        if not is_migration(diagnosis.target):
            return cause is not None or _lies_in(session, diagnosis)
        held = _held(session, diagnosis)
        if cause is None:
            return bool(held)
        return len(held) != 1 or not _known(session, held[0], diagnosis, cause)


def _lies_in(session: Session, diagnosis: Diagnosis) -> bool:
    here = select(IncidentRow.id).where(
        IncidentRow.control == diagnosis.control,
        IncidentRow.uid == identity(diagnosis.target),
        IncidentRow.state != State.RESOLVED,
    )
    return session.scalar(here.limit(1)) is not None


def _held(session: Session, diagnosis: Diagnosis) -> list[MemberRow]:
    return list(
        session.scalars(
            select(MemberRow).where(
                MemberRow.control == diagnosis.control,
                MemberRow.uid == identity(diagnosis.target),
                MemberRow.left_at.is_(None),
            )
        )
    )


def _known(session: Session, member: MemberRow, diagnosis: Diagnosis, cause: Cause) -> bool:
    """Return whether a later member of the same cause stands as it stood."""
    key = (member.incident.control, member.incident.uid, member.incident.entry_id)
    if key != (clean(cause.key.control), clean(cause.key.uid), clean(cause.key.entry_id)):
        return False
    if diagnosis.outcome.ended and member.ended_at is None:
        return False
    earlier = aliased(MemberRow)
    before = exists().where(
        earlier.incident_id == member.incident_id,
        earlier.left_at.is_(None),
        earlier.id < member.id,
    )
    return bool(session.scalar(select(before)))
