"""What an action is: a typed, declared unit that turns parameters and a ground into steps.

An action decides nothing at execution time. ``draft`` says every call in advance; planning adds
preconditions, the diff and the server's own dry run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from bot.clusters.kinds import Kind
from bot.clusters.port import AccessRequest, Json
from bot.diagnosis.dossier import mapping, metadata, text
from bot.remediation.ground import Ground, ended, started
from bot.remediation.guards import Guard
from bot.remediation.pins import digest
from bot.remediation.plans import Call, Risk, Step, Verification
from bot.remediation.refusals import Refused
from knowledge.texts import LocalText


class Params(BaseModel):
    """Parameters of an action; a subclass declares them with units and bounds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoParams(Params):
    """For actions that need none."""


P = TypeVar("P", bound=Params)


@dataclass(frozen=True)
class Draft:
    """What an action would do here and now."""

    steps: tuple[Step, ...]
    verification: Verification
    effects: tuple[LocalText, ...] = ()
    undo: tuple[Call, ...] = ()
    compare: tuple[str, ...] = ()
    risk: Risk | None = None
    """Where it depends on the target (a stage is less than a cutover)."""
    destroys_data: bool | None = None
    clusters: tuple[str, ...] = field(default=("host",))
    """Clusters that guards are asked about."""
    namespaces: tuple[str, ...] = ()
    """Namespaces that are affected beside the plan's own and those that calls write to."""


class Action(Generic[P]):
    """One kind of remediation. Subclasses set the class attributes and write ``draft``."""

    id: ClassVar[str]
    title: ClassVar[LocalText]
    risk: ClassVar[Risk]
    guards: ClassVar[tuple[Guard, ...]] = ()
    targets: ClassVar[tuple[str, ...]]
    """Kinds it may be asked for."""
    destroys_data: ClassVar[bool] = False
    params: ClassVar[type[Params]] = NoParams

    def propose(self, ground: Ground) -> dict[str, Any]:
        """Return first values for the parameters, from what was found; often none."""
        del ground
        return {}

    def rights(self, ground: Ground) -> tuple[tuple[str, AccessRequest], ...]:
        """Return (cluster, right) that it needs whatever its parameters are; empty: not known.

        Asked where parameters are missing still, so that nothing is offered in vain. Raises as
        ``draft`` does.
        """
        del ground
        return ()

    def draft(self, ground: Ground, params: P) -> Draft:
        """Return what it would do. Raises ``Refused`` or ``ClusterError``."""
        raise NotImplementedError


def existing(ground: Ground, cluster: str, kind: Kind, name: str, namespace: str) -> Json:
    """Return the object a call is meant for. Raises ``NotFound``."""
    return ground.reader(cluster).get(kind, name, namespace)


def patch(
    obj: Json,
    kind: Kind,
    body: Json,
    why: LocalText,
    *,
    cluster: str = "host",
    **secrets: Any,
) -> Call:
    """Return a merge patch of ``obj``, pinned to the object and version that was looked at."""
    meta = metadata(obj)
    return Call(
        cluster=cluster,
        verb="patch",
        kind=kind.kind,
        namespace=text(meta.get("namespace")),
        name=text(meta.get("name")),
        body=body,
        uid=text(meta.get("uid")),
        resource_version=text(meta.get("resourceVersion")),
        digest=digest(obj, body),
        why=why,
        **secrets,
    )


def create(kind: Kind, obj: Json, why: LocalText, *, cluster: str = "host") -> Call:
    """Return the making of an object under a fixed name."""
    meta = metadata(obj)
    return Call(
        cluster=cluster,
        verb="create",
        kind=kind.kind,
        namespace=text(meta.get("namespace")),
        name=text(meta.get("name")),
        body={"apiVersion": kind.api_version, "kind": kind.kind, **obj},
        why=why,
    )


def delete(
    obj: Json,
    kind: Kind,
    why: LocalText,
    *,
    cluster: str = "host",
    only_if: Literal["", "never-started"] = "",
) -> Call:
    """Return the deletion of exactly this object."""
    meta = metadata(obj)
    return Call(
        cluster=cluster,
        verb="delete",
        kind=kind.kind,
        namespace=text(meta.get("namespace")),
        name=text(meta.get("name")),
        uid=text(meta.get("uid")),
        resource_version=text(meta.get("resourceVersion")),
        digest=digest(obj),
        only_if=only_if,
        why=why,
    )


def need_plan(ground: Ground) -> Json:
    """Return the target's plan. Raises ``Refused`` where it has none."""
    plan = ground.plan
    if plan is None:
        raise Refused(
            f"{ground.target} belongs to no plan that exists; name a migration or a plan.",
            f"{ground.target} 不属于任何现有计划；请指定一个迁移或计划。",
        )
    return plan


def refuse_while_running(ground: Ground) -> None:
    """Return where no migration of the target's plan runs. Raises ``Refused`` with its name."""
    for migration in ground.siblings():
        if started(migration) and not ended(migration):
            name = text(metadata(migration).get("name"))
            raise Refused(
                f"{name} of this plan is running and needs things as they are. Wait for its end, "
                "or cancel it.",
                f"该计划的 {name} 正在运行，需要保持现状。请等待其结束，或先取消它。",
            )


def spec_of(obj: Json) -> Json:
    """Return an object's spec."""
    return mapping(obj, "spec")
