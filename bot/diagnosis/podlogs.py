"""The logs of MTC's own pods and of those it makes: which, from when on, and read without waiting.

On a live cluster a log takes several ways through the network before its first byte, and a
cluster has as many node agents as nodes. So pods are asked side by side, and while one log is
looked through, the next are opened. Of an archive nothing is read ahead: that is a matter of disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from bot.clusters import kinds as k
from bot.clusters.components import component_of
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ClusterError, ClusterReader, Json, LogSource, NotServed
from bot.diagnosis.dossier import labels, metadata, place, text

LOG_BYTES = 256 << 20
"""Bytes of one live container's log that are read at most: more than a kubelet keeps in a file."""
LOG_MARGIN = timedelta(minutes=5)
"""How long before a migration began its clusters' logs are read from; their clocks may differ."""
AT_ONCE = 4
"""Requests that are made of one cluster at the same time."""


def is_archive(reader: ClusterReader | None) -> bool:
    """Return whether reading is a matter of disk."""
    return callable(getattr(reader, "all_logs", None))


def mtc_logs(
    reader: ClusterReader, since: datetime | None, note: Callable[[str, str], None]
) -> tuple[LogSource, ...]:
    """Return the logs of the pods in MTC's own namespace; ``note`` hears what cannot be read."""
    try:
        pods = reader.list(k.POD, MTC_NAMESPACE).items
    except ClusterError as error:
        if not isinstance(error, NotServed):
            note(f"pods in {MTC_NAMESPACE} on {reader.name}", str(error))
        pods = ()
    names = {text(metadata(pod).get("name")) for pod in pods} - {""}
    found = _logs_of(reader, [(MTC_NAMESPACE, name) for name in sorted(names)], since)
    every = getattr(reader, "all_logs", None)
    if callable(every):
        seen = {(log.namespace, log.pod) for log in found}
        found += [
            log
            for log in every()
            if isinstance(log, LogSource) and (log.namespace, log.pod) not in seen
        ]
    return tuple(found)


def transfer_logs(
    reader: ClusterReader,
    objects: Mapping[str, tuple[Json, ...]],
    namespaces: Iterable[str],
    since: datetime | None,
) -> tuple[LogSource, ...]:
    """Return the logs of MTC's helper pods (rsync, stage, hook jobs) in app namespaces.

    MTC marks the Job of a hook; its pods bear nothing but the Job's name.
    """
    wanted = set(namespaces)
    jobs = {place(job) for job in objects.get(k.JOB.kind, ()) if "mighook" in labels(job)}
    pods: list[tuple[str, str]] = []
    hooks: list[tuple[str, str]] = []
    for pod in objects.get(k.POD.kind, ()):
        (namespace, name), own = place(pod), labels(pod)
        if namespace not in wanted:
            continue
        hook = component_of(namespace, name, labels=own) == "hook"
        if hook or (namespace, text(own.get("job-name"))) in jobs:
            hooks.append((namespace, name))
        elif own.get("app.kubernetes.io/part-of") == MTC_NAMESPACE:
            pods.append((namespace, name))
    told = [replace(log, component="hook") for log in _logs_of(reader, hooks, since)]
    return (*_logs_of(reader, pods, since), *told)


def opened_ahead(sources: Iterable[LogSource]) -> Iterator[LogSource]:
    """Yield live logs in their order, each opened before its turn; ``open`` once gives that.

    What goes wrong at opening is raised by ``open``, as it would be without this.
    """
    waiting: deque[tuple[LogSource, Future[Iterator[bytes]]]] = deque()
    pool = ThreadPoolExecutor(AT_ONCE, "logs")
    try:
        for source in sources:
            waiting.append((source, pool.submit(_begun, source)))
            if len(waiting) >= AT_ONCE:
                yield _opened(*waiting.popleft())
        while waiting:
            yield _opened(*waiting.popleft())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begun(source: LogSource) -> Iterator[bytes]:
    """Return a log of which the first part has come."""
    stream = iter(source.open())
    return chain([next(stream, b"")], stream)


def _opened(source: LogSource, begun: Future[Iterator[bytes]]) -> LogSource:
    first = [begun]

    def again() -> Iterator[bytes]:
        return first.pop().result() if first else source.open()

    return replace(source, open=again)


def _logs_of(
    reader: ClusterReader, pods: list[tuple[str, str]], since: datetime | None
) -> list[LogSource]:
    if not pods:
        return []
    with ThreadPoolExecutor(1 if is_archive(reader) else AT_ONCE, "logs") as pool:
        found = pool.map(lambda pod: _pod_logs(reader, pod[0], pod[1], since), pods)
        return [source for sources in found for source in sources]


def _pod_logs(
    reader: ClusterReader, namespace: str, pod: str, since: datetime | None
) -> tuple[LogSource, ...]:
    """Return a pod's logs from ``since`` on: a limit in bytes alone keeps the oldest, not these.

    An archive's are a matter of disk, and read whole.
    """
    try:
        if is_archive(reader):
            return reader.logs(namespace, pod)
        return reader.logs(namespace, pod, since=since, limit_bytes=LOG_BYTES)
    except ClusterError:
        return ()
