"""What people thought of diagnoses: thumbs up or down, kept per knowledge entry.

One person has one opinion of an entry in one incident; a later one takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, case, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store.database import Database
from bot.store.schema import Base


class FeedbackRow(Base):
    """One person's opinion of one entry in one incident."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_entry", "entry_id"),)

    entry_id: Mapped[str] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(primary_key=True)
    """An incident's id, or ``control/kind/name`` of what was diagnosed without one."""
    person: Mapped[str] = mapped_column(primary_key=True)
    up: Mapped[bool]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Votes:
    """How an entry is thought of."""

    entry_id: str
    up: int
    down: int
    last_at: datetime

    @property
    def share(self) -> float:
        """Return the share of people who found it right, 0 to 1."""
        return self.up / (self.up + self.down)


class StoredFeedback:
    """Opinions of diagnoses."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    def add(self, entry_id: str, incident_id: str, user: str, up: bool, now: datetime) -> None:
        """Keep an opinion in the place of the same person's earlier one."""

        def work(session: Session) -> None:
            session.execute(
                delete(FeedbackRow).where(
                    FeedbackRow.entry_id == entry_id,
                    FeedbackRow.incident_id == incident_id,
                    FeedbackRow.person == user,
                )
            )
            session.add(
                FeedbackRow(entry_id=entry_id, incident_id=incident_id, person=user, up=up, at=now)
            )

        self._database.write(work)

    def of(self, entry_id: str, incident_id: str) -> tuple[int, int]:
        """Return how many people found an entry right, and wrong, in one incident."""
        query = (
            select(FeedbackRow.up, func.count())
            .where(FeedbackRow.entry_id == entry_id, FeedbackRow.incident_id == incident_id)
            .group_by(FeedbackRow.up)
        )
        with self._database.reading() as session:
            found = {bool(up): int(number) for up, number in session.execute(query)}
        return found.get(True, 0), found.get(False, 0)

    def counts(self) -> tuple[Votes, ...]:
        """Return the votes by entry: the most disputed first, so that these are read first."""
        up = func.sum(case((FeedbackRow.up, 1), else_=0))
        query = select(FeedbackRow.entry_id, up, func.count(), func.max(FeedbackRow.at)).group_by(
            FeedbackRow.entry_id
        )
        with self._database.reading() as session:
            rows = session.execute(query).all()
        votes = [Votes(entry, int(ups), int(of) - int(ups), last) for entry, ups, of, last in rows]
        return tuple(sorted(votes, key=lambda v: (-v.down, v.share, v.entry_id)))
