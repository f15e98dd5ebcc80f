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


def no_longer_fits(
    plan: Plan, plane: ControlPlane, actions: Mapping[str, Action[Any]], now: datetime
) -> str:
    """Return why a plan must not be carried out any more; empty where it may.

    Raises the ``ClusterError`` of a cluster that cannot be read: what cannot be seen is not taken
    for unchanged.
    """
    target = ObjectRef(plan.target.kind, plan.target.name)
    try:
        ground = look(plane, target, now)
    except NotFound:
        return f"{target} is gone"
    try:
        return moved_on(plan, ground) or _no_longer_sound(plan, ground, actions)
    except NotFound as error:
        return str(error)


def _no_longer_sound(plan: Plan, ground: Ground, actions: Mapping[str, Action[Any]]) -> str:
    action = actions.get(plan.action)
    if action is None:
        return f"there is no action {plan.action} any more"
    clusters = tuple(dict.fromkeys(call.cluster for call in plan.calls))
    try:
        if not plan.undoes:
            clusters = action.draft(ground, parse_params(action, plan.params)).clusters
        for guard in action.guards:
            check(guard, ground, clusters)
    except Refused as refused:
        return str(refused)
    return ""


def moved_on(plan: Plan, ground: Ground) -> str:
    """Return which object is no longer as it was when the plan was made; empty where all are."""
    for pin in plan.pins:
        try:
            obj = ground.reader(pin.cluster).get(BY_KIND[pin.kind], pin.name, pin.namespace)
        except NotFound:
            return f"{pin.kind.lower()}/{pin.name} is gone"
        if uid_of(obj) != pin.uid:
            return f"{pin.kind.lower()}/{pin.name} was deleted and made anew"
        if digest(obj) != pin.digest:
            return f"the spec of {pin.kind.lower()}/{pin.name} was changed"
    for number, step in enumerate(plan.steps):
        if isinstance(step, Call) and not made_anew(step, plan.steps[:number]):
            said = _call_moved_on(step, ground)
            if said:
                return said
    return ""


def _call_moved_on(call: Call, ground: Ground) -> str:
    reader = ground.reader(call.cluster)
    try:
        obj = reader.get(call.kind_of, call.name, call.namespace)
    except NotFound:
        return "" if call.verb == "create" else f"{call.where} is gone"
    if call.verb == "create":
        return f"{call.where} exists already"
    if call.uid and uid_of(obj) != call.uid:
        return f"{call.where} was deleted and made anew"
    if call.digest and digest(obj, call.body) != call.digest:
        return f"{call.where} was changed"
    for source in call.secrets.values():
        held = ground.reader(source.cluster).get(SECRET, source.name, source.namespace)
        if text(metadata(held).get("resourceVersion")) != source.version:
            return f"secret {source.namespace}/{source.name} on {source.cluster} was changed"
    return ""


def uid_of(obj: Json) -> str:
    """Return an object's uid."""
    return text(metadata(obj).get("uid"))
