"""All objects of a kind, of which no more is held than one page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import ClusterReader, Expired, Json, NotServed, PagedReader

Answer = TypeVar("Answer")


def every(host: ClusterReader, kind: Kind) -> Iterator[Json]:
    """Yield MTC's objects of a kind; none where it is not served.

    Raises ``ClusterError``: ``Expired`` where a page came too late to go with the ones before.
    """
    try:
        if isinstance(host, PagedReader):
            for page in host.pages(kind, MTC_NAMESPACE):
                yield from page.items
        else:
            yield from host.list(kind, MTC_NAMESPACE).items
    except NotServed:
        return


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` returns; where a page came too late, the second time."""
    try:
        return ask()
    except Expired:
        return ask()
