"""The answer to "what is wrong with this?": verdict, root cause, proof, fix, and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.diagnosis.findings import Diagnosis, Finding
from bot.incidents.model import Incident
from bot.mtc.outcome_words import HEALTHY, Word
from handlers.views.actions import ask_id
from handlers.views.card import LOUD, state_line
from handlers.views.kit import (
    Block,
    Message,
    Page,
    actions,
    button,
    channel_link,
    context,
    context_markup,
    divider,
    header,
    notice,
    paragraph,
    rich,
    stamp,
    tidy,
    title_and_text,
    untrusted,
    verbatim,
    words,
)
from handlers.views.parts import (
    OUTCOME_MARKS,
    SEVERITY_MARKS,
    asks,
    explain,
    heading,
    labelled,
    left_out,
    masked,
    proof,
    some,
    verdict,
)
from handlers.views.places import unread
from handlers.views.stories import of_finding
from handlers.views.votes import about_diagnosis, vote_buttons
from handlers.views.words import pair, say
from knowledge.texts import Lang

_OTHERS = 4
_BEHIND = {Word.BLOCKED: "answer.blocked_by", Word.WAITING: "answer.behind"}


def answer(
    diagnosis: Diagnosis,
    incidents: Sequence[Incident],
    lang: Lang,
    now: datetime,
    fixes: bool = False,
) -> Message:
    """Return a diagnosis; ``incidents`` are the open ones that hold the target up.

    ``fixes`` says that they can be asked for.
    """
    page = Page()
    outcome = diagnosis.outcome
    told = verdict(diagnosis.target.name, outcome.word, lang)
    mark = OUTCOME_MARKS[outcome.word]
    page.add(header(f"{mark} {untrusted(told, 140)}"))
    page.add(context(_standing(diagnosis, lang)))
    _loud(page, diagnosis, lang)
    root = diagnosis.root
    if root is None:
        _nothing_found(page, diagnosis, lang)
    else:
        _cause(page, root, lang)
    _rest(page, diagnosis, root, lang)
    for incident in incidents[:3]:
        if incident.channel:
            said = state_line(incident, lang, now)
            place = channel_link(incident.channel)
            page.add(context_markup(say(lang, "answer.incident", channel=place, state=said)))
    if hidden := masked(diagnosis.masked, lang):
        page.add(context(hidden))
    row = _fix(diagnosis, lang) if fixes else []
    row += vote_buttons(about_diagnosis(diagnosis), lang)
    if row:
        page.end(actions(row))
    left_out(page, f"mtc-bot diagnose {untrusted(str(diagnosis.target), 120)}", lang)
    cause = f" · {root.title(lang)}" if root else ""
    return Message(notice(f"{mark} {told}{cause}"), page.blocks)


def _fix(diagnosis: Diagnosis, lang: Lang) -> list[Block]:
    root = diagnosis.root
    if root is None or not root.entry.remediation:
        return []
    line = f"fix {diagnosis.target}@{diagnosis.control}"
    return [button(say(lang, "button.fix"), ask_id(0), line, "primary")]


def _standing(diagnosis: Diagnosis, lang: Lang) -> str:
    outcome = diagnosis.outcome
    parts = [str(diagnosis.target), diagnosis.control]
    if diagnosis.plan and diagnosis.plan != diagnosis.target.name:
        parts.append(f"{say(lang, 'label.plan')} {diagnosis.plan}")
    if outcome.phase:
        step = f" ({outcome.step[0]}/{outcome.step[1]})" if outcome.step else ""
        parts.append(f"{say(lang, 'label.phase')} {outcome.phase}{step}")
    if outcome.behind:
        key = _BEHIND.get(outcome.word, "answer.at")
        parts.append(say(lang, key, name=outcome.behind))
    if outcome.since:
        parts.append(f"{say(lang, 'label.since')} {stamp(outcome.since)}")
    return untrusted(" · ".join(parts), 900)


def _loud(page: Page, diagnosis: Diagnosis, lang: Lang) -> None:
    outcome = diagnosis.outcome
    root = diagnosis.root
    for word, detail, items in (
        (Word.LEFT_SCALED_DOWN, "answer.workloads", outcome.scaled_down),
        (Word.NOT_COPIED, "answer.volumes", outcome.not_copied),
    ):
        key, entry_id = LOUD[word]
        if items and (root is None or root.entry.id != entry_id):
            told = say(lang, detail, names=some(items, lang))
            if word is Word.NOT_COPIED and outcome.cut_over:
                told = f"{told} {say(lang, 'answer.roll_back_first')}"
            said = untrusted(told, 900)
            page.add(title_and_text(f"⚠️ {say(lang, key)}", said))


def _cause(page: Page, root: Finding, lang: Lang) -> None:
    mark = SEVERITY_MARKS[root.severity]
    page.add(title_and_text(f"{mark} {root.title(lang)}", root.cause(lang)))
    percent = f"{root.confidence:.0%}"
    told = [root.entry.id, str(root.subject), say(lang, "answer.confidence", percent=percent)]
    page.add(context(untrusted(" · ".join(told), 300)))
    labelled(page, say(lang, "answer.against"), [q.text for q in root.against], lang, most=2)
    explain(page, of_finding(root, lang), lang, quotes=3)


def _nothing_found(page: Page, diagnosis: Diagnosis, lang: Lang) -> None:
    outcome = diagnosis.outcome
    if outcome.word in HEALTHY or outcome.word is Word.WAITING:
        page.add(rich(paragraph(words(say(lang, "answer.healthy")))))
        return
    page.add(rich(paragraph(words(say(lang, "answer.unknown")))))
    if diagnosis.telling:
        page.add(heading(say(lang, "answer.telling")))
    for quote in diagnosis.telling[:3]:
        page.add(*proof(quote, lang))
    for error in outcome.errors[: 0 if diagnosis.telling else 3]:
        page.add(rich(verbatim(untrusted(error, 800))))
    line = f"status {diagnosis.target}"
    command = f"/mtc {untrusted(line, 120)}"
    page.add(context(say(lang, "answer.unknown_next", status=command)))
    page.add(asks([(f"/mtc {line}", line)]))


def _rest(page: Page, diagnosis: Diagnosis, root: Finding | None, lang: Lang) -> None:
    if root is not None:
        explained = [symptom.title(lang) for symptom in root.symptoms]
        labelled(page, say(lang, "label.explains"), explained, lang)
    others = [f for f in diagnosis.findings if f is not root and not f.benign]
    if others:
        page.add(divider(), heading(say(lang, "label.others")))
    for other in others[:_OTHERS]:
        mark = SEVERITY_MARKS[other.severity]
        apart = f" {say(lang, 'label.beside')}" if other.beside else ""
        page.add(title_and_text(f"{mark} {other.title(lang)}", f"{other.cause(lang)}{apart}"))
        if other.quotes:
            page.add(rich(verbatim(other.quotes[0].text, 400)))
    if others:
        known = [
            (pair(say(lang, "button.kb"), f.entry.id, lang), f"kb {f.entry.id}") for f in others
        ]
        page.add(asks(known[:_OTHERS]))
    harmless = [f.title(lang) for f in diagnosis.findings if f.benign]
    labelled(page, say(lang, "label.harmless"), harmless, lang, most=4)
    missing = [tidy(pair(unread(u.what, lang), u.why, lang), 300) for u in diagnosis.not_read]
    labelled(page, say(lang, "label.not_read"), missing, lang, most=6)
