"""Requests in every state they can be in, for views."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.access.policy import parse_policy
from bot.clusters.port import ObjectRef
from bot.remediation.offers import Offer
from bot.remediation.plans import Call, Change, Plan, Risk, Target, Verification, Wait
from bot.remediation.registry import ACTIONS
from bot.store.approval_records import Approval, StepState, Vote
from bot.store.audit import AuditRecord
from knowledge.texts import LocalText
from sandbox.roles import DEMO_POLICY
from tests.handlers.samples import NOW

OLIVIA, AMIR = "U0OLIVIA01", "U0AMIR0001"
POLICY = parse_policy(DEMO_POLICY)
ID = "kP3vX9aQ2mR7tY5wZ1bC4dEf"
TARGET = Target(
    control="wave-1",
    kind="MigMigration",
    name="orders-1",
    uid="uid-orders-1",
    plan="orders",
    namespaces=("orders", "orders-new"),
)
SELECTOR = Call(
    cluster="ocp4",
    verb="patch",
    kind="Namespace",
    name="orders-new",
    body={"metadata": {"annotations": {"openshift.io/node-selector": "region=east"}}},
    uid="uid-ns",
    digest="d",
    changes=(
        Change(
            path="metadata.annotations.openshift.io/node-selector",
            before="(absent)",
            after="region=east",
        ),
    ),
    why=LocalText(en="Set the node selector.", zh="设置 node-selector。"),
)
SETTLE = Wait(
    until="operator-settled",
    cluster="ocp4",
    kind="MigrationController",
    namespace="openshift-migration",
    name="migration-controller",
    deadline_seconds=600,
    why=LocalText(en="The operator carries it through.", zh="等待 operator 完成设置。"),
)


def plan(**parts: Any) -> Plan:
    """Return a plan of two steps, with parts replaced."""
    return Plan.model_validate(
        {
            "action": "copy-namespace-annotations",
            "target": TARGET,
            "risk": Risk.R2,
            "steps": (SELECTOR, SETTLE),
            "effects": (
                LocalText(en="Pods that exist keep their selector.", zh="已存在的 pod 不受影响。"),
            ),
            "verification": Verification(check="effects-hold", deadline_seconds=120),
            "undo": (SELECTOR,),
            **parts,
        }
    )


def approval(made: Plan | None = None, **parts: Any) -> Approval:
    """Return a request for a plan, with parts replaced."""
    made = made or plan()
    fields: dict[str, Any] = {
        "id": ID,
        "state": "pending",
        "plan": made.model_dump(mode="json"),
        "plan_hash": made.hash,
        "action": made.action,
        "risk": int(made.risk),
        "control": made.target.control,
        "target": f"{made.target.kind.lower()}/{made.target.name}",
        "plan_name": made.target.plan,
        "incident_id": "",
        "requester": OLIVIA,
        "cluster_user": "olivia@example.com",
        "cluster_groups": (),
        "requested_at": NOW,
        "expires_at": NOW + timedelta(minutes=30),
        "decided_at": None,
        "people_needed": 1,
        "requester_may": True,
        "outcome": "",
        "outcome_zh": "",
        "verdict": "",
        "verify_until": None,
        "channel": "C0MIGRATE1",
        "message_ts": "1772420400.000100",
        "revision": 1,
        "votes": (),
        "steps": (),
        **parts,
    }
    return Approval(**fields)


APPROVED = (Vote(AMIR, "approve", "", NOW),)
STARTED = StepState(0, "started", NOW, None, {}, "")
DONE = StepState(0, "done", NOW, NOW, {"uid": "uid-ns"}, "")
BOTH = (DONE, StepState(1, "done", NOW, NOW, {}, ""))
TRUSTING = plan(
    action="set-cluster-ca-bundle",
    risk=Risk.R3,
    target=TARGET.model_copy(update={"kind": "MigCluster", "name": "edge-1", "plan": ""}),
    compare=(":".join(["AB"] * 32),),
    undo=(),
)
DELETING = plan(action="rollback-migration", risk=Risk.R3, destroys_data=True, undo=())


def in_state(state: str) -> Approval:
    """Return a request as it is in a state of its card."""
    match state:
        case "pending":
            return approval()
        case "pending-compare":
            return approval(TRUSTING, requester_may=False)
        case "pending-two":
            return approval(DELETING, requester_may=False, people_needed=2, votes=APPROVED)
        case "approved":
            return approval(state="approved", votes=APPROVED)
        case "running":
            return approval(state="running", votes=APPROVED, steps=(DONE, _begun(1)))
        case "verifying":
            return approval(
                state="done", verdict="verifying", votes=APPROVED, steps=BOTH,
                outcome="velero on ocp3: rolling out",
            )  # fmt: skip
        case "verified":
            return approval(
                state="done", verdict="verified", votes=APPROVED, steps=BOTH,
                outcome="all 1 change(s) are there",
            )  # fmt: skip
        case "not-fixed":
            return approval(
                state="done", verdict="not-fixed", votes=APPROVED, steps=BOTH,
                outcome="orders-2: failed",
            )  # fmt: skip
        case "failed":
            failed = StepState(
                1, "failed", NOW, NOW, {}, "did not come about in time: velero on ocp4"
            )
            return approval(
                state="failed", votes=APPROVED, steps=(DONE, failed),
                outcome="step 2 of 2 failed: did not come about in time: velero on ocp4",
            )  # fmt: skip
        case "rejected":
            votes = (Vote(AMIR, "reject", "not tonight", NOW),)
            return approval(state="rejected", votes=votes, outcome="not tonight")
        case "expired":
            return approval(state="expired", outcome="nobody decided in time")
        case "stale":
            return approval(
                state="stale",
                outcome="the spec of migplan/orders was changed",
                outcome_zh="migplan/orders 的 spec 已变化",
            )
        case "undo":
            return approval(plan(undoes="aaaabbbbccccdddd", undo=()))
        case "altered":
            return approval(plan_hash="0" * 64)
    raise ValueError(state)


STATES = (
    "pending", "pending-compare", "pending-two", "approved", "running", "verifying", "verified",
    "not-fixed", "failed", "rejected", "expired", "stale", "undo", "altered",
)  # fmt: skip


def _begun(number: int) -> StepState:
    return StepState(number, "started", NOW, None, {}, "")


def offer(action: str = "set-restic-timeout", **parts: Any) -> Offer:
    """Return an offer, with parts replaced."""
    known = ACTIONS[action]
    fields: dict[str, Any] = {
        "action": action,
        "title": known.title,
        "risk": known.risk,
        "target": ObjectRef("MigMigration", "orders-1"),
        "control": "wave-1",
        "entry": "podvolumebackup-timeout",
        "params": {"timeout": "8h"} if action == "set-restic-timeout" else {},
        "schema": known.params.model_json_schema(),
        **parts,
    }
    return Offer(**fields)


OFFERS = (
    offer(suggested=True),
    offer(
        "rollback-migration",
        entry="",
        destroys_data=True,
        allowed=False,
        reason=LocalText(en="Frozen now by window “night”.", zh="当前处于冻结窗口“night”。"),
    ),
    offer(
        "rerun-migration",
        reason=LocalText(en="Tried 2 times already.", zh="已尝试 2 次。"),
    ),
)
RECORDS = (
    AuditRecord(1, NOW, OLIVIA, "requested", ID, {"action": "rerun-migration"}, "0" * 64, "a" * 64),
    AuditRecord(2, NOW, AMIR, "approved", ID, {"reason": "go"}, "a" * 64, "b" * 64),
)
