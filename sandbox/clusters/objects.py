"""JSON objects: copying, merging, comparing and selecting them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.clusters.port import Json


def copied(value: Any) -> Any:
    """Return a copy of a JSON value (several times faster than ``deepcopy``)."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value


def merged(target: Any, patch: Any) -> Any:
    """Return ``target`` with a JSON merge patch applied (RFC 7396); neither is changed."""
    if not isinstance(patch, dict):
        return copied(patch)
    result: dict[str, Any] = copied(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def without_metadata(obj: Json) -> Json:
    """Return an object without its metadata."""
    return {key: value for key, value in obj.items() if key != "metadata"}


def selected(obj: Json, wanted: Mapping[str, str] | None) -> bool:
    """Return whether an object has all the labels that are wanted."""
    own = obj["metadata"].get("labels")
    own = own if isinstance(own, dict) else {}
    return all(own.get(key) == value for key, value in (wanted or {}).items())
