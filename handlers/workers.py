"""Threads that do the work after an acknowledgement, so that no question delays another's ack.

Bounded on both sides: so many at work, so many waiting; beyond that a job is refused at once and
the person told. Threads are daemons: a question that hangs never keeps the process from ending.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

Job = Callable[[], None]

_log = logging.getLogger(__name__)


class Workers:
    """A bounded pool. ``submit`` never blocks."""

    def __init__(self, threads: int = 12, waiting: int = 200) -> None:
        """Prepare; threads start with the first job."""
        self._threads = threads
        self._jobs: queue.Queue[Job | None] = queue.Queue(maxsize=waiting)
        self._lock = threading.Lock()
        self._started: list[threading.Thread] = []

    def submit(self, job: Job) -> bool:
        """Take a job; return False where too many wait already."""
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return False
        with self._lock:
            if len(self._started) < self._threads:
                name = f"slack-work-{len(self._started)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._started.append(thread)
                thread.start()
        return True

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:
                _log.exception("a job failed")

    def stop(self) -> None:
        """Let the threads end once what waits is done; does not wait for them."""
        with self._lock:
            ending, self._started = self._started, []
        for _ in ending:
            try:
                self._jobs.put_nowait(None)
            except queue.Full:
                return
