"""Requests read back from the database: the plan they hold, and what it asks of policy."""

from __future__ import annotations

from pydantic import ValidationError

from bot.access.deciding import Question
from bot.remediation.plans import Plan
from bot.remediation.refusals import Refused
from bot.store.approval_records import Approval
from knowledge.texts import LocalText


def plan_of(approval: Approval) -> Plan:
    """Return the stored plan. Raises ``Refused`` where it is not the one that was hashed."""
    try:
        plan = Plan.model_validate(approval.plan)
    except ValidationError:
        plan = None
    if plan is None or plan.hash != approval.plan_hash:
        raise Refused(
            "The stored plan is not the one that was asked for; it was altered and is void.",
            "存储的计划与申请时不一致；已被篡改，作废。",
        )
    return plan


def question_of(plan: Plan) -> Question:
    """Return what policy is asked about a plan."""
    return Question(
        plan.action,
        int(plan.risk),
        plan.target.control,
        plan.target.plan,
        plan.target.namespaces,
        plan.destroys_data,
    )


def not_configured(plan: Plan) -> LocalText:
    """Return what is said of a plan whose control cluster the bot knows no more."""
    name = plan.target.control
    return LocalText(
        en=f"control cluster {name} is no longer configured",
        zh=f"控制集群 {name} 已不在配置中",
    )


def over(state: str) -> Refused:
    """Return the refusal of a request that has left ``pending``."""
    words = {
        "approved": ("approved already", "已批准"),
        "running": ("being executed", "正在执行"),
        "done": ("done", "已完成"),
        "failed": ("over: it failed", "已结束：执行失败"),
        "rejected": ("over: it was rejected", "已结束：被拒绝"),
        "expired": ("over: nobody decided in time", "已结束：超时未决"),
        "stale": ("over: its target has changed", "已结束：目标已变化"),
    }
    en, zh = words.get(state, (state, state))
    return Refused(f"This request is {en}.", f"该申请{zh}。")
