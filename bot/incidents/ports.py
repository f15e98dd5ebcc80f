"""What the rest of the bot may ask of incidents and of the outbox.

Implemented in ``bot.store`` on SQLAlchemy; ``handlers`` drains the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.diagnosis.findings import Diagnosis
from bot.incidents.model import Incident

MessageKind = Literal["card", "thread", "rollup", "approval"]
"""card: post or update the incident's card. thread: a reply under it. rollup: a storm's summary.
approval: the card of a request for a remediation (topic ``card``), or a note about it
(``reminder``, or one of ``bot.store.executions.TOLD``); then ``incident_id`` holds the request's
id.
"""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A message owed to a channel; a row before it is a call.

    A ``card`` item carries no text: the newest state of the incident is rendered when it is
    sent, so that ten changes during an outage are one update. Items of one incident are sent
    in order.
    """

    id: int
    kind: MessageKind
    incident_id: str
    channel: str
    topic: str = ""
    """For ``thread``: what to say. Views know these.

    evidence, joined, recovered, acknowledged, silenced, unsilenced, resolved, reopened.
    """
    detail: str = ""
    """What the topic needs.

    joined, recovered: names of migrations, separated by spaces. acknowledged, silenced,
    unsilenced: the person's Slack id. resolved: the note, as in ``Incident.resolved_note``. For
    ``rollup``: ids of the incidents it stands for, separated by spaces.
    """
    attempts: int = 0
    """How often it was claimed before. Above 0 it may be in the channel already."""
    created_at: datetime | None = None


class Incidents(Protocol):
    """The life of incidents."""

    def observe(self, diagnosis: Diagnosis, now: datetime) -> tuple[Incident, ...]:
        """Open, change or resolve what this diagnosis bears on, and owe the messages for it.

        One transaction. Benign findings open nothing. Returns the incidents touched.
        """
        ...

    def get(self, incident_id: str) -> Incident | None:
        """Return one incident."""
        ...

    def for_migration(self, control: str, migration: str) -> tuple[Incident, ...]:
        """Return the unresolved incidents that hold this migration up."""
        ...

    def open(self, control: str = "") -> tuple[Incident, ...]:
        """Return all unresolved incidents, newest first."""
        ...

    def acknowledge(self, incident_id: str, user: str, now: datetime) -> Incident:
        """Mark as seen by a person. Raises ``KeyError`` for an unknown id."""
        ...

    def silence(self, incident_id: str, user: str, span: timedelta, now: datetime) -> Incident:
        """Say nothing more about it for ``span`` (it is still followed); for none: speak again."""
        ...

    def forget_gone(self, control: str, uids: Sequence[str], now: datetime) -> None:
        """Resolve incidents whose object was deleted."""
        ...


@dataclass(frozen=True, slots=True)
class Resent:
    """A message that stands after more than one try; an earlier try may still arrive."""

    item: OutboxItem
    ts: str
    """Of the message that counts."""


class Outbox(Protocol):
    """Messages owed. ``claim`` and ``sent`` are what makes a message neither lost nor doubled."""

    def claim(self, now: datetime, limit: int = 20) -> tuple[OutboxItem, ...]:
        """Return items due, at most one per incident, and keep other workers off them."""
        ...

    def sent(self, item: OutboxItem, channel: str, ts: str, now: datetime) -> None:
        """Record the message; for a card, where it stands."""
        ...

    def retry(
        self,
        item: OutboxItem,
        after: timedelta,
        error: str,
        now: datetime,
        *,
        tried: bool = True,
    ) -> None:
        """Put the item off; it stays first in its incident's order.

        Where it was not ``tried`` this time, the claim does not count among its attempts.
        """
        ...

    def hold(self, item: OutboxItem, after: timedelta, error: str, now: datetime) -> None:
        """Put off the item and all that is owed to its channel, which takes nothing now."""
        ...

    def release(self, now: datetime) -> None:
        """Let all that was put off be tried now."""
        ...

    def renew(self, item: OutboxItem, now: datetime) -> None:
        """Owe once more the card that the item was about, in its newest state."""
        ...

    def give_up(self, item: OutboxItem, error: str, now: datetime) -> None:
        """Set the item aside for good (its blocks are refused); it is kept and counted."""
        ...

    def resent(self, since: datetime) -> tuple[Resent, ...]:
        """Return what was sent since then after more than one try, newest first, 100 at most."""
        ...
