"""The demo as a newcomer meets it: its own process, its page in a real browser, both languages.

``UPDATE_PICTURES=1`` keeps the screenshots that README shows, in ``docs/pictures``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sandbox.slack import MANAGER
from tests.demo.running import Demo
from tests.slack_sandbox.browser import browsing, page_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("demo"),
]

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
ALERT = "A task of a hook's playbook failed"
SLOW = 30_000
"""Milliseconds: two cores may be busy with other tests."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as running:
        yield running


@pytest.fixture(scope="module")
def demo(browser: Browser) -> Iterator[Demo]:
    running = Demo()
    yield running
    assert running.stop() == 0


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    with page_at(browser, demo.url) as opened:
        yield opened


def keep(page: Page, name: str, shown: Locator | None = None) -> None:
    """Keep a screenshot, with ``shown`` in view, where that was asked for."""
    if os.environ.get("UPDATE_PICTURES") == "1":
        PICTURES.mkdir(parents=True, exist_ok=True)
        if shown is not None:
            shown.scroll_into_view_if_needed()
        page.wait_for_timeout(400)
        page.screenshot(path=PICTURES / f"{name}.png")


def alert(page: Page) -> Locator:
    return page.get_by_test_id("message").filter(has_text=ALERT).first


def run(page: Page, line: str) -> None:
    box = page.get_by_test_id("composer")
    box.fill(line)
    box.press("Escape")
    box.press("Enter")


def test_a_migration_fails_and_the_bot_says_why(page: Page) -> None:
    expect(alert(page)).to_be_visible(timeout=SLOW)
    expect(alert(page)).to_contain_text("scaled to zero")
    keep(page, "alert", alert(page))


def test_the_proof_stands_in_the_thread(page: Page) -> None:
    alert(page).get_by_test_id("thread-link").click(timeout=SLOW)
    pane = page.get_by_test_id("thread-pane")
    expect(pane).to_contain_text("did not drain", timeout=SLOW)
    expect(pane).to_contain_text("What to do")
    keep(page, "proof")


def test_diagnose_answers_in_english_with_the_cause_first(page: Page) -> None:
    expect(alert(page)).to_be_visible(timeout=SLOW)
    run(page, "/mtc diagnose payments-1")
    answer = page.get_by_test_id("ephemeral").filter(has_text="payments-1").last
    expect(answer).to_contain_text(ALERT, timeout=SLOW)
    expect(answer).to_contain_text("Hook job")
    keep(page, "diagnose", answer)


def test_a_misspelt_name_gets_the_closest_ones(page: Page) -> None:
    run(page, "/mtc diagnose paymnts-1")
    answer = page.get_by_test_id("ephemeral").filter(has_text="paymnts-1").last
    expect(answer).to_contain_text("payments-1", timeout=SLOW)


def test_diagnose_answers_a_chinese_manager_in_chinese(page: Page) -> None:
    page.get_by_test_id("person-switch").select_option(MANAGER.id)
    expect(page.locator(".person-name")).to_have_text(MANAGER.real_name)
    run(page, "/mtc diagnose payments-1")
    answer = page.get_by_test_id("ephemeral").filter(has_text="payments-1").last
    expect(answer).to_contain_text("处理", timeout=SLOW)
    keep(page, "diagnose-zh", answer)


def test_acknowledging_changes_the_card_for_everybody(page: Page) -> None:
    card = alert(page)
    card.get_by_role("button", name="Acknowledge").click(timeout=SLOW)
    expect(card).to_contain_text("Acknowledged", timeout=SLOW)


def test_list_shows_what_became_of_each_migration(page: Page) -> None:
    run(page, "/mtc list")
    answer = page.get_by_test_id("ephemeral").last
    expect(answer).to_contain_text("payments-1", timeout=SLOW)
    expect(answer).to_contain_text("failed")
    keep(page, "list", answer)
