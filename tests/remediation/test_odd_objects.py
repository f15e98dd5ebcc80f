"""Objects with fields that are missing, of another type, or absurd: an answer, never a crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clusters.port import ClusterError, Json, Listing
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.store.database import open_database
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane
from tests.remediation.stories import STORIES
from tests.remediation.world import World

SERVER = ("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp")
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**62,
        1.5,
        "",
        "x",
        "\x00",
        [],
        [None],
        {},
        {"a": []},
        [{"type": 7}],
        "é" * 50,
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of everything in an object but what the server itself vouches for."""
    found: list[tuple[Any, ...]] = []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        here = (*path, key)
        if here in (("kind",), ("apiVersion",), ("metadata",)):
            if key == "metadata":
                found += places(each, here)
            continue
        if here[:1] == ("metadata",) and key in SERVER:
            continue
        found.append(here)
        if isinstance(each, dict | list):
            found += places(each, here)
    return found


@given(data=st.data(), action=st.sampled_from(sorted(ACTIONS)))
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_action_has_an_answer(data: st.DataObject, action: str) -> None:
    database = open_database("sqlite://")
    try:
        world = World(database)
        story = STORIES[action]
        story.prepare(world)
        cluster = data.draw(st.sampled_from([world.host, world.source]))
        objects = [o for o in cluster.content()[0] if places(o) and o["kind"] != "MigCluster"]
        if objects:
            obj = data.draw(st.sampled_from(objects))
            path = data.draw(st.sampled_from(places(obj)))
            part: Any = obj
            for key in path[:-1]:
                part = part[key]
            part[path[-1]] = data.draw(JUNK)
            cluster.put(obj)
        kind, name = story.target
        try:
            approval = world.ask(action, name, kind, params=story.params)
            world.carry_out(world.decide(approval, typed=story.typed), turns=3)
        except (Refused, ClusterError):
            return
        world.runner.verify()
        assert world.audit.verify() == ()
    finally:
        database.close()


class ReadOnly:
    """A cluster as a bot has it that was given no writer."""

    def __init__(self, cluster: MemoryCluster) -> None:
        self.name = cluster.name
        self.get, self.watch, self.logs = cluster.get, cluster.watch, cluster.logs
        self.attached_logs, self.allowed = cluster.attached_logs, cluster.allowed
        self._cluster = cluster

    def list(
        self, kind: Any, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        return self._cluster.list(kind, namespace, labels)


class ReadOnlyPlane:
    name = "wave-1"

    def __init__(self, plane: MemoryPlane) -> None:
        self.host = ReadOnly(plane.host)
        self._plane = plane

    def remote(self, migcluster: str) -> ReadOnly:
        return ReadOnly(self._plane.remote(migcluster))


@pytest.mark.parametrize("action", ["refresh-plan", "rerun-migration", "rsync-privileged"])
def test_without_writers_even_what_is_approved_cannot_be_written(world: World, action: str) -> None:
    story = STORIES[action]
    story.prepare(world)
    kind, name = story.target
    approval = world.decide(world.ask(action, name, kind, params=story.params))
    before: Json = {"host": world.host.revision, "ocp3": world.source.revision}
    world.plane = ReadOnlyPlane(world.plane)  # type: ignore[assignment]
    world.runner = world.new_runner()
    done = world.carry_out(approval)
    assert (done.state, "remediation is off" in done.outcome) == ("failed", True)
    assert before == {"host": world.host.revision, "ocp3": world.source.revision}
