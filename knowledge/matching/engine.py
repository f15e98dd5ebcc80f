"""Observations against all entries at once.

Signatures go through one automaton; conditions, events, pods and objects are looked up by
what they name. A match carries the parameters its named groups took and how specific it was.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from knowledge.matching.automaton import Automaton
from knowledge.matching.expressions import Expression
from knowledge.matching.loglines import head
from knowledge.matching.patterns import confirming, for_automaton
from knowledge.matching.playbooks import standing
from knowledge.matching.scheduling import most_nodes
from knowledge.observations import Observation, Subject
from knowledge.quotes import tolerate_quotes
from knowledge.schema import (
    ANY_TYPE,
    ConditionMatch,
    Entry,
    EventMatch,
    ObjectMatch,
    PodMatch,
    ProbeMatch,
    Signature,
)

_FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"velero", "restic", "node-agent", "stage"}),
    frozenset({"rsync", "stunnel"}),
    frozenset({"mig-controller", "operator", "cluster"}),
    frozenset({"registry", "image", "velero"}),
    frozenset({"console", "ui"}),
    frozenset({"hook"}),
)
"""Components whose messages turn up in each other's logs."""

_USUAL = frozenset({"MigPlan", "MigMigration", "MigCluster", "MigStorage"})
"""Kinds that a condition is taken for first where it does not say whose it is: several kinds
share the names of their conditions, and people look at these."""
_ALARMING = frozenset({"warning", "error", "fatal"})
"""Levels that the lines of a record share with its first; a program's output quoted at level info
is not made harmless by that."""
_KNOWN = frozenset().union(*_FAMILIES)
_CHANGED = re.compile(r'message changed from \\*"(.*?)\\*" to \\*"')
"""What an operator of a cluster writes when it says something else of itself: what it said before
is over."""


@dataclass(frozen=True, slots=True)
class Match:
    """One entry recognised in one observation."""

    entry: Entry
    observation: Observation
    params: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 0.8
    """0 to 1: how much of the observation the matcher pinned down."""
    doubted: bool = False
    """Whether something speaks against the entry (see ``knowledge.contradicting``)."""


