"""Many incidents at once as one message, grouped by cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bot.incidents.model import Incident
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
from handlers.views.parts import SEVERITY_MARKS, asks, some
from handlers.views.stories import Entries, loose, of_incident
from handlers.views.words import say
from knowledge.texts import Lang

_CAUSES = 12


def rollup(incidents: Sequence[Incident], entries: Entries, lang: Lang) -> Message:
    """Return the open incidents summed up; the cause that holds up most comes first."""
    page = Page()
    title = say(lang, "rollup.title", n=len(incidents))
    page.add(header(f"🌩️ {title}"))
    if not incidents:
        page.add(context(say(lang, "rollup.none")))
        return Message(notice(say(lang, "rollup.none")), page.blocks)
    page.add(rich(paragraph(words(say(lang, "rollup.intro", command="/mtc list")))))
    by_entry: dict[str, list[Incident]] = defaultdict(list)
    for incident in incidents:
        by_entry[incident.entry_id].append(incident)
    causes = sorted(by_entry.items(), key=lambda pair: (-_held_up(pair[1]), pair[0]))
    for entry_id, group in causes[:_CAUSES]:
        page.add(rich(listed([_line(entry_id, group, entries, lang)])))
    if len(causes) > _CAUSES:
        page.add(context(say(lang, "more", n=len(causes) - _CAUSES)))
    page.end(asks([(say(lang, "button.list"), "list")]))
    return Message(notice(f"🌩️ {title}"), page.blocks)


def _held_up(group: Sequence[Incident]) -> int:
    return len({(i.key.control, m) for i in group for m in i.members})


def _line(
    entry_id: str, group: Sequence[Incident], entries: Entries, lang: Lang
) -> list[dict[str, object]]:
    title = of_incident(group[0], entries, lang).title
    if len(group) > 1 and entry_id in entries:
        title = tidy(loose(entries[entry_id].title.get(lang), {}), 160)
    mark = SEVERITY_MARKS.get(group[0].severity, "🟠")
    counts = say(lang, "rollup.line", n=len(group), m=_held_up(group))
    objects = list(dict.fromkeys(f"{i.subject} ({i.key.control})" for i in group))
    return [
        words(f"{mark} {title}", bold=True),
        words(counts),
        words("\n" + untrusted(some(objects, lang, 4), 400)),
    ]
