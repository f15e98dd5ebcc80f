"""The App Home: what is open now, and how to ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.incidents.model import Incident, State
from handlers.views.actions import Action
from handlers.views.card import names, state_line
from handlers.views.help import help_blocks
from handlers.views.kit import (
    VIEW_BLOCKS,
    VIEW_CHARACTERS,
    Page,
    actions,
    button,
    code,
    context,
    context_markup,
    cut,
    divider,
    header,
    paragraph,
    rich,
    when,
    words,
)
from handlers.views.parts import SEVERITY_MARKS, asks
from handlers.views.stories import Entries, of_incident
from handlers.views.words import pair, say
from knowledge.texts import Lang

View = dict[str, Any]
_MOST = 15


def home(
    incidents: Sequence[Incident],
    entries: Entries,
    lang: Lang,
    now: datetime,
    fixes: bool = False,
) -> View:
    """Return a person's App Home, the most urgent first; ``fixes``: they can be asked for."""
    page = Page(VIEW_BLOCKS, VIEW_CHARACTERS)
    page.add(header(say(lang, "home.title", n=len(incidents))))
    if not incidents:
        page.add(rich(paragraph(words(f"✅ {say(lang, 'home.none')}"))))
    for incident in sorted(incidents, key=_urgency)[:_MOST]:
        mark = SEVERITY_MARKS.get(incident.severity, "🟠")
        title = f"{mark} {cut(of_incident(incident, entries, lang).title, 200)}"
        where = " · ".join(
            (code(str(incident.subject)), code(incident.key.control), when(incident.opened_at))
        )
        label = say(lang, "label.members", n=len(incident.members))
        members = pair(label, names(incident.members, lang), lang)
        row = [button(say(lang, "button.details"), Action.DETAILS, incident.id)]
        if incident.state is State.OPEN:
            label = say(lang, "button.acknowledge")
            row.insert(0, button(label, Action.ACKNOWLEDGE, incident.id, "primary"))
        page.add(
            rich(paragraph(words(title, bold=True))),
            context_markup(f"{where}\n{members}"),
            context_markup(state_line(incident, lang, now)),
            actions(row),
        )
    if len(incidents) > _MOST:
        page.add(context(say(lang, "more", n=len(incidents) - _MOST)))
    page.add(divider())
    page.add(header(say(lang, "help.title")))
    for block in help_blocks(lang, fixes):
        page.add(block)
    page.end(asks([(say(lang, "button.list"), "list"), (say(lang, "button.kb"), "kb")]))
    return {"type": "home", "blocks": page.blocks}


def _urgency(incident: Incident) -> int:
    """Return how far down an incident stands; those of one severity stay newest first."""
    known = list(SEVERITY_MARKS)
    return known.index(incident.severity) if incident.severity in known else len(known)
