"""Everything at once, drawn from a seed: trouble in Slack, SIGKILL, failures and recoveries.

``MTC_BOT_FIRE_SEEDS`` says how many seeds are tried on each database; each takes about half a
minute. One seed on SQLite is tried where it says nothing.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from sandbox.slack import SlackSandbox
from tests.fire.scene import LONG, ROOM, SEEDS, Lives, Scene, cases, told
from tests.store.postgres import Postgres

STORM = 1000 if LONG else 100
FAILURES = 6
METHODS = (
    "chat.postMessage",
    "chat.postMessage",
    "chat.update",
    "conversations.history",
    "conversations.replies",
    "auth.test",
    "apps.connections.open",
)
HANGING = ("chat.postMessage", "chat.update", "conversations.history")


def trouble(slack: SlackSandbox, dice: random.Random) -> None:
    """Make the next calls go wrong in some way."""
    method, times = dice.choice(METHODS), dice.randint(1, 2)
    match dice.choice(("limit", "hang", "5xx", "error", "reply", "request", "sockets")):
        case "limit":
            slack.rate_limit(method, times, retry_after=1)
        case "hang":
            slack.hang(dice.choice(HANGING), 0.8, times)
        case "5xx":
            slack.http_error(dice.choice((500, 502, 503)), method, times)
        case "error":
            slack.fail(method, dice.choice(("internal_error", "fatal_error")), times)
        case "reply":
            slack.drop_reply(method, times)
        case "request":
            slack.drop_request(method, times)
        case "sockets":
            slack.drop_sockets()


@cases([("sqlite", "seed-0")], *(f"seed-{number}" for number in range(SEEDS)))
def test_under_fire_each_failure_is_told_once_and_in_order(
    way: str, url: str, lives: Lives, tmp_path: Path
) -> None:
    dice = random.Random(way + url.partition(":")[0])
    names = [f"m{number}" for number in range(FAILURES)]
    with Scene(lives, tmp_path, url) as scene:
        scene.world.run(*names)
        scene.begin()
        scene.slack.wait_connected()
        for name in names:
            for _ in range(dice.randint(1, 3)):
                trouble(scene.slack, dice)
            scene.world.fail(name)
            time.sleep(dice.uniform(0, 1.2))
            if dice.random() < 0.7:
                scene.kill()
                scene.begin()
        scene.wait(lambda: len(scene.cards()) >= FAILURES)
        scene.world.succeed("again")
        for _ in range(2):
            trouble(scene.slack, dice)
            time.sleep(dice.uniform(0, 1.0))
            scene.kill()
            scene.begin()
        time.sleep(dice.uniform(0, 1.0))
        scene.slack.clear_faults()
        # A message that met six troubles waits a minute for its next chance.
        scene.wait(lambda: scene.resolved() == FAILURES and scene.settled(FAILURES), seconds=90)
        scene.calm()
        scene.wait(lambda: all("Resolved:" in str(card) for card in scene.cards()))
        assert list(told(scene).values()) == [["evidence", "resolved"]] * FAILURES
        assert scene.outbox()["given-up"] == 0


@pytest.mark.postgres
def test_a_database_that_is_away_for_a_while_delays_and_loses_nothing(
    postgres: Postgres, lives: Lives, tmp_path: Path
) -> None:
    with Scene(lives, tmp_path, postgres.database("away")) as scene:
        scene.world.run("a", "b")
        scene.begin()
        scene.slack.wait_connected()
        scene.world.fail("a")
        scene.wait(lambda: len(scene.cards()) == 1 if LONG else scene.settled(1))
        postgres.stop()
        try:
            scene.world.fail("b")
            time.sleep(3)
            assert scene.alive()
            assert len(scene.cards()) == 1
        finally:
            postgres.resume()
        scene.wait(lambda: scene.settled(2))
        assert list(told(scene).values()) == [["evidence"]] * 2


@pytest.mark.timeout(580 if LONG else 120)
def test_a_storm_of_failures_is_a_few_messages(lives: Lives, tmp_path: Path) -> None:
    names = [f"m{number}" for number in range(STORM)]
    with Scene(lives, tmp_path, f"sqlite:///{tmp_path}/mtc-bot.sqlite3", interval=5.0) as scene:
        scene.world.run(*names)
        scene.begin()
        scene.slack.wait_connected()
        scene.world.fail(*names)
        scene.wait(lambda: len(scene.cards()) >= 5)
        scene.kill()
        scene.begin()
        scene.wait(lambda: scene.named() == STORM, 100 + STORM / 5)
        scene.wait(lambda: scene.outbox()["owed"] == 0)
        told(scene)
        assert len(scene.slack.messages(ROOM)) < 30 + STORM / 50
