"""What a diagnosis says: findings with their proof, root cause first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.clusters.port import ObjectRef
from bot.mtc.outcome_words import Outcome
from bot.mtc.progress import Progress
from knowledge.schema import Entry, Severity
from knowledge.texts import Lang, LocalText, fill

_SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error", "critical")


@dataclass(frozen=True, slots=True)
class Quote:
    """One piece of evidence: the very words, where they stand and when they were written.

    The text has gone through the redactor already.
    """

    text: str
    where: str
    """A field of an object, or a log and its line: ``migcluster/ocp3 status.conditions[...]``."""
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class FilledStep:
    """A step with the actual names in it, in one language."""

    text: str
    command: str | None = None
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (or only looks so), with proof."""

    entry: Entry
    subject: ObjectRef
    """The object in which the cause lies; part of the incident's key."""
    quotes: tuple[Quote, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 1.0
    """0 to 1."""
    symptoms: tuple[Finding, ...] = ()
    """Findings this one explains."""
    against: tuple[Quote, ...] = ()
    """What speaks against it; its confidence is lower for that."""
    beside: bool = False
    """Whether it ails something that has nothing to do with how the target fares."""

    @property
    def severity(self) -> Severity:
        """Return the worst severity of the cause and of what it led to.

        A failed hook is an error; one that left the application down is critical.
        """
        return max(
            (self.entry.severity, *(symptom.severity for symptom in self.symptoms)),
            key=_SEVERITIES.index,
        )

    @property
    def benign(self) -> bool:
        """Return whether it is noise: explained, never alerted on."""
        return self.entry.benign

    def title(self, lang: Lang) -> str:
        """Return the entry's title, filled in."""
        return fill(self.entry.title.get(lang), self.params)

    def cause(self, lang: Lang) -> str:
        """Return the entry's cause, filled in."""
        return fill(self.entry.cause.get(lang), self.params)

    def steps(self, lang: Lang) -> tuple[FilledStep, ...]:
        """Return what to do, with the actual names filled in."""
        return tuple(
            FilledStep(
                fill(step.text.get(lang), self.params),
                fill(step.command, self.params) if step.command else None,
                step.cluster,
            )
            for step in self.entry.steps
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, and why. Missing evidence is not an error."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer to "what is wrong with this?"."""

    target: ObjectRef
    control: str
    """Name of the control cluster (or of the archive)."""
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    """Root cause first; symptoms stand in their cause's ``symptoms``; benign ones last."""
    not_read: tuple[Unread, ...] = ()
    plan: str = ""
    telling: tuple[Quote, ...] = ()
    """Where no cause is known: what tells most all the same, best first."""
    waits_for: LocalText | None = None
    """What MTC waits for in the present phase of a migration that goes on."""
    progress: Progress | None = None
    """How far its copying is; None where nothing is being copied."""
    masked: Mapping[str, int] = field(default_factory=dict)
    """How many values were masked in what this says, by the rule that did it."""

    @property
    def root(self) -> Finding | None:
        """Return the first finding that is not benign."""
        return next((f for f in self.findings if not f.benign), None)
