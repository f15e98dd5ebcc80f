"""The policy file: who may ask for what, who may approve it, and when. Deny by default.

Validated whole: a file with one mistake is refused and the last good one stays in force. Roles
say what may be done; bindings say who has a role, and where.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.access.windows import Window
from bot.settings_errors import corrections

Level = Literal["none", "R0", "R1", "R2", "R3"]
LEVELS: dict[str, int] = {"none": -1, "R0": 0, "R1": 1, "R2": 2, "R3": 3}

Glob = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9*?._:-]+$", max_length=100)]
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
UserId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{4,}$")]
GroupId = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{4,}$")]
_EMAIL = re.compile(r"^[a-z0-9*._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$")


class PolicyError(Exception):
    """The policy cannot be used; ``str()`` says where the mistake is."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Globs = Annotated[tuple[Glob, ...], BeforeValidator(_many), Field(min_length=1)]


class Role(_Strict):
    """What somebody may do. ``request`` and ``approve`` name the highest risk."""

    actions: Globs = ("*",)
    request: Level = "none"
    approve: Level = "none"
    audit: bool = False
    """May read the audit log."""


BUILTIN_ROLES: dict[str, Role] = {
    "viewer": Role(),
    "operator": Role(request="R3", approve="R1"),
    "approver": Role(request="R3", approve="R3", audit=True),
    "admin": Role(request="R3", approve="R3", audit=True),
}


class Binding(_Strict):
    """Who has a role, and where it counts. All of ``control``, ``namespaces``, ``plans`` must fit.

    Somebody fits who is named by id, is in a user group, or has an e-mail that fits.
    """

    role: RoleName
    users: tuple[UserId, ...] = ()
    groups: tuple[GroupId, ...] = ()
    emails: tuple[str, ...] = ()
    """Globs with the whole domain written out: ``*@sre.example.com``."""
    control: Globs = ("*",)
    namespaces: Globs = ("*",)
    """Every namespace that an action affects must fit one of these."""
    plans: Globs = ("*",)

    @field_validator("emails")
    @classmethod
    def _whole_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        lowered = tuple(v.lower() for v in value)
        for pattern in lowered:
            if not _EMAIL.fullmatch(pattern):
                raise ValueError(f"{pattern!r}: write the whole domain, as in *@sre.example.com")
        return lowered

    @model_validator(mode="after")
    def _somebody(self) -> Binding:
        if not (self.users or self.groups or self.emails):
            raise ValueError("a binding names users, groups or emails")
        return self


class Approvals(_Strict):
    """How many people must approve, and whether the requester may be one of them."""

    people: Annotated[int, Field(ge=1, le=5)] = 1
    requester_may: bool = False


class Separation(_Strict):
    """Separation of duties by risk."""

    R1: Approvals = Approvals(requester_may=True)
    R2: Approvals = Approvals(requester_may=True)
    """One with the right to approve R2; an approver may approve what they asked for themselves."""
    R3: Approvals = Approvals()
    data_destroyed: Approvals = Approvals(people=2)
    """Where an action deletes data, whatever its risk."""

    @model_validator(mode="after")
    def _never_alone(self) -> Separation:
        if self.R3.requester_may or self.data_destroyed.requester_may:
            raise ValueError("R3 and data_destroyed always need somebody else than the requester")
        return self


class ClusterIdentity(_Strict):
    """How a Slack user is known to the clusters: a table first, else the e-mail template."""

    user: str = ""
    """As in ``{email}`` or ``{local}`` (what stands before the @); empty: only the table."""
    domains: tuple[str, ...] = ()
    """Domains of addresses that the template is for; empty: any. ``{local}`` needs them, since
    ``admin@elsewhere.example`` must not become ``admin``."""
    groups: tuple[str, ...] = ()
    """Cluster groups by user group: ``S0APPROVE1=migration-approvers``."""
    table: dict[UserId, str] = Field(default_factory=dict)

    @field_validator("user")
    @classmethod
    def _known_fields(cls, value: str) -> str:
        if re.sub(r"\{(email|local)\}", "", value).count("{"):
            raise ValueError("only {email} and {local} can stand in the template")
        return value

    @field_validator("domains")
    @classmethod
    def _lowered(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower() for domain in value)

    @model_validator(mode="after")
    def _whose_local_part(self) -> ClusterIdentity:
        if "{local}" in self.user and "{email}" not in self.user and not self.domains:
            raise ValueError("{local} needs domains: whose addresses it is taken from")
        return self

    @field_validator("groups")
    @classmethod
    def _pairs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pair in value:
            group, equals, name = pair.partition("=")
            if not equals or not re.fullmatch(r"S[A-Z0-9]{4,}", group) or not name:
                raise ValueError(f"{pair!r}: write <user group id>=<cluster group>")
            if name.startswith("system:"):
                raise ValueError(f"{pair!r}: groups of the system itself cannot be given")
        return value


class Policy(_Strict):
    """The whole of it."""

    roles: dict[RoleName, Role] = Field(default_factory=dict)
    bindings: tuple[Binding, ...] = ()
    separation: Separation = Separation()
    windows: tuple[Window, ...] = ()
    identity: ClusterIdentity = ClusterIdentity()
    expiry_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30

    @model_validator(mode="after")
    def _known_roles(self) -> Policy:
        for binding in self.bindings:
            if binding.role not in self.roles and binding.role not in BUILTIN_ROLES:
                known = ", ".join([*BUILTIN_ROLES, *self.roles])
                raise ValueError(f"there is no role {binding.role}; there are {known}")
        for name in self.roles:
            if name in BUILTIN_ROLES:
                raise ValueError(f"{name} is a role of the bot's own; name yours differently")
        return self

    def role(self, name: str) -> Role:
        """Return a role by name, the customer's or a built-in one."""
        return self.roles.get(name) or BUILTIN_ROLES[name]


def parse_policy(text: str, where: str = "policy") -> Policy:
    """Return the policy in a YAML text. Raises ``PolicyError``."""
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyError(f"{where} is not YAML: {' '.join(str(error).split())[:300]}") from error
    if not isinstance(data, dict):
        raise PolicyError(f"{where} holds no policy: roles, bindings, separation, ... are expected")
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise PolicyError(f"{where}: {'; '.join(corrections(error, Policy, {})[:5])}") from error


def load_policy(path: Path) -> Policy:
    """Return the policy in a file. Raises ``PolicyError``."""
    try:
        return parse_policy(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise PolicyError(
            f"{path} cannot be read: {why}. Copy deploy/policy.example.yaml and edit it."
        ) from error
