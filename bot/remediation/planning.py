"""From an action and parameters to a plan that can be approved.

Guards first, then the draft, then a server-side dry run of every call, made as the person who
asks, so that what the cluster would refuse is refused now and not at three in the morning after
an approval. Planning writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import (
    ClusterError,
    ClusterReader,
    ClusterWriter,
    Identity,
    Json,
)
from bot.diagnosis.dossier import mapping
from bot.redaction import redact
from bot.remediation.actions.base import Action, Draft, Params
from bot.remediation.ground import Ground
from bot.remediation.guards import check
from bot.remediation.mistakes import mistakes
from bot.remediation.pins import digest, pin
from bot.remediation.plans import Call, Change, Pin, Plan, Target, Wait
from bot.remediation.refusals import BadParams, Refused

MAX_VALUE = 160
S = TypeVar("S", Call, Wait, Call | Wait)
_MISSING = object()


def draft_plan(
    action: Action[Any],
    given: Mapping[str, Any],
    ground: Ground,
    *,
    incident: str = "",
    entry: str = "",
) -> Plan:
    """Return the plan of ``action`` for the ground's target, pinned but not yet rehearsed.

    Raises ``Refused`` (bad parameters, a guard) or the ``ClusterError`` of a cluster that
    cannot be read.
    """
    if ground.target.kind not in action.targets:
        raise Refused(
            f"{action.id} is for {', '.join(action.targets)}, not for {ground.target.kind}.",
            f"{action.id} 适用于 {', '.join(action.targets)}，不适用于 {ground.target.kind}。",
        )
    params = parse_params(action, {**action.propose(ground), **given})
    draft: Draft = action.draft(ground, params)
    for guard in action.guards:
        check(guard, ground, draft.clusters)
    steps = tuple(_named(step, ground) for step in draft.steps)
    return Plan(
        action=action.id,
        params=params.model_dump(mode="json"),
        target=_affected(ground, draft),
        risk=action.risk if draft.risk is None else draft.risk,
        destroys_data=(
            action.destroys_data if draft.destroys_data is None else draft.destroys_data
        ),
        steps=steps,
        effects=draft.effects,
        compare=draft.compare,
        verification=draft.verification,
        pins=_pins(ground),
        undo=tuple(_named(call, ground) for call in draft.undo),
        incident=incident,
        entry=entry,
    )


def rehearse_plan(plan: Plan, ground: Ground, as_user: Identity | None) -> Plan:
    """Return the plan with the diff of every call, after a dry run made as ``as_user``.

    Raises ``Refused`` for a call that the cluster would refuse, or a ``ClusterError``.
    """
    steps: list[Call | Wait] = []
    for step in plan.steps:
        if isinstance(step, Call):
            anew = made_anew(step, steps)
            steps.append(rehearse(step, ground.reader(step.cluster), as_user, anew=anew))
        else:
            steps.append(step)
    return plan.model_copy(update={"steps": tuple(steps)})


def made_anew(call: Call, before: Sequence[Call | Wait]) -> bool:
    """Return whether a call makes what an earlier step of its plan deletes."""
    return call.verb == "create" and any(
        isinstance(step, Call) and step.verb == "delete" and step.place == call.place
        for step in before
    )


def _named(step: S, ground: Ground) -> S:
    return step.model_copy(update={"cluster": ground.called(step.cluster)})


def _affected(ground: Ground, draft: Draft) -> Target:
    """Return the target with every namespace that the draft reaches, for policy to judge."""
    target = ground.as_target()
    reached = [*target.namespaces, *draft.namespaces]
    for step in draft.steps:
        if isinstance(step, Call):
            reached.append(step.name if step.kind == k.NAMESPACE.kind else step.namespace)
    outside = dict.fromkeys(name for name in reached if name not in ("", MTC_NAMESPACE))
    return target.model_copy(update={"namespaces": tuple(outside)})


def parse_params(action: Action[Any], given: Mapping[str, Any]) -> Params:
    """Return the parameters, validated. Raises ``BadParams`` that names each wrong field."""
    try:
        return action.params.model_validate(dict(given))
    except ValidationError as error:
        wrong = mistakes(error)[:5]
        en = " ".join(f"{each.field or 'parameters'}: {each.wanted.en}" for each in wrong)
        zh = "".join(f"{each.field or '参数'}：{each.wanted.zh}" for each in wrong)
        raise BadParams(
            f"The parameters of {action.id} need a correction. {en}",
            f"{action.id} 的参数需要更正。{zh}",
        ) from error


def rehearse(
    call: Call, reader: ClusterReader, as_user: Identity | None, *, anew: bool = False
) -> Call:
    """Return the call with its diff, after a dry run where the cluster can be written to.

    ``anew`` says that its object is there now and will be gone by then: another name is tried.
    """
    before: Json | None = None
    if call.verb != "create":
        before = reader.get(call.kind_of, call.name, call.namespace)
        if digest(before, call.body) != call.digest:
            raise Refused(
                f"{call.where} was changed this very moment; ask again.",
                f"{call.where} 刚刚发生变化；请重新申请。",
            )
    if isinstance(reader, ClusterWriter):
        _dry_run(_renamed(call) if anew else call, reader, as_user)
    return call.model_copy(update={"changes": changes_of(call, before)})


def _renamed(call: Call) -> Call:
    name = f"{call.name[:200]}-rehearsal"
    body = {**(call.body or {})}
    body["metadata"] = {**mapping(body, "metadata"), "name": name}
    return call.model_copy(update={"name": name, "body": body})


def _pins(ground: Ground) -> tuple[Pin, ...]:
    pinned = [pin("host", ground.subject)]
    plan = ground.plan
    if plan is not None and plan is not ground.subject:
        pinned.append(pin("host", plan))
    return tuple(pinned)


def _dry_run(call: Call, writer: ClusterWriter, as_user: Identity | None) -> None:
    body = dict(call.body or {})
    try:
        if call.verb == "patch":
            writer.patch(
                call.kind_of, call.name, call.namespace, body, dry_run=True, as_user=as_user
            )
        elif call.verb == "create":
            writer.create(call.kind_of, call.namespace, body, dry_run=True, as_user=as_user)
        else:
            writer.delete(
                call.kind_of, call.name, call.namespace,
                uid=call.uid, dry_run=True, as_user=as_user,
            )  # fmt: skip
    except ClusterError as error:
        if error.reason in ("unreachable", "untrusted"):
            raise
        said = redact(str(error))
        raise Refused(
            f"The cluster would refuse {call.verb} of {call.where}: {said}",
            f"集群会拒绝对 {call.where} 的 {call.verb} 操作：{said}",
        ) from error


def changes_of(call: Call, before: Json | None) -> tuple[Change, ...]:
    """Return what a person sees of a call: each field with its value before and after."""
    if call.verb == "delete":
        return (Change(path=call.where, before="exists", after="deleted"),)
    changes: list[Change] = []
    if call.verb == "create":
        spec = (call.body or {}).get("spec", {})
        _walk(spec, _MISSING, "spec", call, changes)
        return tuple(changes)
    _walk(call.body or {}, before or {}, "", call, changes)
    return tuple(changes)


def _walk(after: Any, before: Any, path: str, call: Call, found: list[Change]) -> None:
    if isinstance(after, dict) and after and path not in call.secrets:
        for key, value in after.items():
            old = before.get(key, _MISSING) if isinstance(before, dict) else _MISSING
            _walk(value, old, f"{path}.{key}" if path else str(key), call, found)
        return
    if path in call.secrets:
        found.append(Change(path=path, before="(secret)", after="(new secret)"))
    elif after != before:
        found.append(Change(path=path, before=_shown(before), after=_shown(after)))


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "(absent)"
    if value is None:
        return "(removed)"
    text = redact(value if isinstance(value, str) else str(value))
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"
