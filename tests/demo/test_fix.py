"""Failures mended in a real browser: asked for as operator, approved as approver, run again.

All that is known to fail often and has an automatic fix is led out here, from the alert to the
migration that succeeds. ``UPDATE_PICTURES=1`` keeps screenshots in ``docs/pictures``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sandbox.scenarios.loading import load_scenarios
from sandbox.slack import APPROVER, OPERATOR
from sandbox.touring import load_tour
from tests.demo.fixing import (
    PATIENT,
    SLOW,
    Way,
    alert,
    approve,
    become,
    lead_out,
    offered,
    press,
    request,
    step,
    submit,
)
from tests.demo.running import Demo
from tests.demo.test_demo import keep
from tests.slack_sandbox.browser import browsing, page_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(480),
    pytest.mark.xdist_group("fixing"),
]
STORIES = {story.id: story for story in load_scenarios()}
AUTHORITY = "x509-migcluster"
SHOWN = "hook-failed"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as running:
        yield running


@contextmanager
def playing(tour: str, speed: int) -> Iterator[Demo]:
    running = Demo("--tour", tour, "--speed", str(speed))
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def demo(browser: Browser) -> Iterator[Demo]:
    with playing("fixes", 10) as running:
        yield running


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with page_at(browser, demo.url) as opened:
        yield opened


def ways(page: Page, tour: str) -> list[Way]:
    """Return the ways out of all that fails on a tour, each failure in view."""

    def look(name: str, shown: Locator) -> None:
        keep(page, name, shown)

    names = [name for name in load_tour(tour) if name != AUTHORITY]
    found = [Way(page, STORIES[name], look if name == SHOWN else None) for name in names]
    become(page, OPERATOR)
    for way in found:
        way.wait_for_alert()
    return found


def test_failures_with_a_fix_are_led_out_from_the_alert_to_the_migration_that_succeeds(
    page: Page,
) -> None:
    lead_out(ways(page, "fixes"))


def test_fixes_that_restart_velero_are_made_one_after_the_other(browser: Browser) -> None:
    with playing("restarts", 20) as demo, page_at(browser, demo.url) as page:
        found = ways(page, "restarts")
        for way in found:
            step([way])
        lead_out(found)


def test_an_authority_is_trusted_only_by_a_fingerprint_that_was_compared(page: Page) -> None:
    pem = str(STORIES[AUTHORITY].expect.fix[0].params["pem"])
    become(page, OPERATOR)
    expect(alert(page, "edge-1")).to_be_visible(timeout=PATIENT)
    button = offered(page, "migmigration/telemetry-1", "Set the cluster's CA")
    box = page.get_by_test_id("modal").locator("textarea").first
    press(button, box)
    box.fill("not a certificate", timeout=SLOW)
    page.get_by_test_id("modal-submit").click()
    error = page.get_by_test_id("error-param_pem")
    expect(error).to_contain_text("not certificates in PEM form", timeout=SLOW)
    box.fill(pem)
    submit(page)

    card = request(page, "Set the cluster's CA bundle")
    expect(card).to_contain_text("edge-1 ingress CA", timeout=SLOW)
    become(page, APPROVER)
    button, modal = card.get_by_role("button", name="Approve"), page.get_by_test_id("modal")
    press(button, modal)
    modal.locator("input, textarea").first.fill("00:11:22", timeout=SLOW)
    page.get_by_test_id("modal-submit").click()
    expect(modal).to_contain_text("not the one in this plan", timeout=SLOW)
    page.get_by_test_id("modal-close").click()

    approve(page, card)
    expect(card).to_contain_text("migcluster/edge-1: Ready", timeout=PATIENT)
    become(page, OPERATOR)
    Way(page, STORIES[AUTHORITY]).succeeded()
