"""Forms made from an action's parameters, and what people filled in.

A form is read from the JSON schema of the parameters, so that an action declares them once. What
comes back is text from a person: it is only taken apart here, and judged by the action's own
model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from bot.remediation.mistakes import mistakes
from knowledge.texts import Lang

LONG = 3_000
"""Characters that one text input of Slack takes."""
PARTS = 3
"""Inputs that a long text is spread over."""
_SEPARATORS = re.compile(r"[,，;\n]+")
Kind = Literal["text", "long", "number", "yes-no", "choice", "list"]
FormValues = Mapping[str, Mapping[str, Any]]
"""``view.state.values`` of Slack: by block id, by action id."""


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, as a person fills it in."""

    name: str
    kind: Kind
    optional: bool
    choices: tuple[str, ...] = ()
    value: str = ""
    """What stands there at first."""


def fields_of(schema: Mapping[str, Any], proposed: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields of a JSON schema, with the values that are proposed or usual."""
    required = set(schema.get("required", ()))
    fields = []
    for name, described in schema.get("properties", {}).items():
        part = _plain(described)
        kind = _kind(part)
        usual = proposed.get(name, described.get("default"))
        choices = tuple(str(choice) for choice in part.get("enum", ()))
        if kind == "yes-no":
            choices = ("yes", "no")
        fields.append(Field(name, kind, name not in required, choices, _shown(usual)))
    return tuple(fields)


def block_id(name: str, part: int = 0) -> str:
    """Return the id of a field's input block; also of the further parts of a long text."""
    return f"param_{name}" if part == 0 else f"param_{name}_{part}"


def read_form(values: FormValues, fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return what was filled in, by parameter; what was left empty is not in it."""
    given: dict[str, Any] = {}
    for field in fields:
        if field.kind == "long":
            parts = (_typed(values, block_id(field.name, n)) for n in range(PARTS))
            text = "\n".join(part.strip("\n") for part in parts if part)
            text = f"{text}\n" if text else ""
        else:
            text = _typed(values, block_id(field.name)).strip()
        if text:
            given[field.name] = _value(field, text)
    return given


def wrong_fields(model: type[BaseModel], given: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    """Return what is wrong, by the block id where it is shown; empty where nothing is."""
    try:
        model.model_validate(dict(given))
    except ValidationError as error:
        first = next(iter(model.model_fields), "")
        wrong: dict[str, str] = {}
        for field, wanted in mistakes(error):
            name = field if field in model.model_fields else first
            wrong.setdefault(block_id(name), wanted.get(lang)[:150])
        return wrong
    return {}


def _plain(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of the value itself where it may also be null."""
    for part in described.get("anyOf", ()):
        if part.get("type") != "null":
            found: Mapping[str, Any] = part
            return found
    return described


def _kind(part: Mapping[str, Any]) -> Kind:
    if part.get("enum"):
        return "choice"
    match part.get("type"):
        case "boolean":
            return "yes-no"
        case "integer":
            return "number"
        case "array":
            return "list"
    return "long" if part.get("maxLength", 0) > LONG else "text"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def _typed(values: FormValues, block: str) -> str:
    state = values.get(block)
    for element in state.values() if isinstance(state, Mapping) else ():
        if not isinstance(element, Mapping):
            continue
        option = element.get("selected_option")
        value = option.get("value") if isinstance(option, Mapping) else element.get("value")
        if isinstance(value, str):
            return value.encode(errors="ignore").decode()
    return ""


def _value(field: Field, text: str) -> Any:
    if field.kind == "yes-no":
        return text == "yes"
    if field.kind == "number":
        return int(text) if re.fullmatch(r"\d{1,12}", text, re.ASCII) else text
    if field.kind == "list":
        return [item.strip() for item in _SEPARATORS.split(text) if item.strip()]
    return text
