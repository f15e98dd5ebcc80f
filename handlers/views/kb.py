"""Knowledge: what a search found, and one entry as a page."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clusters.port import ObjectRef
from bot.diagnosis.findings import Finding
from handlers.views.kit import (
    Message,
    Page,
    context,
    header,
    listed,
    notice,
    paragraph,
    rich,
    tidy,
    untrusted,
    words,
)
from handlers.views.parts import SEVERITY_MARKS, asks, explain, left_out, sources
from handlers.views.stories import of_finding
from handlers.views.words import name_of, pair, say
from knowledge.schema import Entry
from knowledge.texts import Lang, fill

_MOST = 12


def results(found: Sequence[Entry], typed: str, lang: Lang) -> Message:
    """Return the entries a search found, best first, the first few with a button."""
    page = Page()
    page.add(header(say(lang, "kb.title")))
    wanted = untrusted(typed, 80) if typed.strip() else ""
    if not found:
        said = say(lang, "kb.none", words=wanted)
        page.add(rich(paragraph(words(said))))
        return Message(notice(said), page.blocks)
    key = "kb.found" if wanted else "kb.all"
    said = say(lang, key, n=len(found), words=wanted)
    page.add(context(said))
    items = [
        [
            words(f"{_mark(entry)} {tidy(fill(entry.title.get(lang), {}), 160)}  "),
            words(entry.id, mono=True),
        ]
        for entry in found[:_MOST]
    ]
    page.add(rich(listed(items)))
    page.add(asks([(entry.id, f"kb {entry.id}") for entry in found[:5]]))
    if len(found) > _MOST:
        page.end(context(say(lang, "more", n=len(found) - _MOST)))
    return Message(notice(pair(say(lang, "kb.title"), said, lang)), page.blocks)


def entry_page(entry: Entry, lang: Lang) -> Message:
    """Return an entry: what it is, what to do, how to see that it helped, where it comes from."""
    page = Page()
    title = tidy(fill(entry.title.get(lang), {}), 140)
    page.add(header(f"{_mark(entry)} {title}"))
    told = [entry.id, name_of(lang, "severity", entry.severity)]
    if entry.benign:
        told.append(say(lang, "kb.benign"))
    if entry.versions != "*":
        told.append(f"MTC {entry.versions}")
    page.add(context(" · ".join(told)))
    page.add(rich(paragraph(words(tidy(fill(entry.cause.get(lang), {}), 1_500)))))
    story = of_finding(Finding(entry, ObjectRef("", "")), lang)
    explain(page, story, lang)
    if entry.tags:
        tags = untrusted(", ".join(entry.tags), 300)
        page.add(context(say(lang, "label.tags", tags=tags)))
    page.add(sources(story, lang))
    left_out(page, f"mtc-bot kb show {entry.id}", lang)
    return Message(notice(title), page.blocks)


def _mark(entry: Entry) -> str:
    return "⚪" if entry.benign else SEVERITY_MARKS[entry.severity]
