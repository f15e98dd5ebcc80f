"""Matches as findings, root cause first.

One entry in one object that can hold a cause is one finding, however many lines show it.
A finding that another explains stands beneath it. Rules, in order:

1. a benign entry takes the symptoms off the observation it explains;
2. an entry takes its own observation, and its object, from those it supersedes (two that
   name each other both stay, and so do more that name each other in a ring and would leave nothing;
   a benign one takes its observation only; a doubted one takes nothing);
3. an entry gathers the findings it explains, a symptom never a cause, a guess never what is sure,
   a doubted one never a cause that is surer;
4. a symptom that nobody explains goes beneath the best cause that is no guess; what is critical
   beneath none that is doubted or but a warning, and what is more than a hint beneath no hint;
5. what is seen only beside the target gathers nothing but its like, and stands behind all that
   is known of the target;
6. what is left is ordered: causes, symptoms, guesses, benign findings; each by severity and
   confidence. What is critical comes before warnings and doubted causes in any case, and hints
   stand among symptoms; of two that are as sure, what MTC calls Critical comes before what it
   calls an Error: a plan that names no store is mended before it is asked which of two plans may
   have a namespace.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from knowledge.matching.engine import Match
from knowledge.observations import Observation, Subject
from knowledge.schema import Entry

ROOT_KINDS = frozenset(
    {
        "MigCluster",
        "MigStorage",
        "MigHook",
        "MigPlan",
    }
)
"""Kinds whose troubles are apart from each other even where the entry is the same."""

WEAK = 0.5
"""A finding less certain than this explains none that is more certain than itself."""
_WEIGHT = {"critical": 1.0, "error": 0.85, "warning": 0.6, "info": 0.3}
GUESS = 0.5
"""Confidence below which a finding is a hint: it explains nothing that is surer than itself, and
stands behind what is known."""
_LESSER = 0.97
"""How much what MTC calls an Error counts against what it calls Critical."""
_MILD = frozenset({"warning", "info"})
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding as far as matching can tell it."""

    entry: Entry
    observations: tuple[Observation, ...]
    params: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 0.8
    symptoms: tuple[Ranked, ...] = ()
    doubted: bool = False
    beside: bool = False
    """Whether nothing of it was seen on what the target made or waits for."""

    @property
    def subject(self) -> Subject:
        """Return the object the first evidence is about."""
        return next((o.subject for o in self.observations if o.subject.kind), Subject())

    @property
    def first_seen(self) -> datetime:
        """Return the time of the earliest evidence; the far future where none has one."""
        return min((o.time for o in self.observations if o.time), default=_LATEST)


def rank(matches: Iterable[Match]) -> tuple[Ranked, ...]:
    """Return the findings in the matches, root cause first."""
    groups = _group(_without_superseded(_without_noise(list(matches))))
    ordered = sorted(groups, key=_order)
    return _arrange(ordered)


def _identity(observation: Observation) -> tuple[str, str]:
    return (observation.where, observation.text)


def _without_noise(matches: list[Match]) -> list[Match]:
    benign: dict[tuple[str, str], set[str]] = defaultdict(set)
    noise: set[tuple[str, str]] = set()
    for match in matches:
        if match.entry.benign:
            noise.add(_identity(match.observation))
            benign[_identity(match.observation)].update(match.entry.supersedes)
    return [
        match
        for match in matches
        if match.entry.benign
        or _identity(match.observation) not in noise
        or (
            match.entry.role == "cause"
            and match.entry.id not in benign[_identity(match.observation)]
        )
    ]


def _without_superseded(matches: list[Match]) -> list[Match]:
    by_observation: dict[tuple[str, str], set[str]] = defaultdict(set)
    by_subject: dict[Subject, set[str]] = defaultdict(set)
    entries = {match.entry.id: match.entry for match in matches}
    for match in matches:
        vaguer = {
            other
            for other in match.entry.supersedes
            if other in entries and match.entry.id not in entries[other].supersedes
        }
        if vaguer and not match.doubted:
            by_observation[_identity(match.observation)].update(vaguer)
            if match.observation.subject.kind and not match.entry.benign:
                by_subject[match.observation.subject].update(vaguer)
    for seen, said in _by_observation(matches).items():
        if said.keys() <= by_observation[seen]:
            by_observation[seen] -= _foremost(said)
    return [
        match
        for match in matches
        if match.entry.id not in by_observation[_identity(match.observation)]
        and match.entry.id not in by_subject[match.observation.subject]
    ]


def _by_observation(matches: list[Match]) -> dict[tuple[str, str], dict[str, Entry]]:
    said: dict[tuple[str, str], dict[str, Entry]] = defaultdict(dict)
    for match in matches:
        said[_identity(match.observation)][match.entry.id] = match.entry
    return said


def _foremost(entries: Mapping[str, Entry]) -> set[str]:
    """Return those that only such supersede as they, by way of others, supersede themselves."""
    below: dict[str, set[str]] = {}
    for name in entries:
        below[name] = set()
        ahead = [name]
        while ahead:
            vaguer = entries[ahead.pop()].supersedes
            new = {other for other in vaguer if other in entries} - below[name]
            below[name] |= new
            ahead += new
    return {
        name
        for name in entries
        if all(other in below[name] for other in entries if name in below[other])
    }


