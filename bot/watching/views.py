"""The control cluster as the diagnosis of one target needs it, out of the picture.

A diagnosis lists every kind of MTC. With ten thousand migrations that is a hundred megabytes to
learn of one, so what the watches know already is not asked for again, and of it only that is
handed out which bears on the target: its plan, what it made, clusters, stores and hooks. What the
other migrations say of it is known without them (``Candidate.others``). Kinds that are not watched
are asked for by the labels that mig-controller gives them (DVMP and DISM: the uid of their owner;
MigAnalytic: the name of its plan). A kind of which the picture is not whole is listed as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import ClusterReader, Json, Listing
from bot.watching.candidates import MADE, MIGRATION, Candidate
from bot.watching.picture import Picture
from bot.watching.seen import Seen
from bot.watching.sharing import SharedPlane, SharedReader

_BY_OWNER: dict[Kind, tuple[str, str]] = {
    k.DVMP: ("DirectVolumeMigration", "directvolumemigration"),
    k.DISM: ("DirectImageMigration", "directimagemigration"),
}
"""Kind of the owner, and the label that holds its uid."""


class TargetPlane:
    """A ``ControlPlane`` that shows of its host what bears on one target."""

    def __init__(self, plane: SharedPlane, picture: Picture, target: Candidate) -> None:
        """Take the control cluster, what is known of it, and whom it is shown for."""
        self._plane = plane
        self._host = TargetHost(plane.host, picture, target)

    @property
    def name(self) -> str:
        """Return the control cluster's name."""
        return self._plane.name

    @property
    def host(self) -> ClusterReader:
        """Return the control cluster itself."""
        return self._host

    def remote(self, migcluster: str) -> ClusterReader:
        """Return the cluster of a MigCluster; nothing of it is left out."""
        return self._plane.remote(migcluster)


class TargetHost(SharedReader):
    """A ``ClusterReader`` of the control cluster for one target."""

    def __init__(self, reader: ClusterReader, picture: Picture, target: Candidate) -> None:
        """Take the cluster, what is known of it, and whom it is shown for."""
        super().__init__(reader)
        self._picture = picture
        self._target = target
        self._whole = picture.whole()

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        """Return one object: the target as it was seen, any other read afresh."""
        seen = self._target.seen
        if kind.kind == seen.kind and (name, namespace) == (seen.name, seen.namespace):
            return seen.object
        return super().get(kind, name, namespace)

    def list(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        """Return what bears on the target; as it is for kinds that are not MTC's."""
        if namespace != MTC_NAMESPACE or labels:
            return super().list(kind, namespace, labels)
        if kind.kind in self._whole:
            return Listing(tuple(seen.object for seen in self._bearing(kind.kind)))
        if kind is k.MIGANALYTIC:
            return self._labelled(kind, "migplan", [self._target.plan])
        owner, label = _BY_OWNER.get(kind, ("", ""))
        if owner in self._whole:
            return self._labelled(kind, label, (made.uid for made in self._made(owner)))
        return super().list(kind, namespace, labels)

    def _bearing(self, kind: str) -> Iterable[Seen]:
        seen, picture = self._target.seen, self._picture
        if kind == MIGRATION:
            return (seen,) if seen.kind == MIGRATION else ()
        if kind in MADE:
            return self._made(kind)
        if kind == "MigPlan":
            plan = picture.at(f"MigPlan/{self._target.plan}")
            return (plan,) if plan is not None else ()
        return picture.of(kind)

    def _made(self, kind: str) -> tuple[Seen, ...]:
        seen = self._target.seen
        return self._picture.linked(kind, seen.uid) if seen.kind == MIGRATION else ()

    def _labelled(self, kind: Kind, label: str, values: Iterable[str]) -> Listing:
        found: list[Json] = []
        problems: list[str] = []
        for value in values:
            if not value:
                continue
            listing = super().list(kind, MTC_NAMESPACE, {label: value})
            found += listing.items
            problems += listing.problems
        return Listing(tuple(found), "", tuple(problems))
