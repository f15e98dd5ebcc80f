"""Objects of a live cluster: one, or all of a kind page by page.

An object that cannot be parsed becomes a sentence, and a page that is too large to be held is read
again object by object, so that the others are there. ``metadata.managedFields`` is
dropped everywhere: it is the larger half of many objects and says nothing about a migration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.clusters.kinds import CRD
from bot.clusters.live.connection import Connection, Query
from bot.clusters.live.errors import Garbled, Oversized
from bot.clusters.live.requests import Request, spoken
from bot.clusters.live.salvage import Odd, lenient
from bot.clusters.port import Expired, Json, Listing, NotFound, Unreachable

PAGE = 500
"""Objects asked for at a time."""
_NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_PARTIAL = "PartialObjectMetadata"
_BY_NAME_ONLY = frozenset({CRD})
"""Kinds of which only the metadata is wanted: an OpenShift cluster has 20 MB of schemas."""
_LABEL_KEY = re.compile(r"(?:[a-z0-9][-a-z0-9.]{0,252}/)?[A-Za-z0-9][-A-Za-z0-9_.]{0,62}\Z")
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\Z")


def get(connection: Connection, request: Request) -> Json:
    """Return one object. Raises as ``ClusterReader.get`` does."""
    if not request.name:
        raise NotFound(f"{request}: the name is missing", cluster=request.cluster)
    answer = connection.read(request)
    if not isinstance(answer.get("metadata"), dict):
        raise Garbled(
            f"cluster {request.cluster} answered no object when asked to {request}",
            cluster=request.cluster,
        )
    return trimmed(answer)


def collect(
    connection: Connection, request: Request, labels: Mapping[str, str] | None = None
) -> Listing:
    """Return all objects of a kind, with where to watch from and what was skipped.

    A list that takes longer than the cluster keeps its version is begun anew once; then it is
    ``Unreachable``.
    """
    try:
        return _collected(connection, request, labels)
    except Expired:
        pass
    try:
        return _collected(connection, request, labels)
    except Expired as error:
        raise Unreachable(
            f"cluster {request.cluster} changes faster than its {request.kind.plural} can be "
            "listed",
            cluster=request.cluster,
            retry_after=30.0,
        ) from error


def _collected(
    connection: Connection, request: Request, labels: Mapping[str, str] | None
) -> Listing:
    items: list[Json] = []
    problems: list[str] = []
    version = ""
    for page in pages(connection, request, labels):
        items += page.items
        problems += page.problems
        version = version or page.resource_version
        if len(items) >= connection.limits.list_objects:
            problems.append(
                f"only the first {len(items)} {request.kind.plural} of cluster {request.cluster} "
                "were read"
            )
            break
    return Listing(tuple(items), version, tuple(problems))


def pages(
    connection: Connection,
    request: Request,
    labels: Mapping[str, str] | None = None,
    size: int = PAGE,
) -> Iterator[Listing]:
    """Yield a listing for each page, so that no more than one need be held at a time.

    All pages have the version of the first one. Raises ``Expired`` between two pages where the
    cluster no longer has that version.
    """
    selector = _selector(labels)
    if selector is None:
        yield Listing(())
        return
    accept = _NAMES_ONLY if request.kind in _BY_NAME_ONLY else ""
    query: Query = [("limit", str(size))]
    if selector:
        query.append(("labelSelector", selector))
    position = ""
    while True:
        here = [*query, ("continue", position)] if position else query
        try:
            answer = connection.read(request, here, accept=accept, parse=lenient)
            page = _page(request, answer)
        except Oversized:
            answer = connection.read(request, here, accept=_NAMES_ONLY, parse=lenient)
            page = _one_by_one(connection, request, answer)
        position = _metadata(answer, "continue")
        yield page
        if not position:
            return


def _page(request: Request, answer: Json) -> Listing:
    entries = answer.get("items")
    if entries is None and str(answer.get("kind", "")).endswith("List"):
        entries = []
    if not isinstance(entries, list):
        raise Garbled(
            f"cluster {request.cluster} answered no list when asked to {request}",
            cluster=request.cluster,
        )
    items: list[Json] = []
    problems: list[str] = []
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("metadata"), dict):
            if entry.get("kind", _PARTIAL) == _PARTIAL:
                entry["apiVersion"], entry["kind"] = request.kind.api_version, request.kind.kind
            entry.setdefault("apiVersion", request.kind.api_version)
            items.append(trimmed(entry))
        elif isinstance(entry, Odd) and entry.name:
            problems.append(
                f"{request.kind.singular}/{spoken(entry.name)} was skipped: it cannot be parsed"
            )
        else:
            problems.append(f"one of the {request.kind.plural} is not an object and was skipped")
    return Listing(tuple(items), _metadata(answer, "resourceVersion"), tuple(problems))


def _one_by_one(connection: Connection, request: Request, names: Json) -> Listing:
    """Return the objects of a page that can be read, and a sentence for each that cannot."""
    listed = _page(request, names)
    items: list[Json] = []
    problems = list(listed.problems)
    for entry in listed.items:
        metadata = entry["metadata"]
        name, namespace = str(metadata.get("name", "")), str(metadata.get("namespace", ""))
        single = replace(request, verb="get", name=name, namespace=namespace)
        try:
            items.append(get(connection, single))
        except NotFound:
            continue
        except (Garbled, Oversized) as error:
            problems.append(f"{request.kind.singular}/{spoken(name)} was skipped: {error}")
    return Listing(tuple(items), listed.resource_version, tuple(problems))


def trimmed(entry: Json) -> Json:
    """Return the object itself, without its managed fields."""
    entry["metadata"].pop("managedFields", None)
    return entry


def _metadata(answer: Json, key: str) -> str:
    metadata = answer.get("metadata")
    return str(metadata.get(key) or "") if isinstance(metadata, dict) else ""


def _selector(labels: Mapping[str, str] | None) -> str | None:
    """Return a label selector, or None where no object can carry the labels.

    Values may come from objects: one that is no label value must not become selector syntax.
    """
    for key, value in (labels or {}).items():
        if not _LABEL_KEY.match(key) or not _LABEL_VALUE.match(value):
            return None
    return ",".join(f"{key}={value}" for key, value in (labels or {}).items())
