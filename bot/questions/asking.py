"""What people ask, and the answers: the one door that Slack and the command line share.

Takes names as they are typed, over all control clusters, and returns read models. A name that
nobody knows raises ``Unknown`` with what comes closest; a control cluster that cannot be read
never hides the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ClusterError, ControlPlane, NotFound, NotServed, ObjectRef
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.questions.listing import every
from bot.questions.naming import nearest, parse_target
from bot.questions.overview import Row, overview
from bot.questions.preflight import Preflight, preflight
from bot.questions.statuses import Status, status_of
from knowledge.loading import Entries
from knowledge.schema import Entry
from knowledge.searching import search

MAX_TYPED = 300
Why = Literal["name", "control", "several", "plan"]
"""Nothing has that name; there is no such control cluster; several have it; it is no plan."""
_WHY: dict[Why, str] = {
    "name": "Nothing here is called {typed}.",
    "control": "There is no control cluster for {typed}.",
    "several": "Several control clusters have {typed}.",
    "plan": "A preflight looks at a plan, not at {typed}.",
}


class Unknown(Exception):
    """It is not clear what the name that was typed means; ``closest`` are what may be meant."""

    def __init__(self, typed: str, closest: tuple[str, ...] = (), why: Why = "name") -> None:
        """Keep what was typed, cut to what a person can read, and why it does not do."""
        self.typed = typed[:80]
        self.closest = closest
        self.why: Why = why
        near = f" Did you mean {', '.join(closest)}?" if closest else ""
        super().__init__(f"{_WHY[why].format(typed=repr(self.typed))}{near}")


@dataclass
class Questions:
    """Answers over a number of control clusters. May be shared by threads."""

    planes: Sequence[ControlPlane]
    diagnoser: Diagnoser
    entries: Callable[[], Entries]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ask: Callable[[ControlPlane, ObjectRef], Diagnosis] | None = None
    """Diagnoses in the place of ``diagnoser``: who watches need not read everything."""
    _unreachable: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rows(self, words: str = "", outcomes: Mapping[str, str] | None = None) -> tuple[Row, ...]:
        """Return the migrations that fit all ``words``: going ones first, then newest first.

        A word fits a name, a plan, a control cluster or an outcome; what an outcome is called
        in other words, ``outcomes`` says. Control clusters that cannot be read are left out; see
        ``unreachable``.
        """
        wanted = words.lower().split()
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="list") as pool:
            lists = list(pool.map(self._rows_of, self.planes))
        rows = [row for listed in lists for row in listed if _fits(row, wanted, outcomes or {})]
        rows.sort(key=lambda row: (row.outcome.ended, -_seconds(row.created), row.name))
        return tuple(rows)

    def unreachable(self) -> tuple[tuple[str, str], ...]:
        """Return the control clusters that could not be read when last asked, and why."""
        with self._lock:
            return tuple(sorted(self._unreachable.items()))

    def status(self, typed: str) -> Status:
        """Return how a migration, plan, cluster, store or hook stands.

        Raises ``Unknown``, or the ``ClusterError`` of the control cluster.
        """
        plane, target = self.find(typed)
        with _named(plane):
            return status_of(plane, target, self.clock())

    def diagnose(self, typed: str) -> Diagnosis:
        """Return what is wrong with what was typed: a name, ``kind/name``, ``name@control``.

        Raises ``Unknown``, or the ``ClusterError`` of the control cluster.
        """
        plane, target = self.find(typed)
        with _named(plane):
            return (self.ask or self.diagnoser)(plane, target)

    def preflight(self, typed: str) -> Preflight:
        """Return whether a migration of a plan would go well; a plan's name, or ``plan@control``.

        Raises ``Unknown``, or the ``ClusterError`` of the control cluster.
        """
        name = typed.strip().strip("`")
        plane, target = self.find(name if "/" in name else f"migplan/{name}")
        if target.kind != k.MIGPLAN.kind:
            raise Unknown(typed, (), "plan")
        return preflight(plane, target, self.diagnoser.engine, self.clock())

    def knowledge(self, words: str) -> tuple[Entry, ...]:
        """Return the knowledge entries that fit the words, best first; all for no words."""
        by_id = self.entries().by_id
        if not words.strip():
            return tuple(sorted(by_id.values(), key=lambda entry: entry.id))
        return tuple(search(by_id.values(), words[:MAX_TYPED], len(by_id)))

    def entry(self, entry_id: str) -> Entry | None:
        """Return one entry."""
        return self.entries().by_id.get(entry_id)

    def find(self, typed: str) -> tuple[ControlPlane, ObjectRef]:
        """Return the control cluster and object meant by what was typed.

        A bare name is a migration, or else a plan. Raises ``Unknown`` where nothing has that
        name, or where several control clusters have it and none was named.
        """
        name, at, control = typed.strip().strip("`").partition("@")
        planes = [p for p in self.planes if not at or p.name == control.strip()]
        if not planes:
            asked = name.strip()[:MAX_TYPED]
            known = tuple(f"{asked}@{plane.name}" for plane in self.planes)
            raise Unknown(typed, known, "control")
        target = parse_target(name[:MAX_TYPED])
        if target is None:
            raise Unknown(typed, self._closest(name.rpartition("/")[2], planes))
        tries = [target]
        if "/" not in name:
            tries.append(ObjectRef(k.MIGPLAN.kind, target.name, target.namespace))
        return self._find(typed, tries, planes)

    def _find(
        self, typed: str, tries: Sequence[ObjectRef], planes: Sequence[ControlPlane]
    ) -> tuple[ControlPlane, ObjectRef]:
        refused: ClusterError | None = None
        for target in tries:
            having: list[ControlPlane] = []
            for plane in planes:
                try:
                    with _named(plane):
                        plane.host.get(k.BY_KIND[target.kind], target.name, MTC_NAMESPACE)
                except (NotFound, NotServed):
                    continue
                except ClusterError as error:
                    refused = error
                    continue
                having.append(plane)
            if len(having) == 1:
                return having[0], target
            if having:
                names = tuple(f"{target.name}@{plane.name}" for plane in having)
                raise Unknown(typed, names, "several")
        if refused is not None:
            raise refused
        raise Unknown(typed, self._closest(tries[0].name, planes, tries[0].kind))

    def _closest(
        self, typed: str, planes: Sequence[ControlPlane], kind: str = "MigMigration"
    ) -> tuple[str, ...]:
        wanted = [k.BY_KIND[kind]] if kind in k.BY_KIND else []
        if kind == k.MIGMIGRATION.kind:
            wanted.append(k.MIGPLAN)
        names: dict[str, None] = {}
        for plane in planes:
            for each in wanted:
                try:
                    for item in every(plane.host, each):
                        names[str(item.get("metadata", {}).get("name"))] = None
                except ClusterError:
                    continue
        return nearest(typed[:MAX_TYPED], names)

    def _rows_of(self, plane: ControlPlane) -> tuple[Row, ...]:
        try:
            rows = overview(plane, self.clock())
        except ClusterError as error:
            with self._lock:
                self._unreachable[plane.name] = str(error)
            return ()
        with self._lock:
            self._unreachable.pop(plane.name, None)
        return rows


@contextmanager
def _named(plane: ControlPlane) -> Iterator[None]:
    """Let an error of a control cluster's host name the control cluster, as people know it."""
    try:
        yield
    except ClusterError as error:
        if error.cluster in ("", "host"):
            error.cluster = plane.name
        raise


def _fits(row: Row, words: list[str], outcomes: Mapping[str, str]) -> bool:
    word = row.outcome.word
    text = f"{row.name} {row.plan} {row.control} {word} {outcomes.get(word, '')}".lower()
    return all(word in text for word in words)


def _seconds(time: datetime | None) -> float:
    return time.timestamp() if time is not None else 0.0
