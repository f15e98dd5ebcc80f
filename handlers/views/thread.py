"""Replies under a card: the evidence, and what happens to the incident later."""

from __future__ import annotations

from datetime import datetime

from bot.incidents.model import Incident
from handlers.views.card import why_resolved
from handlers.views.kit import (
    Message,
    Page,
    context,
    mention,
    notice,
    section,
    untrusted,
    when,
)
from handlers.views.parts import explain, labelled, left_out, sources
from handlers.views.places import unread_line
from handlers.views.stories import Entries, of_incident, titles
from handlers.views.words import pair, say
from knowledge.texts import Lang


def reply(
    topic: str, detail: str, incident: Incident, entries: Entries, lang: Lang, now: datetime
) -> Message:
    """Return the reply for an outbox item's topic; an unknown topic shows its detail."""
    if topic == "evidence":
        return evidence(incident, entries, lang)
    if topic in ("acknowledged", "silenced", "unsilenced"):
        return _act(topic, detail or incident.acknowledged_by, incident, lang, now)
    if topic == "resolved":
        said = say(lang, "thread.resolved", why=why_resolved(incident, lang)).strip()
    elif topic == "reopened":
        said = say(lang, "thread.reopened")
    else:
        known = topic if topic in ("joined", "recovered") else "other"
        names = ", ".join((detail or topic).split())
        said = say(lang, f"thread.{known}", detail=untrusted(names, 900))
    return Message(notice(said), [context(said)])


def evidence(incident: Incident, entries: Entries, lang: Lang) -> Message:
    """Return the proof, the steps with their commands, and what it explains."""
    page = Page()
    story = of_incident(incident, entries, lang)
    explain(page, story, lang)
    explained = titles(incident.symptoms, incident, entries, lang)
    labelled(page, say(lang, "label.explains"), explained, lang)
    missing = [unread_line(each, lang) for each in incident.not_read]
    labelled(page, say(lang, "label.not_read"), missing, lang, most=5)
    if story.sources:
        page.add(sources(story, lang))
    left_out(page, f"mtc-bot kb show {untrusted(incident.entry_id, 80)}", lang)
    return Message(
        notice(pair(say(lang, "label.proof"), story.title, lang)),
        page.blocks,
    )


def _act(topic: str, who: str, incident: Incident, lang: Lang, now: datetime) -> Message:
    until = when(incident.silenced_until or now)
    said = say(lang, f"thread.{topic}", user=mention(who), until=until)
    return Message(said, [section(said)])
