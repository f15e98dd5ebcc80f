"""One outage is one incident: a card that lists forty migrations, and ends when they go on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.composing import SlackAccess, compose
from bot.clusters import kinds as k
from bot.clusters.port import Json
from sandbox.slack import SlackSandbox
from tests.apiserver.fixtures import Server
from tests.apiserver.loading import clear, load
from tests.clusters.live.conftest import plane_of
from tests.fire.scene import ROOM, Lives, Scene, broken, cases, told
from tests.handlers.checking import shown
from tests.watching.objects import ENGINE, cluster, held, plan, running, storage

FORTY = tuple(f"wave-{number:02}" for number in range(40))
MTC = "migration.openshift.io/v1alpha1"


def members(scene: Scene) -> int:
    return len(scene.rows("SELECT id FROM members WHERE left_at IS NULL"))


@cases([("sqlite", "MigStorage"), ("postgresql", "MigCluster")], "MigStorage", "MigCluster")
def test_forty_migrations_are_on_one_card_that_ends_when_they_go_on(
    way: str, url: str, lives: Lives, tmp_path: Path
) -> None:
    with Scene(lives, tmp_path, url) as scene:
        scene.world.run(*FORTY)
        scene.begin()
        scene.slack.wait_connected()
        scene.world.outage(way, *FORTY)
        scene.wait(lambda: len(scene.cards()) == 1)
        scene.kill()
        scene.begin()
        scene.wait(lambda: members(scene) == 40 and scene.settled(1))
        (card,) = scene.cards()
        assert "40" in shown(card)
        assert any(name in shown(card) for name in FORTY)
        scene.world.recovery(*FORTY)
        scene.wait(lambda: scene.resolved() == 1 and scene.settled(1))
        (card,) = scene.cards()
        assert "Resolved" in shown(card)
        (topics,) = told(scene).values()
        assert (topics[0], topics[-1]) == ("evidence", "resolved")
        assert set(topics[1:-1]) <= {"joined", "recovered"}


@pytest.mark.apiserver
@pytest.mark.timeout(240)
@pytest.mark.parametrize("root", ["MigStorage", "MigCluster"])
def test_forty_migrations_on_a_real_api_server_are_on_one_card(
    root: str, control_server: Server, tmp_path: Path
) -> None:
    api = control_server.api
    clear(api, (k.MIGCLUSTER, k.MIGSTORAGE, k.MIGPLAN, k.MIGMIGRATION, k.MIGHOOK, k.DVM, k.DIM))

    def put(*objects: Json) -> None:
        load(api, [{"apiVersion": MTC, **each} for each in objects])

    now = datetime.now(UTC)
    put(storage(), cluster("host", host=True), cluster("ocp3"), plan("shop"))
    put(*(running(name, "shop", now) for name in FORTY))
    with SlackSandbox() as slack:
        bot = compose(
            [plane_of(control_server, writable=False)],
            SlackAccess(slack.bot_token, slack.app_token, lambda _: ROOM, slack.api_url),
            database_url=f"sqlite:///{tmp_path}/mtc-bot.sqlite3",
            engine=ENGINE,
            interval=5.0,
        )

        def cards() -> list[dict[str, Any]]:
            return [m for m in slack.messages(ROOM) if m.get("thread_ts") in (None, m["ts"])]

        bot.start()
        try:
            until = time.monotonic() + 60
            while not all(bot.watcher.last_read().values()) and time.monotonic() < until:
                time.sleep(0.05)
            now = datetime.now(UTC)
            put(*broken(root, now), *(held(name, "shop", now) for name in FORTY))
            slack.wait_for(lambda: cards() and "40" in shown(cards()[0]), 60)
            put(storage(), cluster("ocp3"), plan("shop"))
            put(*(running(name, "shop", now) for name in FORTY))
            slack.wait_for(lambda: "Resolved" in shown(cards()[0]), 60)
            assert len(cards()) == 1
        finally:
            bot.stop()
