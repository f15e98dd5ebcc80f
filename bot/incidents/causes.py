"""From a diagnosis to the one cause an incident may be about. Pure functions.

A diagnosis calls for an incident when something is wrong now that a person should know: its
root finding, or, where a migration ended badly and no entry says why, the plain fact. Noise
(benign), remarks (info) and migrations that run or wait their turn call for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.clusters.port import ObjectRef
from bot.diagnosis.findings import Diagnosis, Finding, Quote
from bot.incidents.model import UNDIAGNOSED, IncidentKey
from bot.mtc.outcome_words import HEALTHY, Word

GOING_WELL = frozenset({Word.RUNNING, Word.WAITING, Word.READY})
"""Words under which nothing is alerted on, whatever lies about in logs and conditions."""

DONE_WELL = frozenset({Word.SUCCEEDED, Word.SUCCEEDED_WITH_WARNINGS})
"""Words of a migration that makes up for earlier failed ones of its plan."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What an incident is about, as the diagnosis at hand sees it."""

    key: IncidentKey
    subject: ObjectRef
    severity: str
    params: dict[str, str]
    quotes: tuple[Quote, ...] = ()
    symptoms: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    confidence: float = 1.0
    vague: bool = False
    """No more than a symptom: a better look may yet name what is behind it."""


def cause_of(diagnosis: Diagnosis) -> Cause | None:
    """Return what the diagnosis calls for an incident about, or None."""
    word = diagnosis.outcome.word
    if word in GOING_WELL:
        return None
    telling = [f for f in diagnosis.findings if not f.benign and f.severity != "info"]
    if telling:
        return _found(diagnosis.control, telling[0], telling[1:])
    if word in HEALTHY or not is_migration(diagnosis.target):
        return None
    return Cause(
        IncidentKey(diagnosis.control, identity(diagnosis.target), UNDIAGNOSED),
        diagnosis.target,
        "warning" if word is Word.SUCCEEDED_WITH_WARNINGS else "error",
        {"migration": diagnosis.target.name, "plan": diagnosis.plan},
        diagnosis.telling
        or tuple(Quote(text, "status.errors") for text in diagnosis.outcome.errors),
        vague=True,
    )


def _found(control: str, root: Finding, others: list[Finding]) -> Cause:
    symptoms = _unique(symptom.entry.id for symptom in _below(root))
    told = {root.entry.id, *symptoms}
    return Cause(
        IncidentKey(control, identity(root.subject), root.entry.id),
        root.subject,
        root.severity,
        dict(root.params),
        root.quotes,
        symptoms,
        _unique(other.entry.id for other in others if other.entry.id not in told),
        root.confidence,
        root.entry.role == "symptom",
    )


def _below(finding: Finding) -> list[Finding]:
    return [each for symptom in finding.symptoms for each in (symptom, *_below(symptom))]


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def identity(ref: ObjectRef) -> str:
    """Return what identifies an object: its uid, or where it stands if that is not known."""
    return ref.uid or f"{ref.cluster}/{ref.kind}/{ref.namespace}/{ref.name}"


def is_migration(ref: ObjectRef) -> bool:
    """Return whether the object is a MigMigration."""
    return ref.kind == "MigMigration"


def leaving_note(word: Word) -> str:
    """Return why a migration with this outcome is no longer held up."""
    match word:
        case Word.SUCCEEDED | Word.SUCCEEDED_WITH_WARNINGS:
            return "succeeded"
        case Word.CANCELED:
            return "canceled"
        case Word.ROLLED_BACK:
            return "rolled-back"
        case _:
            return "condition-gone"
