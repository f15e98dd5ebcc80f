"""What a remediation will do, as data: a plan is what is approved, stored, executed and audited.

A plan holds every call that will be made, in order, with its preconditions, so that nothing is
decided after approval. It can be stored and read back unchanged, and its hash names it: an
altered plan is another plan. Secrets are never part of a plan; a call that must write one says
where the cluster keeps it (``SecretSource``).
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from bot.clusters.kinds import BY_KIND, NAMESPACE, Kind
from bot.clusters.port import AccessRequest
from knowledge.texts import LocalText


class Risk(IntEnum):
    """What can go wrong, by the rules the team works by.

    R0 reads only. R1 is reversible and touches no workload. R2 restarts MTC's own pods or changes
    how a namespace is scheduled. R3 destroys data, stops or starts applications, weakens TLS or
    grants privileges.
    """

    R0 = 0
    R1 = 1
    R2 = 2
    R3 = 3


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Data):
    """One line of the diff that people see; values are redacted and cut."""

    path: str
    before: str
    after: str


class SecretSource(_Data):
    """Where a secret value is read at the moment it is written elsewhere; never stored."""

    cluster: str
    namespace: str
    name: str
    key: str
    version: str = ""
    """resourceVersion when the plan was made: what was looked at is what is written."""


class Call(_Data):
    """One write. ``patch`` is a JSON merge patch of named fields, ``create`` has a fixed name."""

    step: Literal["call"] = "call"
    cluster: str
    """MigCluster name, or ``host``."""
    verb: Literal["patch", "create", "delete"]
    kind: str
    namespace: str = ""
    name: str
    body: dict[str, Any] | None = None
    secrets: dict[str, SecretSource] = Field(default_factory=dict)
    """Dotted path in ``body`` -> where its value comes from (base64, as Secret.data holds it)."""
    uid: str = ""
    """The object meant; for patch and delete."""
    resource_version: str = ""
    """As it was when the plan was made; for the record. What counts is ``digest``."""
    digest: str = ""
    """Of what the call bears on, as it was when the plan was made (see ``pins``)."""
    only_if: Literal["", "never-started"] = ""
    """What must also hold at the very moment of the write, for what a digest does not show."""
    changes: tuple[Change, ...] = ()
    why: LocalText

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Return which object it bears on: cluster, kind, namespace, name."""
        return (self.cluster, self.kind, self.namespace, self.name)

    @property
    def kind_of(self) -> Kind:
        """Return the kind; ``KeyError`` for one the bot does not know."""
        return BY_KIND[self.kind]

    @property
    def permission(self) -> AccessRequest:
        """Return the right that a person needs for this call.

        A call for a namespace counts as made in it, so a role there is enough (k8s.io/apiserver
        pkg/endpoints/request/requestinfo.go).
        """
        kind = self.kind_of
        return AccessRequest(
            self.verb,
            kind.group,
            kind.plural,
            self.name if kind == NAMESPACE else self.namespace,
            "" if self.verb == "create" else self.name,
        )

    @property
    def where(self) -> str:
        """Return ``kind/name`` with namespace and cluster, for people."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind.lower()}/{place}{self.name} @{self.cluster}"


WaitFor = Literal[
    "migration-succeeded",
    "operator-settled",
    "workload-rolled-out",
    "object-gone",
]


class Wait(_Data):
    """Something that must have come about before the next call."""

    step: Literal["wait"] = "wait"
    until: WaitFor
    cluster: str
    kind: str
    namespace: str = ""
    name: str
    deadline_seconds: int = Field(gt=0, le=24 * 3600)
    why: LocalText


Step = Annotated[Call | Wait, Field(discriminator="step")]


class Verification(_Data):
    """How it is seen that the fix helped: a named check with a deadline."""

    check: str
    params: dict[str, str] = Field(default_factory=dict)
    deadline_seconds: int = Field(gt=0, le=7 * 24 * 3600)


class Pin(_Data):
    """An object that must still be what it was when the plan was made, though no call writes it."""

    cluster: str
    kind: str
    namespace: str = ""
    name: str
    uid: str
    digest: str


class Target(_Data):
    """The object the remediation is for, and who is affected."""

    control: str
    kind: str
    name: str
    uid: str = ""
    plan: str = ""
    namespaces: tuple[str, ...] = ()


class Plan(_Data):
    """The whole of it."""

    action: str
    params: dict[str, Any] = Field(default_factory=dict)
    target: Target
    risk: Risk
    destroys_data: bool = False
    steps: tuple[Step, ...] = Field(min_length=1)
    effects: tuple[LocalText, ...] = ()
    """What restarts, stops or is deleted: shown on the card."""
    compare: tuple[str, ...] = ()
    """What the approver must compare out of band and type back (fingerprints); often none."""
    verification: Verification
    pins: tuple[Pin, ...] = ()
    """The target and its plan: an edit of them makes the approval stale."""
    undo: tuple[Call, ...] = ()
    """Calls that put things back, where there is a way."""
    undoes: str = ""
    """The id of the request that this plan puts back; empty for what is asked anew."""
    incident: str = ""
    entry: str = ""

    @property
    def calls(self) -> tuple[Call, ...]:
        """Return the writes, in order."""
        return tuple(step for step in self.steps if isinstance(step, Call))

    @property
    def hash(self) -> str:
        """Return the SHA-256 of the plan's canonical form, in hex."""
        data = self.model_dump(mode="json")
        return hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()
