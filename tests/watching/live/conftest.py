"""The whole bot, as ``mtc-bot run`` composes it, over two real API servers and the Slack sandbox.

The bot has the rights in ``deploy/rbac.yaml`` and no more, on the source too. What goes in are
conditions as mig-controller writes them, and real trouble; what comes out is what stands in the
channel. The scheduled pass is an hour away, so that only watches can be what noticed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from bot.cli.composing import Bot, SlackAccess, compose
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.live import open_api
from bot.clusters.port import Json
from knowledge.matching.engine import Engine
from sandbox.slack import SlackSandbox
from tests.apiserver.fixtures import Server
from tests.apiserver.loading import clear, load, path_of
from tests.apiserver.pairing import give_token, pair
from tests.apiserver.rights import bot_token
from tests.knowledge.builtin import builtin_engine
from tests.watching.objects import READY, cluster, condition, plan, running, storage

CHANNEL = "C0MIGRATE1"
MTC = "migration.openshift.io/v1alpha1"
_MERGE = "application/merge-patch+json"
_CONTENT = (
    k.MIGCLUSTER,
    k.MIGSTORAGE,
    k.MIGPLAN,
    k.MIGMIGRATION,
    k.MIGHOOK,
    k.DVM,
    k.DIM,
    k.POD,
    k.BACKUP,
    k.PVB,
)


class Site:
    """Two clusters, a workspace, and a bot between them."""

    def __init__(
        self, control: Server, source: Server, slack: SlackSandbox, engine: Engine, folder: Path
    ) -> None:
        self.control, self.source, self.slack, self.engine = control, source, slack, engine
        self.folder = folder
        for server in (control, source):
            clear(server.api, _CONTENT)
        pair(control.api, source.api, bot_token(source.api))
        there = [
            storage(),
            cluster("host", host=True),
            plan("shop"),
            running("shop-1", "shop", datetime.now(UTC)),
            plan("cart"),
            running("cart-1", "cart", datetime.now(UTC)),
        ]
        load(control.api, [{"apiVersion": MTC, **each} for each in there])
        self.conditions(k.MIGCLUSTER, "ocp3", READY)
        self.bot: Bot | None = None

    def begin(self, interval: float = 3600.0) -> None:
        """Start a bot and return when it knows the control cluster."""
        api = self.control.api
        plane = open_api(api.url, bot_token(api), api.ca.pem, name="prod")
        access = SlackAccess(
            self.slack.bot_token, self.slack.app_token, lambda _: CHANNEL, self.slack.api_url
        )
        url = f"sqlite:///{self.folder}/mtc-bot.sqlite3"
        self.bot = compose([plane], access, database_url=url, interval=interval, engine=self.engine)
        self.bot.start()
        watcher = self.bot.watcher
        wait_for(lambda: all(watcher.last_read().values()))
        time.sleep(1)  # for the first looks to be over

    def end(self) -> None:
        if self.bot is not None:
            self.bot.stop()
            self.bot = None

    def patch(self, kind: Kind, name: str, body: Json) -> None:
        self.control.api.done("PATCH", path_of(kind, MTC_NAMESPACE, name), body, _MERGE)

    def conditions(self, kind: Kind, name: str, *conditions: Json) -> None:
        self.patch(kind, name, {"status": {"conditions": list(conditions)}})

    def source_lost(self, why: str) -> None:
        """Write what mig-controller writes when it cannot reach a source in mid-migration."""
        now = datetime.now(UTC)
        self.conditions(k.MIGCLUSTER, "ocp3", condition("TestConnectFailed", message=why, at=now))
        self.conditions(k.MIGPLAN, "shop", condition("SourceClusterNotReady", at=now))
        self.conditions(k.MIGMIGRATION, "shop-1", condition("PlanNotReady", at=now))

    def source_found(self) -> None:
        """Write what it writes when all goes on."""
        self.conditions(k.MIGCLUSTER, "ocp3", READY)
        self.conditions(k.MIGPLAN, "shop", READY)
        step = condition("Running", "Advisory", "Step: 20/50", at=datetime.now(UTC))
        self.conditions(k.MIGMIGRATION, "shop-1", step)

    def new_token(self) -> None:
        """Put a token that works into the secret of the source, as an administrator would."""
        give_token(self.control.api, bot_token(self.source.api))

    def open(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return the open incidents: entry, object, migrations held up."""
        assert self.bot is not None
        return sorted(
            (each.entry_id, f"{each.subject.kind}/{each.subject.name}", each.members)
            for each in self.bot.incidents.open()
        )

    def cards(self) -> list[str]:
        """Return the messages of the channel that are not in a thread, as text."""
        return [
            orjson.dumps(message).decode()
            for message in self.slack.messages(CHANNEL)
            if message.get("thread_ts", message["ts"]) == message["ts"]
        ]


def wait_for(seen: Callable[[], bool], seconds: float = 60.0) -> float:
    """Return how long it took to be seen."""
    began = time.monotonic()
    while not seen():
        assert time.monotonic() - began < seconds, "it was never seen"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture(scope="session")
def engine() -> Engine:
    return builtin_engine()


@pytest.fixture
def site(
    control_server: Server, source_server: Server, engine: Engine, tmp_path: Path
) -> Iterator[Site]:
    with SlackSandbox() as slack:
        made = Site(control_server, source_server, slack, engine, tmp_path)
        try:
            made.begin()
            yield made
        finally:
            made.end()
