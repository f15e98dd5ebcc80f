"""Slack delivers at least once: what was taken already is acknowledged again, and not done again.

Known by event id, else by trigger id; kept for an hour in this process. Acts on incidents are
harmless when repeated, so nothing is lost or spoilt where a restart forgets.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import BoltResponse

from handlers.askers import text

_KEPT_SECONDS = 3600.0
_MOST = 20_000


class Once:
    """A global middleware."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember by this clock, in seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __call__(
        self, body: dict[str, Any], next: Callable[[], BoltResponse]
    ) -> BoltResponse | None:
        """Let a payload through the first time."""
        key = key_of(body)
        if key and not self.first(key):
            return BoltResponse(status=200)
        return next()

    def first(self, key: str) -> bool:
        """Return whether the key was not seen before, and remember it."""
        now = self._clock()
        with self._lock:
            while self._seen:
                oldest, at = next(iter(self._seen.items()))
                if now - at < _KEPT_SECONDS and len(self._seen) < _MOST:
                    break
                del self._seen[oldest]
            if key in self._seen:
                return False
            self._seen[key] = now
            return True


def key_of(body: Mapping[str, Any]) -> str:
    """Return what names this delivery; empty for a payload that nothing names."""
    return text(body, "event_id") or text(body, "trigger_id")
