"""Whether the programs that the migrations under way need are there, on all their clusters.

mig-controller, Velero and the node agents are looked at every minute while anything is under way,
apart from the passes, so that a cluster that hangs holds up nobody. Guarantees: what is away for
less than the grace is not; a cluster that cannot be read leaves what was known of it; where objects
do not say since when, what is away at the very first look is away for long, so that a restart of
the bot forgets nothing. That Velero hangs is only said where it was seen to test its stores before.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ClusterError, ClusterReader, ControlPlane, Json, NotServed
from bot.mtc.models import MigPlan
from bot.mtc.presence import GRACE, SILENCE, Away, Program, Side, absence, last_test, program_of
from bot.watching.complaints import Complaints
from bot.watching.picture import Picture

SECONDS = 60.0
"""Between two looks."""
_HOST = ""
_AT_ONCE = 4
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_PROVEN = 2
"""Tests that must have followed one another before their absence says anything."""
_REGULAR = timedelta(minutes=3)
"""Between two tests of a store by a Velero that does so by itself, at most."""
_Gone = dict[Program, datetime | None]
"""The programs of a cluster that are away, and since when as far as its objects say."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What one cluster shows."""

    gone: _Gone
    tested: datetime | None
    """When its Velero last tested a store."""


@dataclass(slots=True)
class _Tests:
    """How often the Velero of one cluster was seen to have tested its stores again."""

    last: datetime | None = None
    regular: int = 0

    def take(self, tested: datetime) -> None:
        """Take the time of the newest test."""
        if self.last is not None and tested > self.last:
            self.regular = self.regular + 1 if tested - self.last <= _REGULAR else self.regular
        self.last = tested


class Presence:
    """The programs of one control cluster's migrations. May be shared by threads."""

    def __init__(
        self,
        plane: ControlPlane,
        picture: Picture,
        clock: Callable[[], datetime],
        complaints: Complaints,
    ) -> None:
        """Take the control cluster, what is known of it, and the time."""
        self._plane = plane
        self._picture = picture
        self._clock = clock
        self._complaints = complaints
        self._lock = threading.Lock()
        self._away: dict[str, dict[Program, datetime]] = {}
        """By MigCluster, empty for the control cluster itself: since when each is away."""
        self._tests: dict[str, _Tests] = defaultdict(_Tests)
        self._looked = False

    def look(self) -> None:
        """Look at the clusters of all that is under way. Never raises."""
        about = f"programs of {self._plane.name}"
        try:
            names = self._in_use()
            if not names:
                with self._lock:
                    self._away = {}
                return
            with ThreadPoolExecutor(_AT_ONCE, f"presence-{self._plane.name}") as pool:
                looks = list(pool.map(self._seen, names))
            self._take(dict(zip(names, looks, strict=True)))
        except Exception as error:
            self._complaints.say(about, f"{type(error).__name__}: {error}", error=error)
        else:
            self._complaints.clear(about)

    def away(self, plan: MigPlan | None) -> tuple[Away, ...]:
        """Return what is away for longer than the grace, as a migration of this plan sees it."""
        sides: list[tuple[Side, str]] = [("host", _HOST)]
        if plan is not None:
            sides.append(("source", plan.spec.src_mig_cluster_ref.name))
            sides.append(("destination", plan.spec.dest_mig_cluster_ref.name))
        now = self._clock()
        with self._lock:
            return tuple(
                Away(program, side)
                for side, name in sides
                if name or side == "host"
                for program, since in self._away.get(name, {}).items()
                if since == _LONG_AGO or now - since >= GRACE
            )

    def _in_use(self) -> list[str]:
        """Return the clusters of plans with a migration under way; the control cluster first."""
        plans = {
            link: None for m in self._picture.of("MigMigration") if not m.done for link in m.links
        }
        if not plans:
            return []
        found = (plan for link in plans if (plan := self._picture.at(link)) is not None)
        links = (link.partition("/") for plan in found for link in plan.links)
        clusters = dict.fromkeys(name for kind, _, name in links if kind == "MigCluster")
        return [_HOST, *clusters]

    def _seen(self, name: str) -> _Look | None:
        """Return what a cluster shows; None where it cannot be read."""
        try:
            reader = self._plane.remote(name) if name else self._plane.host
            pods = reader.list(k.POD, MTC_NAMESPACE).items
            stores = _stores(reader) if name else ()
            listings = [reader.list(kind, MTC_NAMESPACE) for kind in (k.DEPLOYMENT, k.DAEMONSET)]
        except ClusterError:
            return None
        found: _Gone = {}
        for workload in (each for listing in listings for each in listing.items):
            program, gone = program_of(workload), absence(workload, pods, self._clock())
            on_host = program == "migration-controller"
            if program is not None and gone is not None and on_host is (name == _HOST):
                found[program] = gone.since
        return _Look(found, last_test(stores))

    def _take(self, looks: dict[str, _Look | None]) -> None:
        now = self._clock()
        unknown = now if self._looked else _LONG_AGO
        with self._lock:
            self._looked = True
            known, self._away = self._away, {}
            for name, look in looks.items():
                before = known.get(name, {})
                if look is None:
                    self._away[name] = before
                    continue
                gone = dict(look.gone)
                if self._hangs(name, look, now):
                    gone["velero-at-stores"] = before.get("velero-at-stores", now)
                self._away[name] = {
                    program: since or before.get(program, unknown)
                    for program, since in gone.items()
                }

    def _hangs(self, name: str, look: _Look, now: datetime) -> bool:
        """Return whether a Velero that is there has ceased to test its stores."""
        if look.tested is None:
            return False
        tests = self._tests[name]
        tests.take(look.tested)
        silent = now - look.tested >= SILENCE
        return silent and tests.regular >= _PROVEN and "velero" not in look.gone


def _stores(reader: ClusterReader) -> tuple[Json, ...]:
    try:
        return reader.list(k.BSL, MTC_NAMESPACE).items
    except NotServed:
        return ()
