"""The one call: what is wrong with this, and why.

observe -> evidence -> findings, in one direction. Guarantees: a thing that is healthy has no
finding but benign ones and what MTC warns of on it; a target that exists always gets a diagnosis,
however much could not be read; quotes are redacted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bot.clusters.port import ControlPlane, ObjectRef
from bot.diagnosis.dossier import Dossier
from bot.diagnosis.evidence import object_observations
from bot.diagnosis.findings import Diagnosis, Finding, Unread
from bot.diagnosis.gathering import gather
from bot.diagnosis.judging import judge, migration_objects
from bot.diagnosis.logevidence import log_matches
from bot.diagnosis.probes import run_probes
from bot.diagnosis.reaching import at_the_clusters
from bot.diagnosis.reporting import Mask, finding
from bot.diagnosis.telling import telling
from bot.diagnosis.verdicts import unreadable_clusters, verdicts
from bot.mtc.graph import Others
from bot.mtc.outcome_words import Outcome, Word
from bot.mtc.progress import progress
from bot.mtc.waiting import waits_for
from bot.redaction import Tally
from knowledge.contradicting import doubts, weighed
from knowledge.matching.engine import Engine, Match
from knowledge.ranking import Ranked, rank

QUIET = frozenset({Word.SUCCEEDED, Word.ROLLED_BACK, Word.CANCELED, Word.READY, Word.WAITING})
"""Outcomes in which log lines, events and conditions call for nothing; but what MTC itself warns
of on something that is ready is told."""
LASTING = frozenset(
    {"source-workloads-scaled-down", "images-missing-on-destination", "uid-range-collision"}
)
"""Probes whose answers matter even when MTC has ended well."""


class Diagnoser:
    """Diagnoses targets with one set of knowledge. May be shared by threads."""

    def __init__(
        self,
        engine: Engine | Callable[[], Engine],
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Take the compiled knowledge, or what returns it as it is now; ``clock`` is aware UTC.

        One diagnosis uses one engine from beginning to end, whatever is reloaded meanwhile.
        """
        self._engine: Callable[[], Engine] = (
            (lambda: engine) if isinstance(engine, Engine) else engine
        )
        self._clock = clock or (lambda: datetime.now(UTC))

    @property
    def engine(self) -> Engine:
        """Return the knowledge in force now."""
        return self._engine()

    def __call__(
        self, plane: ControlPlane, target: ObjectRef, others: Others | None = None
    ) -> Diagnosis:
        """Return the diagnosis of ``target``.

        ``others`` is what the control cluster's other migrations say, where it is known already;
        else they are read.

        Raises ``NotFound`` where there is no such object, and the ``ClusterError`` of a
        control cluster that cannot be read at all.
        """
        dossier = gather(plane, target, self._clock())
        if others is not None:
            dossier = replace(dossier, away=others.away)
        engine, mask = self.engine, Tally()
        objects = None
        if dossier.target.kind == "MigMigration":
            objects = migration_objects(dossier, others)
        outcome = judge(dossier, objects)
        findings = _findings(dossier, outcome, engine, mask)
        going = outcome.word in (Word.RUNNING, Word.STALLED)
        return Diagnosis(
            target,
            plane.name,
            replace(outcome, errors=tuple(mask(error) for error in outcome.errors)),
            findings,
            tuple(Unread(mask(u.what), mask(u.why)) for u in dossier.unread),
            str((dossier.plan or {}).get("metadata", {}).get("name", "")),
            () if _explained(findings, outcome) else telling(dossier, outcome, engine, mask),
            waits_for(outcome.phase, outcome.behind) if going else None,
            progress(objects, dossier.now) if objects is not None else None,
            dict(mask.masked),
        )


def _findings(
    dossier: Dossier, outcome: Outcome, engine: Engine, mask: Mask
) -> tuple[Finding, ...]:
    probes = [
        *run_probes(dossier, outcome),
        *verdicts(dossier, outcome),
        *unreadable_clusters(dossier, outcome),
    ]
    matches = engine.match(probes)
    observed = tuple(at_the_clusters(dossier, object_observations(dossier)))
    matches += engine.match(observed)
    vague: list[Match] = []
    if dossier.migration is not None:
        logs = log_matches(dossier, engine)
        matches += [*logs.own, *(match for match in logs.vague if match.entry.benign)]
        vague = [match for match in logs.vague if not match.entry.benign]

    def look(contradictions: Engine) -> Iterator[Match]:
        yield from contradictions.match(probes)
        yield from contradictions.match(observed)
        if dossier.migration is not None:
            yield from log_matches(dossier, contradictions).own

    against = doubts(engine, (*matches, *vague), look)
    matches, vague = weighed(matches, against), weighed(vague, against)
    ranked = rank(match for match in matches if counts(match, outcome))
    if vague and not _names_a_cause(ranked):
        ranked = rank(match for match in (*matches, *vague) if counts(match, outcome))
    return tuple(finding(item, dossier, mask, against) for item in ranked)


def _explained(findings: Iterable[Finding], outcome: Outcome) -> bool:
    """Return whether there is nothing to explain, or a cause that explains it."""
    if outcome.word in QUIET or outcome.word is Word.RUNNING:
        return True
    return any(
        not (each.benign or each.beside)
        and (each.entry.role == "cause" or _explained(each.symptoms, outcome))
        for each in findings
    )


def _names_a_cause(ranked: Iterable[Ranked]) -> bool:
    """Return whether something seen on the target itself says why, not only that it failed."""
    return any(
        (
            item.entry.role == "cause"
            and not item.beside
            and any(o.kind != "probe" for o in item.observations)
        )
        or _names_a_cause(item.symptoms)
        for item in ranked
    )


def counts(match: Match, outcome: Outcome) -> bool:
    """Return whether a match says anything, given how the target stands."""
    if match.entry.benign or outcome.word not in QUIET:
        return True
    observation = match.observation
    if outcome.word is Word.READY and observation.kind == "condition":
        return observation.fields.get("category") == "Warn"
    return observation.kind == "probe" and observation.fields.get("name") in LASTING
