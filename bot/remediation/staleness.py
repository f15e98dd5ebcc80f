"""Whether a plan still fits the clusters, asked at approval and again before the first effect.

Two questions: are the objects still those that were looked at, and would the action still be
planned as things stand? A migration may have started since, a backup may run now; guards and the
action's own conditions are asked anew, so that an approval never outlives its reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.clusters.kinds import BY_KIND, SECRET
from bot.clusters.port import ControlPlane, Json, NotFound, ObjectRef
from bot.diagnosis.dossier import metadata, text
from bot.remediation.actions.base import Action
from bot.remediation.ground import Ground, look
from bot.remediation.guards import check
from bot.remediation.pins import digest
from bot.remediation.planning import made_anew, parse_params
from bot.remediation.plans import Call, Plan
from bot.remediation.refusals import Refused
from knowledge.texts import LocalText


def no_longer_fits(
    plan: Plan, plane: ControlPlane, actions: Mapping[str, Action[Any]], now: datetime
) -> LocalText | None:
    """Return why a plan must not be carried out any more; None where it may.

    Raises the ``ClusterError`` of a cluster that cannot be read: what cannot be seen is not taken
    for unchanged.
    """
    target = ObjectRef(plan.target.kind, plan.target.name)
    try:
        ground = look(plane, target, now)
    except NotFound:
        return _gone(str(target))
    try:
        return _moved_on(plan, ground) or _no_longer_sound(plan, ground, actions)
    except NotFound as error:
        return LocalText(en=str(error), zh=str(error))


def _no_longer_sound(
    plan: Plan, ground: Ground, actions: Mapping[str, Action[Any]]
) -> LocalText | None:
    action = actions.get(plan.action)
    if action is None:
        return LocalText(
            en=f"there is no action {plan.action} any more",
            zh=f"已没有名为 {plan.action} 的操作",
        )
    clusters = tuple(dict.fromkeys(call.cluster for call in plan.calls))
    try:
        if not plan.undoes:
            clusters = action.draft(ground, parse_params(action, plan.params)).clusters
        for guard in action.guards:
            check(guard, ground, clusters)
    except Refused as refused:
        return refused.reason
    return None


def _moved_on(plan: Plan, ground: Ground) -> LocalText | None:
    """Return which object is no longer as it was when the plan was made; None where all are."""
    for pin in plan.pins:
        name = f"{pin.kind.lower()}/{pin.name}"
        try:
            obj = ground.reader(pin.cluster).get(BY_KIND[pin.kind], pin.name, pin.namespace)
        except NotFound:
            return _gone(name)
        if uid_of(obj) != pin.uid:
            return _made_anew(name)
        if digest(obj) != pin.digest:
            return LocalText(en=f"the spec of {name} was changed", zh=f"{name} 的 spec 已变化")
    for number, step in enumerate(plan.steps):
        if isinstance(step, Call) and not made_anew(step, plan.steps[:number]):
            said = _call_moved_on(step, ground)
            if said:
                return said
    return None


def _call_moved_on(call: Call, ground: Ground) -> LocalText | None:
    reader = ground.reader(call.cluster)
    try:
        obj = reader.get(call.kind_of, call.name, call.namespace)
    except NotFound:
        return None if call.verb == "create" else _gone(call.where)
    if call.verb == "create":
        return LocalText(en=f"{call.where} exists already", zh=f"{call.where} 已存在")
    if call.uid and uid_of(obj) != call.uid:
        return _made_anew(call.where)
    if call.digest and digest(obj, call.body) != call.digest:
        return _changed(call.where)
    for source in call.secrets.values():
        held = ground.reader(source.cluster).get(SECRET, source.name, source.namespace)
        if text(metadata(held).get("resourceVersion")) != source.version:
            return _changed(f"secret {source.namespace}/{source.name} on {source.cluster}")
    return None


def _gone(name: str) -> LocalText:
    return LocalText(en=f"{name} is gone", zh=f"{name} 已不存在")


def _made_anew(name: str) -> LocalText:
    return LocalText(en=f"{name} was deleted and made anew", zh=f"{name} 已被删除并重建")


def _changed(name: str) -> LocalText:
    return LocalText(en=f"{name} was changed", zh=f"{name} 已变化")


def uid_of(obj: Json) -> str:
    """Return an object's uid."""
    return text(metadata(obj).get("uid"))
