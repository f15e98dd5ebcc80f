"""Whether a scenario's fault has been taken away by what somebody wrote."""

from __future__ import annotations

from functools import cache

from bot.clusters import kinds as k
from knowledge.matching.expressions import Expression
from sandbox.playing.names import Values
from sandbox.playing.world import World
from sandbox.scenarios.filling import filled
from sandbox.scenarios.schema import Cure, Scenario


def cured(world: World, scenario: Scenario, values: Values) -> bool:
    """Return whether the fault is gone; ``values`` fill the placeholders of the cures."""
    if not scenario.cures:
        return scenario.passes
    return all(_holds(world, cure, values) for cure in scenario.cures)


def _holds(world: World, cure: Cure, values: Values) -> bool:
    cluster = world.cluster(str(values.get(cure.cluster, cure.cluster)))
    kind = k.BY_KIND[cure.kind]
    there = cluster.find(kind, filled(cure.name, values), filled(cure.namespace, values))
    return there is not None and _compiled(cure.when).holds(there)


@cache
def _compiled(source: str) -> Expression:
    return Expression(source)
