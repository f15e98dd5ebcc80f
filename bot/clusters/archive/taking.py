"""When a must-gather was taken: what is long for a migration is so from then, not from today.

Its files were written while it was gathered, so the newest of them tells. Whoever packed them
anew may have changed that: times before what the objects themselves tell of are not believed,
and then the stores help, which Velero looks at every minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.clusters import kinds as k
from bot.clusters.port import ClusterError, ClusterReader
from knowledge.matching.loglines import parse_time

_MOVING = (k.MIGPLAN, k.MIGCLUSTER, k.MIGSTORAGE, k.DVM)
"""Few objects, in which the newest times of a control cluster stand."""
_APART = timedelta(minutes=5)
"""How far the clocks of a cluster and of who gathered may be apart."""
_KEYS = frozenset(
    {"creationTimestamp", "lastTransitionTime", "lastValidationTime", "lastSyncedTime"}
)
_DEPTH = 6


def when_taken(modified: Iterable[float], host: ClusterReader) -> datetime | None:
    """Return when an archive was taken, aware UTC; None where nothing tells.

    ``modified``: the times of its files, in seconds since 1970. Never later than now.
    """
    now = datetime.now(UTC)
    written = min(max(modified, default=0.0), now.timestamp())
    latest = datetime.fromtimestamp(max(written, 0.0), UTC)
    checked = _newest(host, (k.BSL,))
    told = max((t for t in (checked, _newest(host, _MOVING)) if t is not None), default=None)
    if told is not None and latest >= told - _APART:
        return max(latest, min(told, now))
    return min(told, now) if told is not None and checked is not None else None


def _newest(host: ClusterReader, kinds: Iterable[k.Kind]) -> datetime | None:
    found: list[datetime] = []
    for kind in kinds:
        try:
            objects = host.list(kind).items
        except ClusterError:
            continue
        for obj in objects:
            found += (t for t in map(parse_time, _times(obj, 0)) if t is not None)
    return max(found, default=None)


def _times(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _KEYS and isinstance(inner, str):
                yield inner
            elif key != "spec":
                yield from _times(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _times(inner, depth + 1)
