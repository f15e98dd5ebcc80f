"""A look ahead at a plan: what would fail, what may, and what could not be checked."""

from __future__ import annotations

from bot.questions.preflight import RESULT_WORDS, Check, Preflight, Result
from handlers.views.kit import (
    Message,
    Page,
    context,
    divider,
    header,
    notice,
    rich,
    title_and_text,
    untrusted,
    verbatim,
)
from handlers.views.parts import SEVERITY_MARKS, asks, labelled, left_out, masked, step
from handlers.views.words import name_of, pair, say
from knowledge.texts import Lang

MARKS = {Result.PASS: "✅", Result.WARN: "🟡", Result.FAIL: "🔴", Result.NOT_CHECKED: "⚪"}
_STEPS = 3
_ASKED = 4


def preflight(found: Preflight, lang: Lang) -> Message:
    """Return the answers for a plan: troubles with their fix first, the rest as lists."""
    page = Page()
    said = name_of(lang, "verdict", str(found.result))
    told = f"{MARKS[found.result]} {pair(str(found.target), said, lang)}"
    page.add(header(untrusted(told, 140)))
    counts = [
        f"{MARKS[result]} {RESULT_WORDS[result].get(lang)} {number}"
        for result in Result
        if (number := sum(check.result is result for check in found.checks))
    ]
    page.add(context(" · ".join(counts)))
    troubles = [c for c in found.checks if c.result in (Result.FAIL, Result.WARN)]
    for check in sorted(troubles, key=lambda c: c.result is not Result.FAIL):
        _trouble(page, check, lang)
    known = [finding.entry.id for check in troubles for finding in check.findings]
    buttons = [
        (pair(say(lang, "button.kb"), entry, lang), f"kb {entry}") for entry in known[:_ASKED]
    ]
    if buttons:
        page.add(asks(buttons))
    open_ones = [
        say(lang, "preflight.open", check=c.title.get(lang), why=c.why.get(lang) if c.why else "")
        for c in found.checks
        if c.result is Result.NOT_CHECKED
    ]
    labelled(page, RESULT_WORDS[Result.NOT_CHECKED].get(lang).capitalize(), open_ones, lang)
    passed = [c.title.get(lang) for c in found.checks if c.result is Result.PASS]
    labelled(page, RESULT_WORDS[Result.PASS].get(lang).capitalize(), passed, lang, most=20)
    if hidden := masked(found.masked, lang):
        page.add(context(hidden))
    left_out(page, f"mtc-bot preflight {untrusted(found.target.name, 120)}", lang)
    return Message(notice(told), page.blocks)


def _trouble(page: Page, check: Check, lang: Lang) -> None:
    page.add(divider())
    if not check.findings:
        why = check.why.get(lang) if check.why else ""
        page.add(title_and_text(f"{MARKS[check.result]} {check.title.get(lang)}", why))
    for finding in check.findings:
        mark = SEVERITY_MARKS[finding.severity]
        page.add(title_and_text(f"{mark} {finding.title(lang)}", finding.cause(lang)))
        if finding.quotes:
            page.add(rich(verbatim(finding.quotes[0].text, 400)))
        for number, filled in enumerate(finding.steps(lang)[:_STEPS], 1):
            page.add(step(number, filled, lang))
