"""Between passes: what a watch tells is looked at within moments, whatever breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import ClusterError, Expired, NotServed, Unreachable, WatchEvent
from tests.incidents.diagnoses import after
from tests.watching.conftest import Site
from tests.watching.objects import NS, condition, ended, plan, running, storage
from tests.watching.test_passes import outage


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def watching(site: Site) -> Site:
    """A watcher whose scheduled pass ran once and will not run again in this test."""
    site.put(running("shop-1", "shop"))
    start(site, interval=3600)
    site.clock.to(10)
    return site


def start(site: Site, interval: float) -> None:
    site.watcher.stop()
    site.database.close()
    site.begin(interval)
    site.watcher.start()
    assert eventually(lambda: site.watcher.last_read()["prod"] is not None)


def test_a_change_is_told_within_moments_of_being_written(watching: Site) -> None:
    watching.put(ended("shop-1", "shop", "Failed", after(10), "Failed"))
    assert eventually(lambda: bool(watching.incidents.open()))
    assert watching.post() == ["card", "thread:evidence"]


def test_an_outage_and_its_end_are_followed(watching: Site) -> None:
    outage(watching, "shop")
    assert eventually(lambda: bool(watching.incidents.open()))
    (incident,) = watching.incidents.open()
    assert incident.entry_id == "storage-down"
    watching.put(storage(), plan("shop"), running("shop-1", "shop"))
    assert eventually(lambda: not watching.incidents.open())


def test_a_store_that_fails_under_a_running_migration_is_told_by_watch_alone(
    watching: Site,
) -> None:
    watching.put(storage(condition("BackupStorageProviderTestFailed", at=after(10))))
    assert eventually(lambda: bool(watching.incidents.open()))
    (incident,) = watching.incidents.open()
    assert (incident.entry_id, incident.subject.name) == ("storage-down", "s3")
    watching.put(storage())
    assert eventually(lambda: not watching.incidents.open())


def test_a_deletion_is_followed(watching: Site) -> None:
    watching.put(ended("shop-1", "shop", "Failed", after(10), "Failed"))
    assert eventually(lambda: bool(watching.incidents.open()))
    watching.host.delete(k.MIGMIGRATION, "shop-1", NS)
    assert eventually(lambda: not watching.incidents.open())


def test_a_watch_that_is_too_old_leads_to_a_new_list(watching: Site) -> None:
    _break_watches(watching, Expired("too old"), times=1)
    watching.put(ended("shop-1", "shop", "Failed", after(10), "Failed"))
    assert eventually(lambda: bool(watching.incidents.open()))


def test_watches_go_on_after_a_list_though_nothing_had_changed(watching: Site) -> None:
    asked = _break_watches(watching, Expired("too old"), times=1)
    assert eventually(lambda: all(count >= 2 for count in asked.values()))
    watching.put(ended("shop-1", "shop", "Failed", after(10), "Failed"))
    assert eventually(lambda: bool(watching.incidents.open()))


def test_a_list_that_a_gap_calls_for_is_tried_until_it_can_be_read(watching: Site) -> None:
    _break_watches(watching, Expired("too old"), times=1, seconds=0)
    try:
        assert eventually(lambda: bool(watching.watcher.unreachable()))
        watching.put(ended("shop-1", "shop", "Failed", after(10), "Failed"))
    finally:
        watching.host.fail_with(None)
    assert eventually(lambda: bool(watching.incidents.open()))


def test_a_watch_that_breaks_is_taken_up_again(watching: Site) -> None:
    _break_watches(watching, Unreachable("connection reset"), times=1)
    watching.put(ended("shop-1", "shop", "Failed", after(10), "Failed"))
    assert eventually(lambda: bool(watching.incidents.open()))


def test_stopping_ends_the_threads(watching: Site) -> None:
    names = {t.name for t in threading.enumerate()}
    assert {"follow-prod", "migmigrations-prod"} <= names
    watching.watcher.stop()
    assert not [t.name for t in threading.enumerate() if t.name.endswith("-prod")]


def test_the_schedule_alone_finds_everything_too(site: Site) -> None:
    _break_watches(site, NotServed("no watches here"), times=1_000_000)
    start(site, interval=0.2)
    site.clock.to(10)
    site.put(ended("shop-1", "shop", "Failed", after(10), "Failed"))
    assert eventually(lambda: bool(site.incidents.open()))


def _break_watches(
    site: Site, error: ClusterError, times: int, seconds: float = 0.4
) -> dict[Kind, int]:
    """End the present watches, and make the next ``times`` of each kind raise ``error``.

    The cluster cannot be read for so long; with 0, until told otherwise. Returns how many watches
    of each kind were asked for, as it goes on.
    """
    host, whole = site.host, site.host.watch
    asked = dict.fromkeys(k.WATCHED_KINDS, 0)

    def watch(
        kind: Kind, namespace: str, version: str, stop: Callable[[], bool]
    ) -> Iterator[WatchEvent]:
        asked[kind] += 1
        if asked[kind] <= times:
            raise error
        return whole(kind, namespace, version, stop)

    host.watch = watch  # type: ignore[method-assign,assignment]
    host.fail_with(Unreachable("gone for a moment"))
    if seconds:
        time.sleep(seconds)
        host.fail_with(None)
    return asked
