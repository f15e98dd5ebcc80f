"""The audit: append-only, each record chained to the one before by its hash.

A record is written in the same transaction as what it tells of. Changing, removing or inserting
one breaks the chain from there on; cutting off the end is found by comparing the last hash with
one exported earlier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.store.columns import clean, clean_json
from bot.store.database import Database
from bot.store.remediation_schema import AuditRow

GENESIS = "0" * 64
_APPENDING = 4_120_338_071
"""Key of the PostgreSQL advisory lock that makes appending serial."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One thing that was done, or was refused."""

    number: int
    at: datetime
    who: str
    what: str
    subject: str
    data: dict[str, Any]
    before_hash: str
    hash: str


def record(
    session: Session, at: datetime, who: str, what: str, subject: str, **data: Any
) -> AuditRow:
    """Append a record within the session's transaction and return it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPENDING})
    session.flush()
    last = session.scalars(select(AuditRow).order_by(AuditRow.number.desc()).limit(1)).first()
    number = last.number + 1 if last is not None else 1
    before = last.hash if last is not None else GENESIS
    plain = clean_json(data)
    who, what, subject = clean(who), clean(what), clean(subject)
    row = AuditRow(
        number=number,
        at=at,
        who=who,
        what=what,
        subject=subject,
        data=plain,
        before_hash=before,
        hash=hash_of(number, at, who, what, subject, plain, before),
    )
    session.add(row)
    session.flush()
    return row


def hash_of(
    number: int, at: datetime, who: str, what: str, subject: str, data: dict[str, Any], before: str
) -> str:
    """Return the SHA-256 (hex) of a record's canonical form."""
    content = [number, at.astimezone(UTC).isoformat(), who, what, subject, data, before]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Audit:
    """Reading the audit, and proving that it was not bent."""

    def __init__(self, database: Database) -> None:
        """Take an open database."""
        self._database = database

    def note(self, at: datetime, who: str, what: str, subject: str, **data: Any) -> None:
        """Append a record in a transaction of its own (for refusals: nothing else changed)."""
        self._database.write(lambda session: record(session, at, who, what, subject, **data))

    def records(self, subject: str = "", newest: int = 0) -> tuple[AuditRecord, ...]:
        """Return the records, oldest first; of one subject, or the ``newest`` ones only."""
        with self._database.reading() as session:
            query = select(AuditRow).order_by(AuditRow.number.desc())
            if subject:
                query = query.where(AuditRow.subject == subject)
            if newest:
                query = query.limit(newest)
            rows = list(session.scalars(query))
        return tuple(_record(row) for row in reversed(rows))

    def verify(self) -> tuple[str, ...]:
        """Return one sentence for each break in the chain; empty means whole."""
        return tuple(self._breaks())

    def _breaks(self) -> Iterator[str]:
        expected, before = 1, GENESIS
        for entry in self.records():
            if entry.number != expected:
                yield f"record {expected} is missing (record {entry.number} comes next)"
            elif entry.before_hash != before:
                yield f"record {entry.number} does not follow from record {entry.number - 1}"
            counted = hash_of(
                entry.number,
                entry.at,
                entry.who,
                entry.what,
                entry.subject,
                entry.data,
                entry.before_hash,
            )
            if counted != entry.hash:
                yield f"record {entry.number} was altered"
            expected, before = entry.number + 1, entry.hash


def _record(row: AuditRow) -> AuditRecord:
    return AuditRecord(
        row.number, row.at, row.who, row.what, row.subject, row.data, row.before_hash, row.hash
    )
