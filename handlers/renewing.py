"""Cards whose change was tried more than once: an earlier try may still arrive and show old facts.

A call that timed out, or whose sender was killed, may be carried out by Slack later than its
successor. So such a card is shown anew a few times, in its newest state.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bot.incidents.ports import OutboxItem

_LOOKS = (1, 3, 10)
"""When, in time-outs of a call: most that are late are so by little."""


class Renewals:
    """Remembers which cards are to be shown anew, and when. May be shared by threads."""

    def __init__(self, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        """``timeout`` is how long a call may take, in seconds; ``clock`` gives seconds."""
        self._timeout = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._due: dict[str, tuple[OutboxItem, list[float]]] = {}

    def watch(self, item: OutboxItem) -> None:
        """Have the card that the item is about shown anew for a while; others need nothing."""
        if item.kind not in ("card", "approval") or item.topic not in ("", "card"):
            return
        now = self._clock()
        due = [now + times * self._timeout for times in _LOOKS]
        with self._lock:
            self._due[f"{item.kind} {item.incident_id}"] = (item, due)

    def due(self) -> list[OutboxItem]:
        """Return one item for each card that is to be shown anew now."""
        now = self._clock()
        found = []
        with self._lock:
            for key, (item, times) in list(self._due.items()):
                if times[0] > now:
                    continue
                found.append(item)
                times[:] = [each for each in times if each > now]
                if not times:
                    del self._due[key]
        return found
