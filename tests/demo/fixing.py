"""A person's way out of a failure, in a real browser: ask, approve, wait, run again.

Every step is what somebody at the page would do: read a card, press a button, fill in a form. The
scenarios say as data which fixes lead out, and which migrations must have succeeded in the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from bot.incidents.causes import GOING_WELL
from bot.remediation.registry import ACTIONS
from sandbox.scenarios.schema import Fix, Scenario
from sandbox.slack import APPROVER, OPERATOR, Person

SLOW = 30_000
PATIENT = 90_000
"""Milliseconds: two cores may be busy with other tests."""


def become(page: Page, person: Person) -> None:
    """Act as somebody else from now on."""
    page.get_by_test_id("person-switch").select_option(person.id)
    expect(page.locator(".person-name")).to_have_text(person.real_name)


def run(page: Page, line: str) -> None:
    """Type a command."""
    box = page.get_by_test_id("composer")
    box.fill(line)
    box.press("Escape")
    box.press("Enter")


def press(button: Locator, then: Locator) -> None:
    """Press a button until something comes of it: it may move away under the pointer."""
    for _ in range(6):
        button.click(timeout=SLOW)
        with suppress(AssertionError):
            expect(then).to_be_visible(timeout=SLOW / 4)
            return
    raise AssertionError(f"nothing came of pressing {button}")


def offered(page: Page, target: str, title: str) -> Locator:
    """Ask what can be done until it is answered with this fix, and return its button."""
    answers = page.get_by_test_id("ephemeral").filter(has_text=f"What can be done: {target}")
    button = answers.last.get_by_role("button", name=f"Ask: {title}")
    for _ in range(4):
        run(page, f"/mtc fix {target.rpartition('/')[2]} ")
        with suppress(AssertionError):
            expect(button).to_be_visible(timeout=SLOW)
            return button
    raise AssertionError(f"{title} was not offered for {target}")


def alert(page: Page, words: str) -> Locator:
    """Return the card of an incident."""
    cards = page.get_by_test_id("message").filter(has_text="Where the cause lies")
    return cards.filter(has_text=words).first


def request(page: Page, title: str, about: str = "") -> Locator:
    """Return the newest card of a request in the channel."""
    cards = page.get_by_test_id("message").filter(has_text="Asked for by")
    return cards.filter(has_text=title).filter(has_text=about).last


def close(page: Page, modal: Locator) -> None:
    """Close a form, and see it go: the next press must not take it for what came of it."""
    page.get_by_test_id("modal-close").click()
    expect(modal).to_have_count(0, timeout=SLOW)


def submit(page: Page) -> None:
    """Send a form that asks for a fix."""
    modal = page.get_by_test_id("modal")
    page.get_by_test_id("modal-submit").click(timeout=SLOW)
    expect(modal).to_contain_text("Asked.", timeout=SLOW)
    close(page, modal)


def fill_in(page: Page, params: dict[str, Any]) -> None:
    """Fill in a form's fields."""
    expect(page.get_by_test_id("modal-submit")).to_be_visible(timeout=SLOW)
    for name, value in params.items():
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        field = page.locator(f'[data-block="param_{name}"]').locator("input, textarea")
        field.first.fill(text, timeout=SLOW)


def approve(page: Page, card: Locator) -> None:
    """Approve, comparing fingerprints where the card asks for that."""
    shown = card.inner_text(timeout=SLOW)
    button = card.get_by_role("button", name="Approve")
    prints = [word for word in shown.split() if word.count(":") == 31]
    if not prints:
        confirm = page.get_by_test_id("confirm-confirm")
        press(button, confirm)
        confirm.click(timeout=SLOW)
        return
    press(button, page.get_by_test_id("modal"))
    field = page.get_by_test_id("modal").locator("input, textarea").first
    field.fill(prints[0], timeout=SLOW)
    page.get_by_test_id("modal-submit").click()
    modal = page.get_by_test_id("modal")
    expect(modal).to_contain_text("Your approval is recorded", timeout=SLOW)
    close(page, modal)


