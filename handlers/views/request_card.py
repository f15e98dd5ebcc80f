"""The card of a request: what will change, to what, at whose wish, and what became of it.

Everything that is approved stands on it, in words that nothing parses. Its buttons carry the
request's opaque id; what they do is looked up and judged when they are pressed.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.access.deciding import who_may_approve
from bot.access.policy import Binding, Policy
from bot.remediation.plans import Call, Plan
from bot.remediation.recorded import plan_of, question_of
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.remediation.undoing import can_undo
from bot.store.approval_records import Approval
from handlers.views.actions import RequestAction, ask_id, remedy_id
from handlers.views.card import names
from handlers.views.kit import (
    Block,
    Message,
    Page,
    actions,
    button,
    code,
    context,
    context_markup,
    cut,
    escape,
    fields,
    header,
    listed,
    mention,
    notice,
    paragraph,
    plain,
    rich,
    tidy,
    untrusted,
    verbatim,
    when,
    words,
)
from handlers.views.parts import heading
from handlers.views.seen_words import outcome_of, seen
from handlers.views.words import CATALOGUE, name_of, pair, say
from knowledge.texts import Lang

STATE_MARKS = {
    "pending": "🟡",
    "approved": "🔵",
    "running": "🔵",
    "verifying": "🔵",
    "verified": "✅",
    "not-fixed": "🟠",
    "failed": "🔴",
    "rejected": "⚪",
    "expired": "⚪",
    "stale": "⚪",
}
_STEP_MARKS = {"done": "✅", "started": "🔵", "failed": "🔴", "waiting": "▫️"}
_OPEN = ("pending", "approved", "running", "verifying")
_SHORT = ("rejected", "expired", "stale")
_MOST_CALLS, _MOST_LINES = 8, 12
_ROOM = 2_400


def state_of(approval: Approval) -> str:
    """Return where a request stands, in one word; see ``request.*`` in the catalogue."""
    return approval.verdict if approval.state == "done" and approval.verdict else approval.state


def action_title(action: str, lang: Lang) -> str:
    """Return what an action is called; its id where there is none such (any more)."""
    known = ACTIONS.get(action)
    return known.title.get(lang) if known else untrusted(action, 80)


def request_card(
    approval: Approval, policy: Policy, lang: Lang, undo: Approval | None = None
) -> Message:
    """Return the card in its present state; ``undo`` is the newest request to put it back."""
    state = state_of(approval)
    title = action_title(approval.action, lang)
    said = name_of(lang, "request", state)
    mark = STATE_MARKS.get(state, "⚪")
    page = Page()
    page.add(header(f"{mark} {cut(pair(said, title, lang), 140)}"))
    try:
        plan = plan_of(approval)
    except Refused:
        page.add(rich(paragraph(words(say(lang, "request.void"), bold=True))))
        void = pair(title, say(lang, "request.void"), lang)
        return Message(notice(f"{mark} {void}"), page.blocks)
    page.add(fields(_facts(approval, plan, state, lang)))
    _outcome(page, approval, state, lang)
    if state not in _SHORT:
        _plan(page, approval, plan, state, lang)
    if undo is not None:
        undone = name_of(lang, "request", state_of(undo))
        page.add(context(say(lang, "request.undone", id=untrusted(undo.id, 60), state=undone)))
    if state == "pending":
        _who(page, approval, plan, policy, lang)
    row = _buttons(approval, plan, state, title, lang)
    if undo is not None and state_of(undo) in (*_OPEN, "verified"):
        row = [each for each in row if each["action_id"] != RequestAction.UNDO]
    page.end(*([actions(row)] if row else []), _footer(approval, state, lang))
    told = say(
        lang, "request.notice",
        state=said, action=title, target=approval.target, control=approval.control,
    )  # fmt: skip
    return Message(notice(f"{mark} {told}"), page.blocks)


def _facts(approval: Approval, plan: Plan, state: str, lang: Lang) -> list[tuple[str, str]]:
    votes = "\n".join(
        say(
            lang, f"vote.{'approve' if v.verdict == 'approve' else 'reject'}", who=mention(v.person)
        )
        for v in approval.votes[:6]
    )
    label = say(lang, "request.votes", have=len(approval.approvers), need=approval.people_needed)
    pairs = [
        (say(lang, "request.target"), code(approval.target)),
        (say(lang, "request.risk"), escape(name_of(lang, "risk", str(approval.risk)))),
        (say(lang, "request.who"), mention(approval.requester)),
        (label, votes or say(lang, "request.nobody")),
    ]
    if approval.plan_name:
        pairs.insert(1, (say(lang, "label.plan"), code(approval.plan_name)))
    if plan.target.namespaces:
        label = say(lang, "label.namespaces", n=len(plan.target.namespaces))
        pairs.append((label, names(plan.target.namespaces, lang)))
    if state == "pending":
        pairs.append((say(lang, "request.expires"), when(approval.expires_at)))
    return pairs


def _outcome(page: Page, approval: Approval, state: str, lang: Lang) -> None:
    """Say what was seen, what remains, or why it ended."""
    if not approval.outcome or state in ("pending", "approved"):
        return
    key = "request.why"
    if state in ("verified", "verifying", "running"):
        key = "request.seen"
    elif state == "not-fixed":
        key = "request.remains"
    label = paragraph(words(say(lang, key), bold=True))
    page.add(rich(label, verbatim(untrusted(outcome_of(approval, lang), 900))))


def _plan(page: Page, approval: Approval, plan: Plan, state: str, lang: Lang) -> None:
    if plan.undoes:
        page.add(context(say(lang, "request.undoes", id=untrusted(plan.undoes, 60))))
    if state in _OPEN and (plan.effects or plan.destroys_data):
        lines = [[words(tidy(effect.get(lang), 500))] for effect in plan.effects[:6]]
        if plan.destroys_data:
            lines.insert(0, [words(f"🔥 {say(lang, 'request.data')}", bold=True)])
        label = paragraph(words(f"⚠️ {say(lang, 'request.effects')}", bold=True))
        page.add(rich(label, listed(lines)))
    if state != "pending":
        _progress(page, approval, plan, lang)
    if state in ("pending", "approved"):
        _changes(page, plan, lang)
    if state == "pending" and plan.compare:
        shown = "\n".join(untrusted(each, 200) for each in plan.compare[:6])
        label = paragraph(words(say(lang, "request.compare"), bold=True))
        page.add(rich(label, verbatim(shown)))


def _changes(page: Page, plan: Plan, lang: Lang) -> None:
    """Show each call with the exact place it goes to, and each field before and after."""
    page.add(heading(say(lang, "request.changes")))
    for call in plan.calls[:_MOST_CALLS]:
        lines = [
            f"{untrusted(change.path, 200)}: {untrusted(change.before, 160)} → "
            f"{untrusted(change.after, 160)}"
            for change in call.changes[:_MOST_LINES]
        ]
        if len(call.changes) > _MOST_LINES:
            lines.append(say(lang, "more", n=len(call.changes) - _MOST_LINES))
        parts = [paragraph(words(_call(call), mono=True), words(f"  {_why(call, lang)}"))]
        if lines:
            parts.append(verbatim("\n".join(lines), _ROOM))
        page.add(rich(*parts))
    if len(plan.calls) > _MOST_CALLS:
        page.add(context(say(lang, "more", n=len(plan.calls) - _MOST_CALLS)))


def _progress(page: Page, approval: Approval, plan: Plan, lang: Lang) -> None:
    known = {step.number: step for step in approval.steps}
    lines: list[list[Block]] = []
    for number, step in enumerate(plan.steps[:20]):
        now = known.get(number)
        state = now.state if now is not None else "waiting"
        what = _call(step) if isinstance(step, Call) else f"{step.kind}/{step.name}"
        why = tidy(step.why.get(lang), 200)
        line = [
            words(f"{_STEP_MARKS.get(state, '▫️')} "),
            words(untrusted(what, 200), mono=True),
            words(f"  {why.rstrip('.。')} · {name_of(lang, 'step_state', state)}"),
        ]
        if now is not None and now.error:
            line.append(words(f"\n{untrusted(seen(now.error, lang), 400)}"))
        lines.append(line)
    page.add(heading(say(lang, "request.steps")), rich(listed(lines)))


def _call(call: Call) -> str:
    return untrusted(f"{call.verb.upper()} {call.where}", 300)


def _why(call: Call, lang: Lang) -> str:
    return tidy(call.why.get(lang), 200)


def _who(page: Page, approval: Approval, plan: Plan, policy: Policy, lang: Lang) -> None:
    may = approvers_as_markup(who_may_approve(policy, question_of(plan)))
    said = may or escape(say(lang, "request.nobody_may"))
    rule = "request.also_requester" if approval.requester_may else "request.not_requester"
    if approval.requester_may:
        said += escape(say(lang, rule))
    else:
        said += escape(say(lang, rule, who="{who}")).replace("{who}", mention(approval.requester))
    page.add(context_markup(escape(say(lang, "request.may_approve", who="{who}")).replace(
        "{who}", said
    )))  # fmt: skip


def approvers_as_markup(bindings: Iterable[Binding]) -> str:
    """Return people, user groups and addresses that bindings name, each once."""
    shown: dict[str, None] = {}
    for binding in bindings:
        shown |= dict.fromkeys(mention(user) for user in binding.users)
        shown |= dict.fromkeys(f"<!subteam^{group}>" for group in binding.groups)
        shown |= dict.fromkeys(code(email, 80) for email in binding.emails)
    return ", ".join(list(shown)[:12])


def _buttons(approval: Approval, plan: Plan, state: str, title: str, lang: Lang) -> list[Block]:
    if state == "pending":
        return [
            _approve(approval, plan, title, lang),
            button(say(lang, "button.reject"), RequestAction.REJECT, approval.id),
        ]
    row: list[Block] = []
    about = f"{approval.target}@{approval.control}"
    ran = plan.action in ("rerun-migration", "rollback-migration") and not plan.undoes
    again = f"rerun-migration|{approval.target}|{about}"
    of_plan = plan.target.kind in ("MigMigration", "MigPlan")
    if state == "verified" and of_plan and not ran:
        row.append(button(say(lang, "button.again"), remedy_id(0), again, "primary"))
    if state in ("not-fixed", "failed"):
        row.append(button(say(lang, "button.next"), ask_id(0), f"fix {about}"))
    if state in ("expired", "stale", "failed"):
        once_more = f"{plan.action}|{approval.target}|{about}"
        row.append(button(say(lang, "button.ask_again"), remedy_id(1), once_more))
    if state in ("verified", "not-fixed", "failed") and can_undo(approval) and not plan.undoes:
        row.append(button(say(lang, "button.undo"), RequestAction.UNDO, approval.id))
    return row


def _approve(approval: Approval, plan: Plan, title: str, lang: Lang) -> Block:
    made = button(say(lang, "button.approve"), RequestAction.APPROVE, approval.id, "primary")
    if plan.compare:
        return made
    said = say(lang, "confirm.text", action=title, target=approval.target)
    return made | {
        "confirm": {
            "title": plain(say(lang, "confirm.title"), 100),
            "text": plain(untrusted(said, 300), 300),
            "confirm": plain(say(lang, "button.approve"), 30),
            "deny": plain(say(lang, "button.cancel"), 30),
        }
    }


def _footer(approval: Approval, state: str, lang: Lang) -> Block:
    verb = "approve" if state == "pending" else "audit"
    subject = approval.id if verb == "approve" else approval.plan_name or approval.id
    command = f"/mtc {verb} {tidy(subject, 80)}"
    if f"request.{state}" not in CATALOGUE:
        command = "/mtc approvals"
    return context(say(lang, "request.footer", control=tidy(approval.control, 80), command=command))
