"""Watches between passes: one thread a kind, and one that follows what they tell.

A watch makes things faster and spares lists for as long as it gives signs of life; the lists are
the truth. So a watch that breaks is taken up again after a pause, while its kind is listed with
every scheduled pass; one that is too old has its kind listed, as often as that takes, and goes on
from there; nothing here ever ends the bot.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from bot.clusters.kinds import MTC_NAMESPACE, WATCHED_KINDS, Kind
from bot.clusters.port import ClusterError, Expired, NotServed
from bot.watching.complaints import Complaints
from bot.watching.passes import Passes

PAUSE = 1.0
"""Seconds before a watch that ended quickly or broke is taken up again."""
LONG = 5.0
"""Seconds after which a watch that ends has simply had its time, as API servers have it."""
PAUSE_AT_MOST = 60.0
DEBOUNCE = 0.1
"""Seconds in which further changes are waited for before they are looked at together."""


class Streams:
    """The watches of one control cluster, and the follower."""

    def __init__(self, passes: Passes, complaints: Complaints) -> None:
        """Take the control cluster's passes."""
        self._passes = passes
        self._complaints = complaints
        self._stop = threading.Event()
        self._touched = threading.Event()
        self._gap = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the threads."""
        jobs: dict[str, Callable[[], None]] = {"follow": self._follow}
        for kind in WATCHED_KINDS:
            jobs[kind.plural] = partial(self._watch, kind)
        for name, job in jobs.items():
            thread = threading.Thread(
                target=job, name=f"{name}-{self._passes.plane.name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float) -> None:
        """End the threads; one that hangs in a read is left behind."""
        self._stop.set()
        self._touched.set()
        for thread in self._threads:
            thread.join(seconds)

    def _follow(self) -> None:
        pause = DEBOUNCE
        while True:
            self._touched.wait()
            if self._stop.wait(pause):
                return
            self._touched.clear()
            if not self._gap.is_set():
                self._passes.partial()
                continue
            self._gap.clear()
            self._passes.scheduled()
            if self._passes.readable:
                pause = DEBOUNCE
            else:
                pause = _longer(pause)
                self._gap.set()
                self._touched.set()

    def _watch(self, kind: Kind) -> None:
        picture, fresh = self._passes.picture, self._passes.lists.fresh
        about = f"watch of {kind.plural} of {self._passes.plane.name}"
        version, lost, pause = "", 0, 0.0
        while not self._stop.wait(pause):
            if not version and picture.lists(kind) > lost:
                version = picture.version(kind)
            if not version:
                pause = PAUSE / 5
                continue
            begun = time.monotonic()
            try:
                for event in self._passes.plane.host.watch(
                    kind, MTC_NAMESPACE, version, self._stop.is_set
                ):
                    version = event.resource_version or version
                    fresh.sign(kind)
                    if event.type != "BOOKMARK":
                        picture.apply(kind, event)
                        self._touched.set()
                self._complaints.clear(about)
                pause = 0.0 if time.monotonic() - begun > LONG else PAUSE
            except Expired:
                lost, version, pause = picture.lists(kind), "", PAUSE / 5
                fresh.lost(kind)
                self._gap.set()
                self._touched.set()
            except NotServed:
                fresh.broken(kind)
                pause = PAUSE_AT_MOST
            except ClusterError as error:
                fresh.broken(kind)
                self._complaints.say(about, str(error))
                pause = _longer(pause)
            except Exception as error:
                fresh.broken(kind)
                self._complaints.say(about, f"{type(error).__name__}: {error}", error=error)
                pause = _longer(pause)


def _longer(pause: float) -> float:
    return min(max(PAUSE, 2 * pause), PAUSE_AT_MOST)