class _Text:
    """A signature of an entry; what confirms it is compiled when first a line may hold it."""

    __slots__ = ("_pattern", "entry", "signature")

    def __init__(self, entry: Entry, signature: Signature) -> None:
        self.entry = entry
        self.signature = signature
        self._pattern: re.Pattern[str] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return the pattern that confirms a line and yields the parameters."""
        if self._pattern is None:
            self._pattern = confirming(self.signature)
        return self._pattern


class Engine:
    """All matchers of a set of entries, compiled. May be shared by threads."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Compile the matchers. Raises ``ValueError`` where one cannot be compiled."""
        self.entries: dict[str, Entry] = {entry.id: entry for entry in entries}
        self._texts: list[_Text] = []
        self._rows: list[_Text] = []
        self._general: list[_Text] = []
        self._conditions: dict[str, list[tuple[Entry, ConditionMatch]]] = defaultdict(list)
        self._events: dict[str, list[tuple[Entry, EventMatch]]] = defaultdict(list)
        self._pods: list[tuple[Entry, PodMatch]] = []
        self._objects: dict[str, list[tuple[Entry, ObjectMatch, Expression]]] = defaultdict(list)
        self._probes: dict[str, list[tuple[Entry, ProbeMatch]]] = defaultdict(list)
        for entry in self.entries.values():
            self._add(entry)
        self._automaton = _automaton(self._texts)
        self._row_automaton = _automaton(self._rows)
        self._general_automaton = _automaton(self._general)

    def _add(self, entry: Entry) -> None:
        for matcher in entry.matchers:
            if (signature := matcher.signature) is not None:
                self._place(entry, signature).append(_Text(entry, signature))
            elif (condition := matcher.condition) is not None:
                self._conditions[condition.type].append((entry, condition))
            elif (event := matcher.event) is not None:
                self._events[event.reason].append((entry, event))
            elif (pod := matcher.pod) is not None:
                self._pods.append((entry, pod))
            elif (wanted := matcher.object) is not None:
                expression = Expression(wanted.when)
                for kind in wanted.kind:
                    self._objects[kind].append((entry, wanted, expression))
            elif (probe := matcher.probe) is not None:
                self._probes[probe.name].append((entry, probe))

    def _place(self, entry: Entry, signature: Signature) -> list[_Text]:
        if entry.role == "general":
            return self._general
        return self._rows if "row" in signature.where else self._texts

    def match(self, observations: Iterable[Observation]) -> list[Match]:
        """Return every match in the observations, in their order."""
        return [match for observation in observations for match in self._match_one(observation)]

    def match_general(self, observations: Iterable[Observation]) -> list[Match]:
        """Return the matches of entries that only tell what sort of error it is, in their order."""
        return [
            match
            for observation in observations
            for match in self._confirm(
                _held(self._general, self._general_automaton, _flat(observation)), observation
            )
        ]

    def scan(
        self,
        chunks: Iterable[bytes],
        *,
        component: str = "",
        where: str = "",
        subject: Subject = Subject(),  # noqa: B008 - frozen
    ) -> Iterator[Match]:
        """Yield the matches in a log given as bytes; memory stays bounded.

        A line that goes on with the record of one before it, such as the second of an error's
        two, has that one's time and level; the field ``lead`` of its observation holds it. What a
        playbook was told to ignore is left out.
        """
        for hit in standing(self._automaton.lines(chunks)):
            line = hit.line.decode("utf-8", "replace").rstrip("\r")
            lead = hit.lead.decode("utf-8", "replace")
            said, first = head(line), head(lead)
            observation = Observation(
                "log",
                line,
                subject,
                f"{where}:{hit.number}" if where else f"line {hit.number}",
                component,
                said.level or (first.level if first.level in _ALARMING else ""),
                said.time or first.time,
                {"lead": lead} if lead else {},
            )
            yield from self._confirm([self._texts[number] for number in hit.ids], observation)

    def _match_one(self, observation: Observation) -> Iterator[Match]:
        kind = observation.kind
        if kind == "object":
            yield from self._match_object(observation)
            return
        if kind == "probe":
            yield from self._match_probe(observation)
        elif kind == "condition":
            yield from self._match_condition(observation)
        elif kind == "event":
            yield from self._match_event(observation)
        elif kind == "pod":
            yield from self._match_pod(observation)
        if observation.text:
            flat = _flat(observation)
            wanted = _held(self._texts, self._automaton, flat)
            wanted += _held(self._rows, self._row_automaton, flat)
            yield from self._confirm(wanted, observation)

    def _confirm(self, texts: Iterable[_Text], observation: Observation) -> Iterator[Match]:
        text = " ".join(observation.text.split()) if observation.kind != "log" else observation.text
        where = observation.kind if observation.kind in ("log", "event") else "status"
        replaced = _replaced(text)
        seen: dict[str, Match] = {}
        for wanted in texts:
            signature = wanted.signature
            if where not in signature.where and "row" not in signature.where:
                continue
            if not _component_fits(signature.components, observation.component):
                continue
            if signature.levels and observation.level and observation.level not in signature.levels:
                continue
            found = _said_now(wanted.pattern, text, replaced)
            if found is None:
                continue
            confidence = _text_confidence(found.end() - found.start(), observation.level)
            if widest := most_nodes(wanted.pattern, text):
                found, confidence = widest
            match = Match(wanted.entry, observation, _groups(found), confidence)
            known = seen.get(wanted.entry.id)
            if known is None or known.confidence < match.confidence:
                seen[wanted.entry.id] = match
        yield from seen.values()

    def _match_probe(self, observation: Observation) -> Iterator[Match]:
        fields = observation.fields
        for entry, wanted in self._probes.get(fields.get("name", ""), ()):
            if all(re.fullmatch(p, fields.get(name, "")) for name, p in wanted.params.items()):
                params = {name: value for name, value in fields.items() if name != "name"}
                yield Match(entry, observation, params, 0.95)

    def _match_condition(self, observation: Observation) -> Iterator[Match]:
        fields = observation.fields
        kind = observation.subject.kind
        known = False
        for entry, wanted in self._conditions.get(fields.get("type", ""), ()):
            if wanted.kind and kind and kind not in wanted.kind:
                continue
            if wanted.reason is not None and fields.get("reason") != wanted.reason:
                continue
            if wanted.category and fields.get("category") not in (*wanted.category, ""):
                continue
            found = _search(wanted.message, observation.text)
            if found is None:
                continue
            confidence = 0.95 if wanted.message else 0.9
            if wanted.kind and not kind:
                confidence -= 0.06 if _USUAL & set(wanted.kind) else 0.08
            known = True
            yield Match(entry, observation, found, confidence)
        if not known:
            for entry, wanted in self._conditions.get(ANY_TYPE, ()):
                if kind in ("", *wanted.kind) and fields.get("category") in wanted.category:
                    yield Match(entry, observation, {}, 0.6)

    def _match_event(self, observation: Observation) -> Iterator[Match]:
        for entry, wanted in self._events.get(observation.fields.get("reason", ""), ()):
            kind = observation.fields.get("kind", "").lower()
            if wanted.kind and kind and kind != wanted.kind.lower():
                continue
            if wanted.kind and not kind and _by_kubelet(observation, wanted.kind):
                continue
            found = _search(wanted.message, observation.text)
            if found is not None:
                yield Match(entry, observation, found, 0.9 if wanted.message else 0.7)

    def _match_pod(self, observation: Observation) -> Iterator[Match]:
        reasons = {observation.fields.get("reason", "")}
        reasons.update(observation.fields.get("reasons", "").split())
        for entry, wanted in self._pods:
            if wanted.reason and not reasons & set(wanted.reason):
                continue
            if wanted.current and observation.fields.get("state") == "lastState":
                continue
            if wanted.exit_code is not None and observation.fields.get("exit_code") != str(
                wanted.exit_code
            ):
                continue
            found = _search(wanted.message, observation.text)
            if found is not None:
                yield Match(entry, observation, found, 0.9 if wanted.message else 0.8)

    def _match_object(self, observation: Observation) -> Iterator[Match]:
        if observation.object is None:
            return
        for entry, wanted, expression in self._objects.get(observation.subject.kind, ()):
            if expression.holds(observation.object):
                quoted = Observation(
                    "object",
                    _quote(observation.object, wanted.quote),
                    observation.subject,
                    f"{observation.where} {wanted.quote}",
                    observation.component,
                    time=observation.time,
                    beside=observation.beside,
                )
                yield Match(entry, quoted, {}, 0.85)


