"""A database that goes away for a while delays what is told, and loses nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.incidents.diagnoses import after
from tests.store.postgres import Postgres
from tests.watching.conftest import Site
from tests.watching.objects import ended, running

pytestmark = pytest.mark.postgres


@pytest.fixture
def site(postgres: Postgres) -> Iterator[Site]:
    made = Site(postgres.database("outage"))
    yield made
    made.watcher.stop()
    made.database.close()


def test_what_happens_during_an_outage_is_told_once_after_it(
    site: Site, postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    site.put(running("shop-1", "shop"), running("cart-1", "shop"))
    site.passes(0)
    postgres.stop()
    try:
        site.put(ended("shop-1", "shop", "Failed", after(1), "Failed"))
        with caplog.at_level(logging.WARNING):
            for minute in (1, 2, 3, 4):
                site.clock.to(minute)
                site.watcher.run_once()
        assert 1 <= len([r for r in caplog.records if "pass over prod" in r.message]) <= 2
    finally:
        postgres.resume()
    (incident,) = site.passes(5)
    assert incident.members == ("shop-1",)
    assert site.post() == ["card", "thread:evidence"]
    site.passes(6)
    assert site.post() == []
