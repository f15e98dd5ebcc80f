"""Lists are made where no living watch follows, every half hour anyway, and not otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import WATCHED_KINDS, Kind
from bot.clusters.port import ClusterError, Denied, Expired, Listing, NotServed
from bot.watching.complaints import Complaints
from bot.watching.freshness import SILENCE, TRUTH, Freshness
from bot.watching.listing import Lists
from bot.watching.picture import Picture
from sandbox.clusters.memory import MemoryCluster
from sandbox.clusters.plane import MemoryPlane
from tests.watching.objects import NS, plan, storage


class Site:
    """Lists over a cluster in memory, a clock in seconds, and what was asked."""

    def __init__(self) -> None:
        self.host = MemoryCluster("host", [storage(), plan("shop")])
        self.plane = MemoryPlane("prod", {"host": self.host})
        self.picture = Picture()
        self.lists = Lists(self.plane, self.picture, Complaints())
        self.lists.fresh = Freshness(lambda: self.now)
        self.now = 1000.0
        self.asked: Counter[str] = Counter()
        self.refused: dict[Kind, ClusterError] = {}
        self._list = self.host.list
        self.host.list = self._counted  # type: ignore[method-assign]

    def _counted(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        self.asked[kind.kind] += 1
        if kind in self.refused:
            raise self.refused[kind]
        return self._list(kind, namespace, labels)

    def read(self) -> list[str]:
        """Make a scheduled pass; return the kinds that were listed for it."""
        self.asked.clear()
        assert self.lists.read(every=False)
        return sorted(self.asked.elements())

    def signs(self, *but: Kind) -> None:
        for kind in set(WATCHED_KINDS) - set(but):
            self.lists.fresh.sign(kind)


@pytest.fixture
def site() -> Site:
    made = Site()
    assert made.read() == sorted(kind.kind for kind in WATCHED_KINDS)
    return made


def test_nothing_is_listed_while_all_watches_give_signs_of_life(site: Site) -> None:
    for _ in range(10):
        site.now += SILENCE / 2
        site.signs()
        assert site.read() == []


def test_a_kind_whose_watch_is_silent_for_too_long_is_listed(site: Site) -> None:
    site.now += SILENCE + 1
    site.signs(k.MIGPLAN)
    assert site.read() == ["MigPlan"]
    assert site.read() == []


def test_a_kind_whose_watch_broke_is_listed_until_it_tells_something(site: Site) -> None:
    site.lists.fresh.broken(k.MIGPLAN)
    assert site.read() == ["MigPlan"]
    assert site.read() == ["MigPlan"]
    site.lists.fresh.sign(k.MIGPLAN)
    assert site.read() == []


def test_a_kind_whose_watch_lost_its_place_is_listed_once(site: Site) -> None:
    site.lists.fresh.lost(k.MIGPLAN)
    assert site.read() == ["MigPlan"]
    assert site.read() == []


def test_everything_is_listed_now_and_then_whatever_watches_say(site: Site) -> None:
    site.now += TRUTH + 1
    site.signs()
    assert len(site.read()) == len(WATCHED_KINDS)


@pytest.mark.parametrize("error", [NotServed("no such kind"), Denied("forbidden")])
def test_a_kind_that_cannot_be_listed_makes_no_other_be_listed(
    site: Site, error: ClusterError
) -> None:
    site.refused[k.MIGHOOK] = error
    site.now += TRUTH + 1
    site.read()
    site.signs()
    assert site.read() == ["MigHook"]


class Paged(MemoryCluster):
    """A cluster that lists in parts, and forgets the version between them at times."""

    forgets = 0

    def pages(self, kind: Kind, namespace: str = "") -> Iterator[Listing]:
        listing = self.list(kind, namespace)
        for item in listing.items:
            yield Listing((item,), listing.resource_version)
            if self.forgets:
                self.forgets -= 1
                raise Expired("too old")
        yield Listing((), listing.resource_version)


def test_a_list_whose_version_is_forgotten_between_pages_is_begun_anew() -> None:
    host = Paged("host", [plan("shop"), plan("cart")])
    picture = Picture()
    lists = Lists(MemoryPlane("prod", {"host": host}), picture, Complaints())
    host.forgets = 1
    assert lists.read(every=True)
    assert {each.name for each in picture.of("MigPlan")} == {"shop", "cart"}
    host.forgets = 2
    host.delete(k.MIGPLAN, "cart", NS)
    assert not lists.read(every=True)
    assert {each.name for each in picture.of("MigPlan")} == {"shop", "cart"}
