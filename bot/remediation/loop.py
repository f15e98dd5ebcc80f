"""What drives remediations: requests expire, approved ones are executed, executed ones verified.

One thread a process. A failure of one look never ends the loop: what is not done stays in the
database, and the next look takes it up.
"""

from __future__ import annotations

import logging
import threading

from bot.redaction import redact
from bot.remediation.requests import Requests
from bot.remediation.running import Runner

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between looks."""
_MOST_TURNS = 50
"""Requests that are taken up in one look, so that verification is never starved."""


class RemedyLoop:
    """Runs a ``Runner`` and the clock of ``Requests``."""

    def __init__(self, requests: Requests, runner: Runner, every: float = EVERY) -> None:
        """Take the parts; ``every`` is in seconds."""
        self._requests = requests
        self._runner = runner
        self._every = every
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look from now on in the background."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="remediation", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the step at hand and stop; what is not done is taken up by the next start."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def run_once(self) -> None:
        """Look once: expire and remind, execute, verify."""
        self._requests.tick()
        for _ in range(_MOST_TURNS):
            if self._stopping.is_set() or not self._runner.turn():
                break
        self._runner.verify()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                self.run_once()
            except Exception as error:
                log.error("remediations cannot go on now: %s", redact(repr(error)))
