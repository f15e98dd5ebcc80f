"""What looking costs as a control cluster fills: ``python -m bench storm [SIZE ...]``.

A control cluster in memory with so many finished migrations, beside those that run; no API server
and no Slack, so that the figures are of watching, diagnosing and the database alone. For each size
it prints the processor time of the first look at everything, of looking at one migration that has
made a step, of diagnosing one that is held up, and of a storm: all that run fail at once, each of
its own plan, or all of one. Time that a diagnosis waits for clusters is not in it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.crowd import Crowd, failure, held, live, stepped
from bot.clusters import kinds as k
from bot.clusters.kinds import BY_KIND, MTC_NAMESPACE
from bot.clusters.port import Json, WatchEvent
from bot.diagnosis.diagnosing import Diagnoser
from bot.store.database import open_database
from bot.store.incidents import StoredIncidents
from bot.store.sightings import StoredSightings
from bot.watching.choosing import Pace
from bot.watching.complaints import Complaints
from bot.watching.passes import Passes
from knowledge.loading import load_builtin
from knowledge.matching.engine import Engine
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane

SIZES = (1_000, 5_000, 10_000)
_COLUMNS = ("migrations", "first look s", "a step ms", "a diagnosis ms", "storm s", "of one plan s")


class _Site:
    """A control cluster and the passes over it."""

    def __init__(self, crowd: Crowd, folder: Path, engine: Engine) -> None:
        self.host = MemoryCluster("host", crowd.objects())
        plane = MemoryPlane("prod", {"host": self.host, "ocp3": MemoryCluster("ocp3")})
        self._database = open_database(f"sqlite:///{folder}/mtc-bot.sqlite3")
        incidents = StoredIncidents(self._database, channels=lambda _: "C1")
        self.passes = Passes(
            plane,
            Diagnoser(engine),
            incidents,
            StoredSightings(self._database),
            lambda: datetime.now(UTC),
            Pace(),
            Complaints(),
        )
        self._incidents = incidents

    def change(self, names: Iterable[str], status: Json) -> None:
        """Write a status, and let the watch tell it."""
        for name in names:
            body = {"status": status}
            changed = self.host.patch(k.MIGMIGRATION, name, MTC_NAMESPACE, body)
            version = changed["metadata"]["resourceVersion"]
            event = WatchEvent("MODIFIED", changed, str(version))
            self.passes.picture.apply(BY_KIND["MigMigration"], event)

    def open(self) -> int:
        return len(self._incidents.open())

    def close(self) -> None:
        self._database.close()


@contextmanager
def _site(crowd: Crowd, engine: Engine) -> Iterator[_Site]:
    with tempfile.TemporaryDirectory(prefix="mtc-bot-bench-") as folder:
        site = _Site(crowd, Path(folder), engine)
        try:
            yield site
        finally:
            site.close()


def measure(size: int, failing: int, engine: Engine) -> tuple[float, ...]:
    """Return the figures for one size, as the columns name them."""
    names = [live(number) for number in range(failing)]
    with _site(Crowd(size, failing), engine) as site:
        first = _spent(site.passes.full)
        steps, looks = [], []
        for number, name in enumerate(names[:20]):
            site.change([name], stepped(datetime.now(UTC), 21 + number))
            steps.append(_spent(site.passes.partial))
        for name in names[:20]:
            site.change([name], held(datetime.now(UTC)))
            looks.append(_spent(site.passes.partial))
        storm = _storm(site, names)
    with _site(Crowd(size, failing, plans=1), engine) as site:
        site.passes.full()
        together = _storm(site, names)
    each, look = (1000 * statistics.median(times) for times in (steps, looks))
    return size, first, each, look, storm, together


def _storm(site: _Site, names: list[str]) -> float:
    site.change(names, failure(datetime.now(UTC)))
    spent = _spent(site.passes.partial)
    if site.open() != len(names):
        raise RuntimeError(f"{site.open()} incidents are open, not {len(names)}")
    return spent


def _spent(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main(arguments: list[str]) -> int:
    """Measure the sizes asked for, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench storm", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--failing", type=int, default=200)
    given = parser.parse_args(arguments)
    engine = Engine(load_builtin().by_id.values())
    rows = [measure(size, given.failing, engine) for size in given.sizes]
    print(" | ".join(_COLUMNS))
    for row in rows:
        shown = (f"{value:.1f}" if isinstance(value, float) else str(value) for value in row)
        print(" | ".join(s.rjust(len(name)) for s, name in zip(shown, _COLUMNS, strict=True)))
    return 0
