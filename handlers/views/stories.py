"""What is told of a cause, whatever it comes from: a finding, an incident, or neither known.

An incident keeps only ids and values; its entry gives the texts. Where the entry is gone, or where
no entry fitted in the first place, there is still a story, with steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.diagnosis.findings import FilledStep, Finding, Quote
from bot.incidents.model import UNDIAGNOSED, Incident
from handlers.views.kit import tidy
from handlers.views.words import say
from knowledge.schema import Entry
from knowledge.texts import Lang, fill, placeholders

Entries = Mapping[str, Entry]

_CONTROLLER_LOG = (
    "oc logs -n openshift-migration deployment/migration-controller -c mtc --since=2h | grep {name}"
)


@dataclass(frozen=True, slots=True)
class Story:
    """A cause in one language, names filled in."""

    title: str
    cause: str
    quotes: tuple[Quote, ...] = ()
    steps: tuple[FilledStep, ...] = ()
    verify: str = ""
    sources: tuple[str, ...] = ()


def of_finding(found: Finding, lang: Lang) -> Story:
    """Return the story of a finding."""
    verify = found.entry.verify
    return Story(
        tidy(found.title(lang), 300),
        tidy(found.cause(lang), 1_500),
        found.quotes,
        found.steps(lang),
        tidy(fill(verify.get(lang), found.params), 600) if verify else "",
        found.entry.source,
    )


def of_incident(incident: Incident, entries: Entries, lang: Lang) -> Story:
    """Return the story of an incident."""
    quotes = tuple(Quote(q.text, q.where, q.time) for q in incident.quotes)
    entry = entries.get(incident.entry_id)
    if entry is not None:
        return of_finding(Finding(entry, incident.subject, quotes, incident.params), lang)
    name = incident.subject.name
    key = "undiagnosed" if incident.entry_id == UNDIAGNOSED else "forgotten"
    command = f"/mtc status {incident.subject}@{incident.key.control}"
    log = _CONTROLLER_LOG.format(name=name)
    steps = [
        FilledStep(say(lang, "story.status"), command),
        FilledStep(say(lang, "story.log"), log, "host"),
    ]
    if incident.entry_id == UNDIAGNOSED:
        steps.append(FilledStep(say(lang, "story.draft"), f"{log} | mtc-bot kb draft"))
    return Story(
        tidy(say(lang, f"story.{key}.title", name=name, entry=incident.entry_id), 300),
        say(lang, f"story.{key}", entry=incident.entry_id),
        quotes,
        tuple(steps),
    )


def titles(ids: tuple[str, ...], incident: Incident, entries: Entries, lang: Lang) -> list[str]:
    """Return the titles of other entries, filled in with what the incident knows; else the id."""
    known = [(entry_id, entries.get(entry_id)) for entry_id in ids]
    return [loose(e.title.get(lang), incident.params) if e else entry_id for entry_id, e in known]


def loose(title: str, params: Mapping[str, str]) -> str:
    """Return a title filled in, with an ellipsis for what is not known."""
    return fill(title, dict.fromkeys(placeholders(title), "…") | dict(params))
