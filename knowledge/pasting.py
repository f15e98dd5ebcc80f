"""What a person pastes or pipes in, as observations.

Log text, one or more YAML or JSON objects, a fragment of a status, rows of ``oc get events``:
it says itself what it is, and the hint is only a hint.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from knowledge.matching.engine import Engine, Match
from knowledge.observations import Observation
from knowledge.observing import observe, observe_line

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # libyaml is not everywhere; the pure loader is only slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_OBJECT_KEYS = frozenset({"kind", "status", "items", "metadata", "type"})
MAX_YAML = 16 << 20
"""Bytes of YAML that are parsed; a longer text is read as lines."""


def match_text(engine: Engine, data: bytes, kind: str = "", component: str = "") -> list[Match]:
    """Return the matches in what was given, whatever it is; never raises for odd content."""
    text = data.decode("utf-8", "replace")
    if objects := parse_objects(text, kind):
        found = list(_observations(objects, component))
        if any(o.kind != "object" or o.subject.kind for o in found):
            return engine.match(found)
    if kind in ("", "log") and component not in ("",) and kind == "log":
        return list(engine.scan([data], component=component))
    return engine.match(
        observe_line(line, kind, component, f"line {number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    )


def parse_objects(text: str, kind: str = "") -> list[Any]:
    """Return the mappings and lists of a YAML or JSON text; nothing where it is not one."""
    stripped = text.lstrip()
    if not stripped or len(text) > MAX_YAML or kind == "log":
        return []
    if _aliases(text) > 100:
        return []
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
    objects = [d for d in documents if isinstance(d, dict | list)]
    return objects if any(_telling(o) for o in objects) else []


def _aliases(text: str) -> int:
    return text.count(" *") if "&" in text else 0


def _telling(value: Any) -> bool:
    """Return whether this looks like an object or a part of one, not like a line with colons."""
    if isinstance(value, list):
        return any(isinstance(item, dict) and _telling(item) for item in value)
    if not isinstance(value, dict):
        return False
    keys = {
        "kind",
        "status",
        "items",
        "conditions",
        "type",
        "involvedObject",
        "metadata",
        "phase",
    }
    return bool(keys & {str(key) for key in value})


def _observations(objects: list[Any], component: str) -> Iterator[Observation]:
    for obj in objects:
        fragment = isinstance(obj, dict) and not _OBJECT_KEYS & obj.keys()
        if fragment and ("conditions" in obj or "phase" in obj):
            obj = {"status": obj}
        for observation in observe(obj):
            if component and not observation.component:
                yield Observation(
                    observation.kind,
                    observation.text,
                    observation.subject,
                    observation.where,
                    component,
                    observation.level,
                    observation.time,
                    observation.fields,
                    observation.object,
                )
            else:
                yield observation
