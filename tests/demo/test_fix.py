"""A failure mended in a real browser: asked for as operator, approved as approver, run again.

``UPDATE_PICTURES=1`` keeps screenshots in ``docs/pictures``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sandbox.scenarios.loading import load_scenarios
from sandbox.slack import APPROVER, OPERATOR
from tests.demo.running import Demo
from tests.demo.test_demo import SLOW, keep, run
from tests.slack_sandbox.browser import browsing, page_at

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as running:
        yield running


@pytest.fixture(scope="module")
def demo(browser: Browser) -> Iterator[Demo]:
    running = Demo("--scenario", "hook-failed", "--scenario", "x509-migcluster", "--speed", "6")
    yield running
    assert running.stop() == 0


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with page_at(browser, demo.url) as opened:
        yield opened


def become(page: Page, person: str, name: str) -> None:
    page.get_by_test_id("person-switch").select_option(person)
    expect(page.locator(".person-name")).to_have_text(name)


def alert(page: Page, words: str) -> Locator:
    cards = page.get_by_test_id("message").filter(has_text="Where the cause lies")
    return cards.filter(has_text=words).first


def request(page: Page, words: str) -> Locator:
    """Return the newest card of a request in the channel."""
    cards = page.get_by_test_id("message").filter(has_text="Asked for by")
    return cards.filter(has_text=words).last


def submit(page: Page) -> None:
    modal = page.get_by_test_id("modal")
    page.get_by_test_id("modal-submit").click(timeout=SLOW)
    expect(modal).to_contain_text("Asked.", timeout=SLOW)
    page.get_by_test_id("modal-close").click()


def approve(page: Page, card: Locator) -> None:
    become(page, APPROVER.id, APPROVER.real_name)
    card.get_by_role("button", name="Approve").click(timeout=SLOW)
    page.get_by_test_id("confirm-confirm").click(timeout=SLOW)


def test_an_application_that_was_left_down_is_started_and_migrated_after_all(page: Page) -> None:
    become(page, OPERATOR.id, OPERATOR.real_name)
    card = alert(page, "payments-1")
    card.get_by_role("button", name="Fix…").click(timeout=60_000)
    answer = page.get_by_test_id("ephemeral").filter(has_text="What can be done").last
    expect(answer).to_contain_text("Start the source's applications again", timeout=SLOW)
    keep(page, "fix")
    answer.get_by_role("button", name="Ask: Start the source's").click()
    submit(page)

    start = request(page, "Start the source's applications again")
    expect(start).to_contain_text("Approval needed", timeout=SLOW)

    keep(page, "approval", start)
    approve(page, start)
    expect(start).to_contain_text("Verified", timeout=60_000)

    become(page, OPERATOR.id, OPERATOR.real_name)
    start.get_by_role("button", name="Run again…").click(timeout=SLOW)
    submit(page)
    again = request(page, "Run the migration again")
    expect(again).to_contain_text("Approval needed", timeout=SLOW)
    approve(page, again)
    expect(again).to_contain_text("payments-migration-bot1: succeeded", timeout=90_000)

    keep(page, "verified", again)


def test_an_authority_is_trusted_only_by_a_fingerprint_that_was_compared(page: Page) -> None:
    story = next(s for s in load_scenarios() if s.id == "x509-migcluster")
    pem = str(story.expect.fix[0].params["pem"])
    become(page, OPERATOR.id, OPERATOR.real_name)
    expect(alert(page, "edge-1")).to_be_visible(timeout=60_000)
    run(page, "/mtc fix telemetry-1 ")
    answer = page.get_by_test_id("ephemeral").filter(has_text="What can be done: migmigration/tele")
    answer.last.get_by_role("button", name="Ask: Set the cluster's CA").click(timeout=SLOW)
    box = page.get_by_test_id("modal").locator("textarea").first
    box.fill("not a certificate", timeout=SLOW)
    page.get_by_test_id("modal-submit").click()
    error = page.get_by_test_id("error-param_pem")
    expect(error).to_contain_text("not certificates in PEM form", timeout=SLOW)
    box.fill(pem)
    submit(page)

    card = request(page, "Set the cluster's CA bundle")
    expect(card).to_contain_text("edge-1 ingress CA", timeout=SLOW)
    shown = card.inner_text()
    become(page, APPROVER.id, APPROVER.real_name)
    card.get_by_role("button", name="Approve").click(timeout=SLOW)
    field = page.get_by_test_id("modal").locator("input, textarea").first
    field.fill("00:11:22", timeout=SLOW)
    page.get_by_test_id("modal-submit").click()
    modal = page.get_by_test_id("modal")
    expect(modal).to_contain_text("not the one in this plan", timeout=SLOW)
    page.get_by_test_id("modal-close").click()

    prints = next(word for word in shown.split() if word.count(":") == 31)
    card.get_by_role("button", name="Approve").click(timeout=SLOW)
    page.get_by_test_id("modal").locator("input, textarea").first.fill(prints, timeout=SLOW)
    page.get_by_test_id("modal-submit").click()
    expect(modal).to_contain_text("Your approval is recorded", timeout=SLOW)
    page.get_by_test_id("modal-close").click()
    expect(card).to_contain_text("migcluster/edge-1: Ready", timeout=60_000)
