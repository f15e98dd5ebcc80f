"""What MTC concludes from its own objects: which plans are ready, and whose turn it is.

A plan is ready when its clusters and its store are and it shares no namespace with another. A
migration waits for its plan, and for those of the same plan that come before it: stages by age,
then the others by age (mig-controller pkg/controller/migplan/validation.go and
migmigration/validation.go).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from sandbox.playing.migration import MigrationLife
from sandbox.playing.world import World, clear_conditions, has_condition, set_condition
from sandbox.scenarios.schema import App

_OWN = (
    "SourceClusterNotReady",
    "DestinationClusterNotReady",
    "StorageNotReady",
    "PlanConflict",
    "Suspended",
)
"""Conditions of a plan that are decided here."""


def reconcile(world: World, apps: Iterable[App], lives: Iterable[MigrationLife]) -> None:
    """Bring plans up to date, then stop or release their migrations."""
    apps, lives = tuple(apps), tuple(lives)
    for app in apps:
        world.update_mtc(k.MIGPLAN, app.name, partial(_judge, world, app, apps, lives))
    for app in apps:
        _let_go(world, app, [life for life in lives if life.app.name == app.name])


def _judge(
    world: World, app: App, apps: tuple[App, ...], lives: tuple[MigrationLife, ...], plan: Json
) -> None:
    wanted: list[Json] = []
    for type_, kind, name, field in (
        ("SourceClusterNotReady", k.MIGCLUSTER, app.source, "srcMigClusterRef"),
        ("DestinationClusterNotReady", k.MIGCLUSTER, app.destination, "dstMigClusterRef"),
        ("StorageNotReady", k.MIGSTORAGE, app.storage, "migStorageRef"),
    ):
        if not has_condition(world.cluster("host").find(kind, name, MTC_NAMESPACE), "Ready"):
            wanted.append(
                {
                    "type": type_,
                    "category": "Critical",
                    "message": f"The referenced `{field}` does not have a `Ready` condition, "
                    f"subject: {MTC_NAMESPACE}/{name}.",
                }
            )
    rivals = [other.name for other in apps if other is not app and _share(app, other)]
    if rivals:
        wanted.append(
            {
                "type": "PlanConflict",
                "category": "Error",
                "reason": "Conflict",
                "message": f"The migration plan is in conflict with [{','.join(rivals)}].",
            }
        )
    if any(life.app is app and life.ended and life.run.kind == "cutover" for life in lives):
        wanted.append(
            {
                "type": "Suspended",
                "category": "Advisory",
                "message": "The migrations plan is in suspended state; Limited validation "
                "enforced; PV discovery and resource reconciliation suspended.",
            }
        )
    present = {condition["type"] for condition in wanted}
    clear_conditions(plan, *(type_ for type_ in _OWN if type_ not in present))
    for condition in wanted:
        set_condition(plan, world.stamp, **condition)
    blocked = any(
        c.get("category") in ("Critical", "Error") and c.get("status") == "True"
        for c in plan["status"]["conditions"]
    )
    if blocked:
        clear_conditions(plan, "Ready")
    else:
        set_condition(
            plan,
            world.stamp,
            type="Ready",
            category="Required",
            message="The migration plan is ready.",
        )


def _share(app: App, other: App) -> bool:
    mine, theirs = {s for s, _ in app.pairs}, {s for s, _ in other.pairs}
    return bool(mine & theirs) and (app.source, app.destination) == (
        other.source,
        other.destination,
    )


def _let_go(world: World, app: App, lives: list[MigrationLife]) -> None:
    plan = world.cluster("host").find(k.MIGPLAN, app.name, MTC_NAMESPACE)
    there = world.cluster("host")
    queue = sorted(
        (
            life
            for life in lives
            if not life.ended and there.find(k.MIGMIGRATION, life.run.name, MTC_NAMESPACE)
        ),
        key=lambda life: (life.run.kind != "stage", life.run.at),
    )
    for place, life in enumerate(queue):
        if not has_condition(plan, "Ready"):
            life.block(
                {
                    "type": "PlanNotReady",
                    "message": "The referenced `migPlanRef` does not have a `Ready` condition, "
                    f"subject: {MTC_NAMESPACE}/{app.name}.",
                }
            )
        elif place:
            life.block(
                {
                    "type": "Postponed",
                    "message": f"Postponed {10 * place} seconds to ensure migrations run "
                    "serially and in order.",
                }
            )
        else:
            life.release()
            if not life.started:
                life.begin()
