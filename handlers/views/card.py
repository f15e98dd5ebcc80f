"""The card of an incident: what a person at 3 a.m. reads first.

What is wrong, where, whom it holds up, whether somebody is on it, the steps in short, buttons.
The proof and the commands stand in the thread. A resolved card shrinks to small grey lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.diagnosis.findings import Quote
from bot.incidents.model import UNDIAGNOSED, Incident, State
from bot.mtc.outcome_words import Word
from handlers.views.actions import Action, ask_id
from handlers.views.kit import (
    Block,
    Message,
    Page,
    actions,
    button,
    code,
    context,
    context_markup,
    cut,
    escape,
    fields,
    header,
    listed,
    mention,
    notice,
    paragraph,
    rich,
    tidy,
    untrusted,
    verbatim,
    when,
    words,
)
from handlers.views.parts import SEVERITY_MARKS, heading
from handlers.views.places import place
from handlers.views.stories import Entries, of_incident, titles
from handlers.views.votes import about_incident, vote_buttons
from handlers.views.words import CATALOGUE, name_of, pair, say
from knowledge.texts import Lang

_MEMBERS = 8
_STEPS = 4
_QUOTES = 3
_NAMES_ROOM = 1_300
LOUD = {
    Word.LEFT_SCALED_DOWN: ("card.down", "source-workloads-scaled-down"),
    Word.NOT_COPIED: ("card.not_copied", "volumes-not-copied"),
}
"""What is said loudly beside another cause; and the entry that says it by itself."""


def card(
    incident: Incident, entries: Entries, lang: Lang, now: datetime, fixes: bool = False
) -> Message:
    """Return the card in its present state; ``fixes`` says that they can be asked for."""
    story = of_incident(incident, entries, lang)
    title = cut(story.title, 140)
    if incident.state is State.RESOLVED:
        return _resolved(incident, title, lang)
    page = Page()
    mark = SEVERITY_MARKS.get(incident.severity, "🟠")
    page.add(header(f"{mark} {title}"))
    page.add(rich(paragraph(words(tidy(story.cause, 700)))))
    if incident.entry_id == UNDIAGNOSED:
        _telling(page, story.quotes, lang)
    for word, (key, entry_id) in LOUD.items():
        loud = incident.outcome == word or entry_id in (*incident.symptoms, *incident.also)
        if loud and incident.entry_id != entry_id:
            page.add(rich(paragraph(words(f"⚠️ {say(lang, key)}", bold=True))))
            if word is Word.NOT_COPIED and incident.cut_over:
                page.add(rich(paragraph(words(say(lang, "answer.roll_back_first")))))
    page.add(fields(_facts(incident, lang, now)))
    if incident.also:
        also = "; ".join(titles(incident.also[:4], incident, entries, lang))
        others = say(lang, "label.others")
        page.add(context(pair(others, untrusted(also, 500), lang)))
    steps = [[words(tidy(s.text, 240))] for s in story.steps[:_STEPS]]
    if steps:
        label = paragraph(words(say(lang, "label.todo"), bold=True))
        page.add(rich(label, listed(steps, ordered=True)))
        page.add(context(say(lang, "card.steps_below")))
    entry = entries.get(incident.entry_id)
    fixable = fixes and entry is not None and bool(entry.remediation)
    page.end(_buttons(incident, lang, now, fixable), _footer(incident, lang))
    severity = name_of(lang, "severity", incident.severity)
    told = say(
        lang, "card.notice",
        severity=severity, title=title, object=incident.subject, control=incident.key.control,
    )  # fmt: skip
    return Message(notice(f"{mark} {told}"), page.blocks)


def state_line(incident: Incident, lang: Lang, now: datetime) -> str:
    """Return mrkdwn that says whether somebody is on it, and until when it is silenced."""
    said = say(lang, f"state.{incident.state}")
    if incident.state is State.ACKNOWLEDGED and incident.acknowledged_by:
        said = say(lang, "state.by", user=mention(incident.acknowledged_by))
    if _silenced(incident, now):
        return say(lang, "state.silenced", state=said, until=when(incident.silenced_until))
    return said


def _silenced(incident: Incident, now: datetime) -> bool:
    return incident.silenced_until is not None and incident.silenced_until > now


def why_resolved(incident: Incident, lang: Lang) -> str:
    """Return why it counts as resolved; empty where nothing was noted."""
    if not incident.resolved_note:
        return ""
    kind, _, detail = incident.resolved_note.partition(":")
    known = f"resolved.{kind}" in CATALOGUE
    detail = detail if known else incident.resolved_note
    return say(lang, f"resolved.{kind if known else 'other'}", detail=untrusted(detail, 200))


def names(items: Sequence[str], lang: Lang, most: int = _MEMBERS) -> str:
    """Return names as mrkdwn code spans, as many as there is room for, and how many more."""
    shown: list[str] = []
    for item in items[:most]:
        span = code(item, 80)
        if sum(map(len, shown)) + len(span) > _NAMES_ROOM:
            break
        shown.append(span)
    told = ", ".join(shown)
    rest = len(items) - len(shown)
    return f"{told} {say(lang, 'more', n=rest)}".strip() if rest > 0 else told or "–"


def _telling(page: Page, quotes: Sequence[Quote], lang: Lang) -> None:
    """Show what tells most, since no sentence of ours does."""
    if quotes:
        page.add(heading(say(lang, "card.telling")))
    for quote in quotes[:_QUOTES]:
        page.add(rich(verbatim(quote.text, 400)), context(tidy(place(quote.where, lang), 200)))


def _facts(incident: Incident, lang: Lang, now: datetime) -> list[tuple[str, str]]:
    where = code(str(incident.subject))
    if incident.subject.cluster:
        where += f" @ {code(incident.subject.cluster)}"
    outcome = escape(name_of(lang, "outcome", incident.outcome)) or "–"
    if incident.phase:
        outcome += f"\n{code(incident.phase)}"
    pairs = [
        (say(lang, "label.object"), where),
        (say(lang, "label.outcome"), outcome),
        (say(lang, "label.members", n=len(incident.members)), names(incident.members, lang)),
        (say(lang, "label.since"), when(incident.since or incident.opened_at)),
    ]
    if incident.plan:
        pairs.append((say(lang, "label.plan"), code(incident.plan)))
    if incident.recovered:
        label = say(lang, "label.recovered", n=len(incident.recovered))
        pairs.append((label, names(incident.recovered, lang)))
    pairs.append((say(lang, "label.state"), state_line(incident, lang, now)))
    return pairs


def _buttons(incident: Incident, lang: Lang, now: datetime, fixable: bool) -> Block:
    row: list[Block] = []
    if incident.state is State.OPEN:
        label = say(lang, "button.acknowledge")
        row.append(button(label, Action.ACKNOWLEDGE, incident.id, "primary"))
    if fixable:
        name = incident.members[0] if incident.members else str(incident.subject)
        line = f"fix {name}@{incident.key.control}"
        row.append(button(say(lang, "button.fix"), ask_id(0), line))
    row.append(button(say(lang, "button.details"), Action.DETAILS, incident.id))
    if _silenced(incident, now):
        row.append(button(say(lang, "button.unsilence"), Action.UNSILENCE, incident.id))
    else:
        row.append(button(say(lang, "button.silence_1h"), Action.SILENCE_1H, incident.id))
        row.append(button(say(lang, "button.silence_8h"), Action.SILENCE_8H, incident.id))
    return actions([*row, *vote_buttons(about_incident(incident), lang)])


def _footer(incident: Incident, lang: Lang) -> Block:
    return context(
        say(
            lang,
            "card.footer",
            severity=name_of(lang, "severity", incident.severity),
            entry=tidy(incident.entry_id, 80),
            control=tidy(incident.key.control, 80),
            id=tidy(incident.id, 60),
        )
    )


def _resolved(incident: Incident, title: str, lang: Lang) -> Message:
    told = f"✅ {say(lang, 'card.resolved', title=title)}"
    page = Page()
    page.add(rich(paragraph(words(tidy(told, 300), bold=True))))
    facts = [code(str(incident.subject)), when(incident.opened_at), when(incident.resolved_at)]
    page.add(context_markup(f"{facts[0]} · {facts[1]} → {facts[2]}"))
    why = why_resolved(incident, lang)
    if why:
        page.add(context(why))
    row = [button(say(lang, "button.details"), Action.DETAILS, incident.id)]
    row += vote_buttons(about_incident(incident), lang)
    page.end(actions(row), _footer(incident, lang))
    return Message(notice(told), page.blocks)
