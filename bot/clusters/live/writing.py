"""Changes to a live cluster: merge patch, create, delete, each as a dry run too.

A write is sent once. Where its answer is lost nobody knows whether it was done, so the caller
looks (names are deterministic, patches carry preconditions) and this module never repeats it.

Impersonation is by header. A user or group that a header cannot carry as it is, is refused
rather than changed, and nobody is ever impersonated into ``system:masters``, to which RBAC does
not apply.
"""

from __future__ import annotations

from urllib3 import HTTPHeaderDict

from bot.clusters.live.connection import Connection, Query
from bot.clusters.live.reading import trimmed
from bot.clusters.live.requests import Request, spoken
from bot.clusters.port import Identity, Invalid, Json, NotFound

FIELD_MANAGER = "mtc-bot"
_FORBIDDEN_GROUP = "system:masters"


def patch(
    connection: Connection,
    request: Request,
    body: Json,
    *,
    resource_version: str = "",
    dry_run: bool = False,
    as_user: Identity | None = None,
) -> Json:
    """Return the object after a JSON merge patch. Raises as ``ClusterWriter.patch`` does."""
    if not request.name:
        raise NotFound(f"{request}: the name is missing", cluster=request.cluster)
    if resource_version:
        metadata = body.get("metadata")
        named = metadata if isinstance(metadata, dict) else {}
        body = {**body, "metadata": {**named, "resourceVersion": resource_version}}
    headers = impersonation(as_user, request.cluster)
    return _object(connection.write("PATCH", request, body, _query(dry_run), headers))


def create(
    connection: Connection,
    request: Request,
    body: Json,
    *,
    dry_run: bool = False,
    as_user: Identity | None = None,
) -> Json:
    """Return the object as it was created. Raises as ``ClusterWriter.create`` does."""
    headers = impersonation(as_user, request.cluster)
    return _object(connection.write("POST", request, body, _query(dry_run), headers))


def delete(
    connection: Connection,
    request: Request,
    *,
    uid: str = "",
    resource_version: str = "",
    dry_run: bool = False,
    as_user: Identity | None = None,
) -> None:
    """Delete an object if it is still the one meant. Raises as ``ClusterWriter.delete`` does."""
    if not request.name:
        raise NotFound(f"{request}: the name is missing", cluster=request.cluster)
    options: Json = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
    }
    given = {"uid": uid, "resourceVersion": resource_version}
    preconditions = {key: value for key, value in given.items() if value}
    if preconditions:
        options["preconditions"] = preconditions
    if dry_run:
        options["dryRun"] = ["All"]
    headers = impersonation(as_user, request.cluster)
    connection.write("DELETE", request, options, headers=headers)


def impersonation(identity: Identity | None, cluster: str) -> HTTPHeaderDict | None:
    """Return the headers that make a call somebody's. Raises ``Invalid`` for an unfit name."""
    if identity is None:
        return None
    if _FORBIDDEN_GROUP in identity.groups:
        raise Invalid(f"the bot does not act as a member of {_FORBIDDEN_GROUP}", cluster=cluster)
    headers = HTTPHeaderDict()
    headers["Impersonate-User"] = _carried(identity.user, cluster)
    for group in identity.groups:
        headers.add("Impersonate-Group", _carried(group, cluster))
    return headers


def _carried(name: str, cluster: str) -> str:
    if not name or not name.isprintable() or name != name.strip():
        raise Invalid(f"{spoken(name)!r} is not a name of a user or group", cluster=cluster)
    # A header is bytes; the HTTP client writes text as Latin-1, the API server reads UTF-8.
    return name.encode().decode("latin-1")


def _query(dry_run: bool) -> Query:
    query: Query = [("fieldManager", FIELD_MANAGER)]
    return [*query, ("dryRun", "All")] if dry_run else query


def _object(answer: Json) -> Json:
    return trimmed(answer) if isinstance(answer.get("metadata"), dict) else answer
