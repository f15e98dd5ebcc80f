"""What an incident is: one root cause in one object, and the migrations it holds up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.clusters.port import ObjectRef

UNDIAGNOSED = "undiagnosed"
"""Stands for the entry id where a migration is not well and no entry says why."""


class State(StrEnum):
    """The life of an incident."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class IncidentKey:
    """Control cluster + UID of the object in which the cause lies + knowledge entry.

    Never prose: texts vary, keys don't.
    """

    control: str
    uid: str
    entry_id: str


@dataclass(frozen=True, slots=True)
class StoredQuote:
    """Redacted evidence as it was stored."""

    text: str
    where: str
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """Something that happened to the incident; ``text_key`` is a message id, see handlers."""

    at: datetime
    what: str
    """opened, changed, member-joined, member-recovered, acknowledged, silenced, unsilenced,
    resolved or reopened."""
    who: str = ""
    """Slack user id, empty for the bot."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as stored. Views render it; they look the entry up by ``entry_id``."""

    id: str
    key: IncidentKey
    state: State
    subject: ObjectRef
    severity: str
    entry_id: str
    opened_at: datetime
    updated_at: datetime
    params: dict[str, str] = field(default_factory=dict)
    """Values for the entry's placeholders."""
    quotes: tuple[StoredQuote, ...] = ()
    members: tuple[str, ...] = ()
    """Names of the migrations held up now."""
    recovered: tuple[str, ...] = ()
    """Names of migrations that were members and went on or succeeded."""
    plan: str = ""
    outcome: str = ""
    """Word of the outcome of the (first) member when last looked at."""
    phase: str = ""
    since: datetime | None = None
    symptoms: tuple[str, ...] = ()
    """Entry ids that this cause explains here."""
    also: tuple[str, ...] = ()
    """Entry ids of what else is wrong with the first member and is not explained by this cause."""
    not_read: tuple[str, ...] = ()
    cut_over: bool = False
    """Whether MTC takes the first member for its plan's cutover, see ``Outcome``."""
    confidence: float = 1.0
    acknowledged_by: str = ""
    silenced_until: datetime | None = None
    resolved_at: datetime | None = None
    resolved_note: str = ""
    """Why it counts as resolved.

    ``succeeded``, ``successor:<name>``, ``condition-gone`` (the object is well again, or the
    migration goes on), ``deleted``, ``canceled``, ``rolled-back``, or ``other-cause:<entry id>``
    where a later look found another cause.
    """
    timeline: tuple[TimelineItem, ...] = ()
    channel: str = ""
    message_ts: str = ""
    """Where its card stands in Slack, once posted."""
    revision: int = 0
    """Grows with each change that a reader of the card would see."""
