"""What a person asks of a watched control cluster: the same answer, without reading all of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import Listing, NotFound, ObjectRef, WatchEvent
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.mtc.outcome_words import Word
from tests.incidents.diagnoses import after
from tests.watching.conftest import Site
from tests.watching.objects import ENGINE, NS, condition, ended, held, migration, plan, running
from tests.watching.test_passes import outage

ASKED = (
    ("MigMigration", "shop-1"),
    ("MigMigration", "shop-2"),
    ("MigMigration", "cart-1"),
    ("MigPlan", "shop"),
    ("MigStorage", "s3"),
    ("MigCluster", "ocp3"),
)


@pytest.fixture
def lists(site: Site) -> Counter[str]:
    """Count the lists of the control cluster by kind, from the end of the first pass on."""
    whole, counted = site.host.list, Counter[str]()

    def listed(kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None) -> Listing:
        counted[kind.kind] += 1
        return whole(kind, namespace, labels)

    site.put(plan("cart"), running("shop-1", "shop"))
    site.put(migration("shop-2", "shop", condition("Postponed"), phase="", at=after(1)))
    site.put(ended("cart-1", "cart", "Failed", after(1), "Failed"))
    site.host.list = listed  # type: ignore[method-assign]
    site.passes(2)
    counted.clear()
    return counted


def ask(site: Site, kind: str, name: str) -> Diagnosis:
    return site.watcher.diagnose(site.planes[0], ObjectRef(kind, name, NS))


@pytest.mark.parametrize(("kind", "name"), ASKED)
def test_the_answer_is_that_of_reading_everything(
    site: Site, lists: Counter[str], kind: str, name: str
) -> None:
    outage(site, "none", at=2)
    site.passes(3)
    whole = Diagnoser(ENGINE, site.clock)(site.planes[0], ObjectRef(kind, name, NS))
    lists.clear()
    assert ask(site, kind, name) == whole
    assert not {k.MIGMIGRATION.kind, k.DVM.kind, k.MIGPLAN.kind} & lists.keys()


def test_what_no_watch_has_told_yet_is_read(site: Site, lists: Counter[str]) -> None:
    site.put(held("shop-1", "shop", at=after(2)), running("new-1", "shop"))
    assert ask(site, "MigMigration", "shop-1").outcome.word is Word.BLOCKED
    assert ask(site, "MigMigration", "new-1").outcome.word is Word.RUNNING
    assert lists[k.MIGMIGRATION.kind] == 2


def test_nothing_is_taken_from_watches_that_broke(site: Site, lists: Counter[str]) -> None:
    def broken(*_: object) -> Iterator[WatchEvent]:
        raise ConnectionError

    site.host.watch = broken  # type: ignore[assignment,method-assign]
    site.watcher.start()
    until = time.monotonic() + 60
    while not lists[k.MIGMIGRATION.kind] and time.monotonic() < until:
        ask(site, "MigMigration", "shop-1")
    assert lists[k.MIGMIGRATION.kind]


def test_what_is_gone_is_not_there(site: Site, lists: Counter[str]) -> None:
    site.host.delete(k.MIGMIGRATION, "shop-1", NS)
    with pytest.raises(NotFound):
        ask(site, "MigMigration", "shop-1")
