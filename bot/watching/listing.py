"""The lists behind a picture: read when there is no living watch to trust, and now and then anyway.

A kind that no watch follows lately is listed; all are listed every half hour, whatever the
watches say. Long lists are read page by page, so that no more than a page is held as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.clusters.kinds import MIGMIGRATION, MTC_NAMESPACE, WATCHED_KINDS, Kind
from bot.clusters.port import (
    ClusterError,
    ControlPlane,
    Expired,
    Listing,
    NotServed,
    PagedReader,
    Unreachable,
)
from bot.watching.complaints import Complaints
from bot.watching.freshness import Freshness
from bot.watching.picture import Picture


class Lists:
    """The lists of one control cluster."""

    def __init__(self, plane: ControlPlane, picture: Picture, complaints: Complaints) -> None:
        """Take the control cluster, and the picture that lists keep true."""
        self.fresh = Freshness()
        self._plane = plane
        self._picture = picture
        self._complaints = complaints

    @property
    def subject(self) -> str:
        """Return what complaints about the whole control cluster are about."""
        return f"control cluster {self._plane.name}"

    def versions(self) -> tuple[str, ...]:
        """Return the versions of the last lists; they differ if anything was listed anew."""
        return tuple(self._picture.version(kind) for kind in WATCHED_KINDS)

    def all_fresh(self) -> bool:
        """Return whether the picture of every kind is as good as a list now."""
        return all(self.fresh.is_fresh(kind) for kind in WATCHED_KINDS)

    def read(self, *, every: bool) -> bool:
        """Bring the picture up to date; return whether the control cluster could be read."""
        for kind in WATCHED_KINDS:
            if not every and self.fresh.is_fresh(kind):
                continue
            about = f"{kind.plural} of {self._plane.name}"
            try:
                problems = self._listed(kind)
            except NotServed as error:
                if kind is MIGMIGRATION:
                    self._complaints.say(self.subject, f"MTC is not installed there: {error}")
                    return False
            except ClusterError as error:
                if kind is MIGMIGRATION or isinstance(error, Unreachable):
                    self._complaints.say(self.subject, str(error))
                    return False
                self._complaints.say(about, str(error))
            else:
                if problems:
                    self._complaints.say(about, "; ".join(problems[:3]))
                else:
                    self._complaints.clear(about)
        self._complaints.clear(self.subject)
        return True

    def _listed(self, kind: Kind) -> list[str]:
        """Read one list into the picture; return what could not be read of it."""
        for attempt in (1, 2):
            began = self.fresh.now()
            try:
                with self._picture.listing(kind) as update:
                    for page in self._pages(kind):
                        update.add(page)
            except Expired as error:
                if attempt == 2:
                    raise Unreachable(
                        f"{kind.plural} change faster than they can be listed: {error}",
                        retry_after=30.0,
                    ) from error
            else:
                self.fresh.listed(kind, began)
                return update.problems
        raise AssertionError("the second attempt returns or raises")

    def _pages(self, kind: Kind) -> Iterator[Listing]:
        host = self._plane.host
        if isinstance(host, PagedReader):
            yield from host.pages(kind, MTC_NAMESPACE)
        else:
            yield host.list(kind, MTC_NAMESPACE)
