"""How often the programs of a control cluster are looked at, and what that asks of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from bot.clusters.kinds import DEPLOYMENT, MIGCLUSTER, MIGMIGRATION, MIGPLAN, Kind
from bot.clusters.port import Json, Listing
from bot.mtc.models import MigPlan
from bot.mtc.models.base import read
from bot.mtc.presence import Away
from bot.watching.complaints import Complaints
from bot.watching.picture import Picture
from bot.watching.presence import Presence
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane
from tests.incidents.diagnoses import after
from tests.watching.objects import cluster, ended, plan, running
from tests.watching.test_presence import deployment


class Turns:
    """A presence over clusters in memory, and what it asks of the control cluster, by kind."""

    def __init__(self, migration: Json) -> None:
        self.asked: Counter[str] = Counter()
        self.plan = plan("shop")
        objects = {
            MIGMIGRATION: (migration,),
            MIGPLAN: (self.plan,),
            MIGCLUSTER: (cluster("host", host=True), cluster("ocp3")),
        }
        picture = Picture()
        for kind, made in objects.items():
            with picture.listing(kind) as update:
                update.add(Listing(made))
        self.host = MemoryCluster("host", [each for made in objects.values() for each in made])
        self._list = self.host.list
        self.host.list = self._counted  # type: ignore[method-assign]
        plane = MemoryPlane("prod", {"host": self.host, "ocp3": MemoryCluster("ocp3")})
        self.now = after(1)
        self.presence = Presence(plane, picture, self._clock, Complaints())

    def _clock(self) -> datetime:
        return self.now

    def _counted(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        self.asked[kind.kind] += 1
        return self._list(kind, namespace, labels)

    def take(self, turns: int) -> list[int]:
        """Take turns a minute apart; return how often Deployments were listed at each."""
        found = []
        for _ in range(turns):
            before = self.asked[DEPLOYMENT.kind]
            self.presence.turn()
            self.now += timedelta(minutes=1)
            found.append(self.asked[DEPLOYMENT.kind] - before)
        return found

    def away(self) -> tuple[Away, ...]:
        return self.presence.away(read(MigPlan, self.plan))


@pytest.fixture
def turns() -> Turns:
    made = Turns(running("shop-1", "shop"))
    made.host.put(deployment("migration-controller"))
    made.host.put(deployment("velero"))
    return made


def test_while_all_are_there_every_second_turn_is_left_out(turns: Turns) -> None:
    assert turns.take(4) == [1, 0, 1, 0]


def test_while_one_is_away_every_turn_is_taken_and_it_is_told_after_the_grace(
    turns: Turns,
) -> None:
    turns.take(2)
    turns.host.put(deployment("velero", 0))
    assert turns.take(4) == [1, 1, 1, 1]
    assert turns.away() == (Away("velero", "destination"),)
    turns.host.put(deployment("velero"))
    assert turns.take(3) == [1, 0, 1]
    assert turns.away() == ()


def test_the_control_cluster_is_read_once_though_plans_end_in_it(turns: Turns) -> None:
    turns.take(1)
    assert sorted(turns.asked.elements()) == [
        "BackupStorageLocation",
        "DaemonSet",
        "Deployment",
        "Pod",
    ]


def test_nothing_is_asked_while_nothing_is_under_way() -> None:
    idle = Turns(ended("shop-1", "shop", "Succeeded", after(0), "Completed"))
    assert idle.take(3) == [0, 0, 0]
    assert not idle.asked
