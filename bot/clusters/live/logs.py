"""Logs of the pods of a live cluster, streamed as they are opened.

Which containers have a log is read from the pod, so that a container that never started is not
asked for one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.clusters.components import component_of
from bot.clusters.live.connection import Connection, Query
from bot.clusters.live.requests import Request, spoken
from bot.clusters.port import Invalid, Json, LogSource, NotFound, Unreachable

_LISTS = (
    ("initContainers", "initContainerStatuses"),
    ("containers", "containerStatuses"),
    ("ephemeralContainers", "ephemeralContainerStatuses"),
)


def sources(
    connection: Connection,
    request: Request,
    pod: Json,
    container: str,
    *,
    previous: bool,
    since: datetime | None,
    tail_lines: int | None,
    limit_bytes: int | None,
) -> tuple[LogSource, ...]:
    """Return the logs of a pod, one a container. Raises ``NotFound`` where there is none."""
    query: Query = []
    if previous:
        query.append(("previous", "true"))
    if since is not None:
        query.append(("sinceTime", _rfc3339(since)))
    if tail_lines is not None:
        query.append(("tailLines", str(max(tail_lines, 0))))
    if limit_bytes is not None:
        query.append(("limitBytes", str(max(limit_bytes, 1))))
    log = replace(request, subresource="log")
    labels = _mapping(_mapping(pod.get("metadata")).get("labels"))
    names = [
        name for name, has_log in _containers(pod, previous) if has_log and container in ("", name)
    ]
    if not names:
        which = "previous log" if previous else "log"
        of = f"container {spoken(container)} of " if container else ""
        raise NotFound(
            f"cluster {request.cluster} has no {which} of {of}pod "
            f"{spoken(request.namespace)}/{spoken(request.name)}",
            cluster=request.cluster,
        )
    return tuple(
        LogSource(
            where=f"{request.namespace}/{request.name}/{name} on {request.cluster}",
            component=component_of(request.namespace, request.name, name, labels),
            open=partial(_opened, connection, log, [("container", name), *query], limit_bytes),
            namespace=request.namespace,
            pod=request.name,
            container=name,
        )
        for name in names
    )


def _opened(
    connection: Connection, request: Request, query: Query, limit_bytes: int | None
) -> Iterator[bytes]:
    left = limit_bytes
    until = time.monotonic() + connection.limits.log_seconds
    try:
        with connection.stream(request, query, connection.limits.read_seconds) as response:
            while (left is None or left > 0) and (piece := response.read1(1 << 16)):
                yield piece if left is None else piece[:left]
                left = None if left is None else left - len(piece)
                if time.monotonic() > until:
                    raise Unreachable(
                        f"cluster {request.cluster} sends {request} too slowly",
                        cluster=request.cluster,
                    )
    except Invalid as error:
        # The API server answers 400 where a container has not started or has no earlier run.
        raise NotFound(str(error), cluster=request.cluster) from error


def _containers(pod: Json, previous: bool) -> Iterator[tuple[str, bool]]:
    """Yield the containers of a pod, and whether there is such a log as far as its status says."""
    spec, status = _mapping(pod.get("spec")), _mapping(pod.get("status"))
    for field, statuses in _LISTS:
        known = {entry.get("name"): entry for entry in _dicts(status.get(statuses))}
        for entry in _dicts(spec.get(field)):
            name = entry.get("name")
            if isinstance(name, str) and name:
                yield name, _has_log(known.get(name), status.get("phase"), previous)


def _has_log(status: Json | None, phase: Any, previous: bool) -> bool:
    if status is None:
        return not previous and phase != "Pending"
    has_ended_before = "terminated" in _mapping(status.get("lastState"))
    if previous:
        return has_ended_before
    return has_ended_before or "waiting" not in _mapping(status.get("state"))


def _rfc3339(moment: datetime) -> str:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
