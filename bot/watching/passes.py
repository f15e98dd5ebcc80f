"""One pass over one control cluster: list, compare, look, observe, remember.

Guarantees: what cannot be read or diagnosed never stops the rest; what was not remembered is
looked at again; passes of one control cluster never overlap. An object that makes a diagnosis
fail is tried again after a minute, or as soon as it changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.clusters.kinds import MIGMIGRATION, MTC_NAMESPACE, WATCHED_KINDS
from bot.clusters.port import ClusterError, ControlPlane, NotFound, NotServed, Unreachable
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.incidents.causes import cause_of
from bot.incidents.ports import Incidents
from bot.store.database import DatabaseUnusable
from bot.store.sightings import Sighting, StoredSightings
from bot.watching.candidates import Candidate, infrastructure, migrations
from bot.watching.choosing import (
    Choice,
    Look,
    Pace,
    choose_migration,
    choose_object,
    settled,
    version_of,
)
from bot.watching.complaints import Complaints
from bot.watching.picture import Picture
from bot.watching.sharing import SharedPlane

_PUT_OFF = timedelta(minutes=1)
_AT_ONCE = 4
"""Diagnoses of one control cluster at the same time."""

Choose = Callable[[Candidate, Sighting | None, datetime, datetime, Pace], Choice | None]


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
    ) -> None:
        """Take the control cluster and what a pass needs."""
        self.plane = plane
        self.picture = Picture()
        self.stopped = threading.Event()
        self._diagnoser = diagnoser
        self._incidents = incidents
        self._stored = sightings
        self._clock = clock
        self._pace = pace
        self._complaints = complaints
        self._turn = threading.Lock()
        self._since: datetime | None = None
        self._sightings: dict[str, Sighting] = {}
        self._put_off: dict[str, tuple[str, datetime]] = {}
        self._readable = False
        self.read_at: datetime | None = None
        """When the control cluster was last read whole."""

    @property
    def subject(self) -> str:
        """Return what complaints about the whole control cluster are about."""
        return f"control cluster {self.plane.name}"

    def full(self) -> None:
        """List everything and look at what deserves it. Never raises."""
        self._guarded(listing=True)

    def partial(self) -> None:
        """Look at what watches have changed since. Never raises."""
        self._guarded(listing=False)

    def finish(self, seconds: float) -> None:
        """Begin no further look, and wait for the one under way for so long at most."""
        self.stopped.set()
        if self._turn.acquire(timeout=seconds):
            self._turn.release()

    def _guarded(self, *, listing: bool) -> None:
        about = f"pass over {self.plane.name}"
        with self._turn:
            if self.stopped.is_set():
                return
            try:
                if listing:
                    self._readable = self._list()
                if self._readable:
                    self._look()
            except Exception as error:
                self._complaints.say(about, _words(error), error=_unexpected(error))
            else:
                self._complaints.clear(about)

    def _list(self) -> bool:
        """Bring the picture up to date; return whether the control cluster could be read."""
        for kind in WATCHED_KINDS:
            about = f"{kind.plural} of {self.plane.name}"
            mark = self.picture.mark()
            try:
                listing = self.plane.host.list(kind, MTC_NAMESPACE)
            except NotServed as error:
                if kind is MIGMIGRATION:
                    self._complaints.say(self.subject, f"MTC is not installed there: {error}")
                    return False
            except ClusterError as error:
                if kind is MIGMIGRATION or isinstance(error, Unreachable):
                    self._complaints.say(self.subject, str(error))
                    return False
                self._complaints.say(about, str(error))
            else:
                self.picture.replace(kind, listing, mark)
                if listing.problems:
                    self._complaints.say(about, "; ".join(listing.problems[:3]))
                else:
                    self._complaints.clear(about)
        self._complaints.clear(self.subject)
        self.read_at = self._clock()
        return True

    def _look(self) -> None:
        now = self._clock()
        since = self._begin(now)
        objects = self.picture.objects()
        self._forget_gone({s.uid for of_kind in objects.values() for s in of_kind}, now)
        around = self._tasks(infrastructure(objects), choose_object, since, now)
        moving = self._tasks(migrations(objects), choose_migration, since, now)
        tasks = [
            *(t for t in around if t.choice.unwell_since is None),
            *moving,
            *(t for t in around if t.choice.unwell_since is not None),
        ]
        self._remember(
            self._sighting(t, now, quiet=True) for t in tasks if t.choice.look is Look.REMEMBER
        )
        for task, diagnosis in self._diagnosed(
            [t for t in tasks if t.choice.look is not Look.REMEMBER], now
        ):
            if self.stopped.is_set():
                return
            self._incidents.observe(diagnosis, now)
            self._remember([self._sighting(task, now, diagnosis)])

    def _tasks(
        self, candidates: Iterable[Candidate], choose: Choose, since: datetime, now: datetime
    ) -> list[_Task]:
        tasks = []
        for candidate in candidates:
            known = self._sightings.get(candidate.seen.uid)
            choice = choose(candidate, known, since, now, self._pace)
            if choice is not None:
                tasks.append(_Task(candidate, choice))
        return tasks

    def _begin(self, now: datetime) -> datetime:
        if self._since is None:
            self._sightings = self._stored.load(self.plane.name)
            self._since = self._stored.watched_since(self.plane.name, now)
        return self._since

    def _forget_gone(self, present: set[str], now: datetime) -> None:
        whole = self.picture.whole()
        gone = [
            sighting.uid
            for sighting in self._sightings.values()
            if sighting.kind in whole and sighting.uid not in present
        ]
        if gone:
            self._incidents.forget_gone(self.plane.name, gone, now)
            self._stored.forget(self.plane.name, gone)
            for uid in gone:
                del self._sightings[uid]

    def _diagnosed(self, tasks: list[_Task], now: datetime) -> Iterator[tuple[_Task, Diagnosis]]:
        """Yield tasks with their diagnoses, in order; those that fail are put off."""

        plane = SharedPlane(self.plane)

        def look(task: _Task) -> Diagnosis | None:
            if self.stopped.is_set() or self._is_put_off(task.candidate, now):
                return None
            return self._diagnose(plane, task, now)

        with ThreadPoolExecutor(_AT_ONCE, f"diagnose-{self.plane.name}") as pool:
            for task, diagnosis in zip(tasks, pool.map(look, tasks), strict=True):
                if diagnosis is not None:
                    yield task, diagnosis

    def _diagnose(self, plane: ControlPlane, task: _Task, now: datetime) -> Diagnosis | None:
        candidate, outcome = task.candidate, task.choice.outcome
        noted = Diagnosis(candidate.ref, self.plane.name, outcome, plan=candidate.plan)
        if task.choice.look is Look.NOTE:
            return noted
        about = f"{candidate.ref} of {self.plane.name}"
        try:
            diagnosis = self._diagnoser(plane, candidate.ref)
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
