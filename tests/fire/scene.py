"""A control cluster, a Slack workspace and a bot that is killed again and again.

What goes in: objects of the control cluster, trouble in Slack, SIGKILL. What comes out: what
stands in the channel at the end. Nothing is mocked; the bot is a process of its own.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import pytest
from sqlalchemy import Connection, create_engine, text

from bot.clusters.port import Json
from sandbox.slack import SlackSandbox
from tests.watching.objects import cluster, condition, ended, held, plan, running, storage

ROOM = "C0MIGRATE1"
SEEDS = int(os.environ.get("MTC_BOT_FIRE_SEEDS", "1"))
"""How long the fire burns. With more than one seed everything is tried on every database."""
LONG = SEEDS > 1
ROOT = Path(__file__).parents[2]


class World:
    """The control cluster: every write there ever was, one a line, replayed by each life."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.put(storage(), cluster("host", host=True), cluster("ocp3"), plan("shop"))

    def put(self, *objects: Json) -> None:
        with self.path.open("ab", buffering=0) as file:
            file.write(b"".join(orjson.dumps(obj) + b"\n" for obj in objects))

    def run(self, *names: str) -> None:
        self.put(*(running(name, "shop", datetime.now(UTC)) for name in names))

    def fail(self, *names: str) -> None:
        now = datetime.now(UTC)
        self.put(*(ended(name, "shop", "Failed", now) for name in names))

    def succeed(self, name: str) -> None:
        """Let a newer migration of the plan do what those before it did not."""
        self.put(ended(name, "shop", "Succeeded", datetime.now(UTC) + timedelta(seconds=2)))

    def outage(self, root: str, *names: str) -> None:
        """Take the store, or the source cluster, away from migrations that run."""
        now = datetime.now(UTC)
        self.put(
            *broken(root, now),
            *(held(name, "shop", now) for name in names),
        )

    def recovery(self, *names: str) -> None:
        self.put(storage(), cluster("ocp3"), plan("shop"))
        self.run(*names)


def broken(root: str, now: datetime) -> tuple[Json, Json]:
    """Return the object in which an outage lies, and the plan that it holds up."""
    if root == "MigStorage":
        return (
            storage(condition("BackupStorageProviderTestFailed", at=now)),
            plan("shop", condition("StorageNotReady", at=now)),
        )
    return (
        cluster("ocp3", condition("ReconcileFailed", at=now)),
        plan("shop", condition("SourceClusterNotReady", at=now)),
    )


