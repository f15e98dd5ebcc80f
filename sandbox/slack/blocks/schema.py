"""The small schema language the Block Kit catalogue is written in, and its checker.

Why: Slack refuses a whole message for one unknown key or one character too many, and says so with
a text and a JSON pointer. This checker gives the same texts in the same order as Slack's own open
validator generator (slackhq/hack-json-schema): an object is checked for missing required fields
and stops there; else every known property in schema order, then unknown properties in the order
they came. A string stops at its first fault. Lengths are characters.

Guarantee: any JSON value can be checked; nothing but a list of faults ever comes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]
SURFACES: tuple[Surface, ...] = ("message", "modal", "home")


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason to refuse: Slack's text and where it applies."""

    message: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Rule = Callable[[Mapping[str, Any]], Sequence[tuple[str, str]]]
"""A check across fields: gives (pointer below the object, message) pairs."""


@dataclass(slots=True)
class Context:
    """What a check needs beside the value: where it will be shown, and the named parts."""

    surface: Surface
    families: Mapping[str, Mapping[str, ObjectNode]]
    shapes: Mapping[str, Node]
    rules: Mapping[str, Rule]
    faults: list[Fault] = field(default_factory=list)

    def add(self, message: str, pointer: str) -> None:
        """Note one fault."""
        self.faults.append(Fault(message, pointer))


class Node:
    """A part of the schema that can check a value."""

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Add the faults of ``value`` to the context."""
        raise NotImplementedError


@dataclass(slots=True)
class StringNode(Node):
    """A string with optional limits, values, pattern and format."""

    minimum: int | None = None
    maximum: int | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    format: str | None = None

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Stop at the first fault, as Slack does."""
        if not isinstance(value, str):
            context.add("must provide a string", pointer)
        elif self.values and value not in self.values:
            context.add("must be a valid enum value", pointer)
        elif self.pattern is not None and not re.search(self.pattern, value):
            context.add(f"input must match regex pattern: {self.pattern}", pointer)
        elif self.format == "date" and not _is_date(value):
            context.add("input must be a valid: date", pointer)
        elif self.maximum is not None and len(value) > self.maximum:
            context.add(f"must be less than {self.maximum + 1} characters", pointer)
        elif self.minimum is not None and len(value) < self.minimum:
            context.add(f"must be more than {self.minimum - 1} characters", pointer)


@dataclass(slots=True)
class NumberNode(Node):
    """A number, or an integer, with optional limits."""

    integer: bool = False
    minimum: int | None = None
    maximum: int | None = None

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Refuse wrong types (true is no number) and values beyond the limits."""
        if isinstance(value, bool) or not isinstance(value, int if self.integer else (int, float)):
            context.add(
                "must provide an integer" if self.integer else "must provide a number", pointer
            )
        elif self.maximum is not None and value > self.maximum:
            context.add(f"must be less than {self.maximum + 1}", pointer)
        elif self.minimum is not None and value < self.minimum:
            context.add(f"must be greater than {self.minimum - 1}", pointer)


@dataclass(slots=True)
class BooleanNode(Node):
    """true or false."""

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Refuse all else."""
        if not isinstance(value, bool):
            context.add("must be a boolean", pointer)


@dataclass(slots=True)
class AnyNode(Node):
    """A part whose inside is not known to us; taken as it is."""

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Accept."""


@dataclass(slots=True)
class ArrayNode(Node):
    """A list of like things."""

    items: Node
    minimum: int | None = None
    maximum: int | None = None

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Check maximum, minimum, then each item."""
        if not isinstance(value, list):
            context.add("must provide an array", pointer)
            return
        if self.maximum is not None and len(value) > self.maximum:
            context.add(f"no more than {self.maximum} items allowed", pointer)
            return
        if self.minimum is not None and len(value) < self.minimum:
            context.add(f"must provide at least {self.minimum} items", pointer)
            return
        for index, item in enumerate(value):
            self.items.check(item, f"{pointer}/{index}", context)


@dataclass(slots=True)
class ObjectNode(Node):
    """An object; closed unless its inside is not fully known."""

    properties: dict[str, Node]
    required: tuple[str, ...] = ()
    open: bool = False
    rules: tuple[str, ...] = ()
    surfaces: tuple[Surface, ...] = SURFACES

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Check required fields, properties, unknown ones, then rules across fields."""
        if not isinstance(value, dict):
            context.add("must provide an object", pointer)
            return
        missing = [name for name in self.required if name not in value]
        if missing:
            for name in missing:
                context.add(f"missing required field: {name}", pointer)
            return
        before = len(context.faults)
        for name, node in self.properties.items():
            if name in value:
                node.check(value[name], f"{pointer}/{name}", context)
        if not self.open:
            for name in value:
                if name not in self.properties:
                    context.add(f"invalid additional property: {name}", pointer)
        if len(context.faults) == before:
            for rule in self.rules:
                for below, message in context.rules[rule](value):
                    context.add(message, pointer + below)


@dataclass(slots=True)
class TextNode(Node):
    """A text object: plain_text or mrkdwn, each with its own closed set of keys."""

    kinds: tuple[str, ...]
    maximum: int
    minimum: int = 1

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Choose the closed schema by ``type`` and check with it."""
        kind = _type_of(value, pointer, self.kinds, context)
        if kind is None:
            return
        flag = "emoji" if kind == "plain_text" else "verbatim"
        ObjectNode(
            properties={
                "type": StringNode(),
                "text": StringNode(self.minimum, self.maximum),
                flag: BooleanNode(),
            },
            required=("type", "text"),
        ).check(value, pointer, context)


@dataclass(slots=True)
class TypedNode(Node):
    """One of a family of objects, told apart by ``type``."""

    family: str
    only: tuple[str, ...] = ()

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Refuse types unknown here or not shown on this surface, else check by that type."""
        family = context.families[self.family]
        allowed = [
            name
            for name, node in family.items()
            if (not self.only or name in self.only) and context.surface in node.surfaces
        ]
        kind = _type_of(value, pointer, allowed, context)
        if kind is not None:
            family[kind].check(value, pointer, context)


@dataclass(slots=True)
class RefNode(Node):
    """A named shape."""

    name: str

    def check(self, value: Any, pointer: str, context: Context) -> None:
        """Check with the shape of that name."""
        context.shapes[self.name].check(value, pointer, context)


def _type_of(value: Any, pointer: str, allowed: Sequence[str], context: Context) -> str | None:
    if not isinstance(value, dict):
        context.add("must provide an object", pointer)
    elif "type" not in value:
        context.add("missing required field: type", pointer)
    elif not isinstance(value["type"], str):
        context.add("must provide a string", f"{pointer}/type")
    elif value["type"] not in allowed:
        context.add(f"unsupported type: {value['type']}", f"{pointer}/type")
    else:
        return value["type"]
    return None


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
