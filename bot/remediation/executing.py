"""One call of a plan, made once: what to do when it may have been made already.

A process may die between asking for an effect and writing down that it is there. Whoever comes
after looks at the cluster: a created object carries the request's id, a patch's fields hold, a
deleted object is gone. A refresh leaves the request's id too, as the controller takes the field
back. Only then, and only if the target is still the one that was approved, is the call made
(again).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from bot.clusters import kinds as k
from bot.clusters.port import ClusterWriter, Conflict, Identity, Json, NotFound
from bot.diagnosis.dossier import annotations_of, mapping, metadata, text
from bot.remediation.ground import Ground, started
from bot.remediation.pins import already, digest, taken_back
from bot.remediation.plans import Call
from bot.remediation.staleness import uid_of

APPROVAL_ANNOTATION = "mtc-bot.openshift.io/approval"
"""On what the bot creates or has checked again: the id of the request that it was done for."""
_TRIES = 6
"""In a row, of a patch or deletion whose object is rewritten meanwhile; then it is put off."""


class StepFailed(Exception):
    """A call had no effect and will have none; ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call left behind."""

    uid: str = ""
    resource_version: str = ""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what is stored of it."""
        return {"uid": self.uid, "resourceVersion": self.resource_version, "note": self.note}


def perform(
    call: Call,
    ground: Ground,
    approval_id: str,
    as_user: Identity,
    *,
    maybe_done: bool,
    forbidden: str = "",
) -> Effect:
    """Make a call, as ``as_user``, unless its effect is there already.

    ``maybe_done`` says that it was begun before; ``forbidden`` says why it may no longer be made:
    then an effect that is there is recorded, and nothing is written. Raises ``StepFailed``, or a
    ``ClusterError`` after which it may be tried again.
    """
    writer = ground.reader(call.cluster)
    if not isinstance(writer, ClusterWriter):
        raise StepFailed(f"nothing can be written on {call.cluster}: remediation is off")
    if call.verb == "create":
        return _create(call, writer, approval_id, as_user, forbidden)
    if call.verb == "delete":
        return _delete(call, writer, as_user, forbidden, maybe_done=maybe_done)
    body = _body(call, ground)
    if taken_back(body):
        body["metadata"] = {"annotations": {APPROVAL_ANNOTATION: approval_id}}
    return _patch(call, writer, body, as_user, forbidden, maybe_done=maybe_done)


def _create(
    call: Call, writer: ClusterWriter, approval_id: str, as_user: Identity, forbidden: str
) -> Effect:
    body = deepcopy(call.body or {})
    body.setdefault("metadata", {}).setdefault("annotations", {})[APPROVAL_ANNOTATION] = approval_id
    there = _get(writer, call)
    if there is None:
        _permitted(forbidden)
        try:
            made = writer.create(call.kind_of, call.namespace, body, as_user=as_user)
        except Conflict:
            there = _get(writer, call)
        else:
            return _effect(made)
    if there is not None and annotations_of(there).get(APPROVAL_ANNOTATION) == approval_id:
        return _effect(there, "it was there already")
    raise StepFailed(f"{call.where} exists and was made by somebody else")


def _delete(
    call: Call, writer: ClusterWriter, as_user: Identity, forbidden: str, *, maybe_done: bool
) -> Effect:
    for _ in range(_TRIES):
        there = _get(writer, call)
        if there is None or uid_of(there) != call.uid:
            if maybe_done or there is None:
                return Effect(call.uid, "", "it is gone")
            raise StepFailed(f"{call.where} was deleted and made anew")
        if metadata(there).get("deletionTimestamp"):
            return Effect(call.uid, "", "it is being deleted")
        if digest(there, call.body) != call.digest:
            raise StepFailed(f"{call.where} was changed since the plan was made")
        if call.only_if == "never-started" and started(there):
            raise StepFailed(f"{call.where} has started since the plan was made")
        _permitted(forbidden)
        try:
            writer.delete(
                call.kind_of,
                call.name,
                call.namespace,
                uid=call.uid,
                resource_version=text(metadata(there).get("resourceVersion")),
                as_user=as_user,
            )
        except NotFound:
            return Effect(call.uid, "", "it is gone")
        except Conflict:
            continue  # something of it was rewritten: look again
        return Effect(call.uid)
    raise Conflict(f"{call.where} changes faster than it can be deleted")


def _patch(
    call: Call,
    writer: ClusterWriter,
    body: Json,
    as_user: Identity,
    forbidden: str,
    *,
    maybe_done: bool,
) -> Effect:
    for _ in range(_TRIES):
        there = _get(writer, call)
        if there is None:
            raise StepFailed(f"{call.where} is gone")
        if uid_of(there) != call.uid:
            raise StepFailed(f"{call.where} was deleted and made anew")
        if maybe_done and already(there, _lasting(body)):
            return _effect(there, "it was so already")
        if digest(there, call.body) != call.digest:
            raise StepFailed(f"{call.where} was changed since the plan was made")
        _permitted(forbidden)
        try:
            patched = writer.patch(
                call.kind_of,
                call.name,
                call.namespace,
                body,
                resource_version=text(metadata(there).get("resourceVersion")),
                as_user=as_user,
            )
        except Conflict:
            continue  # the controller rewrites its objects all the time: look again
        return _effect(patched)
    raise Conflict(f"{call.where} changes faster than it can be patched")


def _lasting(body: Json) -> Json:
    """Return what of a patch is still to be seen when its controller has acted on it."""
    marked = mapping(body, "metadata", "annotations").get(APPROVAL_ANNOTATION)
    return {"metadata": body["metadata"]} if marked else body


def _body(call: Call, ground: Ground) -> Json:
    """Return the patch with secrets put in, read where the cluster keeps them."""
    body = deepcopy(call.body or {})
    for path, source in call.secrets.items():
        holder = ground.reader(source.cluster).get(k.SECRET, source.name, source.namespace)
        value = mapping(holder, "data").get(source.key)
        if not isinstance(value, str) or not value:
            raise StepFailed(
                f"secret {source.namespace}/{source.name} on {source.cluster} has no {source.key}"
            )
        if text(metadata(holder).get("resourceVersion")) != source.version:
            raise StepFailed(
                f"secret {source.namespace}/{source.name} on {source.cluster} was changed since "
                "the plan was made"
            )
        part = body
        *parents, last = path.split(".")
        for key in parents:
            part = part.setdefault(key, {})
        part[last] = value
    return body


def _permitted(forbidden: str) -> None:
    if forbidden:
        raise StepFailed(forbidden)


def _get(writer: ClusterWriter, call: Call) -> Json | None:
    try:
        return writer.get(call.kind_of, call.name, call.namespace)
    except NotFound:
        return None


def _effect(obj: Json, note: str = "") -> Effect:
    return Effect(uid_of(obj), text(metadata(obj).get("resourceVersion")), note)
