"""What is over for long goes; what is owed, open or part of the audit stays."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.mtc.outcome_words import Word
from bot.store.audit import Audit, record
from bot.store.database import Database
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from bot.store.pruning import Pruning, prune
from bot.store.schema import IncidentRow, MemberRow, OutboxRow, SilenceRow, TimelineRow
from bot.store.sightings import Sighting, StoredSightings
from tests.incidents.diagnoses import CONTROL, START, after, diagnosis, finding, migration

TOLD = after(10)
LATER = START + timedelta(days=91)


class Site:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.incidents = StoredIncidents(database, channels=lambda _: "C1")
        self.outbox = StoredOutbox(database)

    def fail(self, name: str, at: datetime = START) -> str:
        found = finding("migration-failed", migration(name))
        (incident,) = self.incidents.observe(diagnosis(name, Word.FAILED, found, since=at), at)
        return incident.id

    def resolve(self, name: str) -> None:
        at = after(5)
        self.incidents.observe(diagnosis(name, Word.SUCCEEDED, since=at), at)

    def send(self, at: datetime = TOLD) -> None:
        while items := self.outbox.claim(at):
            for item in items:
                self.outbox.sent(item, "C1", f"{item.id}.1", at)

    def rows(self) -> list[int]:
        """Return how many incidents, members, silences, lines and messages there are."""
        tables = (IncidentRow, MemberRow, SilenceRow, TimelineRow, OutboxRow)
        with self.database.reading() as session:
            return [session.scalar(select(func.count()).select_from(t)) or 0 for t in tables]


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


def test_what_was_resolved_and_told_long_ago_goes_whole(site: Site) -> None:
    incident = site.fail("a")
    site.incidents.silence(incident, "U1", timedelta(minutes=1), after(1))
    site.resolve("a")
    site.send()
    gone = prune(site.database, LATER)
    assert gone.incidents == 1
    assert site.rows() == [0, 0, 0, 0, 0]


def test_what_is_younger_than_is_kept_stays(site: Site) -> None:
    site.fail("a")
    site.resolve("a")
    site.send()
    before = site.rows()
    prune(site.database, START + timedelta(days=89))
    assert site.rows() == before


def test_an_open_incident_stays_with_its_beginning(site: Site) -> None:
    incident = site.fail("a")
    site.send()
    prune(site.database, LATER)
    kept = site.incidents.get(incident)
    assert kept is not None
    assert kept.members == ("a",)
    assert [line.what for line in kept.timeline] == ["opened"]
    assert site.outbox.counts()["sent"] == 0


def test_what_is_still_owed_stays_and_is_sent(site: Site) -> None:
    site.fail("a")
    site.resolve("a")
    prune(site.database, LATER)
    assert site.outbox.counts()["owed"] == 3
    site.send(LATER)
    prune(site.database, LATER)
    assert site.rows()[0] == 0


def test_a_failure_that_still_stands_on_its_cluster_is_not_told_again(site: Site) -> None:
    site.fail("a")
    seen = Sighting("uid-a", "MigMigration", "a", "1", "failed", START)
    StoredSightings(site.database).remember(CONTROL, [seen])
    site.resolve("a")
    site.send()
    prune(site.database, LATER)
    assert site.rows()[0] == 1
    StoredSightings(site.database).forget(CONTROL, ["uid-a"])
    prune(site.database, LATER)
    assert site.rows()[0] == 0


def test_more_than_fits_in_one_transaction_goes_too(site: Site) -> None:
    for number in range(5):
        site.fail(f"m{number}")
        site.resolve(f"m{number}")
    site.send()
    assert prune(site.database, LATER, at_once=2).incidents == 5


def test_the_audit_is_never_pruned(site: Site) -> None:
    site.database.write(lambda session: record(session, START, "U1", "requested", "x").number)
    prune(site.database, START + timedelta(days=5000))
    audit = Audit(site.database)
    assert len(audit.records()) == 1
    assert audit.verify() == ()


def test_pruning_goes_on_in_the_background(site: Site) -> None:
    site.fail("a")
    site.resolve("a")
    site.send()
    pruning = Pruning(site.database, timedelta(days=90), lambda: LATER, every=0.02)
    pruning.start()
    try:
        until = time.monotonic() + 10
        while site.rows()[0] and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        pruning.stop()
    assert site.rows()[0] == 0
