"""Whether the programs that the migrations under way need are there, on all their clusters.

mig-controller, Velero and the node agents are looked at every minute while anything is under way,
apart from the passes, so that a cluster that hangs holds up nobody. Guarantees: what is away for
less than the grace is not; a cluster that cannot be read leaves what was known of it; where objects
do not say since when, what is away at the very first look is away for long, so that a restart of
the bot forgets nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ClusterError, ClusterReader, ControlPlane, Json, NotServed
from bot.mtc.models import MigPlan
from bot.mtc.presence import GRACE, Away, Program, Side, absence, program_of
from bot.watching.complaints import Complaints
from bot.watching.picture import Picture

SECONDS = 60.0
"""Between two looks."""
_HOST = ""
_AT_ONCE = 4
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_Gone = dict[Program, datetime | None]
"""The programs of a cluster that are away, and since when as far as its objects say."""


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
                answers = list(pool.map(self._gone, names))
            self._take(dict(zip(names, answers, strict=True)))
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

    def _gone(self, name: str) -> _Gone | None:
        """Return what is away on a cluster; None where it cannot be read."""
        try:
            reader = self._plane.remote(name) if name else self._plane.host
            pods = reader.list(k.POD, MTC_NAMESPACE).items
            stores = _stores(reader) if name else ()
            listings = [reader.list(kind, MTC_NAMESPACE) for kind in (k.DEPLOYMENT, k.DAEMONSET)]
        except ClusterError:
            return None
        found: _Gone = {}
        for workload in (each for listing in listings for each in listing.items):
            program = program_of(workload)
            gone = absence(workload, pods, self._clock(), stores)
            on_host = program == "migration-controller"
            if program is not None and gone is not None and on_host is (name == _HOST):
                found[program] = gone.since
        return found

    def _take(self, answers: dict[str, _Gone | None]) -> None:
        now = self._clock()
        unknown = now if self._looked else _LONG_AGO
        with self._lock:
            self._looked = True
            known, self._away = self._away, {}
            for name, gone in answers.items():
                before = known.get(name, {})
                self._away[name] = (
                    before
                    if gone is None
                    else {
                        program: since or before.get(program, unknown)
                        for program, since in gone.items()
                    }
                )


def _stores(reader: ClusterReader) -> tuple[Json, ...]:
    try:
        return reader.list(k.BSL, MTC_NAMESPACE).items
    except NotServed:
        return ()
