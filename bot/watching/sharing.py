"""A control cluster for the length of one pass: each list is asked for once.

Forty migrations blocked by one outage are forty diagnoses over the same clusters. Within a pass
they share what was listed, and the refusal or time-out of a cluster that cannot be read, so that
an outage does not turn into a flood of requests. Logs and single objects are read afresh.
Lists are shared, so nobody may change them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from bot.clusters.kinds import Kind
from bot.clusters.port import (
    AccessAnswer,
    AccessRequest,
    ClusterError,
    ClusterReader,
    ControlPlane,
    Json,
    Listing,
    LogSource,
    WatchEvent,
)

Answer = TypeVar("Answer")


class _Once:
    """Answers, or the errors in their place, by question; each is asked for once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[Hashable, threading.Lock] = {}
        self._answers: dict[Hashable, Any] = {}

    def ask(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        with self._lock:
            turn = self._turns.setdefault(question, threading.Lock())
        with turn:
            if question not in self._answers:
                try:
                    self._answers[question] = ask()
                except ClusterError as error:
                    self._answers[question] = error
            answer = self._answers[question]
        if isinstance(answer, ClusterError):
            raise answer.with_traceback(None)
        return answer  # type: ignore[no-any-return]


class SharedPlane:
    """A ``ControlPlane`` that shares lists. May be shared by threads."""

    def __init__(self, plane: ControlPlane) -> None:
        """Take the control cluster; nothing is asked of it yet."""
        self._plane = plane
        self._once = _Once()

    @property
    def name(self) -> str:
        """Return the control cluster's name."""
        return self._plane.name

    @property
    def host(self) -> ClusterReader:
        """Return the control cluster itself."""
        return self._once.ask("host", lambda: SharedReader(self._plane.host))

    def remote(self, migcluster: str) -> ClusterReader:
        """Return the cluster of a MigCluster, or raise what it raised before."""
        return self._once.ask(
            ("remote", migcluster), lambda: SharedReader(self._plane.remote(migcluster))
        )


class SharedReader:
    """A ``ClusterReader`` that shares lists."""

    def __init__(self, reader: ClusterReader) -> None:
        """Take the cluster."""
        self._reader = reader
        self._once = _Once()

    @property
    def name(self) -> str:
        """Return the MigCluster's name, or ``host``."""
        return self._reader.name

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        """Return one object, read afresh."""
        return self._reader.get(kind, name, namespace)

    def list(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        """Return what the first to ask was told."""
        question = (kind, namespace, tuple(sorted((labels or {}).items())))
        return self._once.ask(question, lambda: self._reader.list(kind, namespace, labels))

    def watch(
        self, kind: Kind, namespace: str, resource_version: str, stop: Callable[[], bool]
    ) -> Iterator[WatchEvent]:
        """Yield changes."""
        return self._reader.watch(kind, namespace, resource_version, stop)

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str = "",
        *,
        previous: bool = False,
        since: datetime | None = None,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
    ) -> tuple[LogSource, ...]:
        """Return the logs of a pod."""
        return self._reader.logs(
            namespace,
            pod,
            container,
            previous=previous,
            since=since,
            tail_lines=tail_lines,
            limit_bytes=limit_bytes,
        )

    def attached_logs(self, kind: Kind, name: str) -> tuple[LogSource, ...]:
        """Return logs kept beside an object."""
        return self._reader.attached_logs(kind, name)

    def allowed(self, request: AccessRequest) -> AccessAnswer:
        """Return what the cluster says."""
        return self._reader.allowed(request)
