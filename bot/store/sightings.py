"""What was seen of each object, so that a restart neither repeats nor forgets.

A sighting is written after what it led to was committed: a crash in between looks at the object
once more, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from bot.store.database import Database
from bot.store.schema import PlaneRow, SightingRow


@dataclass(frozen=True, slots=True)
class Sighting:
    """How an object stood when it was last looked at."""

    uid: str
    kind: str
    name: str
    version: str
    """resourceVersions of the object and of what it depends on."""
    word: str
    """Of its outcome (``bot.mtc.outcome_words.Word``)."""
    looked_at: datetime
    unwell_since: datetime | None = None
    """First seen unwell, with no sighting of it well since."""
    settled: bool = False
    """Nothing more to see unless the version changes."""


class StoredSightings:
    """Sightings by control cluster."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    def watched_since(self, control: str, now: datetime) -> datetime:
        """Return since when a control cluster is watched; ``now`` if it never was."""

        def work(session: Session) -> datetime:
            row = session.get(PlaneRow, control)
            if row is None:
                row = PlaneRow(control=control, watched_since=now)
                session.add(row)
            return row.watched_since

        return self._database.write(work)

    def load(self, control: str) -> dict[str, Sighting]:
        """Return all sightings of a control cluster by uid."""
        with self._database.reading() as session:
            rows = session.scalars(select(SightingRow).where(SightingRow.control == control))
            return {row.uid: _sighting(row) for row in rows}

    def remember(self, control: str, sightings: Iterable[Sighting]) -> None:
        """Write sightings, each in the place of the one before."""
        rows = [{"control": control, **asdict(each)} for each in sightings]
        if not rows:
            return
        dialect = self._database.engine.dialect.name
        insert = sqlite_insert(SightingRow) if dialect == "sqlite" else pg_insert(SightingRow)
        changed = {
            name: insert.excluded[name] for name in rows[0] if name not in ("control", "uid")
        }
        upsert = insert.on_conflict_do_update(index_elements=["control", "uid"], set_=changed)

        def work(session: Session) -> None:
            session.execute(upsert, rows)

        self._database.write(work)

    def forget(self, control: str, uids: Iterable[str]) -> None:
        """Drop the sightings of objects that are gone."""
        gone = list(uids)

        def work(session: Session) -> None:
            for start in range(0, len(gone), 500):
                session.execute(
                    delete(SightingRow).where(
                        SightingRow.control == control,
                        SightingRow.uid.in_(gone[start : start + 500]),
                    )
                )

        if gone:
            self._database.write(work)


def _sighting(row: SightingRow) -> Sighting:
    return Sighting(
        row.uid,
        row.kind,
        row.name,
        row.version,
        row.word,
        row.looked_at,
        row.unwell_since,
        row.settled,
    )
