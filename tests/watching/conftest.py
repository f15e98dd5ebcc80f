"""A control cluster in memory, the real diagnosis, the real database, and a clock to turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clusters.port import Json
from bot.diagnosis.diagnosing import Diagnoser
from bot.incidents.model import Incident
from bot.store.database import Database, open_database
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from bot.watching.watcher import Watcher
from knowledge.matching.engine import Engine
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane
from tests.incidents.diagnoses import START
from tests.store.databases import blank, postgres
from tests.watching.objects import ENGINE, cluster, plan, storage

__all__ = ["postgres"]


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def to(self, minutes: float) -> None:
        self.now = START + timedelta(minutes=minutes)


class Site:
    """A bot over control clusters in memory; ``restart`` is a new process on the same file."""

    def __init__(self, url: str, engine: Engine = ENGINE) -> None:
        self.url = url
        self.engine = engine
        self.clock = Clock()
        self.planes = [self.control("prod")]
        self.told: list[str] = []
        self.begin()

    def control(self, name: str) -> MemoryPlane:
        host = MemoryCluster("host", clock=lambda: self.clock.now)
        source = MemoryCluster("ocp3", clock=lambda: self.clock.now)
        for obj in (storage(), cluster("host", host=True), cluster("ocp3"), plan("shop")):
            host.put(obj)
        return MemoryPlane(name, {"host": host, "ocp3": source})

    @property
    def host(self) -> MemoryCluster:
        return self.planes[0].host

    def put(self, *objects: Json) -> None:
        for obj in objects:
            self.host.put(obj)

    def begin(self, interval: float = 30.0) -> None:
        self.database: Database = open_database(self.url)
        self.incidents = StoredIncidents(self.database, channels=lambda _: "C1")
        self.outbox = StoredOutbox(self.database)
        diagnoser = Diagnoser(self.engine, self.clock)
        self.watcher = Watcher(self.planes, diagnoser, self.incidents, self.clock, interval)

    def restart(self) -> None:
        self.database.close()
        self.begin()

    def passes(self, minutes: float) -> list[Incident]:
        """Make a pass at that time, and return what is open then."""
        self.clock.to(minutes)
        self.watcher.run_once()
        return list(self.incidents.open())

    def open(self) -> list[tuple[str, str, tuple[str, ...]]]:
        return sorted((i.entry_id, i.subject.name, i.members) for i in self.incidents.open())

    def post(self) -> list[str]:
        """Send what is owed a minute later, and return it."""
        told = []
        later = self.clock.now + timedelta(minutes=1)
        while items := self.outbox.claim(later):
            for item in items:
                self.outbox.sent(item, item.channel, f"ts-{item.id}", later)
                told.append(":".join(filter(None, (item.kind, item.topic, item.detail))))
        return told


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(blank(tmp_path / "mtc-bot.sqlite3"))
    yield made
    made.watcher.stop()
    made.database.close()
