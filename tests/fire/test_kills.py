"""SIGKILL at every commit, and at any moment of a call to Slack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fire.scene import ROOM, Scene, told

COMMITS = 8
"""More than lie between the start of a bot and the last message of a failure."""


def test_a_bot_that_is_left_alone_posts_each_failure_once(url: str, tmp_path: Path) -> None:
    with Scene(tmp_path, url) as scene:
        scene.world.run("a", "b", "c")
        scene.begin()
        scene.slack.wait_connected()
        scene.world.fail("a", "b", "c")
        scene.wait(lambda: scene.settled(3))
        assert list(told(scene).values()) == [["evidence"]] * 3


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_a_commit_nothing_is_lost_and_nothing_is_posted_twice(
    moment: str, url: str, tmp_path: Path
) -> None:
    with Scene(tmp_path, url) as scene:
        scene.world.run(*(f"m{number}" for number in range(COMMITS)))
        scene.begin()
        scene.slack.wait_connected()
        scene.kill()
        died = 0
        for number in range(COMMITS):
            scene.world.fail(f"m{number}")
            scene.begin(number + 1, moment)
            died += scene.ended(10)
        assert died >= COMMITS - 1
        if not scene.pid:
            scene.begin()
        scene.wait(lambda: scene.settled(COMMITS))
        assert list(told(scene).values()) == [["evidence"]] * COMMITS


@pytest.mark.parametrize("trouble", ["none", "reply dropped", "hangs"])
def test_killed_while_slack_has_the_message_it_stands_once(
    trouble: str, url: str, tmp_path: Path
) -> None:
    with Scene(tmp_path, url) as scene:
        scene.world.run("a")
        scene.begin()
        scene.slack.wait_connected()
        if trouble == "reply dropped":
            scene.slack.drop_reply("chat.postMessage")
        elif trouble == "hangs":
            scene.slack.hang("chat.postMessage", 1.5)
        scene.world.fail("a")
        scene.slack.wait_for(lambda: scene.slack.calls("chat.postMessage"), 20)
        if trouble != "hangs":
            scene.slack.wait_for(lambda: scene.slack.messages(ROOM), 20)
        scene.kill()
        scene.begin()
        scene.wait(lambda: scene.settled(1))
        if trouble == "hangs":
            scene.kill()
            scene.begin()
            scene.calm()
        assert list(told(scene).values()) == [["evidence"]]
