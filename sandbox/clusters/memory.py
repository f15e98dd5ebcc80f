"""A cluster that lives in memory, with the manners of a real API server.

What the bot relies on is kept: resourceVersions that only grow, uids, watches that tell each
change after a version once and in order, 410 for versions that are too old, merge patches,
dry runs, preconditions, finalizers, label selection. Objects are copied on their way in and
out. ``fail_with`` makes the cluster unreachable or refusing. May be shared by threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import (
    AccessAnswer,
    AccessRequest,
    ClusterError,
    Conflict,
    Denied,
    Identity,
    Invalid,
    Json,
    Listing,
    LogSource,
    NotFound,
    NotServed,
    WatchEvent,
)
from sandbox.clusters.history import History
from sandbox.clusters.logs import LogStore
from sandbox.clusters.objects import copied, merged, selected, without_metadata

Access = Callable[[AccessRequest], AccessAnswer]
_WHOLE = frozenset({"migration.openshift.io", "velero.io"})
"""Groups whose custom resources have no status subresource: a new status is a new generation."""
_WAIT = 0.1
"""Seconds after which a waiting watch looks at its ``stop`` again."""


def _everyone(request: AccessRequest) -> AccessAnswer:
    del request
    return AccessAnswer(True, "allowed by the sandbox")


class MemoryCluster:
    """A ``ClusterWriter`` over objects in memory, plus what a player needs to move it."""

    def __init__(
        self,
        name: str,
        objects: Iterable[Json] = (),
        logs: Mapping[tuple[str, str, str], bytes] | None = None,
        *,
        access: Access = _everyone,
        clock: Callable[[], datetime] | None = None,
        kinds: Iterable[Kind] = k.KINDS,
    ) -> None:
        """Begin with objects and logs (by namespace, pod, container).

        ``access`` answers access reviews and decides whether an impersonated write passes;
        ``clock`` (aware, UTC) stamps what is created; ``kinds`` are those the cluster serves.
        """
        self._name = name
        self.access = access
        self.clock = clock or (lambda: datetime.now(UTC))
        self._changed = threading.Condition(threading.RLock())
        self._objects: dict[Kind, dict[tuple[str, str], Json]] = {kind: {} for kind in kinds}
        self._history = History()
        self._logs = LogStore(name)
        self._fault: ClusterError | None = None
        for obj in objects:
            self.put(obj)
        for (namespace, pod, container), body in (logs or {}).items():
            self.append_log(namespace, pod, container, body)

    @property
    def name(self) -> str:
        """Return the MigCluster's name, or ``host``."""
        return self._name

    def fail_with(self, error: ClusterError | None) -> None:
        """Make every later request raise ``error``; None makes the cluster well again."""
        with self._changed:
            self._fault = error
            self._changed.notify_all()

    # Reading

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        """Return one object. Raises ``NotFound`` or ``NotServed``."""
        with self._changed:
            found: Json = copied(self._present(kind, name, namespace))
            return found

    def list(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        """Return the objects of a kind by namespace and name."""
        with self._changed:
            served = self._served(kind)
            items = tuple(
                copied(obj)
                for (place, _), obj in sorted(served.items())
                if (not namespace or not kind.namespaced or place == namespace)
                and selected(obj, labels)
            )
            return Listing(items, str(self._history.version))

    def watch(
        self, kind: Kind, namespace: str, resource_version: str, stop: Callable[[], bool]
    ) -> Iterator[WatchEvent]:
        """Yield changes after ``resource_version``; without one, what is there comes first.

        Raises ``Expired`` for a version that is no longer remembered.
        """
        seen = 0
        first: list[WatchEvent] = []
        with self._changed:
            if resource_version in ("", "0"):
                listing = self.list(kind, namespace)
                seen = self._history.version
                first = [
                    WatchEvent("ADDED", obj, str(obj["metadata"]["resourceVersion"]))
                    for obj in listing.items
                ]
            else:
                self._served(kind)
                seen = self._history.start(resource_version, self._name)
        yield from first
        while not stop():
            with self._changed:
                self._check()
                changes, seen = self._history.since(seen, kind, namespace, self._name)
                if not changes:
                    self._changed.wait(_WAIT)
                    continue
            for change in changes:
                yield WatchEvent(change.type, copied(change.object), str(change.version))

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
        """Return the logs of a pod. Raises ``NotFound`` where there is none."""
        with self._changed:
            self._check()
            there = self._objects.get(k.POD, {}).get((namespace, pod))
            return self._logs.sources(
                there or {},
                (namespace, pod, container),
                previous=previous,
                since=since,
                tail_lines=tail_lines,
                limit_bytes=limit_bytes,
            )

    def attached_logs(self, kind: Kind, name: str) -> tuple[LogSource, ...]:
        """Return what ``attach_log`` put beside an object."""
        with self._changed:
            self._check()
            return self._logs.attached(kind, name)

    def allowed(self, request: AccessRequest) -> AccessAnswer:
        """Return what the cluster's access rule says."""
        with self._changed:
            self._check()
        return self.access(request)

    # Writing

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
        """Apply a JSON merge patch. Raises ``Conflict`` when the version has moved on."""
        with self._changed:
            before = self._present(kind, name, namespace)
            self._may("patch", kind, name, namespace, as_user)
            wanted = resource_version or str(body.get("metadata", {}).get("resourceVersion", ""))
            self._expect(kind, before, "", wanted)
            after = merged(before, body)
            for kept in ("labels", "annotations"):
                if not after["metadata"].get(kept, True):  # no API server keeps an empty one
                    del after["metadata"][kept]
            for fixed in ("name", "namespace", "uid", "creationTimestamp", "resourceVersion"):
                if fixed in before["metadata"]:
                    after["metadata"][fixed] = before["metadata"][fixed]
            shown: Json = copied(self._replace(kind, before, after, dry_run))
            return shown

    def create(
        self,
        kind: Kind,
        namespace: str,
        body: Json,
        *,
        dry_run: bool = False,
        as_user: Identity | None = None,
    ) -> Json:
        """Create an object under its own name. Raises ``Conflict`` if that is taken."""
        with self._changed:
            served = self._served(kind)
            made = copied(body)
            meta = made.setdefault("metadata", {})
            name = str(meta.get("name") or "")
            if not name:
                raise Invalid(f"{kind.singular}: metadata.name is required", cluster=self._name)
            place = namespace if kind.namespaced else ""
            if kind.namespaced and not place:
                raise Invalid(f"{kind.singular}/{name}: a namespace is required")
            self._may("create", kind, name, place, as_user)
            if (place, name) in served:
                raise Conflict(f"{kind.singular}/{name} already exists", cluster=self._name)
            meta.pop("resourceVersion", None)
            meta.pop("uid", None)
            if place:
                meta["namespace"] = place
            shown: Json = copied(self._store(kind, made, "ADDED", dry_run))
            return shown

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
        """Delete an object; one with finalizers stays, marked, until they are taken off."""
        with self._changed:
            there = self._present(kind, name, namespace)
            self._may("delete", kind, name, namespace, as_user)
            self._expect(kind, there, uid, resource_version)
            if dry_run:
                return
            if there["metadata"].get("finalizers"):
                marked = copied(there)
                marked["metadata"].setdefault("deletionTimestamp", self._now())
                self._replace(kind, there, marked, False)
            else:
                self._remove(kind, there)

    # What only a player or a test does

    def put(self, obj: Json) -> None:
        """Create or replace an object whole, its uid and creation time kept or taken from it.

        Unlike the port's methods it works on a failing cluster too.
        """
        kind = k.BY_KIND.get(str(obj.get("kind")))
        if kind is None or kind not in self._objects:
            raise NotServed(f"{obj.get('kind')} is not served by {self._name}", cluster=self._name)
        made = copied(obj)
        meta = made.setdefault("metadata", {})
        place = (str(meta.get("namespace") or "") if kind.namespaced else "", str(meta["name"]))
        with self._changed:
            before = self._objects[kind].get(place)
            if before is None:
                self._store(kind, made, "ADDED", False)
                return
            for kept in ("uid", "creationTimestamp"):
                meta.setdefault(kept, before["metadata"][kept])
            meta["resourceVersion"] = before["metadata"]["resourceVersion"]
            self._replace(kind, before, made, False)

    def find(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        """Return a copy of an object, or None; works on a failing cluster too."""
        with self._changed:
            there = self._objects[kind].get((namespace if kind.namespaced else "", name))
            found: Json | None = copied(there)
            return found

    def find_all(self, kind: Kind, namespace: str = "") -> tuple[Json, ...]:
        """Return copies of the objects of a kind; works on a failing cluster too."""
        with self._changed:
            return tuple(
                copied(obj)
                for (place, _), obj in sorted(self._objects[kind].items())
                if namespace in ("", place)
            )

    def take_away(self, kind: Kind, name: str, namespace: str = "") -> None:
        """Delete an object at once, if it is there; works on a failing cluster too."""
        with self._changed:
            there = self._objects[kind].get((namespace if kind.namespaced else "", name))
            if there is not None:
                self._remove(kind, there)

    def append_log(self, namespace: str, pod: str, container: str, body: bytes) -> None:
        """Add bytes to the end of a container's log."""
        with self._changed:
            self._logs.append((namespace, pod, container), body)

    def attach_log(self, kind: Kind, name: str, body: bytes) -> None:
        """Add bytes to the log kept beside an object (as Velero keeps those of backups)."""
        with self._changed:
            self._logs.attach(kind, name, body)

    def content(self) -> tuple[tuple[Json, ...], dict[tuple[str, str, str], bytes]]:
        """Return all objects and all logs as they now are, whether or not the cluster fails."""
        with self._changed:
            objects = tuple(
                copied(obj)
                for served in self._objects.values()
                for _, obj in sorted(served.items())
            )
            return objects, self._logs.bodies()

    def attached(self) -> dict[tuple[str, str], bytes]:
        """Return the attached logs by kind and name."""
        with self._changed:
            return self._logs.attached_bodies()

    @property
    def revision(self) -> int:
        """Return the number of the latest change."""
        return self._history.version

    @property
    def fault(self) -> ClusterError | None:
        """Return what every request raises at present."""
        return self._fault

    def _check(self) -> None:
        if self._fault is not None:
            raise type(self._fault)(
                str(self._fault), cluster=self._name, retry_after=self._fault.retry_after
            )

    def _served(self, kind: Kind) -> dict[tuple[str, str], Json]:
        self._check()
        if kind not in self._objects:
            raise NotServed(f"{self._name} does not serve {kind.plural}", cluster=self._name)
        return self._objects[kind]

    def _present(self, kind: Kind, name: str, namespace: str) -> Json:
        place = namespace if kind.namespaced else ""
        there = self._served(kind).get((place, name))
        if there is None:
            at = f" in namespace {place}" if place else ""
            raise NotFound(f"{kind.singular}/{name}{at} not found", cluster=self._name)
        return there

    def _may(self, verb: str, kind: Kind, name: str, namespace: str, who: Identity | None) -> None:
        if who is None:
            return
        answer = self.access(
            AccessRequest(
                verb, kind.group, kind.plural, namespace, name, user=who.user, groups=who.groups
            )
        )
        if not answer.allowed:
            raise Denied(
                f"{who.user} may not {verb} {kind.singular}/{name}: {answer.reason}",
                cluster=self._name,
            )

    def _expect(self, kind: Kind, there: Json, uid: str, version: str) -> None:
        meta = there["metadata"]
        if uid and meta["uid"] != uid:
            raise Conflict(f"{kind.singular}/{meta['name']} is another object by now")
        if version and meta["resourceVersion"] != version:
            raise Conflict(
                f"{kind.singular}/{meta['name']} has changed since: resourceVersion is "
                f"{meta['resourceVersion']}, not {version}",
                cluster=self._name,
            )

    def _store(self, kind: Kind, made: Json, type_: Any, dry_run: bool) -> Json:
        made["apiVersion"], made["kind"] = kind.api_version, kind.kind
        meta = made["metadata"]
        version = self._history.version + 1
        place = (str(meta.get("namespace") or ""), str(meta["name"]))
        seed = f"{self._name}/{kind.crd_name}/{place[0]}/{place[1]}/{version}"
        meta.setdefault("uid", str(uuid5(NAMESPACE_OID, seed)))
        meta.setdefault("creationTimestamp", self._now())
        meta.setdefault("generation", 1)
        if dry_run:
            return made
        meta["resourceVersion"] = str(version)
        self._objects[kind][place] = made
        self._history.record(kind, type_, made)
        self._changed.notify_all()
        return made

    def _replace(self, kind: Kind, before: Json, after: Json, dry_run: bool) -> Json:
        after["metadata"].setdefault("generation", before["metadata"].get("generation", 1))
        if after == before:
            return before
        if self._meant(kind, after) != self._meant(kind, before):
            after["metadata"]["generation"] = int(before["metadata"].get("generation", 1)) + 1
        if dry_run:
            return after
        if after["metadata"].get("deletionTimestamp") and not after["metadata"].get("finalizers"):
            self._remove(kind, before)
            return after
        return self._store(kind, after, "MODIFIED", False)

    @staticmethod
    def _meant(kind: Kind, obj: Json) -> Json:
        """Return what a generation counts: without the status, where that is a part of its own."""
        part = without_metadata(obj)
        if kind.group not in _WHOLE:
            part.pop("status", None)
        return part

    def _remove(self, kind: Kind, there: Json) -> None:
        meta = there["metadata"]
        gone = copied(there)
        gone["metadata"]["resourceVersion"] = str(self._history.version + 1)
        del self._objects[kind][(str(meta.get("namespace") or ""), str(meta["name"]))]
        self._history.record(kind, "DELETED", gone)
        if kind is k.POD:
            self._logs.forget(str(meta.get("namespace") or ""), str(meta["name"]))
        self._changed.notify_all()

    def _now(self) -> str:
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
