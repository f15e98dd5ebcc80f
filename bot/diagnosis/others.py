"""Whose error a line of a shared log tells of, where it names no object.

mig-controller logs most errors without saying whose they are, and writes the same words into the
status of the object: into its ``errors``, or its condition ReconcileFailed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import orjson

from bot.clusters.port import Json
from bot.diagnosis.dossier import dicts, mapping, sequence, text

_ERROR = re.compile(r'"error": ?("(?:[^"\\]|\\.)*")')
_RECONCILE = re.compile(r"Reconcile failed: \[(.*)\]\. See controller logs", re.DOTALL)


def told_error(record: str) -> str:
    """Return the error that a JSON line of a log tells; empty for none."""
    found = _ERROR.search(record)
    if found is None:
        return ""
    try:
        return text(orjson.loads(found[1]))
    except orjson.JSONDecodeError:
        return ""


def errors_of(objects: Iterable[Json]) -> Iterator[str]:
    """Yield the errors that stand in the statuses of MTC's objects."""
    for obj in objects:
        status = mapping(obj, "status")
        yield from (error for error in map(text, sequence(status.get("errors"))) if error)
        for condition in dicts(status.get("conditions")):
            if condition.get("type") != "ReconcileFailed":
                continue
            found = _RECONCILE.search(text(condition.get("message")))
            if found and found[1]:
                yield found[1]
