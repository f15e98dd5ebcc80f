"""SIGKILL at every commit, and at any moment of a call to Slack."""

from __future__ import annotations

from pathlib import Path

from tests.fire.scene import ROOM, Lives, Scene, cases, told

COMMITS = 8
"""More than lie between the start of a bot and the last message of a failure."""


@cases([("sqlite", "quietly")], "quietly")
def test_a_bot_that_is_left_alone_posts_each_failure_once(
    way: str, url: str, lives: Lives, tmp_path: Path
) -> None:
    with Scene(lives, tmp_path, url) as scene:
        scene.world.run("a", "b", "c")
        scene.begin()
        scene.slack.wait_connected()
        scene.world.fail("a", "b", "c")
        scene.wait(lambda: scene.settled(3))
        assert list(told(scene).values()) == [["evidence"]] * 3


@cases([("sqlite", "after"), ("postgresql", "before")], "before", "after")
def test_killed_at_a_commit_nothing_is_lost_and_nothing_is_posted_twice(
    way: str, url: str, lives: Lives, tmp_path: Path
) -> None:
    with Scene(lives, tmp_path, url) as scene:
        scene.world.run(*(f"m{number}" for number in range(COMMITS)))
        scene.begin()
        scene.slack.wait_connected()
        scene.kill()
        died = 0
        for number in range(COMMITS):
            scene.world.fail(f"m{number}")
            scene.begin(number + 1, way)
            died += scene.ended(10)
        assert died >= COMMITS - 1
        if not scene.pid:
            scene.begin()
        scene.wait(lambda: scene.settled(COMMITS))
        assert list(told(scene).values()) == [["evidence"]] * COMMITS


@cases([("sqlite", "hangs"), ("postgresql", "reply-dropped")], "none", "reply-dropped", "hangs")
def test_killed_while_slack_has_the_message_it_stands_once(
    way: str, url: str, lives: Lives, tmp_path: Path
) -> None:
    with Scene(lives, tmp_path, url) as scene:
        scene.world.run("a")
        scene.begin()
        scene.slack.wait_connected()
        if way == "reply-dropped":
            scene.slack.drop_reply("chat.postMessage")
        elif way == "hangs":
            scene.slack.hang("chat.postMessage", 1.5)
        scene.world.fail("a")
        scene.slack.wait_for(lambda: scene.slack.calls("chat.postMessage"), 20)
        if way != "hangs":
            scene.slack.wait_for(lambda: scene.slack.messages(ROOM), 20)
        scene.kill()
        scene.begin()
        scene.wait(lambda: scene.settled(1))
        if way == "hangs":
            scene.kill()
            scene.begin()
            scene.calm()
        assert list(told(scene).values()) == [["evidence"]]
