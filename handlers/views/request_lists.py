"""Lists of requests, and of what the audit holds of them."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from bot.store.approval_records import Approval
from bot.store.audit import AuditRecord
from handlers.views.kit import (
    Message,
    Page,
    code,
    context,
    context_markup,
    header,
    mention,
    notice,
    paragraph,
    rich,
    stamp,
    untrusted,
    verbatim,
    when,
    words,
)
from handlers.views.request_card import STATE_MARKS, action_title, state_of
from handlers.views.words import name_of, say
from knowledge.texts import Lang

_MOST = 20
_MOST_RECORDS = 30


def approvals(found: Sequence[Approval], lang: Lang) -> Message:
    """Return the open requests that a person may see, with what to type for each."""
    title = say(lang, "approvals.title", n=len(found))
    page = Page()
    page.add(header(title))
    if not found:
        page.add(rich(paragraph(words(say(lang, "approvals.none")))))
    for approval in found[:_MOST]:
        state = state_of(approval)
        line = " · ".join(
            (
                action_title(approval.action, lang),
                approval.target,
                f"R{approval.risk}",
                name_of(lang, "request", state),
            )
        )
        have = say(lang, "request.votes", have=len(approval.approvers), need=approval.people_needed)
        key = "approvals.facts" if state == "pending" else "approvals.begun"
        facts = say(
            lang, key,
            who=mention(approval.requester), control=code(approval.control),
            approvals=have, at=when(approval.expires_at),
        )  # fmt: skip
        blocks = [
            rich(paragraph(words(f"{STATE_MARKS.get(state, '⚪')} {untrusted(line, 400)}"))),
            context_markup(facts),
        ]
        if state == "pending":
            command = f"/mtc approve {approval.id}"
            blocks.append(context(untrusted(command, 120)))
        page.add(*blocks)
    return Message(notice(title), page.blocks)


def audit(records: Sequence[AuditRecord], breaks: Sequence[str], lang: Lang) -> Message:
    """Return the newest records, and whether the chain is whole."""
    title = say(lang, "audit.title")
    page = Page()
    page.add(header(title))
    if breaks:
        page.add(context(f"🔴 {say(lang, 'audit.broken', why=untrusted(breaks[0], 200))}"))
    else:
        page.add(context(f"✅ {say(lang, 'audit.whole')}"))
    if not records:
        page.add(rich(paragraph(words(say(lang, "audit.none")))))
    lines = []
    for record in records[-_MOST_RECORDS:]:
        data = orjson.dumps(record.data, option=orjson.OPT_SORT_KEYS).decode()
        said = f"{stamp(record.at)}  {record.who}  {record.what}  {record.subject}  {data}"
        lines.append(untrusted(said, 260))
    for start in range(0, len(lines), 10):
        page.add(rich(verbatim("\n".join(lines[start : start + 10]))))
    return Message(notice(title), page.blocks)
