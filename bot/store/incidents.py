"""Incidents in the database: one per root cause and the object it lies in.

What a diagnosis bears on is decided here, in one transaction with the messages owed for it:

* A cause opens an incident, or finds the one that is there: an unresolved one, or one resolved
  within the last day, which is then reopened. The migration becomes a member.
* A migration whose diagnosis now names another cause leaves the old incident. After its end
  that is believed for ten minutes only, and never in favour of a vaguer cause: evidence decays.
* A migration that went on, ended well, was canceled or deleted leaves; so does a failed one
  when a newer migration of its plan succeeds. An incident without members is resolved, unless
  it lies in a MigCluster or MigStorage that is itself still unwell.
* An object that was unwell and is well again resolves the incidents that lie in it. A migration
  that had ended by then never takes its incident up again.
* A symptom without a root waits two minutes before it opens anything.

Observing the same diagnosis twice changes nothing, so a crash before or after costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from bot.diagnosis.findings import Diagnosis
from bot.incidents.causes import (
    DONE_WELL,
    Cause,
    cause_of,
    identity,
    is_migration,
    leaving_note,
)
from bot.incidents.model import UNDIAGNOSED, Incident, IncidentKey, State
from bot.mtc.outcome_words import HEALTHY, Word
from bot.store.bearing import may_matter
from bot.store.columns import clean
from bot.store.database import Database
from bot.store.lives import OTHER_CAUSE, SUCCESSOR, Life, Rules
from bot.store.reading import incidents, present, with_parts
from bot.store.schema import IncidentRow, MemberRow, SilenceRow

Channels = Callable[[Incident], str]


def nowhere(_incident: Incident) -> str:
    """Return no channel at all."""
    return ""


class StoredIncidents:
    """Implements ``bot.incidents.ports.Incidents``. May be shared by threads."""

    def __init__(
        self, database: Database, channels: Channels = nowhere, rules: Rules | None = None
    ) -> None:
        """Take the database, and the choice of a channel for a new incident."""
        self.database = database
        self._channels = channels
        self._rules = rules or Rules()

    def observe(self, diagnosis: Diagnosis, now: datetime) -> tuple[Incident, ...]:
        """Open, change or resolve what this diagnosis bears on, and owe the messages for it."""

        def work(session: Session) -> tuple[Incident, ...]:
            life = Life(session, now, self._rules, self._channels)
            observing = _Observing(life, diagnosis, cause_of(diagnosis))
            if is_migration(diagnosis.target):
                observing.migration()
            else:
                observing.object()
            session.flush()
            return incidents(session, observing.touched.values())

        if not may_matter(self.database, diagnosis):
            return ()
        return self.database.write(work)

    def get(self, incident_id: str) -> Incident | None:
        """Return one incident."""
        with self.database.reading() as session:
            row = session.scalar(with_parts().where(IncidentRow.id == incident_id))
            return incidents(session, [row])[0] if row is not None else None

    def for_migration(self, control: str, migration: str) -> tuple[Incident, ...]:
        """Return the unresolved incidents that hold this migration up."""
        held = select(MemberRow.incident_id).where(
            MemberRow.control == control, MemberRow.name == migration, MemberRow.left_at.is_(None)
        )
        with self.database.reading() as session:
            rows = session.scalars(_unresolved(control).where(IncidentRow.id.in_(held)))
            return incidents(session, rows)

    def open(self, control: str = "") -> tuple[Incident, ...]:
        """Return all unresolved incidents, newest first."""
        with self.database.reading() as session:
            return incidents(session, session.scalars(_unresolved(control)))

    def acknowledge(self, incident_id: str, user: str, now: datetime) -> Incident:
        """Mark as seen by a person; the first to do so counts.

        A resolved incident stays as it is. Raises ``KeyError`` for an unknown id.
        """

        def work(session: Session) -> Incident:
            row = _known(session, incident_id)
            if row.state == State.OPEN:
                row.state, row.acknowledged_by = State.ACKNOWLEDGED, user
                self._life(session, now).answer(row, "acknowledged", user)
            session.flush()
            return incidents(session, [row])[0]

        return self.database.write(work)

    def silence(self, incident_id: str, user: str, span: timedelta, now: datetime) -> Incident:
        """Say nothing more about it for ``span``; the last to say so counts.

        A span of nothing ends the silence. A resolved incident stays as it is. Raises
        ``KeyError`` for an unknown id.
        """

        def work(session: Session) -> Incident:
            row = _known(session, incident_id)
            until = now + span
            silenced = bool(row.silences) and row.silences[-1].until > now
            if row.state != State.RESOLVED and (span or silenced):
                for earlier in row.silences:
                    earlier.over = True
                row.silences.append(SilenceRow(who=user, begun_at=now, until=until, over=not span))
                topic, detail = ("silenced", until.isoformat()) if span else ("unsilenced", "")
                self._life(session, now).answer(row, topic, user, detail)
            session.flush()
            return incidents(session, [row])[0]

        return self.database.write(work)

    def forget_gone(self, control: str, uids: Sequence[str], now: datetime) -> None:
        """Resolve incidents whose object was deleted, and let go of deleted migrations."""
        if not uids:
            return

        def work(session: Session) -> None:
            life = self._life(session, now)
            for start in range(0, len(uids), 500):
                part = list(uids[start : start + 500])
                mine = _unresolved(control).where(IncidentRow.uid.in_(part))
                for row in session.scalars(mine.with_for_update()):
                    life.resolve(row, "deleted")
                for member in _held(session, control, MemberRow.uid.in_(part)):
                    if member.left_at is None:
                        life.leave(member, "deleted")

        self.database.write(work)

    def _life(self, session: Session, now: datetime) -> Life:
        return Life(session, now, self._rules, self._channels)


class _Observing:
    """One diagnosis being taken in."""

    def __init__(self, life: Life, diagnosis: Diagnosis, cause: Cause | None) -> None:
        self.life = life
        self.session = life.session
        self.diagnosis = diagnosis
        self.cause = cause
        self.uid = clean(identity(diagnosis.target))
        self.touched: dict[str, IncidentRow] = {}
        self.begun: set[str] = set()

    def migration(self) -> None:
        """Take in how a migration stands."""
        held = _held(self.session, self.diagnosis.control, MemberRow.uid == self.uid)
        if self.cause is None:
            for member in held:
                self._leave(member, leaving_note(self.diagnosis.outcome.word))
        elif not self._better_known(held, self.cause):
            self._attach(self.cause)
            for member in held:
                if member.incident.id not in self.touched and member.left_at is None:
                    self._leave(member, OTHER_CAUSE + self.cause.key.entry_id)
        if self.diagnosis.outcome.word in DONE_WELL:
            self._succeed()

    def object(self) -> None:
        """Take in how a cluster, store, plan or hook stands."""
        here = _unresolved(self.diagnosis.control).where(IncidentRow.uid == self.uid)
        rows = list(self.session.scalars(here.with_for_update()))
        if self.diagnosis.outcome.word in HEALTHY:
            for row in rows:
                if row.subject_unwell:
                    self.life.resolve(row, "condition-gone")
                    self.touched[row.id] = row
            return
        for row in rows:
            row.subject_unwell = True
        if self.cause is None:
            return
        row = self._row_for(self.cause)
        row.subject_unwell = row.subject_unwell or row.uid == self.uid
        for old in rows:
            if old.id != row.id and not present(old):
                self.life.resolve(old, OTHER_CAUSE + self.cause.key.entry_id)
                self.touched[old.id] = old

    def _attach(self, cause: Cause) -> None:
        row = self._row_for(cause)
        if all(member.uid != self.uid for member in present(row)):
            self.life.join(row, self.diagnosis, quietly=row.id in self.begun)
        else:
            self._note_end(row)

    def _row_for(self, cause: Cause) -> IncidentRow:
        """Return the incident of a cause: as it is, reopened, or new."""
        row = self._latest(cause.key)
        if row is not None and row.state != State.RESOLVED:
            self.life.refresh(row, cause, self.diagnosis)
        elif row is not None and row.resolved_at is not None and self._recent(row.resolved_at):
            self.life.reopen(row, cause, self.diagnosis)
            self.begun.add(row.id)
        else:
            row = self.life.begin(cause, self.diagnosis)
            self.begun.add(row.id)
        self.touched[row.id] = row
        return row

    def _note_end(self, row: IncidentRow) -> None:
        outcome = self.diagnosis.outcome
        for member in present(row):
            if member.uid == self.uid and outcome.ended and member.ended_at is None:
                member.ended_at = outcome.since or self.life.now

    def _better_known(self, held: list[MemberRow], cause: Cause) -> bool:
        """Return whether what is known of the migration already is to be kept."""
        outcome, rules, now = self.diagnosis.outcome, self.life.rules, self.life.now
        if any(_about(member.incident, cause.key) for member in held):
            return False
        if held and cause.key.entry_id == UNDIAGNOSED:
            return True
        if outcome.ended:
            settled = outcome.since is not None and now - outcome.since > rules.settling
            told = [m for m in held if not _outlived(m.incident)]
            known = bool(told) and (settled or cause.vague)
            return known or self._over(cause.key) or self._made_up_for()
        if not cause.vague:
            return False
        if outcome.since is not None and now - outcome.since < rules.patience:
            return True
        return self._left_lately(now - rules.patience)

    def _over(self, key: IncidentKey) -> bool:
        """Return whether this cause held the migration up before, and that was resolved."""
        before = (
            select(MemberRow.uid)
            .join(IncidentRow)
            .where(
                MemberRow.uid == self.uid,
                MemberRow.left_at.is_not(None),
                MemberRow.ended_at.is_not(None),
                *_is(key),
            )
        )
        return self.session.scalar(before.limit(1)) is not None

    def _made_up_for(self) -> bool:
        """Return whether a newer migration of the plan has succeeded where this one failed."""
        before = select(MemberRow.uid).where(
            MemberRow.control == self.diagnosis.control,
            MemberRow.uid == self.uid,
            MemberRow.left_note.startswith(SUCCESSOR),
        )
        return self.session.scalar(before.limit(1)) is not None

    def _left_lately(self, since: datetime) -> bool:
        lately = select(MemberRow.uid).where(
            MemberRow.control == self.diagnosis.control,
            MemberRow.uid == self.uid,
            MemberRow.left_at > since,
        )
        return self.session.scalar(lately.limit(1)) is not None

    def _latest(self, key: IncidentKey) -> IncidentRow | None:
        newest = with_parts().where(*_is(key)).order_by(IncidentRow.opened_at.desc()).limit(1)
        return self.session.scalar(newest.with_for_update(of=IncidentRow))

    def _recent(self, time: datetime) -> bool:
        return self.life.now - time <= self.life.rules.reopen_within

    def _leave(self, member: MemberRow, note: str) -> None:
        self.touched[member.incident.id] = member.incident
        self.life.leave(member, note)

    def _succeed(self) -> None:
        """Let go of the earlier, failed migrations of a plan whose newer one succeeded.

        A stage run makes up for stage runs only.
        """
        outcome, plan = self.diagnosis.outcome, self.diagnosis.plan
        if not plan:
            return
        before = outcome.since or self.life.now
        earlier = _held(
            self.session,
            self.diagnosis.control,
            MemberRow.plan == plan,
            MemberRow.uid != self.uid,
            MemberRow.ended_at < before,
        )
        for member in earlier:
            if outcome.itinerary != "Stage" or member.itinerary == "Stage":
                self._leave(member, SUCCESSOR + self.diagnosis.target.name)


def _about(row: IncidentRow, key: IncidentKey) -> bool:
    return (row.control, row.uid, row.entry_id) == (
        clean(key.control),
        clean(key.uid),
        clean(key.entry_id),
    )


def _outlived(row: IncidentRow) -> bool:
    """Return whether it says no more than that something takes long; what ended takes no longer."""
    return bool(row.facts.get("vague")) and row.outcome == Word.STALLED


def _is(key: IncidentKey) -> tuple[ColumnElement[bool], ...]:
    return (
        IncidentRow.control == key.control,
        IncidentRow.uid == key.uid,
        IncidentRow.entry_id == key.entry_id,
    )


def _unresolved(control: str) -> Select[IncidentRow]:
    query = with_parts().where(IncidentRow.state != State.RESOLVED)
    if control:
        query = query.where(IncidentRow.control == control)
    return query.order_by(IncidentRow.opened_at.desc(), IncidentRow.id)


def _held(session: Session, control: str, *which: ColumnElement[bool]) -> list[MemberRow]:
    """Return members held up now, their incidents kept from other writers."""
    query = (
        select(MemberRow)
        .join(IncidentRow)
        .where(MemberRow.control == control, MemberRow.left_at.is_(None), *which)
        .order_by(MemberRow.incident_id, MemberRow.uid)
        .with_for_update()
    )
    return list(session.scalars(query))


def _known(session: Session, incident_id: str) -> IncidentRow:
    query = with_parts().where(IncidentRow.id == incident_id)
    row = session.scalar(query.with_for_update(of=IncidentRow))
    if row is None:
        raise KeyError(incident_id)
    return row
