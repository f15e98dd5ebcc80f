"""What a knowledge entry is.

One YAML file, one entry: what goes wrong, how it is recognised, what it explains, what to
do and how to see that it helped. Entries are data; anything that can be said here is not
an ``if`` elsewhere.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from knowledge.quotes import tolerate_quotes
from knowledge.texts import LocalText

Severity = Literal["critical", "error", "warning", "info"]
Role = Literal["cause", "symptom", "benign", "general"]
TextKind = Literal["log", "event", "status"]
"""Where a text stands: a log line, an Event's message, a message in an object's status."""

_LOOKS_BEHIND = "(?<"
"""Begins what must have one width, which an escaped quote has not (and named groups)."""

ANY_TYPE = "*"
"""Stands for the type of a condition that no entry names."""

EntryId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


OneOrMany = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""A list of words; one word may stand without the list."""


class _Strict(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True
    )


def _compiles(pattern: str | None) -> str | None:
    if pattern is not None:
        try:
            compiled = re.compile(pattern)
            if _LOOKS_BEHIND in pattern and '"' in pattern:
                re.compile(tolerate_quotes(pattern))
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}: {pattern}") from error
        if compiled.match(""):
            raise ValueError(f"matches the empty text: {pattern}")
    return pattern


class Signature(_Strict):
    """A text that tells: ``text`` is literal, ``pattern`` a regular expression.

    Named groups of a pattern become parameters of the finding. A quote in a pattern also
    matches its escaped form (``\\"``), since logrus and JSON logs escape quotes.
    """

    text: Annotated[str, StringConstraints(min_length=4)] | None = None
    pattern: str | None = None
    ignore_case: bool = False
    components: tuple[str, ...] = ()
    """Empty: any component. A text whose component is not known matches too."""
    where: tuple[TextKind | Literal["row"], ...] = ("log", "event", "status")
    """``row``: a row of a table that a command prints; looked for in whatever people paste, and not
    in the logs of pods, which hold none."""
    levels: tuple[Literal["debug", "info", "warning", "error", "fatal"], ...] = ()
    """Empty: any level. A line that names no level matches too."""

    _check_pattern = field_validator("pattern")(_compiles)

    @model_validator(mode="after")
    def _one_of(self) -> Signature:
        if (self.text is None) == (self.pattern is None):
            raise ValueError("a signature has either `text` or `pattern`")
        return self


class ConditionMatch(_Strict):
    """A condition of an MTC object that counts (status True)."""

    kind: OneOrMany = ()
    """Empty: any kind."""
    type: str
    """``ANY_TYPE``: one that no entry names, of the kinds and categories that stand here."""
    reason: str | None = None
    category: OneOrMany = ()
    message: str | None = None
    """A regular expression searched in the message; named groups become parameters."""

    _check_message = field_validator("message")(_compiles)


class EventMatch(_Strict):
    """A Kubernetes Event."""

    reason: str
    message: str | None = None
    kind: str | None = None

    _check_message = field_validator("message")(_compiles)


class PodMatch(_Strict):
    """The state of a pod or one of its containers.

    ``reason`` is a waiting or terminated reason, or the reason of PodScheduled=False.
    """

    reason: OneOrMany = ()
    message: str | None = None
    exit_code: int | None = None
    current: bool = False
    """Only what a container is in now, not how it ended the time before."""

    _check_message = field_validator("message")(_compiles)


class ObjectMatch(_Strict):
    """A CEL expression over one object (``object``), true where it tells.

    A field that is absent makes the expression false, not an error.
    """

    kind: OneOrMany
    when: str
    quote: str = "status"
    """Dotted path of what to quote as evidence."""


class ProbeMatch(_Strict):
    """A named question that crosses objects or clusters, answered by ``bot.diagnosis``."""

    name: EntryId
    params: dict[str, str] = Field(default_factory=dict)
    """Regular expressions that the parameters of the answer must match as a whole."""

    @field_validator("params")
    @classmethod
    def _check_params(cls, value: dict[str, str]) -> dict[str, str]:
        for pattern in value.values():
            _compiles(pattern)
        return value


