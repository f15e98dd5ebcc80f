"""The audit: append-only, each record chained to the one before by its hash.

A record is written in the same transaction as what it tells of. Changing, removing or inserting
one breaks the chain from there on; cutting off the end is found by comparing the last hash with
one exported earlier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.store.columns import clean, clean_json
from bot.store.database import Database
from bot.store.remediation_schema import AuditRow
from knowledge.texts import LocalText

GENESIS = "0" * 64
_APPENDING = 4_120_338_071
"""Key of the PostgreSQL advisory lock that makes appending serial."""
MAX_TEXT = 4_000
"""Characters of one text in a record; what is longer is cut before it is hashed."""


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
    plain = clean_json(_short(data))
    who, what, subject = (clean(each[:MAX_TEXT]) for each in (who, what, subject))
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


def _short(value: Any) -> Any:
    """Return JSON with texts short enough that the database's own cut never touches them."""
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, dict):
        return {_short(str(key)): _short(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_short(each) for each in value]
    return value


def hash_of(
    number: int, at: datetime, who: str, what: str, subject: str, data: dict[str, Any], before: str
) -> str:
    """Return the SHA-256 (hex) of a record's canonical form."""
    content = [number, at.astimezone(UTC).isoformat(), who, what, subject, data, before]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def vouched(
    session: Session,
    approval_id: str,
    requester: str,
    cluster_user: str,
    plan_hash: str,
    approvers: Collection[str],
) -> LocalText | None:
    """Return what the records of a request do not bear out; None where they bear out all."""
    query = select(AuditRow).where(AuditRow.subject == approval_id).order_by(AuditRow.number)
    records = [_record(row) for row in session.scalars(query)]
    if any(_counted(r) != r.hash for r in records):
        return LocalText(
            en="a record of this request in the audit was altered",
            zh="审计中关于该申请的记录已被篡改",
        )
    asked = [r for r in records if r.what == "requested"]
    wanted = (requester, cluster_user, plan_hash)
    if [(r.who, r.data.get("cluster_user"), r.data.get("plan_hash")) for r in asked] != [wanted]:
        return LocalText(
            en="the audit does not know this request as it stands in the database",
            zh="审计中没有与数据库一致的该申请",
        )
    known = {r.who for r in records if r.what == "approved"}
    if not set(approvers) <= known:
        return LocalText(
            en="the audit does not know one of the approvals",
            zh="审计中没有其中一个批准的记录",
        )
    return None


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
            if _counted(entry) != entry.hash:
                yield f"record {entry.number} was altered"
            expected, before = entry.number + 1, entry.hash


def _counted(r: AuditRecord) -> str:
    return hash_of(r.number, r.at, r.who, r.what, r.subject, r.data, r.before_hash)


def _record(row: AuditRow) -> AuditRecord:
    return AuditRecord(
        row.number, row.at, row.who, row.what, row.subject, row.data, row.before_hash, row.hash
    )
