"""What several views share: marks, proof, steps, lists, buttons that ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.diagnosis.findings import FilledStep, Quote
from bot.mtc.outcome_words import Word
from handlers.views.actions import ask_id
from handlers.views.kit import (
    Block,
    Page,
    actions,
    button,
    context,
    cut,
    listed,
    paragraph,
    rich,
    stamp,
    tidy,
    title_and_text,
    untrusted,
    verbatim,
    words,
)
from handlers.views.places import place
from handlers.views.stories import Story
from handlers.views.words import name_of, pair, say
from knowledge.texts import Lang

SEVERITY_MARKS = {"critical": "🔴", "error": "🟠", "warning": "🟡", "info": "🔵"}
OUTCOME_MARKS = {
    Word.RUNNING: "🔵",
    Word.WAITING: "⏳",
    Word.BLOCKED: "⛔",
    Word.STALLED: "🟠",
    Word.SUCCEEDED: "✅",
    Word.SUCCEEDED_WITH_WARNINGS: "🟡",
    Word.FAILED: "🔴",
    Word.CANCELED: "⚪",
    Word.ROLLED_BACK: "↩️",
    Word.NOT_COPIED: "🔴",
    Word.LEFT_SCALED_DOWN: "🔴",
    Word.READY: "✅",
}
_MOST_COMMAND = 1_200


def heading(text: str) -> Block:
    """Return a bold line."""
    return rich(paragraph(words(tidy(text, 300), bold=True)))


def proof(quote: Quote, lang: Lang) -> list[Block]:
    """Return one piece of evidence: the very words in a box, and where they stand."""
    where = tidy(place(quote.where, lang), 300)
    return [
        rich(verbatim(quote.text, 900)),
        context(f"{where} · {stamp(quote.time)}" if quote.time else where),
    ]


def step(number: int, filled: FilledStep, lang: Lang) -> Block:
    """Return one numbered step with its command in a box, ready to copy."""
    line = [words(tidy(filled.text, 600))]
    if filled.cluster:
        where = name_of(lang, "cluster", filled.cluster)
        line.append(words(say(lang, "in_brackets", text=where)))
    parts = [listed([line], ordered=True, offset=number - 1)]
    if filled.command:
        parts.append(verbatim(filled.command.strip(), _MOST_COMMAND))
    return rich(*parts)


def bullets(items: Sequence[str], limit: int = 200) -> Block:
    """Return a bulleted list of lines that nothing parses."""
    return rich(listed([[words(untrusted(item, limit))] for item in items]))


def verdict(name: str, word: Word, lang: Lang) -> str:
    """Return what became of an object, as a headline."""
    return pair(name, name_of(lang, "outcome", word), lang)


def some(names: Sequence[str], lang: Lang, most: int = 6) -> str:
    """Return names as one line, and how many more there are."""
    shown = ("、" if lang == "zh" else ", ").join(cut(name, 80) for name in names[:most])
    return shown if len(names) <= most else f"{shown} " + say(lang, "more", n=len(names) - most)


def asks(lines: Sequence[tuple[str, str]]) -> Block:
    """Return buttons that ask: (label, what would be typed after ``/mtc``)."""
    return actions([button(label, ask_id(n), line) for n, (label, line) in enumerate(lines[:5])])


def explain(page: Page, story: Story, lang: Lang, *, quotes: int = 5, steps: int = 12) -> None:
    """Add to a page all that proves a cause and what to do about it, as far as it has room."""
    if story.quotes:
        page.add(heading(say(lang, "label.proof")))
    for quote in _each_once(story.quotes)[:quotes]:
        page.add(*proof(quote, lang))
    if story.steps:
        page.add(heading(say(lang, "label.todo")))
    for number, filled in enumerate(story.steps[:steps], 1):
        page.add(step(number, filled, lang))
    if story.verify:
        page.add(title_and_text(say(lang, "label.verify"), story.verify))


def _each_once(quotes: Sequence[Quote]) -> list[Quote]:
    """Return the quotes without those that repeat the words of one before: two logs of one text."""
    seen: dict[str, Quote] = {}
    for quote in quotes:
        seen.setdefault(quote.text, quote)
    return list(seen.values())


def sources(story: Story, lang: Lang) -> Block:
    """Return where the knowledge comes from."""
    return context(say(lang, "label.sources", sources=untrusted(", ".join(story.sources), 400)))


def labelled(page: Page, label: str, items: Sequence[str], lang: Lang, most: int = 8) -> None:
    """Add a labelled list to a page; nothing where there are no items."""
    if not items:
        return
    shown = list(items[:most])
    if len(items) > most:
        shown.append(say(lang, "more", n=len(items) - most))
    page.add(heading(label), bullets(shown, 300))


def masked(counts: Mapping[str, int], lang: Lang) -> str:
    """Return how many secrets were masked, and what they were; empty for none."""
    parts = [f"{n} × {name_of(lang, 'masked', rule)}" for rule, n in sorted(counts.items()) if n]
    return say(lang, "answer.masked", parts=", ".join(parts)) if parts else ""


def left_out(page: Page, command: str, lang: Lang) -> None:
    """Say where all of it can be had, if the page had no room for something."""
    if page.left_out:
        page.end(context(say(lang, "left_out", command=command)))
