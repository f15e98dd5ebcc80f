"""A must-gather as a control plane: the host and the clusters that were gathered through it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cached_property

from bot.clusters import kinds as k
from bot.clusters.archive.cluster import ArchiveCluster
from bot.clusters.archive.layout import HOST, Flavour, LoginError, place_of
from bot.clusters.archive.members import Member, Problems, shown
from bot.clusters.archive.objects import ParsedFiles
from bot.clusters.archive.taking import when_taken
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ClusterError, ClusterReader, Json, NotFound, Unauthorized


class ArchivePlane:
    """A ``ControlPlane`` over an archive."""

    def __init__(
        self, name: str, flavour: Flavour, files: list[tuple[str, Member]], problems: Problems
    ) -> None:
        """Sort ``files`` (path from the must-gather's root, and content) by cluster."""
        self._name = name
        self._problems = problems
        self._parsed = ParsedFiles()
        self._clusters: dict[str, ArchiveCluster] = {}
        self._login_errors: dict[str, str] = {}
        self._modified = [member.modified for _, member in files]
        self._flavour: Flavour = flavour
        self._host = self._cluster(HOST)
        for path, member in files:
            self._take(path, member)
        self._say_what_was_not_logged_in()
        self._say_what_looks_alike()

    @property
    def name(self) -> str:
        """Return the name the archive was opened under."""
        return self._name

    @property
    def host(self) -> ClusterReader:
        """Return the cluster that was gathered from."""
        return self._host

    @cached_property
    def taken(self) -> datetime | None:
        """Return when the archive was taken, aware UTC; None where nothing tells."""
        return when_taken(self._modified, self._host)

    @property
    def problems(self) -> tuple[str, ...]:
        """Return a sentence for each thing about the archive that is not as it should be."""
        return self._problems.sentences

    def cluster_names(self) -> tuple[str, ...]:
        """Return the clusters the archive holds, by their folder; the host first."""
        names = {name for name, cluster in self._clusters.items() if not cluster.is_empty}
        return (HOST, *sorted((names | set(self._login_errors)) - {HOST}))

    def remote(self, migcluster: str) -> ClusterReader:
        """Return the cluster of a MigCluster.

        Raises ``NotFound`` where nothing of it was gathered, and ``Unauthorized`` where the
        gathering could not log in.
        """
        host_named = self._host_migcluster()
        if migcluster == (host_named or HOST):
            return self._host
        cluster = self._clusters.get(migcluster)
        if cluster is not None and cluster is not self._host and not cluster.is_empty:
            return cluster
        if migcluster in self._login_errors:
            raise Unauthorized(
                f"the archive holds nothing of cluster {shown(migcluster)}, since gathering could "
                f"not log in to it ({self._login_errors[migcluster]}): its token is refused or it "
                f"could not be reached, see the conditions of migcluster/{shown(migcluster)}",
                cluster=migcluster,
            )
        raise NotFound(
            f"the archive holds nothing of cluster {shown(migcluster)}; "
            f"it holds {', '.join(shown(name) for name in self.cluster_names())}",
            cluster=migcluster,
        )

    def _host_migcluster(self) -> str:
        try:
            clusters = self._host.list(k.MIGCLUSTER).items
        except ClusterError:
            return ""
        for cluster in clusters:
            spec = cluster.get("spec")
            if isinstance(spec, dict) and spec.get("isHostCluster") is True:
                return str(cluster["metadata"]["name"])
        return ""

    def _cluster(self, name: str) -> ArchiveCluster:
        if name not in self._clusters:
            self._clusters[name] = ArchiveCluster(name, self._flavour, self._parsed)
        return self._clusters[name]

    def _take(self, path: str, member: Member) -> None:
        place = place_of(path)
        if place is None:
            return
        member = replace(member, path=path)
        if isinstance(place, LoginError):
            text = member.read(2000).decode("utf-8", "replace").strip().split("\n")[0]
            self._login_errors[place.cluster] = shown(text.rstrip(".")) or "no text"
            return
        self._cluster(getattr(place, "cluster", HOST)).add(place, member)

    def _say_what_was_not_logged_in(self) -> None:
        for name, text in self._login_errors.items():
            self._problems.add(
                "clusters without a login", f"cluster {shown(name)} was not gathered: {text}"
            )

    def _say_what_looks_alike(self) -> None:
        """Say which clusters hold the same objects.

        The gathering of all remote clusters shares one kubeconfig while it runs side by side, so
        with two or more of them the data of one may lie under another's name.
        """
        seen: dict[str, str] = {}
        for name in self.cluster_names():
            uid = self._namespace_uid(name)
            if uid and uid in seen:
                self._problems.add(
                    "clusters that look alike",
                    f"clusters {shown(seen[uid])} and {shown(name)} have the same namespace "
                    f"{MTC_NAMESPACE} (uid {shown(uid, 40)}): the data of one lies under the "
                    "other's name, so gather them one at a time",
                )
            seen.setdefault(uid, name)

    def _namespace_uid(self, cluster: str) -> str:
        try:
            namespace: Json = self._clusters[cluster].get(k.NAMESPACE, MTC_NAMESPACE)
        except (ClusterError, KeyError):
            return ""
        return str(namespace["metadata"].get("uid") or "")
