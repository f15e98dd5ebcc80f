"""A bot that lives many short lives: each is a process forked from one that has loaded everything.

Started with ``python -m tests.fire.lives``. Each line on standard input is one life's settings;
what comes back is the life's pid when it began and its end when it ended. The clusters of a life
are in memory, filled from a file that the tests change, so that they outlast a ``SIGKILL``. All
else is what ``mtc-bot run`` composes.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.cli.composing import SlackAccess, compose
from bot.logging_setup import set_up_logging
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane
from sandbox.slack.seed import APP_TOKEN, BOT_TOKEN
from tests.watching.objects import ENGINE

LOOK_SECONDS = 0.02


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(orjson.loads(line))
        _say(f"began {pid}")
        _, status = os.waitpid(pid, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _live(settings: dict[str, Any]) -> None:
    try:
        _run(settings)
    except BaseException:
        logging.exception("a life ended by itself")
    os._exit(1)


def _run(settings: dict[str, Any]) -> None:
    log = os.open(settings["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    set_up_logging()
    host = MemoryCluster("host")
    plane = MemoryPlane("prod", {"host": host, "ocp3": MemoryCluster("ocp3")})
    world = _World(Path(settings["world"]), host)
    world.read()
    bot = compose(
        [plane],
        SlackAccess(BOT_TOKEN, APP_TOKEN, lambda _: settings["channel"], settings["slack"]),
        database_url=settings["database"],
        engine=ENGINE,
        interval=settings["interval"],
    )
    if settings["commit"]:
        _die_at(settings["commit"], settings["moment"])
    threading.Thread(target=world.follow, daemon=True).start()
    bot.start()
    time.sleep(3600)


def _die_at(number: int, moment: str) -> None:
    """Kill this process just before, or just after, the commit with this number."""
    left = [number]
    lock = threading.Lock()

    def passed(_session: Session) -> None:
        with lock:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Session, f"{moment}_commit", passed)


class _World:
    """The control cluster: every write there ever was, one a line, replayed by each life."""

    def __init__(self, path: Path, host: MemoryCluster) -> None:
        self._file = path.open("rb")
        self._host = host

    def read(self) -> None:
        """Take over what was written since."""
        for line in self._file:
            self._host.put(orjson.loads(line))

    def follow(self) -> None:
        """Take over changes until the process that began this life is gone."""
        parent = os.getppid()
        while os.getppid() == parent:
            self.read()
            time.sleep(LOOK_SECONDS)
        os._exit(0)


if __name__ == "__main__":
    main()