class Lives:
    """The process from which every life is forked; one life at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fire.lives"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def begin(self, settings: dict[str, Any]) -> int:
        """Begin a life; return its pid."""
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps(settings).decode() + "\n")
        self._process.stdin.flush()
        said = self._said.get(timeout=60)
        assert said.startswith("began "), said
        return int(said.removeprefix("began "))

    def end(self, seconds: float) -> str:
        """Return how the life ended; empty where it has not within that time."""
        try:
            return self._said.get(timeout=seconds)
        except queue.Empty:
            return ""

    def is_quiet(self) -> bool:
        """Return whether no life has ended unheard."""
        return self._said.empty()

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line.strip())
        self._said.put("over")


@dataclass
class Scene:
    """The bot and what is around it; ``begin`` is a new life, ``kill`` its end."""

    lives: Lives
    folder: Path
    url: str
    interval: float = 0.5
    slack: SlackSandbox = field(default_factory=SlackSandbox)

    def __post_init__(self) -> None:
        self.world = World(self.folder / "world.jsonl")
        self.log = self.folder / "bot.log"
        self.pid = 0

    def __enter__(self) -> Self:
        self.slack.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.pid:
            self.kill()
        self.slack.stop()

    def begin(self, commit: int = 0, moment: str = "before") -> None:
        """Start a life, which may be destined to die at one of its commits."""
        settings = {
            "database": self.url,
            "slack": self.slack.api_url,
            "channel": ROOM,
            "world": str(self.world.path),
            "log": str(self.log),
            "interval": self.interval,
            "commit": commit,
            "moment": moment,
        }
        self.pid = self.lives.begin(settings)

    def kill(self) -> None:
        """End a life with SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.ended()

    def ended(self, seconds: float = 60.0) -> bool:
        """Return whether a life ended within that time, which must be by SIGKILL."""
        said = self.lives.end(seconds)
        if not said:
            return False
        assert said == f"ended -{signal.SIGKILL:d}", f"{said}\n{self.log.read_text()[-3000:]}"
        self.pid = 0
        self._a_minute_passes()
        return True

    def wait(self, seen: Callable[[], bool], seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while not seen():
            told = self.log.read_text()[-3000:] if self.log.exists() else ""
            assert time.monotonic() < until, f"not seen; {self.outbox()}\n{told}"
            time.sleep(0.05)

    def outbox(self) -> Counter[str]:
        """Return how many messages are in which state."""
        return Counter(row.state for row in self.rows("SELECT state FROM outbox"))

    def settled(self, cards: int) -> bool:
        """Return whether so many cards stand and nothing more is owed."""
        return len(self.cards()) >= cards and self.outbox()["owed"] == 0

    def cards(self) -> list[dict[str, Any]]:
        return [m for m in self.slack.messages(ROOM) if m.get("thread_ts") in (None, m["ts"])]

    def resolved(self) -> int:
        """Return how many incidents are over."""
        rows = self.rows("SELECT state FROM incidents WHERE state = 'resolved'")
        return len(rows)

    def named(self) -> int:
        """Return how many incidents the channel was told of, in cards or in rollups."""
        rows = self.rows(
            "SELECT incident_id, detail FROM outbox WHERE state = 'sent' AND kind <> 'thread'"
        )
        return len(
            {each for row in rows for each in (row.incident_id, *row.detail.split()) if each}
        )

    def alive(self) -> bool:
        return bool(self.pid) and self.lives.is_quiet()

    def calm(self) -> None:
        """Let what was late arrive, and the bot look for it."""
        time.sleep(5)

    def threads(self) -> dict[str, list[dict[str, Any]]]:
        """Return the replies by the card that they stand under, in order."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for message in self.slack.messages(ROOM):
            if message.get("thread_ts") not in (None, message["ts"]):
                found[message["thread_ts"]].append(message)
        return found

    def topics(self) -> dict[int, str]:
        """Return what each message owed was about, by its number."""
        rows = self.rows("SELECT id, kind, topic FROM outbox")
        return {row.id: row.topic or row.kind for row in rows}

    def rows(self, query: str) -> Sequence[Any]:
        with self._connected() as connection:
            return connection.execute(text(query)).all()

    def _a_minute_passes(self) -> None:
        """Let claims of the dead lapse: on PostgreSQL a claim is kept for a minute."""
        if self.url.startswith("postgresql"):
            with self._connected() as connection:
                connection.execute(text("UPDATE outbox SET claimed_until = NULL"))

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = create_engine(self.url.replace("postgresql:", "postgresql+psycopg:"))
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def cases(quick: Iterable[tuple[str, str]], *all_of: str) -> pytest.MarkDecorator:
    """Return databases and ways to be tried together: a few, or all where there is time."""
    every = product(("sqlite", "postgresql"), all_of)
    chosen = [
        pytest.param(*case, marks=[pytest.mark.postgres] if case[0] == "postgresql" else [])
        for case in (every if LONG else quick)
    ]
    return pytest.mark.parametrize(("url", "way"), chosen, indirect=["url"])


def payload(message: dict[str, Any]) -> dict[str, Any]:
    """Return what a message says it is."""
    found: dict[str, Any] = message["metadata"]["event_payload"]
    return found


def told(scene: Scene) -> dict[str, list[str]]:
    """Return, by incident, the topics of its messages in the order in which they stand.

    Fails where a message stands twice, or an incident has two cards.
    """
    topics = scene.topics()
    numbers = Counter(payload(m)["item"] for m in scene.slack.messages(ROOM))
    assert max(numbers.values(), default=1) == 1, f"posted twice: {numbers.most_common(3)}"
    incidents = Counter(payload(card)["incident"] or str(card["ts"]) for card in scene.cards())
    assert max(incidents.values(), default=1) == 1, f"two cards: {incidents.most_common(3)}"
    threads = scene.threads()
    return {
        payload(card)["incident"]: [topics[payload(m)["item"]] for m in threads[card["ts"]]]
        for card in scene.cards()
    }
