"""The tables: incidents and what happened to them, messages owed, objects seen.

``migrations/`` makes them in a database; a test holds the two to each other. Times are UTC,
texts are redacted by their column types.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, MetaData, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bot.store.columns import UtcTime, Words, WordsJson


class Base(DeclarativeBase):
    """What all tables share: names of constraints that are the same on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Words, datetime: UtcTime, dict[str, Any]: WordsJson}  # noqa: RUF012


class IncidentRow(Base):
    """One incident; at most one unresolved for a key, which the database itself enforces."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index(
            "uq_incidents_unresolved_key",
            "control",
            "uid",
            "entry_id",
            unique=True,
            sqlite_where=text("state <> 'resolved'"),
            postgresql_where=text("state <> 'resolved'"),
        ),
        Index("ix_incidents_key", "control", "uid", "entry_id"),
        Index("ix_incidents_state", "state"),
        Index("ix_incidents_channel", "channel", "opened_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    control: Mapped[str]
    uid: Mapped[str]
    entry_id: Mapped[str]
    state: Mapped[str]
    severity: Mapped[str]
    subject_kind: Mapped[str]
    subject_name: Mapped[str]
    subject_namespace: Mapped[str]
    subject_cluster: Mapped[str]
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    """What the newest diagnosis says: params, quotes, symptoms, also, not_read, confidence, whether
    it was the plan's cutover, and whether the cause is no more than a symptom."""
    plan: Mapped[str]
    outcome: Mapped[str]
    phase: Mapped[str]
    since: Mapped[datetime | None]
    subject_unwell: Mapped[bool]
    """The subject's own conditions were seen to be bad since the incident was opened."""
    held_back: Mapped[bool]
    """Opened in a storm: a rollup names it, and its card waits until a person acts on it."""
    acknowledged_by: Mapped[str]
    resolved_at: Mapped[datetime | None]
    resolved_note: Mapped[str]
    channel: Mapped[str]
    message_ts: Mapped[str]
    revision: Mapped[int]

    members: Mapped[list[MemberRow]] = relationship(
        back_populates="incident", order_by="MemberRow.id", cascade="all, delete-orphan"
    )
    silences: Mapped[list[SilenceRow]] = relationship(order_by="SilenceRow.id")


class MemberRow(Base):
    """A migration that an incident holds up, or held up."""

    __tablename__ = "members"
    __table_args__ = (
        Index("uq_members_incident_uid", "incident_id", "uid", unique=True),
        Index("ix_members_uid", "control", "uid"),
        Index("ix_members_plan", "control", "plan"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    """In the order of joining."""
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"))
    uid: Mapped[str]
    control: Mapped[str]
    name: Mapped[str]
    plan: Mapped[str]
    itinerary: Mapped[str]
    joined_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When MTC was done with the migration; None while it goes on."""
    left_at: Mapped[datetime | None]
    left_note: Mapped[str]

    incident: Mapped[IncidentRow] = relationship(back_populates="members")


class TimelineRow(Base):
    """Something that happened to an incident."""

    __tablename__ = "timeline"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), index=True)
    at: Mapped[datetime]
    what: Mapped[str]
    who: Mapped[str]
    detail: Mapped[str]


class SilenceRow(Base):
    """A person's wish to hear nothing of an incident for a while; the newest counts."""

    __tablename__ = "silences"
    __table_args__ = (Index("ix_silences_over", "over", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"), index=True)
    who: Mapped[str]
    begun_at: Mapped[datetime]
    until: Mapped[datetime]
    over: Mapped[bool]
    """Ended, and the card that says so is owed already."""


class OutboxRow(Base):
    """A message owed to a channel, kept after it was sent or given up."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    incident_id: Mapped[str] = mapped_column(index=True)
    """Empty for a rollup."""
    channel: Mapped[str]
    topic: Mapped[str]
    detail: Mapped[str]
    state: Mapped[str]
    """owed, sent, or given-up."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    gathering: Mapped[bool]
    """Waits until ``due_at`` for more of its kind to be told in one message."""
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int]
    done_at: Mapped[datetime | None]
    message_ts: Mapped[str]
    error: Mapped[str]


class PlaneRow(Base):
    """A control cluster, and since when it is watched."""

    __tablename__ = "planes"

    control: Mapped[str] = mapped_column(primary_key=True)
    watched_since: Mapped[datetime]


class SightingRow(Base):
    """How an object stood when it was last looked at."""

    __tablename__ = "sightings"

    control: Mapped[str] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    version: Mapped[str]
    """resourceVersions of the object and of what it depends on."""
    word: Mapped[str]
    looked_at: Mapped[datetime]
    unwell_since: Mapped[datetime | None]
    settled: Mapped[bool]
    """Nothing more to see unless the version changes."""
