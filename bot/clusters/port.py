"""The Cluster port: what the bot may ask of one cluster, whatever stands behind it.

Three adapters implement it: ``live`` (a Kubernetes API), ``archive`` (a must-gather)
and the sandbox's in-memory clusters. One contract suite holds all of them to the texts
below. Reading and writing are two protocols, so that a read-only bot is one that was
never given a writer.

Objects are plain JSON (``dict``); nothing here validates them, since one odd object
must never hide the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from bot.clusters.kinds import Kind

Json = dict[str, Any]
"""A Kubernetes object as JSON."""


class ClusterError(Exception):
    """Something asked of a cluster could not be had; ``str()`` is fit for a person."""

    reason: str = "error"

    def __init__(
        self, message: str, *, cluster: str = "", retry_after: float | None = None
    ) -> None:
        """Keep what a person reads, where it happened, and when to try again (seconds)."""
        super().__init__(message)
        self.cluster = cluster
        self.retry_after = retry_after


class NotFound(ClusterError):
    """The object, pod or log does not exist (404)."""

    reason = "not-found"


class Denied(ClusterError):
    """The cluster knows who asks and refuses (403)."""

    reason = "denied"


class Unauthorized(ClusterError):
    """The cluster does not accept the credentials (401)."""

    reason = "unauthorized"


class Unreachable(ClusterError):
    """No usable answer: DNS, TCP, TLS, time-out, 5xx, garbage. Worth another try."""

    reason = "unreachable"


class Untrusted(Unreachable):
    """The TLS certificate of the cluster is not trusted, has expired or names another host."""

    reason = "untrusted"


class NotServed(ClusterError):
    """The kind is not served there (no such CRD), or the archive does not hold it."""

    reason = "not-served"


class Conflict(ClusterError):
    """A precondition (resourceVersion, uid, or not-yet-there) does not hold (409)."""

    reason = "conflict"


class Invalid(ClusterError):
    """The cluster refuses the object's content or an admission check denied it (400, 422)."""

    reason = "invalid"


class Expired(ClusterError):
    """The resourceVersion is too old to watch from (410): list again."""

    reason = "expired"


@dataclass(frozen=True, slots=True)
class Listing:
    """The answer to a list: objects, where to watch from, and what could not be read."""

    items: tuple[Json, ...]
    resource_version: str = ""
    problems: tuple[str, ...] = ()
    """One sentence for each object or file that was skipped; never an exception."""


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change. For ``BOOKMARK`` only ``resource_version`` is meaningful."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: Json
    resource_version: str = ""


@dataclass(frozen=True, slots=True)
class LogSource:
    """A log that can be read: bytes in chunks of any size, lines split by the reader.

    ``open`` may be called more than once; each call starts from the beginning.
    """

    where: str
    """For people: a path in the archive, or ``pod/container on cluster``."""
    component: str
    """velero, restic, node-agent, mig-controller, operator, rsync, stunnel, registry, ..."""
    open: Callable[[], Iterator[bytes]]
    namespace: str = ""
    pod: str = ""
    container: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One line of a SubjectAccessReview."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    user: str = ""
    """Empty: ask for the bot itself (SelfSubjectAccessReview)."""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessAnswer:
    """What the cluster said; ``reason`` is its own text."""

    allowed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a write is made as (impersonation)."""

    user: str
    groups: tuple[str, ...] = ()


@runtime_checkable
class ClusterReader(Protocol):
    """Reading. Every method may raise ``Denied``, ``Unauthorized`` or ``Unreachable``."""

    @property
    def name(self) -> str:
        """Return the MigCluster's name, or ``host``."""
        ...

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        """Return one object. Raises ``NotFound``; ``NotServed`` where the kind is unknown."""
        ...

    def list(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        """Return all objects of a kind, of one namespace or of all (``""``).

        Every item carries ``apiVersion`` and ``kind``. A kind that is not served raises
        ``NotServed``; a kind that is served and has no objects is an empty listing.
        """
        ...

    def watch(
        self, kind: Kind, namespace: str, resource_version: str, stop: Callable[[], bool]
    ) -> Iterator[WatchEvent]:
        """Yield changes after ``resource_version`` until ``stop()`` is true.

        Raises ``Expired`` when the version is too old. An archive yields nothing.
        """
        ...

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
        """Return the readable logs of a pod, one a container (or one for all).

        Raises ``NotFound`` where there is no such pod or log.
        """
        ...

    def attached_logs(self, kind: Kind, name: str) -> tuple[LogSource, ...]:
        """Return logs kept beside an object (``velero backup logs``); often none."""
        ...

    def allowed(self, request: AccessRequest) -> AccessAnswer:
        """Return whether the user of the request may do it, by the cluster's own word."""
        ...


@runtime_checkable
class PagedReader(ClusterReader, Protocol):
    """Reading, where lists may be too long to be held whole."""

    def pages(self, kind: Kind, namespace: str = "") -> Iterator[Listing]:
        """Yield the same as ``list`` in parts, all of them of the first one's version.

        Raises ``Expired`` between two parts where the cluster no longer has that version.
        """
        ...


@runtime_checkable
class ClusterWriter(ClusterReader, Protocol):
    """Writing, on top of reading. Each write may be a server-side dry run."""

    def patch(
        self,
        kind: Kind,
        name: str,
        namespace: str,
        body: Json,
        *,
        resource_version: str = "",
        dry_run: bool = False,
        as_user: Identity | None = None,
    ) -> Json:
        """Apply a JSON merge patch and return the object as it then is.

        With ``resource_version`` it raises ``Conflict`` unless that is the present one.
        """
        ...

    def create(
        self,
        kind: Kind,
        namespace: str,
        body: Json,
        *,
        dry_run: bool = False,
        as_user: Identity | None = None,
    ) -> Json:
        """Create an object under its own name; raises ``Conflict`` if that is taken."""
        ...

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str,
        *,
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
        as_user: Identity | None = None,
    ) -> None:
        """Delete an object if it is still the one meant (uid, resourceVersion)."""
        ...


class ControlPlane(Protocol):
    """One control cluster (where mig-controller runs) and the clusters it knows."""

    @property
    def name(self) -> str:
        """Return the name under which the configuration knows this control cluster."""
        ...

    @property
    def host(self) -> ClusterReader:
        """Return the control cluster itself."""
        ...

    def remote(self, migcluster: str) -> ClusterReader:
        """Return the cluster of a MigCluster (the host itself for ``isHostCluster``).

        Raises ``NotFound`` (no such MigCluster or secret), ``Unauthorized``, ``Untrusted``
        or ``Unreachable``; the answer may also fail later, at the first read.
        """
        ...


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """Which object is meant, on which cluster."""

    kind: str
    name: str
    namespace: str = ""
    cluster: str = ""
    """MigCluster name, or ``host``; empty where it does not matter."""
    uid: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Return ``kind/name`` in the way people type it."""
        return f"{self.kind.lower()}/{self.name}"
