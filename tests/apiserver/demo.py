"""``make demo-real``: ``mtc-bot run`` on two real API servers and the Slack sandbox.

Migrations run on the servers and some fail, as in ``make demo``; but the bot is a process of its
own with a kubeconfig, the rights of deploy/rbac.yaml and a database, as it is in earnest. Kill it
with ``kill -9``: it is started again, and goes on where it was.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from bot.cli.demo_command import command_hints
from sandbox.clusters.plane import HOST
from sandbox.slack import SlackSandbox
from sandbox.touring import Tour
from tests.apiserver import crds
from tests.apiserver.fixtures import Server
from tests.apiserver.kwok import Kwok
from tests.apiserver.mirroring import Mirror
from tests.apiserver.process import ApiServer, NoBinaryError, binary
from tests.apiserver.rights import ACCOUNT, apply
from tests.apiserver.running import run_bot

CHANNEL = "C0MIGRATE1"
PORT = 8765
BEGINS = {
    "healthy-restic": -400.0,
    "hook-failed": -30.0,
    "healthy-direct": 5.0,
    "node-selector-missing": -150.0,
    "silent-volume-loss": -70.0,
    "storage-outage": 50.0,
}
"""When each story begins, in seconds after the start."""
_TOKEN = "token-of-the-bot"
_LOOK_SECONDS = 1.0

Say = Callable[[str], None]


class Demo:
    """All of it; ``pid`` is the bot's."""

    def __init__(self, folder: Path, begins: dict[str, float], port: int, say: Say) -> None:
        self.slack = SlackSandbox(port, commands=command_hints())
        self.pid = 0
        self.starts = 0
        self._folder = folder
        self._say = say
        self._tour = Tour(begins)
        self._undo = ExitStack()
        self._over = threading.Event()
        self._servers: dict[str, Server] = {}
        self._bot: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._say("starting two API servers ...")
            for name in self._tour.plane.clusters:
                self._servers[name] = self._server(undo, name)
            control = self._servers[HOST]
            apply(control.api, "bot.yaml", "rbac.yaml")
            mirror = Mirror(self._tour.plane, self._servers)
            self._say(f"{mirror.push()} objects loaded")
            self.slack.start()
            undo.callback(self.slack.stop)
            control.api.kubeconfig(self._folder / "kubeconfig", _TOKEN, "wave-1")
            (self._folder / "mtc-bot.yaml").write_text(yaml.safe_dump(self._settings()))
            self._tour.start()
            undo.callback(self._tour.stop)
            for work in (lambda: self._play(mirror), self._keep):
                thread = threading.Thread(target=work, daemon=True)
                thread.start()
                undo.callback(thread.join)
            undo.callback(self._over.set)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()

    def _server(self, undo: ExitStack, name: str) -> Server:
        users = {_TOKEN: f"system:serviceaccount:{ACCOUNT}:{ACCOUNT}"}
        api = ApiServer(self._folder / name, users=users)
        api.start()
        undo.callback(api.stop)
        crds.install(api)
        kwok = Kwok(api)
        kwok.start()
        undo.callback(kwok.stop)
        return Server(api, kwok)

    def _settings(self) -> dict[str, object]:
        kubeconfig = str(self._folder / "kubeconfig")
        return {
            "control_clusters": [{"name": "wave-1", "context": "wave-1", "kubeconfig": kubeconfig}],
            "slack": {"channel": CHANNEL},
            "database": f"sqlite:///{self._folder / 'mtc-bot.sqlite3'}",
            "interval_seconds": 10,
        }

    def _play(self, mirror: Mirror) -> None:
        said = ""
        while not self._over.wait(_LOOK_SECONDS):
            try:
                mirror.push()
            except Exception as error:
                if said != (said := f"not written to the servers, tried again: {error!r}"):
                    self._say(said)

    def _keep(self) -> None:
        """Start the bot, and start it again whenever it ends."""
        while not self._over.is_set():
            self._bot = run_bot(self._folder, self.slack)
            self.pid, self.starts = self._bot.pid, self.starts + 1
            again = " again" if self.starts > 1 else ""
            self._say(f"the bot is started{again}, process {self.pid}; try: kill -9 {self.pid}")
            self._await_end(self._bot)

    def _await_end(self, bot: subprocess.Popen[bytes]) -> None:
        while bot.poll() is None:
            if self._over.wait(0.2):
                bot.terminate()
                try:
                    bot.wait(20)
                except subprocess.TimeoutExpired:
                    bot.kill()
                    bot.wait()
                return
        how = signal.Signals(-bot.returncode).name if bot.returncode < 0 else bot.returncode
        self._say(f"the bot has ended ({how}); its log is {self._folder / 'bot.log'}")
        self._over.wait(1.0)


def main() -> int:
    """Run the demonstration until Ctrl-C; return 0."""
    try:
        binary("apiserver" if not os.environ.get("KUBEBUILDER_ASSETS") else "kwok")
    except NoBinaryError as error:
        print(f"{error}, or: make apiserver", file=sys.stderr)
        return 2
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with (
        tempfile.TemporaryDirectory(prefix="mtc-bot-real-") as folder,
        Demo(Path(folder), BEGINS, PORT, lambda words: print(words, flush=True)) as demo,
    ):
        print(
            f"\nThe page is at {demo.slack.url}\nTry /mtc list, /mtc status and /mtc diagnose "
            "there, as one of four people. Ctrl-C ends it.\n",
            flush=True,
        )
        over.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
