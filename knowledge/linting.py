"""Checks over all entries: references, languages, placeholders, and the examples themselves.

An error means that the entry would mislead or could not be used; a warning is for its author.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.loading import Entries
from knowledge.matching.engine import Engine, Match
from knowledge.matching.patterns import expression
from knowledge.observations import Observation
from knowledge.observing import observe, observe_line
from knowledge.ranking import Ranked, rank
from knowledge.schema import Entry, Example
from knowledge.texts import LocalText, placeholders

CONTEXT = frozenset(
    [
        "migration",
        "plan",
        "namespace",
        "target_namespace",
        "source",
        "destination",
        "storage",
        "name",
        "kind",
        "cluster",
        "control",
    ]
)
"""Placeholders that every finding can fill, besides an entry's own named groups."""

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_GROUP = re.compile(r"\(\?P<([a-z][a-z0-9_]*)>")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with one entry (or file)."""

    entry: str
    what: str
    level: str = "error"

    def __str__(self) -> str:
        """Return one line for a terminal."""
        return f"{self.level}: {self.entry}: {self.what}"


def lint(entries: Entries) -> tuple[Complaint, ...]:
    """Return all complaints, errors first; empty means green."""
    complaints = [Complaint(problem.file, problem.what) for problem in entries.problems]
    usable: list[Entry] = []
    for entry in entries.by_id.values():
        try:
            Engine([entry])
        except Exception as error:
            complaints.append(Complaint(entry.id, f"a matcher cannot be compiled: {error}"))
        else:
            usable.append(entry)
    engine = Engine(usable)
    for entry in usable:
        complaints.extend(_references(entry, entries))
        complaints.extend(_texts(entry))
        complaints.extend(_examples(entry, engine))
    return tuple(sorted(complaints, key=lambda c: (c.level != "error", c.entry, c.what)))


def _references(entry: Entry, entries: Entries) -> Iterator[Complaint]:
    for name, ids in (("explains", entry.explains), ("supersedes", entry.supersedes)):
        for other in ids:
            if other not in entries.by_id:
                yield Complaint(entry.id, f"{name} names {other}, and there is no such entry")
    for other in entry.supersedes:
        if other in entries.by_id and entry.id in entries.by_id[other].supersedes:
            what = f"supersedes {other}, which supersedes it; neither will"
            yield Complaint(entry.id, what, "warning")


def _own_texts(entry: Entry) -> Iterator[tuple[str, LocalText]]:
    yield "title", entry.title
    yield "cause", entry.cause
    for number, step in enumerate(entry.steps, 1):
        yield f"step {number}", step.text
    if entry.verify:
        yield "verify", entry.verify


def _texts(entry: Entry) -> Iterator[Complaint]:
    own: set[str] = set()
    for matcher in entry.matchers:
        for pattern in (
            expression(matcher.signature) if matcher.signature else "",
            matcher.condition.message if matcher.condition else "",
            matcher.event.message if matcher.event else "",
            matcher.pod.message if matcher.pod else "",
        ):
            own.update(_GROUP.findall(pattern or ""))
        if matcher.probe:
            for example in entry.examples.match:
                own.update(example.probe or {})
    known = CONTEXT | own
    for name, text in _own_texts(entry):
        if not _CHINESE.search(text.zh):
            yield Complaint(entry.id, f"{name}: the Chinese text is not in Chinese")
        if _CHINESE.search(text.en):
            yield Complaint(entry.id, f"{name}: the English text has Chinese in it")
        missing = placeholders(text.en) ^ placeholders(text.zh)
        if missing:
            names = ", ".join(sorted(missing))
            yield Complaint(entry.id, f"{name}: only one language names {names}; is one stale?")
        for unknown in sorted((placeholders(text.en) | placeholders(text.zh)) - known):
            yield Complaint(entry.id, f"{name}: nothing fills {{{unknown}}}")
    for number, step in enumerate(entry.steps, 1):
        for unknown in sorted(placeholders(step.command or "") - known):
            yield Complaint(entry.id, f"command {number}: nothing fills {{{unknown}}}")


def observations(example: Example) -> tuple[Observation, ...]:
    """Return an example as observations."""
    if example.object is not None:
        return tuple(observe(example.object))
    if example.probe is not None:
        return (Observation("probe", example.probe.get("text", ""), fields=dict(example.probe)),)
    hint = {"log": "log", "event": "event", "status": "cr"}[example.kind]
    component = example.component or ""
    return tuple(
        observe_line(line, hint, component, f"line {number}")
        for number, line in enumerate((example.text or "").splitlines(), 1)
        if line.strip()
    )


def _examples(entry: Entry, engine: Engine) -> Iterator[Complaint]:
    for number, example in enumerate(entry.examples.match, 1):
        matches = engine.match(observations(example))
        if entry.id not in {match.entry.id for match in matches}:
            yield Complaint(entry.id, f"positive example {number} does not match")
        elif complaint := _misled(entry, matches):
            yield Complaint(entry.id, f"positive example {number} {complaint}", "warning")
    for number, example in enumerate(entry.examples.no_match, 1):
        if entry.id in _ids(rank(engine.match(observations(example)))):
            yield Complaint(entry.id, f"negative example {number} matches")


def _misled(entry: Entry, matches: list[Match]) -> str:
    ranked = rank(matches)
    if not ranked:
        return "leads to nothing: the entries it matches supersede each other"
    first = ranked[0].entry
    if first.id == entry.id or entry.role == "symptom":
        return ""
    return f"leads to {first.id} first"


def _ids(findings: Iterable[Ranked]) -> set[str]:
    ids: set[str] = set()
    for finding in findings:
        ids.add(finding.entry.id)
        ids |= _ids(finding.symptoms)
    return ids
