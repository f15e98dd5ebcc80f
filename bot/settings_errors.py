"""What is wrong with a file of settings, as its author would say it.

Pydantic speaks of tuples and patterns; whoever edits YAML at night wants to know which line to
change, and into what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_MOST = 10
_SAID = {
    "missing": "is missing",
    "tuple_type": "must be a list: one entry a line, each begun with a dash",
    "list_type": "must be a list: one entry a line, each begun with a dash",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "model_type": "must be a mapping: one setting a line",
    "model_attributes_type": "must be a mapping: one setting a line",
    "string_type": "must be a text; put it in quotes",
}


def corrections(
    error: ValidationError, model: type[BaseModel], patterns: Mapping[str, str]
) -> list[str]:
    """Return a line for each thing to correct: where it is, and what it should be.

    ``patterns`` says for a field's name what its pattern means. What only follows from another
    error is left out.
    """
    found = error.errors(include_url=False, include_input=False)
    known = set(_fields(model))
    places = [each["loc"] for each in found]
    lines = []
    for each in found:
        inner = any(place[: len(each["loc"])] == each["loc"] != place for place in places)
        if each["type"] == "too_short" and inner:
            continue
        lines.append(f"{'.'.join(map(str, each['loc'])) or 'file'}: {_said(each, known, patterns)}")
    return lines[:_MOST]


def _said(error: ErrorDetails, known: Iterable[str], patterns: Mapping[str, str]) -> str:
    kind, name = error["type"], str(error["loc"][-1]) if error["loc"] else ""
    if kind == "extra_forbidden":
        near = get_close_matches(name, known, 1)
        return "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
    if kind == "string_pattern_mismatch" and name in patterns:
        return patterns[name]
    if kind == "too_short":
        return "is empty; give at least one"
    return _SAID.get(kind, error["msg"].removeprefix("Value error, "))


def _fields(model: type[BaseModel]) -> Iterable[str]:
    """Yield the names of all settings, those of parts as well."""
    for name, field in model.model_fields.items():
        yield name
        for part in _models_in(field.annotation):
            yield from _fields(part)


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
