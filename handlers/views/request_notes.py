"""Notes under the card of a request: reminders, and how it ended, with the requester named."""

from __future__ import annotations

from bot.access.deciding import who_may_approve
from bot.access.policy import Policy
from bot.remediation.recorded import plan_of, question_of
from bot.remediation.refusals import Refused
from bot.store.approval_records import Approval
from handlers.views.kit import Message, code, escape, mention, notice, section, untrusted, when
from handlers.views.request_card import action_title, approvers_as_markup
from handlers.views.seen_words import outcome_of
from handlers.views.words import say
from knowledge.texts import Lang

_WHO = "@@"
"""Stands for the person while a text is made inert, so that Slack shows a name and not an id."""


def request_note(topic: str, approval: Approval, policy: Policy, lang: Lang) -> Message:
    """Return the note; ``topic`` is that of the outbox item."""
    action = action_title(approval.action, lang)
    outcome = outcome_of(approval, lang)
    why = code(untrusted(outcome, 400), 400) if outcome else ""
    parts = {
        "who": mention(approval.requester),
        "action": escape(action),
        "why": why,
        "at": when(approval.expires_at),
        "command": code(f"/mtc fix {approval.target}@{approval.control}"),
        "groups": _groups(approval, policy) if topic == "reminder" else "",
    }
    said = say(lang, f"note.{topic}", **parts).strip()
    plain = say(
        lang,
        f"note.{topic}",
        **{**parts, "who": _WHO, "action": action, "why": outcome,
           "at": f"{approval.expires_at:%H:%M} UTC", "groups": "", "command": "/mtc fix"},
    )  # fmt: skip
    text = notice(untrusted(plain, 500)).replace(_WHO, mention(approval.requester), 1)
    return Message(text, [section(said)])


def _groups(approval: Approval, policy: Policy) -> str:
    """Return the people and user groups that may approve, so that they hear of it."""
    try:
        return approvers_as_markup(who_may_approve(policy, question_of(plan_of(approval))))
    except Refused:
        return ""
