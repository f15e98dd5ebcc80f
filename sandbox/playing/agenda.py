"""What is still to happen, by virtual time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]


class Agenda:
    """Actions in the order of their times, then in the order they were entered."""

    def __init__(self) -> None:
        """Begin empty."""
        self._entries: list[tuple[float, int, Action]] = []
        self._order = count()

    def at(self, time: float, action: Action) -> None:
        """Enter an action."""
        heapq.heappush(self._entries, (time, next(self._order), action))

    @property
    def next_time(self) -> float | None:
        """Return when the next action is due; None when nothing is left."""
        return self._entries[0][0] if self._entries else None

    def take(self) -> Action:
        """Return the next action, which is off the agenda then."""
        return heapq.heappop(self._entries)[2]
