"""Whether a diagnosis was right: two buttons beneath it, and what is said to who presses one."""

from __future__ import annotations

from bot.diagnosis.findings import Diagnosis
from bot.incidents.model import UNDIAGNOSED, Incident
from handlers.views.actions import Vote
from handlers.views.kit import Block, Message, button, code, escape, notice, section, untrusted
from handlers.views.words import say
from knowledge.texts import Lang

DRAFT = "mtc-bot kb draft"


def about_incident(incident: Incident) -> str:
    """Return what the buttons of a card say; empty where no entry was diagnosed."""
    return "" if incident.entry_id == UNDIAGNOSED else incident.id


def about_diagnosis(diagnosis: Diagnosis) -> str:
    """Return what the buttons of an answer say: the entry and the object it was found for."""
    root = diagnosis.root
    if root is None:
        return ""
    return f"{root.entry.id}|{diagnosis.target}@{diagnosis.control}"


def vote_buttons(about: str, lang: Lang) -> list[Block]:
    """Return the two buttons; none where there is nothing to judge."""
    if not about:
        return []
    return [
        button(say(lang, "button.right"), Vote.RIGHT, about),
        button(say(lang, "button.wrong"), Vote.WRONG, about),
    ]


def counted(*, right: bool, entry_id: str, thread: str, lang: Lang) -> Message:
    """Return that a vote was taken; after one against it, how to help. ``thread`` is a URL."""
    entry = code(untrusted(entry_id, 120))
    said = say(lang, "vote.right" if right else "vote.wrong", entry=entry)
    plain = said
    if not right:
        place = say(lang, "vote.thread" if thread else "vote.keeper")
        link = f"<{escape(thread)}|{place}>" if thread else place
        plain += " " + say(lang, "vote.help", place=place, command=DRAFT)
        said += "\n" + say(lang, "vote.help", place=link, command=code(DRAFT))
    return Message(notice(plain), [section(said)])
