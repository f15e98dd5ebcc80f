"""The steps in the life of an incident: each writes the row, the timeline and what is owed.

An incident that is silenced, or was held back in a storm, is followed like any other but owes
nothing; when its silence ends, the outbox owes its card.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.diagnosis.findings import Diagnosis
from bot.incidents.causes import Cause, identity
from bot.incidents.model import Incident, State
from bot.store.columns import clean
from bot.store.owing import hurry, owe_card, owe_rollup, owe_thread
from bot.store.reading import incident, present, quote_json
from bot.store.schema import IncidentRow, MemberRow, TimelineRow

OTHER_CAUSE = "other-cause:"
SUCCESSOR = "successor:"
"""Before the name of a newer migration that succeeded, in the note of a member that left."""
_LASTING = frozenset({"MigCluster", "MigStorage"})
"""Kinds whose incident outlives its last member while the object itself is unwell."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How incidents behave."""

    reopen_within: timedelta = timedelta(hours=24)
    """The same cause coming back so soon is the same incident."""
    storm_size: int = 10
    """Incidents opened in one channel within ``storm_span`` that are posted one by one."""
    storm_span: timedelta = timedelta(minutes=1)
    settling: timedelta = timedelta(minutes=10)
    """How long after its end a migration's cause may still be corrected.

    Evidence decays: pods and their logs go, and a later look knows less than the first.
    """
    patience: timedelta = timedelta(minutes=2)
    """How long a vague cause must stand; in a chain of objects the root may be seen last."""


