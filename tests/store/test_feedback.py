"""Thumbs up and down: one person, one opinion of an entry in an incident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.store.database import Database, open_database, read_database
from bot.store.feedback import StoredFeedback

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_votes_are_counted_by_entry_the_most_disputed_first(database: Database) -> None:
    feedback = StoredFeedback(database)
    feedback.add("store-full", "i1", "U1", True, NOW)
    feedback.add("store-full", "i1", "U2", True, NOW + timedelta(hours=1))
    feedback.add("hook-failed", "i2", "U1", False, NOW)
    feedback.add("hook-failed", "i3", "U1", True, NOW)
    first, second = feedback.counts()
    assert (first.entry_id, first.up, first.down, first.share) == ("hook-failed", 1, 1, 0.5)
    assert (second.entry_id, second.up, second.down) == ("store-full", 2, 0)
    assert second.last_at == NOW + timedelta(hours=1)


def test_a_later_opinion_takes_the_place_of_the_earlier(database: Database) -> None:
    feedback = StoredFeedback(database)
    feedback.add("store-full", "i1", "U1", True, NOW)
    feedback.add("store-full", "i1", "U1", False, NOW)
    (votes,) = feedback.counts()
    assert (votes.up, votes.down) == (0, 1)


def test_nothing_said_is_nothing_counted(database: Database) -> None:
    assert StoredFeedback(database).counts() == ()


def test_votes_can_be_read_while_the_bot_has_the_database(url: str) -> None:
    running = open_database(url)
    StoredFeedback(running).add("store-full", "i1", "U1", True, NOW)
    looking = read_database(url)
    assert [v.entry_id for v in StoredFeedback(looking).counts()] == ["store-full"]
    looking.close()
    running.close()


def test_votes_of_one_incident_are_told_apart(database: Database) -> None:
    feedback = StoredFeedback(database)
    feedback.add("store-full", "i1", "U1", True, NOW)
    feedback.add("store-full", "i1", "U2", False, NOW)
    feedback.add("store-full", "i1", "U3", False, NOW)
    feedback.add("store-full", "i2", "U1", True, NOW)
    assert feedback.of("store-full", "i1") == (1, 2)
    assert feedback.of("store-full", "i3") == (0, 0)
