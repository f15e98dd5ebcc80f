"""Scenarios on a clock.

``Player(plane, scenarios, start)`` furnishes the plane's clusters; ``advance`` moves virtual time
and writes to them what happens on the way. Every change is an ordinary write, so watches see it;
what others write is taken into account at the next ``advance``.
The same scenarios played to the same second give the same objects, however the way there was cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from sandbox.clusters.plane import MemoryPlane
from sandbox.playing.agenda import Agenda
from sandbox.playing.building import build_plane, furnish, names_of_clusters
from sandbox.playing.changes import carry_out
from sandbox.playing.migration import MigrationLife
from sandbox.playing.names import Values, app_values, run_values
from sandbox.playing.reconciling import reconcile
from sandbox.playing.world import World
from sandbox.scenarios.schema import Change, Run, Scenario


class Player:
    """Plays scenarios side by side in one control plane. Not for more than one thread."""

    def __init__(self, plane: MemoryPlane, scenarios: Iterable[Scenario], start: datetime) -> None:
        """Furnish ``plane``; the scenarios begin at ``start`` (aware), each at its offset."""
        self._scenarios = tuple(scenarios)
        self._plane = plane
        self._start = start
        self._agenda = Agenda()
        clusters = names_of_clusters(self._scenarios)
        self._world = World(plane, start, clusters)
        self._lives: dict[str, list[MigrationLife]] = {s.id: [] for s in self._scenarios}
        self._like: dict[str, str] = {}
        """Runs to which happens what a scenario writes for another."""
        self._seen = -1
        self._length: float | None = None
        for cluster in plane.clusters.values():
            cluster.clock = lambda: self._world.now
        furnish(self._world, self._scenarios)
        for scenario in self._scenarios:
            self._enter_scenario(scenario, clusters)

    @property
    def now(self) -> datetime:
        """Return the virtual time."""
        return self._world.now

    @property
    def elapsed(self) -> float:
        """Return how many seconds have been played."""
        return self._world.elapsed

    @property
    def length(self) -> float:
        """Return after how many seconds nothing more is scripted, waits included."""
        if self._length is None:
            ahead = Player(build_plane(self._scenarios), self._scenarios, self._start)
            self._length = ahead._play_out()
        return self._length

    def advance(self, seconds: float) -> None:
        """Let so many (virtual) seconds pass."""
        until = self._world.elapsed + seconds
        if self._seen != self._plane.host.revision:
            for scenario in self._scenarios:
                self._reconcile(scenario)
        while (due := self._agenda.next_time) is not None and due <= until:
            self._step(due)
        self._world.elapsed = until
        self._seen = self._plane.host.revision

    def _step(self, due: float) -> None:
        self._world.elapsed = max(self._world.elapsed, due)
        self._agenda.take()()

    def _play_out(self) -> float:
        last = max((s.offset + s.lasts for s in self._scenarios), default=0.0)
        while (due := self._agenda.next_time) is not None:
            self._step(due)
        return max(last, self._world.elapsed)

    def _enter_scenario(self, scenario: Scenario, clusters: dict[str, Values]) -> None:
        for run in scenario.runs:
            life = self._life(scenario, run, run_values(scenario, run, clusters))
            self._agenda.at(scenario.offset + run.at, partial(self._create, scenario, life))
        first = (
            run_values(scenario, scenario.runs[0], clusters)
            if scenario.runs
            else app_values(scenario.apps[0], clusters)
        )
        named = {run.name: run_values(scenario, run, clusters) for run in scenario.runs}
        for change in scenario.changes:
            if change.at is not None:
                values = named[change.run] if change.run else first
                self._agenda.at(
                    scenario.offset + change.at, partial(self._change, scenario, change, values)
                )

    def _life(self, scenario: Scenario, run: Run, values: Values) -> MigrationLife:
        entered = partial(self._entered, scenario, values)
        app = scenario.app(run.app)
        life = MigrationLife(self._world, self._agenda, app, run, values, entered)
        self._lives[scenario.id].append(life)
        return life

    def _create(self, scenario: Scenario, life: MigrationLife) -> None:
        life.create()
        self._reconcile(scenario)

    def _change(self, scenario: Scenario, change: Change, values: Values) -> None:
        carry_out(self._world, change, values)
        self._reconcile(scenario)

    def _entered(self, scenario: Scenario, values: Values, run: Run, phase: str) -> None:
        """Carry out the changes that wait for a phase of a run."""
        for change in scenario.changes:
            meant = change.run or scenario.runs[0].name
            if change.entering == phase and meant == self._like.get(run.name, run.name):
                when = self._world.elapsed + change.after
                self._agenda.at(when, partial(self._change, scenario, change, values))
        if phase in ("Completed", "Failed"):
            self._agenda.at(self._world.elapsed, partial(self._reconcile, scenario))

    def _reconcile(self, scenario: Scenario) -> None:
        reconcile(self._world, scenario.apps, self._lives[scenario.id])