@dataclass(frozen=True, slots=True)
class Life:
    """One transaction's view: the session, the time, the rules, and where alerts go."""

    session: Session
    now: datetime
    rules: Rules
    channels: Callable[[Incident], str]

    def begin(self, cause: Cause, diagnosis: Diagnosis) -> IncidentRow:
        """Open an incident and owe its card and evidence, or, in a storm, a rollup."""
        row = IncidentRow(
            id=secrets.token_hex(6),
            control=cause.key.control,
            uid=cause.key.uid,
            entry_id=cause.key.entry_id,
            state=State.OPEN,
            subject_kind=cause.subject.kind,
            subject_name=cause.subject.name,
            subject_namespace=cause.subject.namespace,
            subject_cluster=cause.subject.cluster,
            opened_at=self.now,
            subject_unwell=False,
            held_back=False,
            acknowledged_by="",
            resolved_at=None,
            resolved_note="",
            channel="",
            message_ts="",
            revision=0,
            updated_at=self.now,
            **self._seen(cause, diagnosis),
            **_standing(diagnosis),
        )
        row.channel = self.channels(incident(row))
        row.held_back = self._in_storm(row.channel)
        self.session.add(row)
        self.session.flush()
        self.note(row, "opened")
        if row.held_back:
            owe_rollup(self.session, row, self.now)
        else:
            self.post(row)
        return row

    def reopen(self, row: IncidentRow, cause: Cause, diagnosis: Diagnosis) -> None:
        """Take a resolved incident up again."""
        row.state = State.OPEN
        row.acknowledged_by = row.resolved_note = ""
        row.resolved_at = None
        self._set(row, {**self._seen(cause, diagnosis), **_standing(diagnosis)})
        self._changed(row, "reopened")
        if not row.held_back:
            self.tell(row, "reopened", then="evidence")
        elif self._in_storm(row.channel):
            owe_rollup(self.session, row, self.now)
        else:
            row.held_back = False
            self.post(row)

    def refresh(self, row: IncidentRow, cause: Cause, diagnosis: Diagnosis) -> None:
        """Take over what a newer look at the first member says.

        The card changes if a reader would see it.
        """
        members = present(row)
        if members and members[0].uid != clean(identity(diagnosis.target)):
            return
        before = _shown(row)
        self._set(row, {**self._seen(cause, diagnosis), **_standing(diagnosis)})
        if _shown(row) != before:
            self._changed(row, "changed", detail=row.phase)
            self.tell(row)

    def join(self, row: IncidentRow, diagnosis: Diagnosis, *, quietly: bool) -> None:
        """Add a migration; ``quietly`` where opening or reopening says it already."""
        uid = clean(identity(diagnosis.target))
        if not present(row):
            self._set(row, _standing(diagnosis))
        for former in [m for m in row.members if m.uid == uid]:
            row.members.remove(former)
        self.session.flush()
        outcome = diagnosis.outcome
        row.members.append(
            MemberRow(
                uid=uid,
                control=row.control,
                name=diagnosis.target.name,
                plan=diagnosis.plan,
                itinerary=outcome.itinerary,
                joined_at=self.now,
                ended_at=(outcome.since or self.now) if outcome.ended else None,
                left_at=None,
                left_note="",
            )
        )
        self.session.flush()
        if quietly:
            return
        self._changed(row, "member-joined", detail=diagnosis.target.name)
        self._tell_name(row, "joined", diagnosis.target.name)

    def leave(self, member: MemberRow, note: str) -> None:
        """Take a migration out; resolves the incident if it was the last and nothing is left."""
        row = member.incident
        member.left_at, member.left_note = self.now, note
        stays = present(row)
        unwell = row.subject_kind in _LASTING and row.subject_unwell
        if not stays and (not unwell or note.startswith(OTHER_CAUSE)):
            self.note(row, "member-recovered", detail=member.name)
            self.resolve(row, note)
            return
        self._changed(row, "member-recovered", detail=member.name)
        if note.startswith(OTHER_CAUSE):
            self.tell(row)
        else:
            self._tell_name(row, "recovered", member.name)

    def resolve(self, row: IncidentRow, note: str) -> None:
        """End an incident, and with it the hold on whoever was still held up."""
        for member in present(row):
            member.left_at, member.left_note = self.now, note
        row.state = State.RESOLVED
        row.resolved_at, row.resolved_note = self.now, note
        row.subject_unwell = False
        self._changed(row, "resolved", detail=note)
        self.tell(row, "resolved", detail=note)

    def tell(self, row: IncidentRow, topic: str = "", *, detail: str = "", then: str = "") -> None:
        """Owe the card, and replies in its thread, unless the incident is to be quiet."""
        silenced = bool(row.silences) and row.silences[-1].until > self.now
        if silenced or row.held_back:
            return
        owe_card(self.session, row, self.now)
        for each in filter(None, (topic, then)):
            owe_thread(self.session, row, each, self.now, detail if each == topic else "")

    def _tell_name(self, row: IncidentRow, topic: str, name: str) -> None:
        """Owe the card, and a reply with the name if there is a card to reply to by now."""
        self.tell(row, topic if row.message_ts else "", detail=name)

    def answer(self, row: IncidentRow, topic: str, user: str, detail: str = "") -> None:
        """Show what a person did, at once, silenced or not; posts a card that was held back."""
        self._changed(row, topic, who=user, detail=detail)
        hurry(self.session, row, self.now)
        if row.held_back:
            row.held_back = False
            self.post(row)
        owe_card(self.session, row, self.now)
        owe_thread(self.session, row, topic, self.now, user)

    def post(self, row: IncidentRow) -> None:
        """Owe the card and, beneath it, the evidence."""
        owe_card(self.session, row, self.now)
        owe_thread(self.session, row, "evidence", self.now)

    def note(self, row: IncidentRow, what: str, *, who: str = "", detail: str = "") -> None:
        """Write a line of the timeline."""
        self.session.add(
            TimelineRow(incident_id=row.id, at=self.now, what=what, who=who, detail=detail)
        )

    def _changed(self, row: IncidentRow, what: str, *, who: str = "", detail: str = "") -> None:
        self.note(row, what, who=who, detail=detail)
        row.revision += 1
        row.updated_at = self.now

    def _seen(self, cause: Cause, diagnosis: Diagnosis) -> dict[str, Any]:
        return {
            "severity": cause.severity,
            "facts": {
                "params": cause.params,
                "quotes": [quote_json(q.text, q.where, q.time) for q in cause.quotes],
                "symptoms": list(cause.symptoms),
                "also": list(cause.also),
                "not_read": [f"{each.what}: {each.why}" for each in diagnosis.not_read],
                "cut_over": diagnosis.outcome.cut_over,
                "vague": cause.vague,
                "confidence": cause.confidence,
            },
        }

    def _set(self, row: IncidentRow, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)

    def _in_storm(self, channel: str) -> bool:
        recent = select(func.count()).where(
            IncidentRow.channel == channel, IncidentRow.opened_at > self.now - self.rules.storm_span
        )
        return (self.session.scalar(recent) or 0) >= self.rules.storm_size


def _shown(row: IncidentRow) -> tuple[Any, ...]:
    """Return what a reader of the card would see change; quotes and parameters drift."""
    facts = row.facts
    return row.severity, row.outcome, row.phase, facts.get("symptoms"), facts.get("also")


def _standing(diagnosis: Diagnosis) -> dict[str, Any]:
    outcome = diagnosis.outcome
    return {
        "plan": diagnosis.plan,
        "outcome": str(outcome.word),
        "phase": outcome.phase,
        "since": outcome.since,
    }
