"""Logs of a cluster in memory, limited on reading as a kubelet limits them.

``since`` goes by the time a line names; a line without one belongs to the line before it. A
log that names no times at all is kept whole, since when its lines were written is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from bot.clusters.components import component_of
from bot.clusters.kinds import Kind
from bot.clusters.port import Json, LogSource, NotFound
from knowledge.matching.loglines import head

_CHUNK = 1 << 16
Place = tuple[str, str, str]
"""Namespace, pod, container."""


class LogStore:
    """Logs by container, and logs kept beside objects. The caller holds the lock."""

    def __init__(self, cluster: str) -> None:
        """Begin without any log."""
        self._cluster = cluster
        self._containers: dict[Place, bytearray] = {}
        self._attached: dict[tuple[str, str], bytearray] = {}

    def append(self, place: Place, body: bytes) -> None:
        """Add bytes to a container's log."""
        self._containers.setdefault(place, bytearray()).extend(body)

    def attach(self, kind: Kind, name: str, body: bytes) -> None:
        """Add bytes to an object's log."""
        self._attached.setdefault((kind.kind, name), bytearray()).extend(body)

    def forget(self, namespace: str, pod: str) -> None:
        """Drop the logs of a pod that is gone."""
        for place in [p for p in self._containers if p[:2] == (namespace, pod)]:
            del self._containers[place]

    def sources(
        self,
        pod: Json,
        place: Place,
        *,
        previous: bool,
        since: datetime | None,
        tail_lines: int | None,
        limit_bytes: int | None,
    ) -> tuple[LogSource, ...]:
        """Return a source for each container. Raises ``NotFound`` where there is none."""
        namespace, name, container = place
        found = [
            (key, bytes(body))
            for key, body in sorted(self._containers.items())
            if key[:2] == (namespace, name) and container in ("", key[2])
        ]
        if previous or not found:
            which = "previous log" if previous else "log"
            raise NotFound(f"there is no {which} of pod {namespace}/{name}", cluster=self._cluster)
        labels = pod.get("metadata", {}).get("labels")
        sources = []
        for (_, _, own), body in found:
            kept = _limited(body, since, tail_lines, limit_bytes)
            sources.append(
                LogSource(
                    f"{name}/{own} on {self._cluster}",
                    component_of(namespace, name, own, labels),
                    partial(_chunks, kept),
                    namespace,
                    name,
                    own,
                    len(kept),
                )
            )
        return tuple(sources)

    def attached(self, kind: Kind, name: str) -> tuple[LogSource, ...]:
        """Return the log kept beside an object, if there is one."""
        body = self._attached.get((kind.kind, name))
        if body is None:
            return ()
        kept = bytes(body)
        where = f"{kind.singular}/{name} log on {self._cluster}"
        return (LogSource(where, "velero", partial(_chunks, kept), size=len(kept)),)

    def bodies(self) -> dict[Place, bytes]:
        """Return all container logs."""
        return {place: bytes(body) for place, body in self._containers.items()}

    def attached_bodies(self) -> dict[tuple[str, str], bytes]:
        """Return all logs kept beside objects, by kind and name."""
        return {key: bytes(body) for key, body in self._attached.items()}


def _chunks(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), _CHUNK):
        yield body[at : at + _CHUNK]


def _limited(
    body: bytes, since: datetime | None, tail_lines: int | None, limit_bytes: int | None
) -> bytes:
    lines = body.splitlines(keepends=True)
    if since is not None:
        times = [head(line[:400].decode("utf-8", "replace")).time for line in lines]
        fresh = not any(times)
        kept = []
        for line, time in zip(lines, times, strict=True):
            fresh = time >= since if time else fresh
            if fresh:
                kept.append(line)
        lines = kept
    if tail_lines is not None:
        lines = lines[-tail_lines:] if tail_lines else []
    whole = b"".join(lines)
    return whole if limit_bytes is None else whole[:limit_bytes]
