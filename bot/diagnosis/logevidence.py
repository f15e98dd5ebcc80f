"""From a dossier to observations: which lines of logs bear on the target.

A line of a shared log does if it lies in the target's time window and names one of the target's
own objects; one of a pod that was made for the target does in any case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice

from bot.clusters import kinds as k
from bot.clusters.port import LogSource
from bot.diagnosis.dossier import Dossier, RoleName, dicts, labels, mapping, metadata, text
from bot.diagnosis.evidence import children, inside, made_for_others, upstream
from bot.diagnosis.others import Attribution
from bot.diagnosis.podlogs import is_archive, opened_ahead
from knowledge.matching.engine import Engine, Match
from knowledge.observations import Observation, Subject
from knowledge.observing import subject_of

_OWN_COMPONENTS = frozenset({"rsync", "stunnel", "stage", "hook"})
"""Pods made for one migration: all their lines bear on it."""
_TRANSFERS = frozenset({"rsync", "stunnel"})
MAX_MATCHES_PER_LOG = 10_000
"""Of those in the target's time window: a log may tell of the weeks before it, too."""
MAX_MATCHES_PER_ENTRY = 200
"""Of those that bear on the target: what repeats does not hide what comes after it."""


@dataclass(frozen=True, slots=True)
class LogMatches:
    """What logs tell: of the target by name, and what only happened at the same time."""

    own: tuple[Match, ...]
    vague: tuple[Match, ...]
    """Lines of shared logs in the target's time window that name no object at all."""


def log_matches(dossier: Dossier, engine: Engine) -> LogMatches:
    """Return the matches in all logs that bear on the target."""
    own: list[Match] = []
    vague: list[Match] = []
    for match, named in _log_matches(dossier, engine):
        (own if named else vague).append(match)
    return LogMatches(tuple(own), tuple(vague))


def _log_matches(dossier: Dossier, engine: Engine) -> Iterator[tuple[Match, bool]]:
    begun, end = dossier.window
    own = _own_names(dossier)
    # Made once, and only where a log holds anything in the target's time: many hold nothing.
    whose = cache(
        lambda: Attribution(
            dossier, *([o for o, _ in part(dossier)] for part in (children, upstream))
        )
    )
    subject = subject_of(dossier.migration or dossier.subject or {}, dossier.scene("host").cluster)
    for source in dossier.attached:
        for match in islice(_scan(engine, source, subject), MAX_MATCHES_PER_LOG):
            yield match, True
    for source in _ready_logs(dossier):
        timely = (
            match
            for match in _scan(engine, source, subject)
            if inside(match.observation.time, begun, end)
        )
        told: Counter[tuple[str, bool]] = Counter()
        for match in islice(timely, MAX_MATCHES_PER_LOG):
            observation = match.observation
            record = _record(observation)
            named = _exclusive(source) or mentions(record, own)
            if told[match.entry.id, named] >= MAX_MATCHES_PER_ENTRY or whose().is_over(record):
                continue
            if not named and (
                observation.time is None
                or (begun is not None and observation.time < begun)
                or (owner := whose().of(record, observation.time)) == "other"
            ):
                continue
            told[match.entry.id, named] += 1
            if named or owner == "target":
                yield match, True
            else:
                yield replace(match, confidence=match.confidence * 0.5), False


def bearing_logs(
    dossier: Dossier,
) -> Iterator[tuple[LogSource, Callable[[Observation], bool]]]:
    """Yield the logs that may tell of the target, each with what says whether a line does."""
    begun, end = dossier.window
    own = _own_names(dossier)

    def bears(line: Observation, exclusive: bool) -> bool:
        if not inside(line.time, begun, end):
            return False
        return exclusive or mentions(_record(line), own)

    for source in dossier.attached:
        yield source, partial(bears, exclusive=True)
    for source in _ready_logs(dossier):
        yield source, partial(bears, exclusive=_exclusive(source))


def _ready_logs(dossier: Dossier) -> Iterator[LogSource]:
    told = _told_logs(dossier)
    archived = any(is_archive(scene.reader) for scene in dossier.scenes.values())
    return told if archived else opened_ahead(told)


def _told_logs(dossier: Dossier) -> Iterator[LogSource]:
    roles: tuple[RoleName, ...] = ("source", "destination", "host")
    made = [obj for obj, _ in children(dossier)]
    transfers = (
        dossier.target.kind == k.DVM.kind
        or not dossier.scene("host").all(k.DVM)
        or any(obj.get("kind") == k.DVM.kind for obj in made)
    )
    for role in roles:
        theirs = made_for_others(dossier, dossier.scene(role), made)
        for source in dossier.scene(role).logs:
            if source.pod in theirs or (source.component in _TRANSFERS and not transfers):
                continue  # a pod of another run; its lines have no time of their own
            if _may_tell(dossier, role, source):
                yield source


def _exclusive(source: LogSource) -> bool:
    """Return whether all lines of a log are about the migrations that the dossier is about."""
    return source.component in _OWN_COMPONENTS or source.namespace not in ("", k.MTC_NAMESPACE)


def _may_tell(dossier: Dossier, role: RoleName, source: LogSource) -> bool:
    """Return whether a log is of MTC's own namespace or of one the plan has to do with."""
    if source.namespace in ("", k.MTC_NAMESPACE):
        return True
    sides = {"source": (0,), "destination": (1,), "host": (0, 1)}[role]
    theirs = {pair[side] for pair in dossier.namespaces for side in sides}
    hooks = dicts(mapping(dossier.plan, "spec").get("hooks"))
    return source.namespace in theirs | {text(hook.get("executionNamespace")) for hook in hooks}


def _scan(engine: Engine, source: LogSource, subject: Subject) -> Iterator[Match]:
    try:
        yield from engine.scan(
            source.open(), component=source.component, where=source.where, subject=subject
        )
    except Exception:
        return


def _record(line: Observation) -> str:
    """Return a line with the first of its record, where it is a later one: names stand there."""
    lead = line.fields.get("lead", "")
    return f"{lead}\n{line.text}" if lead else line.text


def _own_names(dossier: Dossier) -> frozenset[str]:
    names = {
        text(metadata(obj).get("name"))
        for obj, _ in children(dossier)
        if obj.get("kind") not in ("DirectVolumeMigrationProgress",)
    }
    names.add(text(metadata(dossier.migration).get("name")))
    names.add(text(metadata(dossier.subject).get("name")))
    uid = text(metadata(dossier.plan).get("uid"))
    for role in ("source", "destination"):
        scene = dossier.scene(role)
        names |= {
            text(metadata(o).get("name"))
            for o in scene.all(k.BSL)
            if uid and labels(o).get("migplan") == uid
        }
    names |= {f"namespace={pair[0]}" for pair in dossier.namespaces}
    names |= {f"namespace={pair[1]}" for pair in dossier.namespaces}
    return frozenset(name for name in names if name)


def mentions(line: str, names: frozenset[str]) -> bool:
    """Return whether a line names one of the target's own objects, as a whole word."""
    for name in names:
        at = line.find(name)
        while at >= 0:
            before = line[at - 1] if at else " "
            after = line[at + len(name)] if at + len(name) < len(line) else " "
            if not (before.isalnum() or before in "-.") and not (after.isalnum() or after in "-."):
                return True
            at = line.find(name, at + 1)
    return False
