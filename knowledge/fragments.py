"""Pieces of objects that people cut out of a screen, as objects.

A piece of JSON often begins after the brace of its object and ends before it; a piece of a pod's
status names no pod. Both are made whole here, so that they are read like the objects they are from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_PIECE = 1 << 20
"""Characters of a piece; what is longer was not cut out of a screen."""
_MEMBER = re.compile(r'\s*"[\w./-]+"\s*:')
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_CLOSING = {"{": "}", "[": "]"}
_STATES = frozenset({"waiting", "terminated"})
CONTAINER = frozenset({"state", "lastState"}) | _STATES
"""Keys by which the state of a container is known."""
_CONTAINERS = frozenset({"containerStatuses", "initContainerStatuses"})


def closed(text: str) -> str:
    """Return a piece of JSON with the brackets that it lacks; any other text as it is."""
    if len(text) > MAX_PIECE:
        return text
    if _MEMBER.match(text):
        text = "{" + text
    elif not text.lstrip().startswith(("{", "[")):
        return text
    bare = _STRING.sub(lambda found: " " * len(found[0]), text)
    open_ones: list[str] = []
    for index, char in enumerate(bare):
        if char in _CLOSING:
            open_ones.append(_CLOSING[char])
        elif char in "}]":
            if not open_ones or open_ones.pop() != char:
                return text
            if not open_ones:
                more = bare[index + 1 :].lstrip().startswith(",")
                return closed("[" + text) if char == "}" and more else text[: index + 1]
    return text.rstrip().rstrip(",") + "".join(reversed(open_ones))


def whole(value: Any) -> Any:
    """Return the object that a piece of a pod's status is from; anything else as it is."""
    if isinstance(value, list):
        return [whole(item) for item in value]
    if not isinstance(value, Mapping) or {"kind", "status", "metadata", "items"} & value.keys():
        return value
    if _CONTAINERS & value.keys():
        return {"kind": "Pod", "status": value}
    if _STATES & value.keys():
        value = {"state": value}
    state, last = value.get("state"), value.get("lastState")
    if not isinstance(state, Mapping) and isinstance(last, Mapping):
        value = {**value, "state": last, "lastState": {}}
    if isinstance(value.get("state"), Mapping) and _telling(value["state"]):
        return {"kind": "Pod", "status": {"containerStatuses": [value]}}
    return value


def _telling(state: Mapping[str, Any]) -> bool:
    return any(isinstance(state.get(key), Mapping) for key in (*_STATES, "running"))
