"""What is over for long is removed, so that the database does not grow for ever.

Messages that are done with, lines of timelines, and resolved incidents go when they are older
than the days that the configuration keeps. What is owed, open, or part of the audit never goes;
nor does an incident of which a migration still stands on its cluster, since it is what keeps a
failure of long ago from being alerted on anew.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.incidents.model import State
from bot.redaction import redact
from bot.store.database import Database, DatabaseUnusable
from bot.store.owing import OWED
from bot.store.schema import (
    IncidentRow,
    MemberRow,
    OutboxRow,
    SightingRow,
    SilenceRow,
    TimelineRow,
)

KEEP = timedelta(days=90)
DAY_SECONDS = 24 * 3600.0
_AGAIN_SECONDS = 600.0
AT_ONCE = 500
"""Rows removed in one transaction; messages go out in between."""

log = logging.getLogger(__name__)
Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were removed."""

    messages: int
    lines: int
    incidents: int


def prune(
    database: Database, now: datetime, keep: timedelta = KEEP, at_once: int = AT_ONCE
) -> Pruned:
    """Remove what is older than ``keep``; may be stopped and repeated at any point."""
    before = now - keep
    messages = (
        select(OutboxRow.id)
        .where(OutboxRow.state != OWED, OutboxRow.done_at < before)
        .order_by(OutboxRow.id)
    )
    lines = (
        select(TimelineRow.id)
        .where(TimelineRow.at < before, TimelineRow.what != "opened")
        .order_by(TimelineRow.id)
    )

    def remove_messages(session: Session, ids: list[int]) -> None:
        session.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids), OutboxRow.state != OWED))

    def remove_lines(session: Session, ids: list[int]) -> None:
        session.execute(delete(TimelineRow).where(TimelineRow.id.in_(ids)))

    return Pruned(
        sum(_removed(database, messages, remove_messages, at_once)),
        sum(_removed(database, lines, remove_lines, at_once)),
        sum(_removed(database, _over_for_long(before), _remove_incidents, at_once)),
    )


def _over_for_long(before: datetime) -> Select[str]:
    owed = exists().where(OutboxRow.incident_id == IncidentRow.id, OutboxRow.state == OWED)
    stands = (
        exists()
        .where(MemberRow.incident_id == IncidentRow.id)
        .where(SightingRow.control == MemberRow.control, SightingRow.uid == MemberRow.uid)
    )
    return (
        select(IncidentRow.id)
        .where(IncidentRow.state == State.RESOLVED, IncidentRow.resolved_at < before)
        .where(~owed, ~stands)
        .order_by(IncidentRow.id)
    )


def _remove_incidents(session: Session, ids: list[str]) -> None:
    for part in (MemberRow, SilenceRow, TimelineRow):
        session.execute(delete(part).where(part.incident_id.in_(ids)))
    session.execute(delete(IncidentRow).where(IncidentRow.id.in_(ids)))


def _removed(
    database: Database,
    query: Select[Key],
    remove: Callable[[Session, list[Key]], None],
    at_once: int,
) -> Iterator[int]:
    """Remove what a query names, some at a time; yield how many went each time."""

    def work(session: Session) -> int:
        ids = list(session.scalars(query.limit(at_once)))
        if ids:
            remove(session, ids)
        return len(ids)

    while count := database.write(work):
        yield count


class Pruning:
    """Prunes once a day in a thread of its own. ``start`` and ``stop`` it once."""

    def __init__(
        self,
        database: Database,
        keep: timedelta,
        clock: Callable[[], datetime],
        every: float = DAY_SECONDS,
    ) -> None:
        """Take the database, how long to keep what is over, and ``every`` how many seconds."""
        self._database = database
        self._keep = keep
        self._clock = clock
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pruning", daemon=True)

    def start(self) -> None:
        """Prune now, in the background, and once a day from then on."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            try:
                gone = prune(self._database, self._clock(), self._keep)
            except (SQLAlchemyError, DatabaseUnusable) as error:
                log.warning("what is over could not be removed now: %s", redact(repr(error))[:300])
                wait = min(_AGAIN_SECONDS, self._every)
            else:
                wait = self._every
                if gone != Pruned(0, 0, 0):
                    log.info(
                        "removed what was older than %d days: %d messages, %d lines of timelines, "
                        "%d incidents",
                        self._keep.days,
                        gone.messages,
                        gone.lines,
                        gone.incidents,
                    )
