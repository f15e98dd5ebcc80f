"""Watching control clusters: the scheduled pass, the watches in between, start and stop.

APScheduler runs one pass a control cluster every thirty seconds, which lists only what no watch
follows; two of one cluster never run at once, and passes that were missed are made up for by a
single one. Once a minute the programs that migrations need are looked at besides. A cluster that
hangs or cannot be reached holds up nobody else, and is named by ``unreachable``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor as SchedulerPool
from apscheduler.schedulers.background import BackgroundScheduler

from bot.clusters.port import ControlPlane, ObjectRef
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.store.incidents import StoredIncidents
from bot.store.sightings import StoredSightings
from bot.watching.choosing import Pace
from bot.watching.complaints import Complaints
from bot.watching.passes import Passes
from bot.watching.presence import SECONDS as PRESENCE_SECONDS
from bot.watching.streams import Streams

STOP_SECONDS = 5.0
"""How long ``stop`` waits for a pass, and for a watch, that is under way."""


class Watcher:
    """Watches control clusters and feeds incidents. ``start`` and ``stop`` it once."""

    def __init__(
        self,
        planes: Sequence[ControlPlane],
        diagnoser: Diagnoser,
        incidents: StoredIncidents,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        interval: float = 30.0,
        pace: Pace | None = None,
        observed: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the control clusters; ``interval`` is in seconds, ``clock`` aware and UTC.

        What was seen is kept in the database of the incidents. ``observed`` is called whenever
        something was observed that may have led to messages; it must be quick.
        """
        self._interval = interval
        self._complaints = Complaints()
        sightings = StoredSightings(incidents.database)
        self._passes = [
            Passes(
                plane,
                diagnoser,
                incidents,
                sightings,
                clock,
                pace or Pace(),
                self._complaints,
                observed,
            )
            for plane in planes
        ]
        self._streams = [Streams(passes, self._complaints) for passes in self._passes]
        self._scheduler = BackgroundScheduler(
            executors={"default": SchedulerPool(max(1, 2 * len(self._passes)))}, timezone=UTC
        )

    def start(self) -> None:
        """Begin to watch; returns at once."""
        for passes in self._passes:
            self._scheduler.add_job(
                passes.scheduled,
                "interval",
                seconds=self._interval,
                next_run_time=datetime.now(UTC),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                name=passes.subject,
            )
            self._scheduler.add_job(
                passes.presence.turn,
                "interval",
                seconds=PRESENCE_SECONDS,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                name=f"programs of {passes.subject}",
            )
        self._scheduler.start()
        for streams in self._streams:
            streams.start()

    def stop(self) -> None:
        """Stop watching; looks that are under way are finished or, after a while, left."""
        for passes in self._passes:
            passes.stopped.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for streams in self._streams:
            streams.stop(STOP_SECONDS)
        for passes in self._passes:
            passes.finish(STOP_SECONDS)

    def run_once(self) -> None:
        """Make one pass over every control cluster and return when all are done."""
        if not self._passes:
            return
        with ThreadPoolExecutor(len(self._passes), "pass") as pool:
            list(pool.map(_once, self._passes))

    def diagnose(self, plane: ControlPlane, target: ObjectRef) -> Diagnosis:
        """Return the diagnosis of an object of a watched control cluster, as asked for by a person.

        What the watches know is not read again. Raises as ``Diagnoser`` does.
        """
        passes = next(each for each in self._passes if each.plane.name == plane.name)
        return passes.diagnose(target)

    def unreachable(self) -> tuple[tuple[str, str], ...]:
        """Return the control clusters that could not be read in the last pass, and why."""
        told = ((p.plane.name, self._complaints.about(p.subject)) for p in self._passes)
        return tuple((name, why) for name, why in told if why)

    def last_read(self) -> dict[str, datetime | None]:
        """Return when each control cluster was last read whole; for health checks."""
        return {passes.plane.name: passes.read_at for passes in self._passes}


def _once(passes: Passes) -> None:
    passes.presence.look()
    passes.full()
