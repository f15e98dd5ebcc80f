"""Debian's Chromium for tests of the page. Without it those tests are skipped, or fail where asked.

``CI=true`` with ``MTC_BOT_REQUIRE_BROWSER=1`` makes a missing browser a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def chromium_path() -> str:
    """Return where Chromium is; skip or fail the test when it is not there."""
    found = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(found).exists():
        if os.environ.get("CI") == "true" and os.environ.get("MTC_BOT_REQUIRE_BROWSER") == "1":
            pytest.fail("Chromium is required here: apt-get install chromium", pytrace=False)
        pytest.skip("no Chromium here (apt-get install chromium)")
    return found


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run Chromium; no browser is ever downloaded."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_at(browser: Browser, url: str) -> Iterator[Page]:
    """Open a page; at the end fail if it logged an error or a message opened a dialog."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
    page.on(
        "console",
        lambda message: troubles.append(message.text) if message.type == "error" else None,
    )
    page.goto(url)
    try:
        yield page
    finally:
        context.close()
    assert troubles == []
