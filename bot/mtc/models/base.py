"""What all read models share: lenient fields, metadata, conditions.

Objects come from clusters of several versions and from archives that were cut in half. A field
that is absent or of the wrong type becomes its default; the rest of the object stays usable.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from knowledge.matching.loglines import parse_time

MAX_ROUNDS = 50
"""Wrong fields that are dropped one after the other before an object counts as unreadable."""


class Lenient(BaseModel):
    """A frozen read model: unknown fields are ignored, names are camelCase in JSON."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )


class Ref(Lenient):
    """An ObjectReference; only name and namespace are used by MTC."""

    name: str = ""
    namespace: str = ""


class Owner(Lenient):
    """An owner reference."""

    kind: str = ""
    name: str = ""
    uid: str = ""


class Meta(Lenient):
    """Object metadata."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    creation_timestamp: str = ""
    deletion_timestamp: str = ""
    owner_references: tuple[Owner, ...] = ()

    @property
    def created(self) -> datetime | None:
        """Return the creation time (UTC)."""
        return parse_time(self.creation_timestamp)


class Condition(Lenient):
    """One condition of an MTC object; it counts only when its status is ``"True"``."""

    type: str = ""
    status: str = ""
    reason: str = ""
    category: str = ""
    message: str = ""
    last_transition_time: str = ""
    durable: bool = False

    @property
    def counts(self) -> bool:
        """Return whether the condition is in force."""
        return self.status == "True"

    @property
    def since(self) -> datetime | None:
        """Return when it last changed (UTC)."""
        return parse_time(self.last_transition_time)


class WithConditions(Lenient):
    """A status with conditions and errors."""

    conditions: tuple[Condition, ...] = ()
    errors: tuple[str, ...] = ()
    phase: str = ""

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of a type where it is in force."""
        return next((c for c in self.conditions if c.type == kind and c.counts), None)

    def of_category(self, *categories: str) -> tuple[Condition, ...]:
        """Return the conditions in force of these categories."""
        return tuple(c for c in self.conditions if c.counts and c.category in categories)


class Object(Lenient):
    """Any object."""

    kind: str = ""
    metadata: Meta = Meta()

    @property
    def name(self) -> str:
        """Return the object's name."""
        return self.metadata.name


Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], obj: Any) -> Model:
    """Return ``obj`` as ``model``; wrong-typed fields get their defaults. Never raises."""
    return parse(model, obj)[0]


def parse(model: type[Model], obj: Any) -> tuple[Model, tuple[str, ...]]:
    """Return ``obj`` as ``model`` and one sentence for each field that had to be dropped."""
    problems: list[str] = []
    if not isinstance(obj, dict):
        return model(), (f"is {type(obj).__name__}, not an object",)
    for _ in range(MAX_ROUNDS):
        try:
            return model.model_validate(obj), tuple(problems)
        except ValidationError as error:
            for wrong in reversed(error.errors(include_url=False, include_input=False)):
                path = ".".join(str(part) for part in wrong["loc"])
                problems.append(f"{path}: {wrong['msg']}")
                obj = _without(obj, wrong["loc"])
        except RecursionError:
            break
    return model(), (*problems, "is too odd to read")


def _without(obj: Any, path: tuple[int | str, ...]) -> Any:
    """Return a copy of ``obj`` without what stands at ``path`` (or the nearest part of it)."""
    if not path:
        return {}
    head, *rest = path
    if isinstance(obj, dict):
        key = head if head in obj else None
        if key is None:
            return {}
        if not rest or not isinstance(obj[key], dict | list | tuple):
            return {k: v for k, v in obj.items() if k != key}
        return {**obj, key: _without(obj[key], tuple(rest))}
    if isinstance(obj, list | tuple) and isinstance(head, int) and head < len(obj):
        if not rest or not isinstance(obj[head], dict | list | tuple):
            return [v for i, v in enumerate(obj) if i != head]
        return [_without(v, tuple(rest)) if i == head else v for i, v in enumerate(obj)]
    return {}
