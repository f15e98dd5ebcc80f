"""Whether a plan still fits the clusters, asked at approval and again at execution."""

from __future__ import annotations

from bot.clusters.kinds import BY_KIND
from bot.clusters.port import Json, NotFound
from bot.diagnosis.dossier import metadata, text
from bot.remediation.ground import Ground
from bot.remediation.pins import digest
from bot.remediation.plans import Call, Plan


def moved_on(plan: Plan, ground: Ground, done: frozenset[int] = frozenset()) -> str:
    """Return what is no longer as it was when the plan was made; empty where all is.

    Steps in ``done`` have had their effect and are not asked about. Raises the ``ClusterError``
    of a cluster that cannot be read: what cannot be seen is not taken for unchanged.
    """
    for pin in plan.pins:
        if done and pin.uid == plan.target.uid:
            continue
        try:
            obj = ground.reader(pin.cluster).get(BY_KIND[pin.kind], pin.name, pin.namespace)
        except NotFound:
            return f"{pin.kind.lower()}/{pin.name} is gone"
        if uid_of(obj) != pin.uid:
            return f"{pin.kind.lower()}/{pin.name} was deleted and made anew"
        if digest(obj) != pin.digest:
            return f"the spec of {pin.kind.lower()}/{pin.name} was changed"
    for number, step in enumerate(plan.steps):
        if isinstance(step, Call) and number not in done:
            said = call_moved_on(step, ground)
            if said:
                return said
    return ""


def call_moved_on(call: Call, ground: Ground) -> str:
    """Return why a call no longer fits; empty where it does."""
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
    return ""


def uid_of(obj: Json) -> str:
    """Return an object's uid."""
    return text(metadata(obj).get("uid"))
