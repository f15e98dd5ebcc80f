"""``LivePlayer``: scenarios on a clock, in which what others write changes what happens next.

A migration that somebody makes runs through MTC's phases like a scripted one. It meets the
scenario's fault again unless that was taken away; one that is canceled turns round.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from sandbox.clusters.plane import MemoryPlane
from sandbox.playing.names import Values, app_values, run_values
from sandbox.playing.player import Player
from sandbox.reacting.cures import cured
from sandbox.reacting.operator import Operator
from sandbox.reacting.requests import Requests
from sandbox.reacting.rollouts import Rollouts, Scaling
from sandbox.reacting.scene import Controller, Scene
from sandbox.reacting.validation import Validation
from sandbox.scenarios.schema import App, Run, RunKind, Scenario


class LivePlayer(Player):
    """Plays scenarios and reacts. Not for more than one thread."""

    def __init__(self, plane: MemoryPlane, scenarios: Iterable[Scenario], start: datetime) -> None:
        """Furnish ``plane``; see ``Player``."""
        super().__init__(plane, scenarios, start)
        scene = Scene(self._world, self._agenda)
        self._named = {s.id: (s, self._first_values(s)) for s in self._scenarios}
        self._apps = {app.name: (s, app) for s in self._scenarios for app in s.apps}
        self._controllers: tuple[Controller, ...] = (
            Operator(scene),
            Rollouts(scene),
            Scaling(scene, (app for _, app in self._apps.values())),
            Validation(scene, self._named),
            Requests(scene),
        )
        self._looked: tuple[int, ...] = ()

    def advance(self, seconds: float) -> None:
        """Let so many (virtual) seconds pass, after a look at what others have written."""
        before = tuple(cluster.revision for cluster in self._plane.clusters.values())
        if before != self._looked:
            self._forget_removed_plans()
            self._heed_migrations()
            for controller in self._controllers:
                controller.look()
            self._looked = before
            self._seen = -1
        super().advance(seconds)

    def _first_values(self, scenario: Scenario) -> Values:
        if scenario.runs:
            return run_values(scenario, scenario.runs[0], self._world.clusters)
        return app_values(scenario.apps[0], self._world.clusters)

    def _heed_migrations(self) -> None:
        known = {life.run.name: life for lives in self._lives.values() for life in lives}
        for migration in self._plane.host.find_all(k.MIGMIGRATION, MTC_NAMESPACE):
            life = known.get(migration["metadata"]["name"])
            if life is None:
                self._take_up(migration)
                continue
            runs = life.started and not life.ended and not life.frozen
            if runs and migration["spec"].get("canceled") is True and not life.canceling:
                life.cancel()

    def _take_up(self, migration: Json) -> None:
        """Run a migration that somebody has made, if it is of a plan of ours."""
        plan_name = migration["spec"].get("migPlanRef", {}).get("name", "")
        plan = self._plane.host.find(k.MIGPLAN, plan_name, MTC_NAMESPACE)
        if plan is None or plan_name not in self._apps:
            return
        scenario, app = self._apps[plan_name]
        name, uid = migration["metadata"]["name"], migration["metadata"]["uid"]
        run = self._run(scenario, app, migration)
        values = {
            **run_values(scenario, run, self._world.clusters),
            "migration_uid": uid,
            "plan_uid": plan["metadata"]["uid"],
        }
        own = {"migration.openshift.io/migplan-name": plan_name}
        own["migration.openshift.io/migration-uid"] = uid
        self._world.update_mtc(
            k.MIGMIGRATION, name, lambda m: m["metadata"].setdefault("labels", {}).update(own)
        )
        self._life(scenario, run, values)

    def _run(self, scenario: Scenario, app: App, migration: Json) -> Run:
        spec, name = migration["spec"], migration["metadata"]["name"]
        kind: RunKind = "cutover"
        if spec.get("rollback"):
            kind = "rollback"
        elif spec.get("stage") or spec.get("migrateState"):
            kind = "stage"
        at = self._world.elapsed - scenario.offset
        run = Run(name=name, app=app.name, kind=kind, at=at)
        first = next(
            (r for r in scenario.runs if (r.app or scenario.apps[0].name) == app.name), run
        )
        well = cured(self._world, scenario, self._named[scenario.id][1])
        if kind == "rollback" or well:
            return run
        self._like[name] = first.name
        return first.model_copy(update={"name": name, "app": app.name, "kind": kind, "at": at})

    def _forget_removed_plans(self) -> None:
        """Remove the migrations of a plan that was deleted, as the garbage collector does."""
        for name, (scenario, _) in self._apps.items():
            if self._plane.host.find(k.MIGPLAN, name, MTC_NAMESPACE) is not None:
                continue
            for life in [x for x in self._lives[scenario.id] if x.app.name == name]:
                life.stay()
                self._world.remove("host", k.MIGMIGRATION, life.run.name, MTC_NAMESPACE)
                self._lives[scenario.id].remove(life)
