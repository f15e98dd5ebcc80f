"""Whether the programs that the migrations under way need are there, on all their clusters.

mig-controller, Velero and the node agents are looked at every other minute while anything is under
way, and every minute while one of them is away; apart from the passes, so that a cluster that hangs
holds up nobody. Guarantees: what is away for less than the grace is not; a cluster that cannot be
read leaves what was known of it; where objects do not say since when, what is away at the very
first look is away for long, so that a restart of the bot forgets nothing. That Velero hangs is only
said where it was seen to test its stores before.
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
from bot.mtc.presence import GRACE, SILENCE, Away, Program, Side, last_test, programs
from bot.watching.complaints import Complaints
from bot.watching.picture import Picture

SECONDS = 60.0
"""Between two turns. While all are there only every second one is taken: each costs the control
cluster four lists, and one request more for each remote cluster."""
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
class _Shown:
    """What was read of one cluster."""

    workloads: tuple[Json, ...]
    pods: tuple[Json, ...]
    stores: tuple[Json, ...]


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
        self._rests = False

    def turn(self) -> None:
        """Look, unless all were there at the turn before this one. Never raises."""
        if self._rests:
            self._rests = False
            return
        self.look()
        with self._lock:
            self._rests = not any(self._away.values())

    def look(self) -> None:
        """Look at the clusters of all that is under way. Never raises."""
        about = f"programs of {self._plane.name}"
        try:
            names = self._in_use()
            if names is None:
                with self._lock:
                    self._away = {}
                return
            host = {name for name in names if self._is_host(name)}
            apart = [_HOST, *(name for name in names if name not in host)]
            with ThreadPoolExecutor(_AT_ONCE, f"presence-{self._plane.name}") as pool:
                read = pool.map(lambda name: self._read(name, stores=bool(name or host)), apart)
                shown = dict(zip(apart, read, strict=True))
            self._take(
                {
                    name: self._look_of(name, shown[_HOST if name in host else name])
                    for name in (_HOST, *names)
                }
            )
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

    def _in_use(self) -> list[str] | None:
        """Return the MigClusters of plans with a migration under way; None where none is."""
        plans = {
            link: None for m in self._picture.of("MigMigration") if not m.done for link in m.links
        }
        if not plans:
            return None
        found = (plan for link in plans if (plan := self._picture.at(link)) is not None)
        links = (link.partition("/") for plan in found for link in plan.links)
        clusters = dict.fromkeys(name for kind, _, name in links if kind == "MigCluster")
        return list(clusters)

    def _is_host(self, name: str) -> bool:
        known = self._picture.at(f"MigCluster/{name}")
        spec = known.object.get("spec") if known is not None else None
        return isinstance(spec, dict) and spec.get("isHostCluster") is True

    def _read(self, name: str, *, stores: bool) -> _Shown | None:
        """Return what a cluster shows; None where it cannot be read."""
        try:
            reader = self._plane.remote(name) if name else self._plane.host
            return _Shown(
                tuple(
                    each
                    for kind in (k.DEPLOYMENT, k.DAEMONSET)
                    for each in reader.list(kind, MTC_NAMESPACE).items
                ),
                tuple(reader.list(k.POD, MTC_NAMESPACE).items),
                _stores(reader) if stores else (),
            )
        except ClusterError:
            return None

    def _look_of(self, name: str, shown: _Shown | None) -> _Look | None:
        if shown is None:
            return None
        found: _Gone = {}
        for program, gone in programs(shown.workloads, shown.pods, self._clock()):
            on_host = program == "migration-controller"
            if gone is not None and on_host is (name == _HOST):
                found[program] = gone.since
        return _Look(found, last_test(shown.stores) if name else None)

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
