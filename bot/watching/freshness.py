"""Which kinds need no list, since a watch that is known to live follows them.

A watch proves that it lives by what it tells: changes, or bookmarks, which an API server sends
every minute or two even where nothing happens. A kind is fresh from its list on for as long as
such signs keep coming; a watch that broke or lost its place makes it stale until the next list.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bot.clusters.kinds import Kind

SILENCE = 200.0
"""Seconds without a sign after which a watch is no longer believed in. An API server sends the
first bookmark of a watch within two minutes and further ones every minute, and a watch is begun
anew every few minutes, so that three minutes may pass between two of them."""
TRUTH = 1800.0
"""Seconds after which a kind is listed even so: the check that watches miss nothing."""


class Freshness:
    """Signs of life of one control cluster's watches. May be shared by threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with everything stale; ``clock`` is in seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._listed: dict[Kind, float] = {}
        self._signs: dict[Kind, float] = {}
        self._broken: set[Kind] = set()

    def listed(self, kind: Kind, began: float) -> None:
        """A list of the kind is in the picture, begun at ``began`` on the clock."""
        with self._lock:
            self._listed[kind] = self._signs[kind] = began

    def sign(self, kind: Kind) -> None:
        """A watch of the kind told something."""
        with self._lock:
            self._signs[kind] = self._clock()
            self._broken.discard(kind)

    def broken(self, kind: Kind) -> None:
        """A watch of the kind broke; it is believed again once it tells something."""
        with self._lock:
            self._broken.add(kind)

    def lost(self, kind: Kind) -> None:
        """A watch of the kind lost its place: only a list shows what happened meanwhile."""
        with self._lock:
            self._listed.pop(kind, None)

    def is_fresh(self, kind: Kind) -> bool:
        """Return whether the picture of a kind is as good as a list now."""
        now = self._clock()
        with self._lock:
            listed = self._listed.get(kind)
            if listed is None or kind in self._broken or now - listed > TRUTH:
                return False
            return now - self._signs[kind] <= SILENCE

    def now(self) -> float:
        """Return the time on the clock, in seconds."""
        return self._clock()
