"""One cluster of a must-gather, read as if it were there.

Absence has two meanings here and callers need to know which. Of MTC's and Velero's own kinds the
gathering takes every object of every namespace, so no file means no object. Of all others it
takes only what was inspected, so no file means that nothing is known: that is ``NotServed``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.clusters import kinds as k
from bot.clusters.archive.layout import COLLECTED_GROUPS, Attached, Flavour, Log, Objects
from bot.clusters.archive.logs import LogFile, choose, source_of
from bot.clusters.archive.members import Member, Problems, shown
from bot.clusters.archive.objects import ObjectFiles, ParsedFiles
from bot.clusters.components import component_of
from bot.clusters.kinds import Kind
from bot.clusters.port import (
    AccessAnswer,
    AccessRequest,
    Json,
    Listing,
    LogSource,
    NotFound,
    NotServed,
    WatchEvent,
)


class ArchiveCluster:
    """A ``ClusterReader`` over the files of one cluster."""

    def __init__(self, name: str, flavour: Flavour, parsed: ParsedFiles) -> None:
        """Begin an empty cluster; files are noted with ``add``."""
        self._name = name
        self._flavour = flavour
        self._objects = ObjectFiles(parsed)
        self._logs: dict[tuple[str, str], list[LogFile]] = {}
        self._attached: dict[tuple[str, str], list[Member]] = {}

    @property
    def name(self) -> str:
        """Return the MigCluster's name, or ``host``."""
        return self._name

    @property
    def is_empty(self) -> bool:
        """Return whether the archive holds neither objects nor logs of the cluster."""
        return not len(self._objects) and not self._logs

    def add(self, place: Objects | Log | Attached, member: Member) -> None:
        """Note a file of this cluster."""
        match place:
            case Objects():
                self._objects.add(place, member)
            case Log():
                self._logs.setdefault((place.namespace, place.pod), []).append(
                    LogFile(place, member)
                )
            case Attached():
                self._attached.setdefault((place.kind.kind, place.name), []).append(member)

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        """Return one object.

        Raises ``NotFound`` where the archive would hold it if it existed, ``NotServed`` where
        it may exist without being in the archive.
        """
        self._require(kind, namespace)
        problems = Problems()
        found = self._objects.one(kind, name, namespace, problems)
        if found is not None:
            return found
        what = f"{kind.singular}/{shown(name)}" + (
            f" in namespace {namespace}" if namespace else ""
        )
        spoilt = "; ".join(problems.sentences[:3])
        sentence = f"the archive holds no {what} of cluster {self._name}" + (
            f" ({spoilt})" if spoilt else ""
        )
        complete = self._collected(kind) or self._objects.holds_list(kind, namespace)
        if complete:
            raise NotFound(sentence, cluster=self._name)
        raise NotServed(f"{sentence}, which may exist all the same", cluster=self._name)

    def list(
        self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None
    ) -> Listing:
        """Return the objects of a kind that the archive holds, each once."""
        self._require(kind, namespace)
        problems = Problems()
        items = tuple(self._objects.choose(kind, namespace, labels, problems))
        return Listing(items, problems=tuple(dict.fromkeys(problems.sentences)))

    def watch(
        self, kind: Kind, namespace: str, resource_version: str, stop: Callable[[], bool]
    ) -> Iterator[WatchEvent]:
        """Yield nothing: an archive does not change."""
        del kind, namespace, resource_version, stop
        return iter(())

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
        """Return the logs of a pod; ``since`` is left to the reader of the lines.

        A file that holds only an error text of ``oc`` counts as no log.
        """
        del since
        yaml = self._pod(namespace, pod)
        containers = _containers(yaml)
        files = self._logs.get((namespace, pod), [])
        if container and containers and container not in containers:
            files = [file for file in files if file.place.container == container]
        chosen = choose(files, container, previous)
        if not chosen:
            which = "previous log" if previous else "log"
            of = f"container {shown(container)} of " if container else ""
            raise NotFound(
                f"the archive holds no {which} of {of}pod {shown(namespace)}/{shown(pod)} "
                f"of cluster {self._name}",
                cluster=self._name,
            )
        return tuple(
            self._source(file, yaml, tail_lines=tail_lines, limit_bytes=limit_bytes)
            for file in chosen
        )

    def all_logs(self) -> tuple[LogSource, ...]:
        """Return every current log of the cluster's pods, and the previous ones after them."""
        found: list[LogSource] = []
        for previous in (False, True):
            for (namespace, pod), files in sorted(self._logs.items()):
                chosen = choose(files, "", previous)
                yaml = self._pod(namespace, pod) if chosen else {}
                found.extend(self._source(file, yaml) for file in chosen)
        return tuple(found)

    def attached_logs(self, kind: Kind, name: str) -> tuple[LogSource, ...]:
        """Return the logs and descriptions that Velero gave of a backup or restore."""
        members = self._attached.get((kind.kind, name), [])
        return tuple(source_of(member, "velero") for member in members)

    def allowed(self, request: AccessRequest) -> AccessAnswer:
        """Return that an archive cannot tell."""
        del request
        return AccessAnswer(False, "an archive cannot tell")

    def _collected(self, kind: Kind) -> bool:
        return self._flavour == "mtc" and kind.group in COLLECTED_GROUPS

    def _require(self, kind: Kind, namespace: str) -> None:
        if self._collected(kind) or self._objects.holds(kind, namespace):
            return
        where = how = ""
        if namespace and kind.namespaced:
            where = f" of namespace {shown(namespace)}"
            if namespace != k.MTC_NAMESPACE:  # MTC's must-gather takes no other
                how = f"; there, this gathers them: oc adm inspect ns/{shown(namespace)}"
        raise NotServed(
            f"the archive does not hold {kind.plural}{where} of cluster {self._name}{how}",
            cluster=self._name,
        )

    def _pod(self, namespace: str, pod: str) -> Json:
        return self._objects.one(k.POD, pod, namespace, Problems()) or {}

    def _source(
        self,
        file: LogFile,
        yaml: Json,
        *,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
    ) -> LogSource:
        place = file.place
        labels = yaml.get("metadata", {}).get("labels")
        component = component_of(
            place.namespace,
            place.pod,
            place.container,
            labels if isinstance(labels, dict) else None,
        )
        return source_of(
            file.member, component, place, tail_lines=tail_lines, limit_bytes=limit_bytes
        )


def _containers(pod: Json) -> frozenset[str]:
    """Return the names of a pod's containers, as far as they can be read."""
    spec: Any = pod.get("spec")
    if not isinstance(spec, dict):
        return frozenset()
    listed = [
        entry
        for field in ("containers", "initContainers", "ephemeralContainers")
        if isinstance(entries := spec.get(field), list)
        for entry in entries
    ]
    return frozenset(str(entry.get("name")) for entry in listed if isinstance(entry, dict))
