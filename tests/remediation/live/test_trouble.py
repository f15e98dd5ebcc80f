"""Trouble between an approval and its effect: a busy controller, a cluster that goes away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from tests.apiserver.loading import path_of
from tests.remediation.live.site import Site
from tests.remediation.live.test_every_action import ask, declared
from tests.remediation.stories import STORIES, all_ready

pytestmark = pytest.mark.apiserver


@contextmanager
def touching(site: Site, pause: float) -> Iterator[list[int]]:
    """Rewrite the plan as mig-controller does at each reconcile; yield how often it was."""
    over = threading.Event()
    times = [0]
    path = path_of(k.MIGPLAN, MTC_NAMESPACE, "shop")

    def touch() -> None:
        while not over.wait(pause):
            body = {"metadata": {"annotations": {"openshift.io/touch": str(times[0])}}}
            site.host.api.done("PATCH", path, body, "application/merge-patch+json")
            times[0] += 1

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        yield times
    finally:
        over.set()
        thread.join()


def test_a_busy_controller_neither_makes_an_approval_stale_nor_keeps_it_from_being_done(
    site: Site,
) -> None:
    site.grant(declared(site, "refresh-plan"))
    with touching(site, 0.01) as times:
        executed = site.carry_out(site.decide(ask(site, "refresh-plan")), turns=30)
        assert executed.state == "done", executed.outcome
    assert times[0] > 3
    all_ready(site)
    assert site.judged(executed).verdict == "verified"


def test_a_cluster_that_goes_away_is_waited_for(site: Site) -> None:
    action = "set-restic-timeout"
    STORIES[action].prepare(site)
    site.grant(declared(site, action))
    approval = site.decide(ask(site, action))
    site.source.api.stop()
    try:
        site.runner.turn()
        assert site.read(approval.id).state == "running"
    finally:
        site.source.api.start()
    executed = site.carry_out(approval, lambda: STORIES[action].settle(site))
    assert executed.state == "done", executed.outcome
    assert site.judged(executed).verdict == "verified"