@dataclass
class Way:
    """One scenario on its way out."""

    page: Page
    story: Scenario
    look: Callable[[str, Locator], None] | None = None
    """Is shown the list of fixes, a card to approve and one that is verified, by name."""
    done: int = 0
    card: Locator | None = None
    """Of the newest request."""

    @property
    def left(self) -> bool:
        """Return whether another fix is to be asked for."""
        return self.done < len(self.story.expect.fix)

    @property
    def name(self) -> str:
        """Return the name of what failed."""
        return self.story.expect.target.rpartition("/")[2]

    @property
    def alerted(self) -> bool:
        """Return whether the channel is told of the failure, without anybody asking."""
        expected = self.story.expect
        return expected.finding is not None and expected.outcome not in GOING_WELL

    def wait_for_alert(self) -> None:
        """See the failure in the channel."""
        if self.alerted:
            expect(alert(self.page, self.name)).to_be_visible(timeout=PATIENT)

    def ask(self) -> None:
        """As operator: ask for the next fix, by the button that is nearest."""
        fix = self.story.expect.fix[self.done]
        title = ACTIONS[fix.action].title.en
        again = fix.action == "rerun-migration"
        form = self.page.get_by_test_id("modal")
        if not (again and self.card is not None and self._press(self.card, "Run again…", form)):
            self._choose(fix, title, form)
        fill_in(self.page, fix.params)
        submit(self.page)
        self.card = request(self.page, title, fix.target or self.story.expect.target)
        expect(self.card).to_contain_text("Approval needed", timeout=SLOW)
        if self.done == 0:
            self._look("approval", self.card)
        self.done += 1

    def approve(self) -> None:
        """As approver: approve what was asked for last."""
        assert self.card is not None
        approve(self.page, self.card)

    def verified(self) -> None:
        """See that it helped."""
        assert self.card is not None
        expect(self.card).to_contain_text("Verified", timeout=PATIENT)
        if not self.left:
            self._look("verified", self.card)

    def succeeded(self) -> None:
        """See that what was held up succeeds."""
        for name in self.story.expect.mended:
            told = self.page.get_by_test_id("ephemeral").filter(has_text=f"{name}: ")
            for asked in range(1, 40):
                run(self.page, f"/mtc status {name}")
                expect(told).to_have_count(asked, timeout=SLOW)
                if f"{name}: succeeded" in told.last.inner_text():
                    break
                self.page.wait_for_timeout(1_000)
            else:
                raise AssertionError(f"{name} did not succeed: {told.last.inner_text()}")

    def _choose(self, fix: Fix, title: str, form: Locator) -> None:
        """Take the fix from the list of what can be done, or ask for it by its name."""
        about = fix.target or self.story.expect.target
        if self.done == 0:
            named = "|".join(map(re.escape, (self.name, *self.story.expect.mended)))
            lists = re.compile(rf"What can be done: \w+/({named})")
            offers = self.page.get_by_test_id("ephemeral").filter(has_text=lists).last
            if not self._press(alert(self.page, self.name), "Fix…", offers):
                run(self.page, f"/mtc fix {about} ")
                expect(offers).to_be_visible(timeout=SLOW)
            self._look("fix", offers)
            offered = offers.get_by_role("button", name=f"Ask: {title[:50]}")
            if offered.count():
                press(offered.first, form)
                return
        run(self.page, f"/mtc fix {about} {fix.action}")

    def _look(self, name: str, shown: Locator) -> None:
        if self.look is not None:
            self.look(name, shown)

    def _press(self, card: Locator, name: str, then: Locator) -> bool:
        """Press a button of a card; return whether there is such a card with such a button."""
        if not self.alerted and self.card is None:
            return False
        expect(card).to_be_visible(timeout=SLOW)
        button = card.get_by_role("button", name=name)
        if not button.count():
            return False
        press(button.first, then)
        return True


def step(ways: list[Way]) -> None:
    """Have the next fix of each asked for, approved and verified, side by side."""
    page = ways[0].page
    become(page, OPERATOR)
    for way in ways:
        way.ask()
    become(page, APPROVER)
    for way in ways:
        way.approve()
    for way in ways:
        way.verified()


def lead_out(ways: list[Way]) -> None:
    """Go all the ways to their ends, as people do who do not wait for each other."""
    while going := [way for way in ways if way.left]:
        step(going)
    become(ways[0].page, OPERATOR)
    for way in ways:
        way.succeeded()