def _group(matches: list[Match]) -> list[Ranked]:
    groups: dict[tuple[str, str, str], list[Match]] = defaultdict(list)
    for match in matches:
        subject = match.observation.subject
        apart = f"{subject.kind}/{subject.name}" if subject.kind in ROOT_KINDS else ""
        groups[(match.entry.id, apart, subject.cluster if apart else "")].append(match)
    return [_merge(found, also) for found, also in _with_echoes(groups)]


def _with_echoes(
    groups: Mapping[tuple[str, str, str], list[Match]],
) -> Iterator[tuple[list[Match], list[Match]]]:
    """Yield each group with what only echoes it.

    What a migration or log says of the one cluster, store, hook or plan that has the same trouble
    is no trouble of its own.
    """
    roots = Counter(entry for entry, apart, _ in groups if apart)
    for (entry, apart, _), found in groups.items():
        alone = roots[entry] == 1
        if apart:
            yield found, groups.get((entry, "", ""), []) if alone else []
        elif not alone:
            yield found, []


def _merge(matches: list[Match], echoes: list[Match]) -> Ranked:
    best = max(matches, key=lambda m: (not m.observation.beside, m.confidence))
    rest = (m for m in matches if m is not best)
    ordered = [best, *sorted([*rest, *echoes], key=lambda m: m.observation.beside)]
    observations: dict[tuple[str, str], Observation] = {}
    params: dict[str, str] = {}
    for match in ordered:
        observations.setdefault(_identity(match.observation), match.observation)
        for name, value in match.params.items():
            params.setdefault(name, value)
    confidence = min(0.99, best.confidence + 0.02 * min(len(observations) - 1, 4))
    return Ranked(
        best.entry,
        tuple(observations.values()),
        params,
        round(confidence, 2),
        doubted=best.doubted,
        beside=best.observation.beside,
    )


def _order(finding: Ranked) -> tuple[int, float, datetime, str]:
    categories = {o.fields.get("category") for o in finding.observations if o.kind == "condition"}
    lesser = _LESSER if "Error" in categories and "Critical" not in categories else 1.0
    return (
        _place(finding),
        -_WEIGHT[finding.entry.severity] * finding.confidence * lesser,
        finding.first_seen,
        finding.entry.id,
    )


def _place(finding: Ranked) -> int:
    entry = finding.entry
    if entry.role == "benign":
        return 4
    if finding.beside:
        return 3
    if entry.role in ("symptom", "general"):
        return 1 if entry.severity == "critical" else 2
    if finding.confidence < GUESS:
        return 3
    if entry.severity == "info":
        return 2
    return 1 if entry.severity in _MILD or finding.doubted else 0


def _arrange(ordered: list[Ranked]) -> tuple[Ranked, ...]:
    """Place each finding under the best one that explains it."""
    parent: dict[int, int] = {}
    for index, finding in enumerate(ordered):
        for other, candidate in enumerate(ordered):
            if other == index or not _may_explain(candidate, finding):
                continue
            if not _is_ancestor(parent, index, other):
                parent[index] = other
                break
    first_cause = next(
        (
            i
            for i, f in enumerate(ordered)
            if f.entry.role == "cause"
            and f.confidence >= GUESS
            and not f.beside
            and i not in parent
        ),
        None,
    )
    for index, finding in enumerate(ordered):
        if finding.entry.role != "symptom" or index in parent or first_cause is None:
            continue
        if finding.beside:
            continue
        worth = ordered[first_cause].entry.severity
        slight = worth in _MILD or ordered[first_cause].doubted
        if finding.entry.severity == "critical" and slight:
            continue
        if finding.entry.severity != "info" and worth == "info":
            continue
        if not _is_ancestor(parent, index, first_cause):
            parent[index] = first_cause
    children: dict[int, list[int]] = defaultdict(list)
    for index, above in parent.items():
        children[above].append(index)

    def build(index: int) -> Ranked:
        below = tuple(build(child) for child in sorted(children[index]))
        return replace(ordered[index], symptoms=below)

    return tuple(build(index) for index in range(len(ordered)) if index not in parent)


def _may_explain(candidate: Ranked, finding: Ranked) -> bool:
    """Return whether a finding may stand beneath another, by what the two say and how sure."""
    if finding.entry.id not in candidate.entry.explains:
        return False
    if candidate.beside and not finding.beside:
        return False
    if candidate.confidence < min(WEAK, finding.confidence):
        return False
    if finding.entry.role == "cause":
        if candidate.entry.role == "symptom":
            return False
        if candidate.doubted and candidate.confidence < finding.confidence:
            return False
    return not candidate.confidence < GUESS <= finding.confidence


def _is_ancestor(parent: Mapping[int, int], index: int, of: int) -> bool:
    """Return whether ``index`` stands above ``of`` already."""
    seen = of
    while seen in parent:
        seen = parent[seen]
        if seen == index:
            return True
    return False
