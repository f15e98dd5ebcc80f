"""Diagnoses as the bot makes them, from the real data classes, a line each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.clusters.port import ObjectRef
from bot.diagnosis.findings import Diagnosis, Finding, Quote
from bot.mtc.outcome_words import Outcome, Word
from knowledge.schema import Entry

CONTROL = "prod"
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
STORAGE = ObjectRef("MigStorage", "s3", "openshift-migration", "host", uid="uid-s3")
CLUSTER = ObjectRef("MigCluster", "ocp3", "openshift-migration", "host", uid="uid-ocp3")


def after(minutes: float) -> datetime:
    """Return the time so many minutes after the start."""
    return START + timedelta(minutes=minutes)


def entry(name: str, severity: str = "critical", role: str = "cause") -> Entry:
    """Return a knowledge entry."""
    texts = {"en": f"{name} of {{name}}", "zh": f"{name}: {{name}}"}
    raw: dict[str, Any] = {
        "id": name,
        "title": texts,
        "cause": texts,
        "severity": severity,
        "role": role,
        "source": ["mig-controller pkg/controller/migplan/validation.go"],
        "matchers": [{"signature": {"text": f"words of {name}"}}],
        "steps": [{"text": texts, "command": "oc get migplan"}],
        "examples": {
            "match": [{"text": f"words of {name} {n}"} for n in range(3)],
            "no_match": [{"text": "other words"}, {"text": "yet other words"}],
        },
    }
    return Entry.model_validate(raw)


def migration(name: str) -> ObjectRef:
    """Return a migration."""
    return ObjectRef("MigMigration", name, "openshift-migration", "host", uid=f"uid-{name}")


def finding(
    name: str,
    subject: ObjectRef,
    severity: str = "critical",
    role: str = "cause",
    symptoms: tuple[Finding, ...] = (),
    text: str = "words from the cluster",
) -> Finding:
    """Return a finding with one quote."""
    quote = Quote(text, f"{subject} status.conditions", START)
    params = {"name": subject.name}
    return Finding(entry(name, severity, role), subject, (quote,), params, symptoms=symptoms)


def diagnosis(
    target: ObjectRef | str,
    word: Word,
    *findings: Finding,
    plan: str = "shop",
    phase: str = "",
    since: datetime | None = START,
    itinerary: str = "Final",
    control: str = CONTROL,
    cut_over: bool = False,
) -> Diagnosis:
    """Return a diagnosis of a migration (by name) or of another object."""
    ref = migration(target) if isinstance(target, str) else target
    outcome = Outcome(word, phase, since=since, itinerary=itinerary, cut_over=cut_over)
    return Diagnosis(ref, control, outcome, findings, plan=plan)


def storage_down() -> Finding:
    """Return the finding that the object store is down."""
    return finding("storage-down", STORAGE)
