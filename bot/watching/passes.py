"""One pass over one control cluster: list what is stale, look, observe, remember.

Guarantees: what cannot be read or diagnosed never stops the rest; what was not remembered is
looked at again; passes of one control cluster never overlap, but what has just changed is looked
at before what is only due again. An object that makes a diagnosis fail is tried again after a
minute, or as soon as it changes. A pass costs as much as has changed or is unsettled, however
many settled migrations there are.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.clusters.kinds import BY_KIND
from bot.clusters.port import ClusterError, ControlPlane, NotFound, ObjectRef
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.incidents.causes import cause_of
from bot.incidents.ports import Incidents
from bot.memory import give_back
from bot.store.database import DatabaseUnusable
from bot.store.sightings import Sighting, StoredSightings
from bot.watching.candidates import MIGRATION, Candidate, Candidates
from bot.watching.choosing import (
    Choice,
    Look,
    Pace,
    choose_migration,
    choose_object,
    settled,
    unchanged,
    version_of,
)
from bot.watching.complaints import Complaints
from bot.watching.listing import Lists
from bot.watching.picture import Picture
from bot.watching.presence import Presence
from bot.watching.seen import Seen, by_age
from bot.watching.sharing import SharedPlane
from bot.watching.views import TargetPlane

log = logging.getLogger(__name__)

_PUT_OFF = timedelta(minutes=1)
_AT_ONCE = 4
"""Diagnoses of one control cluster at the same time, of what has changed and at the start. What is
only due again is looked at one by one, so that a change need not wait for long."""


@dataclass(frozen=True, slots=True)
class _Task:
    candidate: Candidate
    choice: Choice


class Passes:
    """The passes over one control cluster."""

    def __init__(
        self,
        plane: ControlPlane,
        diagnoser: Diagnoser,
        incidents: Incidents,
        sightings: StoredSightings,
        clock: Callable[[], datetime],
        pace: Pace,
        complaints: Complaints,
        observed: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the control cluster and what a pass needs; ``observed`` hears of each look."""
        self.plane = plane
        self.picture = Picture()
        self.lists = Lists(plane, self.picture, complaints)
        self.presence = Presence(plane, self.picture, clock, complaints)
        self.stopped = threading.Event()
        self._diagnoser = diagnoser
        self._incidents = incidents
        self._stored = sightings
        self._clock = clock
        self._pace = pace
        self._complaints = complaints
        self._observed = observed
        self._turn = threading.Lock()
        self._since: datetime | None = None
        self._candidates = Candidates(self.picture, self.presence)
        self._sightings: dict[str, Sighting] = {}
        self._unsettled: set[str] = set()
        self._gone: set[str] = set()
        self._put_off: dict[str, tuple[str, datetime]] = {}
        self._readable = False
        self._known = False
        self.read_at: datetime | None = None
        """When the control cluster was last known whole."""

    @property
    def subject(self) -> str:
        """Return what complaints about the whole control cluster are about."""
        return self.lists.subject

    @property
    def readable(self) -> bool:
        """Return whether the control cluster could be read when it last was to be."""
        return self._readable

    def full(self) -> None:
        """List everything and look at what deserves it. Never raises."""
        self._guarded(lambda: self._read(every=True))

    def scheduled(self) -> None:
        """List what no living watch follows, and look at what deserves it. Never raises."""
        self._guarded(lambda: self._read(every=False))

    def partial(self) -> None:
        """Look at what watches have changed since. Never raises."""
        self._guarded(self._look_at_changes)

    def diagnose(self, target: ObjectRef) -> Diagnosis:
        """Return the diagnosis of any object, read now but for what the watches surely know.

        Raises as ``Diagnoser`` does.
        """
        candidate = self._candidates.named(target.kind, target.name)
        if candidate is None or not self.lists.all_fresh() or not self._is_now(candidate):
            return self._diagnoser(self.plane, target)
        view = TargetPlane(SharedPlane(self.plane), self.picture, candidate)
        return self._diagnoser(view, target, candidate.others())

    def _is_now(self, candidate: Candidate) -> bool:
        """Return whether a candidate is still as it was seen."""
        seen = candidate.seen
        now = self.plane.host.get(BY_KIND[seen.kind], seen.name, seen.namespace)
        return bool(now.get("metadata", {}).get("resourceVersion") == seen.version)

    def finish(self, seconds: float) -> None:
        """Begin no further look, and wait for the one under way for so long at most."""
        self.stopped.set()
        if self._turn.acquire(timeout=seconds):
            self._turn.release()

    def _guarded(self, work: Callable[[], object]) -> None:
        about = f"pass over {self.plane.name}"
        with self._turn:
            if self.stopped.is_set():
                return
            try:
                work()
            except Exception as error:
                self._complaints.say(about, _words(error), error=_unexpected(error))
            else:
                self._complaints.clear(about)

    def _read(self, *, every: bool) -> None:
        known = self.lists.versions()
        self._readable = self.lists.read(every=every)
        if not self._readable:
            return
        self.read_at = self._clock()
        now = self._clock()
        since = self._begin(now)
        listed = self.lists.versions() != known
        if listed:
            self._gone |= self._absent()
        self._take_changes(now)
        if not self._known:
            log.info("%s is read: %d objects", self.subject, len(self._unsettled))
            self.presence.look()
        self._look(self._unsettled, since, now, interrupt=True)
        if not self._known:
            self._known = True
            log.info("%s is known: all is looked at", self.subject)
        if listed:
            give_back()

    def _look_at_changes(self) -> frozenset[str]:
        """Look at what has changed, and at what that may have changed; return who that was."""
        if not self._readable:
            return frozenset()
        now = self._clock()
        since = self._begin(now)
        touched = self._take_changes(now)
        self._look(touched, since, now)
        return touched

    def _begin(self, now: datetime) -> datetime:
        if self._since is None:
            self._sightings = self._stored.load(self.plane.name)
            self._since = self._stored.watched_since(self.plane.name, now)
        return self._since

    def _take_changes(self, now: datetime) -> frozenset[str]:
        """Return the candidates that a change concerns; they are unsettled from here on."""
        changes = self.picture.changes()
        touched = {
            each.uid
            for seen in (*changes.touched, *changes.gone)
            for each in self._candidates.affected(seen)
        }
        self._unsettled |= touched
        self._gone |= {seen.uid for seen in changes.gone if seen.uid in self._sightings}
        self._forget_gone(now)
        return frozenset(touched)

    def _absent(self) -> set[str]:
        """Return the objects that were seen once and that a whole list does not have."""
        whole = self.picture.whole()
        return {
            sighting.uid
            for sighting in self._sightings.values()
            if sighting.kind in whole and self.picture.with_uid(sighting.kind, sighting.uid) is None
        }

    def _forget_gone(self, now: datetime) -> None:
        if not self._gone:
            return
        gone = sorted(self._gone)
        self._incidents.forget_gone(self.plane.name, gone, now)
        self._stored.forget(self.plane.name, gone)
        self._gone.clear()
        for uid in gone:
            self._sightings.pop(uid, None)
            self._put_off.pop(uid, None)
        self._observed()

    def _look(
        self, uids: Iterable[str], since: datetime, now: datetime, *, interrupt: bool = False
    ) -> None:
        """Look at these candidates; with ``interrupt``, whatever changes meanwhile goes first."""
        around: list[_Task] = []
        moving: list[_Task] = []
        for seen in self._present(uids):
            is_migration = seen.kind == MIGRATION
            candidates = self._candidates
            candidate = (
                candidates.of_migration(seen) if is_migration else candidates.of_object(seen)
            )
            known = self._sightings.get(seen.uid)
            choose = choose_migration if is_migration else choose_object
            choice = choose(candidate, known, since, now, self._pace)
            if choice is not None:
                (moving if is_migration else around).append(_Task(candidate, choice))
            elif known is not None and known.settled and unchanged(candidate, known):
                self._unsettled.discard(seen.uid)
        tasks = [
            *(task for task in around if task.choice.unwell_since is None),
            *moving,
            *(task for task in around if task.choice.unwell_since is not None),
        ]
        self._remember(
            self._sighting(t, now, quiet=True) for t in tasks if t.choice.look is Look.REMEMBER
        )
        self._observe([t for t in tasks if t.choice.look is not Look.REMEMBER], now, interrupt)

    def _present(self, uids: Iterable[str]) -> list[Seen]:
        found: list[Seen] = []
        for uid in tuple(uids):
            seen = self._candidates.find(uid)
            if seen is None:
                self._unsettled.discard(uid)
            else:
                found.append(seen)
        return by_age(found)

    def _observe(self, tasks: Sequence[_Task], now: datetime, interrupt: bool) -> None:
        plane = SharedPlane(self.plane)
        overtaken: set[str] = set()
        step = 1 if interrupt and self._known else _AT_ONCE
        for start in range(0, len(tasks), step):
            if interrupt:
                overtaken |= self._look_at_changes()
            some = [
                task
                for task in tasks[start : start + step]
                if task.candidate.seen.uid not in overtaken
            ]
            told: list[Sighting] = []
            for task, diagnosis in self._diagnosed(plane, some, now):
                if self.stopped.is_set():
                    break
                self._incidents.observe(diagnosis, self._clock())
                self._observed()
                told.append(self._sighting(task, now, diagnosis))
            self._remember(told)
            if self.stopped.is_set():
                return

    def _diagnosed(
        self, plane: SharedPlane, tasks: Sequence[_Task], now: datetime
    ) -> Iterator[tuple[_Task, Diagnosis]]:
        """Yield tasks with their diagnoses, in order; those that fail are put off."""

        def look(task: _Task) -> Diagnosis | None:
            if self.stopped.is_set() or self._is_put_off(task.candidate, now):
                return None
            return self._diagnose(plane, task, now)

        if len(tasks) == 1:
            diagnoses = [look(tasks[0])]
        else:
            with ThreadPoolExecutor(_AT_ONCE, f"diagnose-{self.plane.name}") as pool:
                diagnoses = list(pool.map(look, tasks))
        for task, diagnosis in zip(tasks, diagnoses, strict=True):
            if diagnosis is not None:
                yield task, diagnosis

    def _diagnose(self, plane: SharedPlane, task: _Task, now: datetime) -> Diagnosis | None:
        candidate, outcome = task.candidate, task.choice.outcome
        noted = Diagnosis(candidate.ref, self.plane.name, outcome, plan=candidate.plan)
        if task.choice.look is Look.NOTE:
            return noted
        about = f"{candidate.ref} of {self.plane.name}"
        try:
            view = TargetPlane(plane, self.picture, candidate)
            diagnosis = self._diagnoser(view, candidate.ref, candidate.others())
        except NotFound:
            return None
        except Exception as error:
            self._complaints.say(about, _words(error), error=_unexpected(error))
            self._put_off[candidate.seen.uid] = (version_of(candidate), now + _PUT_OFF)
            return None
        self._complaints.clear(about)
        self._put_off.pop(candidate.seen.uid, None)
        return replace(diagnosis, target=candidate.ref, plan=diagnosis.plan or candidate.plan)

    def _is_put_off(self, candidate: Candidate, now: datetime) -> bool:
        version, until = self._put_off.get(candidate.seen.uid, ("", now))
        return version == version_of(candidate) and now < until

    def _sighting(
        self,
        task: _Task,
        now: datetime,
        diagnosis: Diagnosis | None = None,
        *,
        quiet: bool = False,
    ) -> Sighting:
        candidate, outcome = task.candidate, task.choice.outcome
        before = self._sightings.get(candidate.seen.uid)
        looked = task.choice.look is Look.DIAGNOSE or before is None
        clear = diagnosis is None or cause_of(diagnosis) is None
        judged = diagnosis.outcome if diagnosis is not None else outcome
        over = quiet and judged.ended
        return Sighting(
            candidate.seen.uid,
            candidate.seen.kind,
            candidate.seen.name,
            version_of(candidate),
            str(outcome.word),
            now if looked or before is None else before.looked_at,
            task.choice.unwell_since,
            over or settled(candidate, judged, clear, now, self._pace),
        )

    def _remember(self, sightings: Iterable[Sighting]) -> None:
        fresh = [each for each in sightings if self._sightings.get(each.uid) != each]
        self._stored.remember(self.plane.name, fresh)
        self._sightings.update((each.uid, each) for each in fresh)


def _words(error: BaseException) -> str:
    """Return an error in a line: the database's own words, without the statement."""
    told = getattr(error, "orig", None) or error
    text = str(told).strip().partition("\n")[0]
    return text if _unexpected(error) is None else f"{type(told).__name__}: {text}"


def _unexpected(error: BaseException) -> BaseException | None:
    """Return an error of which a traceback would help."""
    expected = isinstance(error, ClusterError | SQLAlchemyError | DatabaseUnusable)
    return None if expected else error