def _flat(observation: Observation) -> bytes:
    return " ".join(observation.text.split()).encode()


def _held(texts: Sequence[_Text], automaton: Automaton, flat: bytes) -> list[_Text]:
    return [texts[number] for number in sorted(automaton.find(flat))]


def _automaton(texts: Iterable[_Text]) -> Automaton:
    return Automaton([(for_automaton(t.signature), t.signature.ignore_case) for t in texts])


def _replaced(text: str) -> list[tuple[int, int]]:
    """Return where a text quotes what an operator said before, and says no more."""
    if "message changed from" not in text:
        return []
    return [change.span(1) for change in _CHANGED.finditer(text)]


def _said_now(
    pattern: re.Pattern[str], text: str, replaced: Sequence[tuple[int, int]]
) -> re.Match[str] | None:
    found = pattern.search(text)
    for start, end in replaced:
        if found is not None and start <= found.start() < end:
            found = pattern.search(text, end)
    return found


def _component_fits(wanted: tuple[str, ...], component: str) -> bool:
    if not wanted or not component or component not in _KNOWN or component in wanted:
        return True
    return any(component in family and family & set(wanted) for family in _FAMILIES)


def _by_kubelet(observation: Observation, wanted: str) -> bool:
    """Return whether the kubelet said it, which tells of no object of the kind that is wanted."""
    return wanted not in {"Pod", "Node"} and "kubelet" in observation.text


def _search(pattern: str | None, text: str) -> Mapping[str, str] | None:
    if pattern is None:
        return {}
    found = re.search(tolerate_quotes(pattern), " ".join(text.split()))
    return None if found is None else _groups(found)


def _groups(found: re.Match[str]) -> dict[str, str]:
    return {name: value for name, value in found.groupdict().items() if value}


def _text_confidence(length: int, level: str) -> float:
    confidence = min(0.95, 0.6 + length / 150)
    return confidence * (0.85 if level in ("debug", "info") else 1.0)


def _quote(obj: Mapping[str, object], path: str) -> str:
    value: object = obj
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return f"{path}: {_shown(value)}" if value not in ("", None) else path


def _shown(value: object) -> str:
    """Return a value as people know it from ``oc get -o json``."""
    if isinstance(value, Mapping | list):
        try:
            return orjson.dumps(value, default=str).decode()
        except TypeError:
            return str(value)
    return str(value)
