"""In: people acting in the Slack sandbox, and diagnoses observed. Out: what the people see.

Everything between is real: slack_sdk and slack_bolt over HTTP and WebSocket, the questions over
clusters in memory, incidents and outbox in SQLite. Only waiting times are short.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.access.policy import parse_policy
from bot.cli.composing_remedies import RemedySettings, compose_remedies
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import Json, Listing
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.incidents.model import Incident
from bot.questions.asking import Questions
from bot.store.database import Database, open_database
from bot.store.feedback import StoredFeedback
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from handlers.app import build_app
from handlers.clients import make_client
from handlers.directory import SlackDirectory
from handlers.posting import Poster
from handlers.services import Remediation, Services
from handlers.socket import SocketRunner
from knowledge.loading import Entries
from knowledge.matching.engine import Engine
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane
from sandbox.roles import DEMO_POLICY
from sandbox.slack import SlackSandbox, Timing
from tests.handlers import samples
from tests.handlers.checking import shown
from tests.handlers.samples import ENTRIES
from tests.store.databases import blank

ROOM = "C0MIGRATE1"
QUICK = Timing(event_retries=(0.3, 0.3), disconnect_grace=0.2, server_ping=1.0)


def mtc(kind: str, name: str, spec: Json, status: Json) -> Json:
    return {
        "apiVersion": "migration.openshift.io/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": MTC_NAMESPACE,
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-03-04T02:00:00Z",
        },
        "spec": spec,
        "status": status,
    }


def migration(name: str, condition: str) -> Json:
    return mtc(
        "MigMigration",
        name,
        {"migPlanRef": {"name": "shop", "namespace": MTC_NAMESPACE}, "stage": False},
        {
            "phase": "Completed",
            "errors": [f"{name}: backup was given up"] if condition == "Failed" else [],
            "conditions": [
                {
                    "type": condition,
                    "status": "True",
                    "category": "Critical" if condition == "Failed" else "Advisory",
                    "message": f"The migration has {condition.lower()}.",
                    "lastTransitionTime": "2026-03-04T02:20:00Z",
                }
            ],
        },
    )


def objects() -> list[Json]:
    plan = mtc(
        "MigPlan",
        "shop",
        {
            "namespaces": ["shop"],
            "srcMigClusterRef": {"name": "ocp3", "namespace": MTC_NAMESPACE},
            "destMigClusterRef": {"name": "host", "namespace": MTC_NAMESPACE},
        },
        {"conditions": [{"type": "Ready", "status": "True", "category": "Required"}]},
    )
    host = mtc("MigCluster", "host", {"isHostCluster": True}, {})
    return [host, plan, migration("shop-1", "Failed"), migration("cart-1", "Succeeded")]


class GatedCluster(MemoryCluster):
    """A cluster that answers nothing until its gate is open, as one behind a dead route."""

    def __init__(self, name: str, objects: list[Json]) -> None:
        super().__init__(name, objects)
        self.gate = threading.Event()
        self.gate.set()

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        self.gate.wait(30)
        return super().get(kind, name, namespace)

    def list(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        self.gate.wait(30)
        return super().list(kind, namespace, labels)


@dataclass
class Clock:
    """A clock that tests move; it also runs, so that what is put off comes due."""

    ahead: float = 0.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.ahead, UTC)


@dataclass
class House:
    """A workspace with a bot in it."""

    sandbox: SlackSandbox
    database: Database
    channel: str = ROOM
    clock: Clock = field(default_factory=Clock)
    cluster: GatedCluster = field(default_factory=lambda: GatedCluster("host", objects()))
    remedies: bool = False
    """Whether fixes can be asked for."""

    def __post_init__(self) -> None:
        self.outbox = StoredOutbox(self.database)
        self.incidents = StoredIncidents(self.database, channels=lambda incident: self.channel)
        known = Entries(ENTRIES)
        plane = MemoryPlane("hub", {"host": self.cluster})
        self.policy = parse_policy(DEMO_POLICY)
        self.remediation: Remediation | None = None
        if self.remedies:
            client = make_client(self.sandbox.bot_token, self.sandbox.api_url)
            self.remediation, self.loop = compose_remedies(
                [plane],
                RemedySettings(lambda: self.policy, lambda control, plan: ROOM),
                self.database,
                SlackDirectory(client),
                self.clock,
            )
        self.services = Services(
            questions=Questions([plane], Diagnoser(Engine(ENTRIES.values())), lambda: known),
            incidents=self.incidents,
            outbox=self.outbox,
            knowledge=lambda: known,
            feedback=StoredFeedback(self.database),
            channel=lambda incident: self.channel,
            remediation=self.remediation,
            clock=self.clock,
        )

    def runner(self, **options: Any) -> SocketRunner:
        app = build_app(
            self.services,
            bot_token=self.sandbox.bot_token,
            api_url=self.sandbox.api_url,
            **options,
        )
        return SocketRunner(app, self.sandbox.app_token, self.sandbox.api_url)

    def poster(self, timeout: int = 5) -> Poster:
        client = make_client(self.sandbox.bot_token, self.sandbox.api_url, timeout)
        return Poster(client, self.services, poll_seconds=0.05)

    def observe(self, diagnosis: Diagnosis | None = None) -> Incident:
        found = diagnosis or samples.diagnosis()
        return self.incidents.observe(found, self.clock())[0]

    def drain(self, poster: Poster, rounds: int = 20) -> None:
        """Let the poster work until nothing is owed, moving the clock over what is put off."""
        for _ in range(rounds):
            if not poster.drain_once():
                if not self.outbox.counts()["owed"]:
                    return
                self.clock.ahead += 10
        raise AssertionError(f"still owed: {self.outbox.counts()}")

    def posted(self, thread_ts: str | None = None) -> list[dict[str, Any]]:
        return self.sandbox.messages(ROOM, thread_ts)

    def answers(self, user: str) -> list[str]:
        return [shown({"blocks": m["blocks"]}) for m in self.sandbox.ephemerals(user)]

    def wait_answer(self, user: str, words: str, timeout: float = 8.0) -> str:
        """Return the first ephemeral answer that holds these words."""

        def look() -> str:
            return next((each for each in self.answers(user) if words in each), "")

        return self.sandbox.wait_for(look, timeout)


@pytest.fixture
def sandbox() -> Iterator[SlackSandbox]:
    with SlackSandbox(timing=QUICK) as running:
        yield running


@pytest.fixture
def house(sandbox: SlackSandbox, tmp_path: Path) -> Iterator[House]:
    database = open_database(blank(tmp_path / "bot.sqlite3"))
    built = House(sandbox, database)
    yield built
    built.cluster.gate.set()
    database.close()


@pytest.fixture
def workshop(sandbox: SlackSandbox, tmp_path: Path) -> Iterator[House]:
    """A house in which fixes can be asked for, approved and executed."""
    database = open_database(blank(tmp_path / "workshop.sqlite3"))
    alone = [obj for obj in objects() if obj["metadata"]["name"] != "cart-1"]
    built = House(sandbox, database, cluster=GatedCluster("host", alone), remedies=True)
    yield built
    built.cluster.gate.set()
    database.close()


@pytest.fixture(scope="session")
def leaving() -> Iterator[ThreadPoolExecutor]:
    """Close connections in the background: the SDK takes a second or more for each."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def start(house: House, leaving: ThreadPoolExecutor) -> Iterator[Callable[..., SocketRunner]]:
    """Connect the bot of the house; returns its runner."""
    started: list[SocketRunner] = []

    def begin(of: House | None = None, **options: Any) -> SocketRunner:
        chosen = of or house
        runner = chosen.runner(**options)
        runner.start()
        started.append(runner)
        chosen.sandbox.wait_connected(len(started))
        return runner

    yield begin
    for runner in started:
        leaving.submit(runner.stop)
