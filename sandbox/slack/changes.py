"""Tells whoever waits that something in the workspace changed.

Two kinds wait: test threads (``wait_for``) on a condition, and open pages each on a ``Feed``. A
change is only a topic word (``channel:C...``, ``view:U...``); who hears it looks for itself, so a
topic that comes again before it was heard is told once, and a storm never outgrows a page.
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


class Feed:
    """The topics one page has not heard yet. Used on the server's loop only."""

    def __init__(self) -> None:
        """Start with nothing to tell."""
        self._topics: dict[str, None] = {}
        self._news = asyncio.Event()

    def add(self, topic: str) -> None:
        """Keep a topic until it is heard."""
        self._topics[topic] = None
        self._news.set()

    async def next(self) -> list[str]:
        """Return the topics since the last call, each once; wait when there are none."""
        await self._news.wait()
        topics = list(self._topics)
        self._topics.clear()
        self._news.clear()
        return topics


class Changes:
    """Counts changes and wakes waiters. ``notify`` is called on the server's loop."""

    def __init__(self) -> None:
        """Start with nothing changed and nobody waiting."""
        self._condition = threading.Condition()
        self._version = 0
        self._pages: set[Feed] = set()

    def notify(self, *topics: str) -> None:
        """Wake all who wait."""
        with self._condition:
            self._version += 1
            self._condition.notify_all()
        for feed in self._pages:
            for topic in topics:
                feed.add(topic)

    def subscribe(self) -> Feed:
        """Return the feed of one page; give it back to ``unsubscribe``."""
        feed = Feed()
        self._pages.add(feed)
        return feed

    def unsubscribe(self, feed: Feed) -> None:
        """Forget a page."""
        self._pages.discard(feed)

    def wait_for(self, predicate: Callable[[], T | None], timeout: float) -> T:
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
