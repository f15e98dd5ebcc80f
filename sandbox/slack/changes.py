"""Tells whoever waits that something in the workspace changed.

Two kinds wait: test threads (``wait_for``) on a condition, and open pages on asyncio queues. A
change is only a topic word (``channel:C...``, ``view:U...``); who hears it looks for itself.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.05
"""Predicates may look at things outside the sandbox too, so they are asked again now and then."""
_QUEUE_LENGTH = 500


class Changes:
    """Counts changes and wakes waiters. ``notify`` is called on the server's loop."""

    def __init__(self) -> None:
        """Start with nothing changed and nobody waiting."""
        self._condition = threading.Condition()
        self._version = 0
        self._pages: set[asyncio.Queue[str]] = set()

    def notify(self, *topics: str) -> None:
        """Wake all who wait."""
        with self._condition:
            self._version += 1
            self._condition.notify_all()
        for queue in self._pages:
            for topic in topics:
                if not queue.full():
                    queue.put_nowait(topic)

    def subscribe(self) -> asyncio.Queue[str]:
        """Return a queue of topics for one page; give it back to ``unsubscribe``."""
        queue: asyncio.Queue[str] = asyncio.Queue(_QUEUE_LENGTH)
        self._pages.add(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[str]) -> None:
        """Forget a page."""
        self._pages.discard(queue)

    def wait_for(self, predicate: Callable[[], T], timeout: float) -> T:
        """Return the first true value of the predicate.

        Raises ``TimeoutError`` when it stays false for ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            with self._condition:
                before = self._version
            found = predicate()
            if found:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"nothing within {timeout} s; last value: {found!r}")
            with self._condition:
                if self._version == before:
                    self._condition.wait(min(left, _POLL_SECONDS))
