"""One live cluster behind the port: reading, and writing on top of it where it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.live import access, logs, reading, watching, writing
from bot.clusters.live.connection import Connection
from bot.clusters.live.requests import Request
from bot.clusters.port import (
    AccessAnswer,
    AccessRequest,
    Identity,
    Invalid,
    Json,
    Listing,
    LogSource,
    WatchEvent,
)


class LiveReader:
    """A ``ClusterReader`` over a Kubernetes API; it has no method that writes."""

    def __init__(self, connection: Connection) -> None:
        """Stand on a connection, whose cluster name becomes the reader's."""
        self._connection = connection

    @property
    def name(self) -> str:
        """Return the MigCluster's name, or ``host``."""
        return self._connection.cluster

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        """Return one object, without its managed fields."""
        return reading.get(self._connection, self._asked("get", kind, name, namespace))

    def list(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        """Return all objects of a kind, without their managed fields."""
        return reading.collect(self._connection, self._asked("list", kind, "", namespace), labels)

    def pages(self, kind: Kind, namespace: str = "", size: int = reading.PAGE) -> Iterator[Listing]:
        """Yield the same as ``list``, a page at a time, for lists too long to be held.

        Raises ``Expired`` between two pages where the cluster no longer has their version.
        """
        return reading.pages(self._connection, self._asked("list", kind, "", namespace), size=size)

    def watch(
        self, kind: Kind, namespace: str, resource_version: str, stop: Callable[[], bool]
    ) -> Iterator[WatchEvent]:
        """Yield changes until ``stop()``, or until the server or the network ends the watch."""
        asked = self._asked("watch", kind, "", namespace)
        return watching.watch(self._connection, asked, resource_version, stop)

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
        """Return the logs of a pod's containers that have one."""
        asked = self._asked("get", k.POD, pod, namespace)
        return logs.sources(
            self._connection,
            asked,
            reading.get(self._connection, asked),
            container,
            previous=previous,
            since=since,
            tail_lines=tail_lines,
            limit_bytes=limit_bytes,
        )

    def attached_logs(self, kind: Kind, name: str) -> tuple[LogSource, ...]:
        """Return none: Velero hands them out only to who creates a DownloadRequest."""
        del kind, name
        return ()

    def allowed(self, request: AccessRequest) -> AccessAnswer:
        """Return what the cluster's own access review says."""
        return access.allowed(self._connection, request)

    def _asked(self, verb: str, kind: Kind, name: str, namespace: str) -> Request:
        return Request(self.name, verb, kind, name, namespace if kind.namespaced else "")


class LiveWriter(LiveReader):
    """A ``ClusterWriter`` over a Kubernetes API."""

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
        """Apply a JSON merge patch and return the object as it then is."""
        return writing.patch(
            self._connection,
            self._asked("patch", kind, name, namespace),
            body,
            resource_version=resource_version,
            dry_run=dry_run,
            as_user=as_user,
        )

    def create(
        self,
        kind: Kind,
        namespace: str,
        body: Json,
        *,
        dry_run: bool = False,
        as_user: Identity | None = None,
    ) -> Json:
        """Create an object under its own name; raises ``Invalid`` where it has none."""
        metadata = body.get("metadata")
        if not isinstance(metadata, dict) or not metadata.get("name"):
            raise Invalid(f"the {kind.singular} to create has no name", cluster=self.name)
        return writing.create(
            self._connection,
            self._asked("create", kind, "", namespace),
            body,
            dry_run=dry_run,
            as_user=as_user,
        )

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
        """Delete an object if it is still the one meant."""
        writing.delete(
            self._connection,
            self._asked("delete", kind, name, namespace),
            uid=uid,
            resource_version=resource_version,
            dry_run=dry_run,
            as_user=as_user,
        )