class Matcher(_Strict):
    """Exactly one way of recognising the entry."""

    signature: Signature | None = None
    condition: ConditionMatch | None = None
    event: EventMatch | None = None
    pod: PodMatch | None = None
    object: ObjectMatch | None = None
    probe: ProbeMatch | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Matcher:
        if len(self.model_fields_set) != 1:
            raise ValueError(
                "a matcher has exactly one of signature, condition, event, pod, object, probe"
            )
        return self


class Step(_Strict):
    """One thing to do. ``command`` is ready to copy, with ``{placeholders}`` filled in."""

    text: LocalText
    command: str | None = None
    cluster: Literal["host", "source", "destination", "both", "workstation"] | None = None


class Remediation(_Strict):
    """An action of the bot that fixes this, with parameters taken from the finding."""

    action: EntryId
    params: dict[str, str] = Field(default_factory=dict)


class Example(_Strict):
    """A text or an object that must, or must not, lead to this entry."""

    text: str | None = None
    object: dict[str, Any] | None = None
    probe: dict[str, str] | None = None
    """For an entry known only by a probe: the parameters such a probe hands over."""
    component: str | None = None
    kind: TextKind = "log"

    @model_validator(mode="after")
    def _one_of(self) -> Example:
        if sum(v is not None for v in (self.text, self.object, self.probe)) != 1:
            raise ValueError("an example has exactly one of `text`, `object`, `probe`")
        return self


class Examples(_Strict):
    """At least three that must match and two near misses that must not."""

    match: tuple[Example, ...] = Field(min_length=3)
    no_match: tuple[Example, ...] = Field(min_length=2)


class Entry(_Strict):
    """One thing that goes wrong (or looks so), and what to do about it."""

    id: EntryId
    title: LocalText
    cause: LocalText
    severity: Severity
    role: Role = "cause"
    """cause: names the root; symptom: true, but something else is behind it; benign: noise;
    general: a sort of error, whoever says it, looked for in what people paste where no other entry
    knows anything of it."""
    versions: str = "*"
    """MTC versions, as in ``>=1.7,<1.8``; ``*`` for all."""
    components: tuple[str, ...] = ()
    source: tuple[str, ...] = Field(min_length=1)
    tags: tuple[str, ...] = ()
    """Words people search with. Names of conditions belong here too."""
    matchers: tuple[Matcher, ...] = Field(min_length=1)
    contradicted_by: tuple[Matcher, ...] = ()
    """What speaks against this entry where it is seen too: less confidence, and it is shown."""
    explains: tuple[EntryId, ...] = ()
    """Entries whose findings are symptoms of this one when both are there."""
    supersedes: tuple[EntryId, ...] = ()
    """Vaguer entries that say nothing more once this one has matched the same evidence."""
    steps: tuple[Step, ...] = ()
    verify: LocalText | None = None
    remediation: tuple[Remediation, ...] = ()
    examples: Examples

    @property
    def benign(self) -> bool:
        """Return whether this is noise, explained but never alerted on."""
        return self.role == "benign"

    @property
    def catches_all(self) -> bool:
        """Return whether this says of what no other entry knows that it is there."""
        return any(m.condition is not None and m.condition.type == ANY_TYPE for m in self.matchers)

    @model_validator(mode="after")
    def _complete(self) -> Entry:
        if not self.benign and not self.steps:
            raise ValueError(f"{self.id}: says what is wrong but not what to do (no steps)")
        if self.role == "general" and any(m.signature is None for m in self.matchers):
            raise ValueError(f"{self.id}: is general, and then all its matchers are signatures")
        if self.id in self.explains or self.id in self.supersedes:
            raise ValueError(f"{self.id}: explains or supersedes itself")
        return self
