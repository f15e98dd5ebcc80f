"""A look costs what has changed, however many migrations there are, and misses nothing by that.

Cost is counted in calls, which a loaded machine does not change.
"""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from datetime import timedelta

from bot.clusters import kinds as k
from bot.clusters.port import Json, Listing, WatchEvent
from bot.diagnosis.diagnosing import Diagnoser
from bot.mtc.limits import learn
from bot.mtc.models import MigMigration, read
from bot.store.sightings import StoredSightings
from bot.watching.candidates import Candidates
from bot.watching.choosing import Pace
from bot.watching.complaints import Complaints
from bot.watching.passes import Passes
from bot.watching.picture import Picture
from bot.watching.presence import Presence
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane
from tests.incidents.diagnoses import START, after
from tests.watching.conftest import Site
from tests.watching.objects import (
    ENGINE,
    NS,
    condition,
    ended,
    held,
    migration,
    plan,
    running,
    stamp,
)


def calls(work: Callable[[], object]) -> int:
    profile = cProfile.Profile()
    profile.runcall(work)
    total: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return total


def finished(number: int, minutes: int = 3) -> Json:
    """Return a migration that has ended well, with a step that took so long."""
    made = ended(f"old-{number:04}", "old", "Succeeded", START - timedelta(days=2, hours=number))
    step = {"started": stamp(START), "completed": stamp(START + timedelta(minutes=minutes))}
    made["status"]["pipeline"] = [{"name": "Restore", **step}]
    return made


class Looks:
    """Looks at changes of one migration after the other, with the others at rest."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._passes = Passes(
            site.planes[0],
            Diagnoser(ENGINE, site.clock),
            site.incidents,
            StoredSightings(site.database),
            site.clock,
            Pace(),
            Complaints(),
        )

    def costs(self, name: str, begun: float) -> list[int]:
        """Return what it costs to see a migration be held up, twice, and fail."""
        self._put(running(name, name, at=after(begun)), begun)
        for minute in (begun, begun + 1, begun + 2):
            self._site.clock.to(minute)
            self._passes.full()
        found = []
        for minute, change in (
            (begun + 3, held(name, name, at=after(begun + 3))),
            (begun + 4, held(name, name, at=after(begun + 4))),
            (begun + 5, ended(name, name, "Failed", after(begun + 5), "Failed")),
        ):
            self._put(change, minute)
            told = self._site.host.get(k.MIGMIGRATION, name, NS)
            self._passes.picture.apply(k.MIGMIGRATION, WatchEvent("MODIFIED", told))
            found.append(calls(self._passes.partial))
        return found

    def _put(self, change: Json, minute: float) -> None:
        self._site.clock.to(minute)
        self._site.put(change)


def test_a_look_costs_the_same_among_ten_times_as_many_migrations(site: Site) -> None:
    looks = Looks(site)
    site.put(*(finished(number) for number in range(150)), plan("old"), plan("cart"))
    few = looks.costs("shop", 0)
    site.put(*(finished(number) for number in range(150, 1500)))
    many = looks.costs("cart", 20)
    assert {members for _, _, members in site.open()} == {("shop",), ("cart",)}
    assert [n < 1.1 * m for n, m in zip(many, few, strict=True)] == [True] * 3, (few, many)


def shown(*migrations: Json) -> tuple[Picture, Candidates]:
    picture = Picture()
    with picture.listing(k.MIGMIGRATION) as update:
        update.add(Listing(migrations))
    plane = MemoryPlane("prod", {"host": MemoryCluster("host")})
    presence = Presence(plane, picture, lambda: START, Complaints())
    return picture, Candidates(picture, presence)


def test_limits_follow_each_migration_that_ends_changes_or_goes() -> None:
    there = {made["metadata"]["name"]: made for made in map(finished, range(300))}
    picture, candidates = shown(*there.values())
    for number in range(40):
        name, minutes = f"old-{number:04}", 60 + number
        if number % 4 == 3:
            event = WatchEvent("DELETED", there.pop(name))
        else:
            there[name] = finished(number, minutes)
            there[name]["metadata"]["resourceVersion"] = str(1000 + number)
            event = WatchEvent("MODIFIED", there[name])
        picture.apply(k.MIGMIGRATION, event)
        changes = picture.changes()
        for each in (*changes.touched, *changes.gone):
            list(candidates.affected(each))
        newest = sorted(there.values(), key=lambda m: str(m["metadata"]["creationTimestamp"]))
        fresh = learn(read(MigMigration, made) for made in newest[-200:])
        assert candidates.limits() == fresh
    assert candidates.limits().usual["Restore"] > timedelta(hours=1)


def test_the_queue_of_a_plan_follows_its_migrations() -> None:
    waiting = [
        migration(f"shop-{n}", "shop", condition("Postponed"), phase="", at=after(n))
        for n in range(3)
    ]
    picture, candidates = shown(running("shop-a", "shop", at=START - timedelta(hours=1)), *waiting)

    def ahead_of_the_last() -> str:
        last = picture.at("MigMigration/shop-2")
        assert last is not None
        return candidates.of_migration(last).judge(after(5)).behind

    assert ahead_of_the_last() == "shop-a"
    done = ended("shop-a", "shop", "Succeeded", START - timedelta(hours=1))
    picture.apply(k.MIGMIGRATION, WatchEvent("MODIFIED", done))
    assert ahead_of_the_last() == "shop-0"
    picture.apply(k.MIGMIGRATION, WatchEvent("DELETED", waiting[0]))
    assert ahead_of_the_last() == "shop-1"
    waiting[2]["spec"]["stage"] = True
    picture.apply(k.MIGMIGRATION, WatchEvent("MODIFIED", waiting[2]))
    assert ahead_of_the_last() == ""
