"""The modal behind "Details": all that is known of one incident."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.incidents.model import Incident, TimelineItem
from handlers.views.card import names, state_line
from handlers.views.kit import (
    VIEW_BLOCKS,
    VIEW_CHARACTERS,
    Block,
    Message,
    Page,
    code,
    context,
    divider,
    escape,
    fields,
    mention,
    notice,
    plain,
    section,
    title_and_text,
    untrusted,
    when,
)
from handlers.views.parts import explain, heading, labelled, sources
from handlers.views.places import unread_line
from handlers.views.stories import Entries, of_incident, titles
from handlers.views.words import CATALOGUE, name_of, say
from knowledge.texts import Lang

View = dict[str, Any]
_TIMELINE = 15


def loading(lang: Lang) -> View:
    """Return the modal that stands there until the incident is read."""
    return _modal([section(f"⏳ {say(lang, 'details.loading')}")], lang)


def details(
    incident: Incident,
    entries: Entries,
    lang: Lang,
    now: datetime,
    votes: tuple[int, int] = (0, 0),
) -> View:
    """Return the modal of an incident; ``votes`` are how many find its cause right, and wrong."""
    page = Page(VIEW_BLOCKS, VIEW_CHARACTERS)
    _fill(page, incident, entries, lang, now, votes)
    return _modal(page.blocks, lang)


def details_message(
    incident: Incident,
    entries: Entries,
    lang: Lang,
    now: datetime,
    votes: tuple[int, int] = (0, 0),
) -> Message:
    """Return the same as a message, for when a modal can no longer be opened."""
    page = Page()
    _fill(page, incident, entries, lang, now, votes)
    return Message(notice(of_incident(incident, entries, lang).title), page.blocks)


def trouble(message: Message, lang: Lang) -> View:
    """Return a modal that says what went wrong."""
    return _modal(message.blocks, lang)


def _modal(blocks: list[Block], lang: Lang) -> View:
    return {
        "type": "modal",
        "title": plain(say(lang, "details.title"), 24),
        "close": plain(say(lang, "button.close"), 24),
        "blocks": [b for b in blocks if b["type"] != "actions"],
    }


def _fill(
    page: Page,
    incident: Incident,
    entries: Entries,
    lang: Lang,
    now: datetime,
    votes: tuple[int, int],
) -> None:
    story = of_incident(incident, entries, lang)
    page.add(title_and_text(story.title, story.cause))
    outcome = escape(name_of(lang, "outcome", incident.outcome)) or "–"
    page.add(
        fields(
            [
                (say(lang, "label.object"), code(str(incident.subject))),
                (say(lang, "label.control"), code(incident.key.control)),
                (say(lang, "label.outcome"), outcome),
                (say(lang, "label.phase"), code(incident.phase or "–")),
                (
                    say(lang, "label.members", n=len(incident.members)),
                    names(incident.members, lang, 16),
                ),
                (say(lang, "label.state"), state_line(incident, lang, now)),
            ]
        )
    )
    if any(votes):
        page.add(context(say(lang, "vote.counts", right=votes[0], wrong=votes[1])))
    page.add(divider())
    explain(page, story, lang)
    for key, ids in (("label.explains", incident.symptoms), ("label.others", incident.also)):
        labelled(page, say(lang, key), titles(ids, incident, entries, lang), lang)
    missing = [unread_line(each, lang) for each in incident.not_read]
    labelled(page, say(lang, "label.not_read"), missing, lang, most=12)
    if incident.timeline:
        page.add(heading(say(lang, "label.timeline")))
        for item in incident.timeline[-_TIMELINE:]:
            page.add(section(_happened(item, lang)))
    if story.sources:
        page.add(sources(story, lang))


def _happened(item: TimelineItem, lang: Lang) -> str:
    key = f"timeline.{item.what}"
    said = say(lang, key) if key in CATALOGUE else code(item.what)
    if item.what == "silenced" and (until := _time(item.detail)):
        said = say(lang, "timeline.until", until=when(until))
    elif item.detail:
        said += f" {code(untrusted(item.detail, 100))}"
    line = f"{when(item.at)} · {said}"
    return f"{line} · {mention(item.who)}" if item.who else line


def _time(text: str) -> datetime | None:
    """Return the time that a timeline keeps as text."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
