"""Whether an object is still what it was when a plan was made.

A resourceVersion alone cannot say that: mig-controller rewrites its objects at every reconcile
(annotation ``openshift.io/touch``, whole status), so every approval would be stale in seconds.
What counts is that it is the same object (uid) with the same spec, and the same values where a
call will write. ``spec.refresh`` is left out, since the controller itself sets it back. Of a
Secret only its resourceVersion is kept: nothing derived from its content is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from bot.clusters.port import Json
from bot.diagnosis.dossier import mapping, metadata, text
from bot.remediation.plans import Pin


def digest(obj: Json, body: Mapping[str, Any] | None = None) -> str:
    """Return the SHA-256 (hex) of what counts of ``obj`` for a merge patch ``body``."""
    if obj.get("kind") == "Secret":
        return f"version:{text(metadata(obj).get('resourceVersion'))}"
    spec = {key: value for key, value in mapping(obj, "spec").items() if key != "refresh"}
    counted = {"spec": spec, "fields": _values(obj, body or {}, ("spec",))}
    return hashlib.sha256(orjson.dumps(counted, option=orjson.OPT_SORT_KEYS)).hexdigest()


def pin(cluster: str, obj: Json) -> Pin:
    """Return the pin of an object as it is now."""
    meta = metadata(obj)
    return Pin(
        cluster=cluster,
        kind=text(obj.get("kind")),
        namespace=text(meta.get("namespace")),
        name=text(meta.get("name")),
        uid=text(meta.get("uid")),
        digest=digest(obj),
    )


def already(obj: Json, body: Mapping[str, Any]) -> bool:
    """Return whether a merge patch would change nothing: its effect is there.

    A ``spec.refresh`` beside other fields does not count, since the controller sets it back.
    """
    spec = body.get("spec")
    if isinstance(spec, Mapping) and len(spec) > 1 and "refresh" in spec:
        kept = {key: value for key, value in spec.items() if key != "refresh"}
        body = {**body, "spec": kept}
    return all(_is_there(obj.get(key), value, key in obj) for key, value in body.items())


def taken_back(body: Mapping[str, Any]) -> bool:
    """Return whether nothing of a patch stays: the controller takes a lone refresh back at once."""
    spec = body.get("spec")
    return set(body) == {"spec"} and isinstance(spec, Mapping) and set(spec) == {"refresh"}


def _is_there(have: Any, wanted: Any, present: bool) -> bool:
    if wanted is None:
        return not present
    if isinstance(wanted, Mapping):
        if have is None:  # an API server keeps no map that has become empty
            have = {}
        if not isinstance(have, Mapping):
            return False
        return all(_is_there(have.get(k), v, k in have) for k, v in wanted.items())
    return bool(have == wanted)


def _values(obj: Any, body: Mapping[str, Any], skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the values of ``obj`` where ``body`` would write."""
    found: dict[str, Any] = {}
    for key, value in body.items():
        if key in skip:
            continue
        have = obj.get(key) if isinstance(obj, Mapping) else None
        found[key] = _values(have, value) if isinstance(value, Mapping) else have
    return found
