"""Putting back what a remediation changed: an action of its own, approved as any other.

The calls stand in the plan that was executed; here they are pinned anew to the objects of now.
Nothing is put back that somebody else has changed in between, and of an execution that stopped
half-way only what was done is.
"""

from __future__ import annotations

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json, NotFound
from bot.diagnosis.dossier import annotations_of, metadata, text
from bot.remediation.actions.operator_settings import settled
from bot.remediation.executing import APPROVAL_ANNOTATION
from bot.remediation.ground import Ground
from bot.remediation.pins import already, digest, pin
from bot.remediation.plans import Call, Plan, Step, Verification
from bot.remediation.refusals import Refused
from bot.remediation.staleness import uid_of
from bot.remediation.verifying import effects_hold
from bot.store.approval_records import Approval


def can_undo(approval: Approval) -> bool:
    """Return whether there is a way back from what a request did."""
    done = any(s.state == "done" for s in approval.steps)
    return approval.state in ("done", "failed") and done and bool(approval.plan.get("undo"))


def undo_plan(approval: Approval, plan: Plan, ground: Ground) -> Plan:
    """Return the plan that puts back what ``plan`` did, pinned but not yet rehearsed.

    Raises ``Refused`` where there is nothing to put back, or a ``ClusterError``.
    """
    if not can_undo(approval):
        raise Refused(
            "There is nothing to put back: this request changed nothing, or there is no way back.",
            "没有可撤销的内容：该申请未作更改，或无法撤销。",
        )
    done = {s.number: s.result for s in approval.steps if s.state == "done"}
    made = {
        step.place: (step, text(done[number].get("uid")))
        for number, step in enumerate(plan.steps)
        if isinstance(step, Call) and number in done
    }
    calls = [
        _pinned(back, *made[back.place], approval.id, ground)
        for back in plan.undo
        if back.place in made
    ]
    return plan.model_copy(
        update={
            "steps": tuple(_with_waits(calls)),
            "effects": (),
            "compare": (),
            "undo": (),
            "undoes": approval.id,
            "destroys_data": False,
            "verification": Verification(
                check="effects-hold", params=effects_hold(calls), deadline_seconds=1800
            ),
            "pins": tuple(pin("host", obj) for obj in _pinned_objects(ground)),
        }
    )


def _pinned_objects(ground: Ground) -> list[Json]:
    plan = ground.plan
    same = plan is None or uid_of(plan) == uid_of(ground.subject)
    return [ground.subject] if same or plan is None else [ground.subject, plan]


def _pinned(back: Call, forth: Call, uid: str, approval_id: str, ground: Ground) -> Call:
    try:
        there = ground.reader(back.cluster).get(back.kind_of, back.name, back.namespace)
    except NotFound:
        raise Refused(
            f"{back.where} is gone; there is nothing to put back.",
            f"{back.where} 已不存在，无需撤销。",
        ) from None
    ours = annotations_of(there).get(APPROVAL_ANNOTATION) == approval_id
    same = already(there, forth.body or {}) if forth.verb == "patch" else ours
    if uid_of(there) != uid or not same:
        raise Refused(
            f"{back.where} was changed by somebody else since; put it back by hand.",
            f"{back.where} 之后已被他人修改；请手动恢复。",
        )
    return back.model_copy(
        update={
            "uid": uid,
            "resource_version": text(metadata(there).get("resourceVersion")),
            "digest": digest(there, back.body),
        }
    )


def _with_waits(calls: list[Call]) -> list[Step]:
    steps: list[Step] = []
    for call in calls:
        steps.append(call)
        if call.kind == k.MIGRATIONCONTROLLER.kind and call.namespace == MTC_NAMESPACE:
            steps.append(settled(call.cluster))
    return steps
