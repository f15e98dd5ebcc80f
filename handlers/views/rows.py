"""The list of migrations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.questions.overview import Row
from handlers.views.kit import (
    Block,
    Message,
    Page,
    context,
    header,
    listed,
    notice,
    paragraph,
    rich,
    stamp,
    untrusted,
    words,
)
from handlers.views.parts import OUTCOME_MARKS, asks, some
from handlers.views.words import name_of, pair, say
from knowledge.texts import Lang

_MOST = 15
_ASKED = 4


def rows(
    found: Sequence[Row], typed: str, unreachable: Sequence[tuple[str, str]], lang: Lang
) -> Message:
    """Return migrations as they were sorted, those that need attention with a button."""
    page = Page()
    page.add(header(say(lang, "list.title")))
    for name, why in unreachable[:3]:
        said = say(lang, "list.unreachable", name=untrusted(name, 80), why=untrusted(why, 300))
        page.add(rich(paragraph(words(f"⚠️ {said}", bold=True))))
    if not found:
        key = "list.none_fit" if typed.strip() else "list.none"
        page.add(rich(paragraph(words(say(lang, key, words=untrusted(typed, 80))))))
        return Message(notice(say(lang, key, words=untrusted(typed, 80))), page.blocks)
    counts = Counter(row.outcome.word for row in found)
    summary = " · ".join(
        f"{OUTCOME_MARKS[word]} {name_of(lang, 'outcome', word)} {n}" for word, n in counts.items()
    )
    page.add(context(summary))
    shown = 0
    for row in found[:_MOST]:
        shown += page.add(*_row(row, lang))
    wanting = [row for row in found if row.needs_attention][:_ASKED]
    if wanting:
        page.add(asks([_ask(row, found, lang) for row in wanting]))
    if shown < len(found):
        narrow = say(lang, "list.narrow", example="/mtc list failed")
        page.end(context(say(lang, "list.summary", shown=shown, all=len(found), narrow=narrow)))
    return Message(notice(pair(say(lang, "list.title"), summary, lang)), page.blocks)


def _row(row: Row, lang: Lang) -> list[Block]:
    outcome = row.outcome
    line = paragraph(
        words(f"{OUTCOME_MARKS[outcome.word]} "),
        words(untrusted(row.name, 120), mono=True),
        words(f"  {name_of(lang, 'outcome', outcome.word)}", bold=row.needs_attention),
    )
    told = []
    if outcome.phase and not outcome.ended:
        step = f" ({outcome.step[0]}/{outcome.step[1]})" if outcome.step else ""
        told.append(f"{outcome.phase}{step}")
    told.append(f"{say(lang, 'label.plan')} {row.plan or '–'} · {row.control}")
    if outcome.since:
        told.append(stamp(outcome.since))
    told_of = _problem(row, lang)
    problem = [listed([[words(untrusted(told_of, 200))]])] if told_of else []
    return [rich(line, *problem), context(untrusted(" · ".join(told), 300))]


def _problem(row: Row, lang: Lang) -> str:
    """Return what ails a migration: our own words for volumes and workloads, else MTC's."""
    for key, items in (
        ("list.not_copied", row.outcome.not_copied),
        ("list.down", row.outcome.scaled_down),
    ):
        if items:
            return say(lang, key, names=some(items, lang, 4))
    return row.problem


def _ask(row: Row, found: Sequence[Row], lang: Lang) -> tuple[str, str]:
    alone = len({other.control for other in found if other.name == row.name}) == 1
    typed = row.name if alone else f"{row.name}@{row.control}"
    return say(lang, "button.diagnose", name=untrusted(typed, 60)), f"diagnose {typed}"
