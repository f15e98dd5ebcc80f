"""How one object stands: progress, steps, and what MTC itself reports."""

from __future__ import annotations

from bot.mtc.progress import Progress
from bot.questions.statuses import Status
from handlers.views.card import names
from handlers.views.kit import (
    Message,
    Page,
    code,
    context,
    fields,
    header,
    listed,
    notice,
    rich,
    untrusted,
    verbatim,
    when,
    words,
)
from handlers.views.parts import OUTCOME_MARKS, asks, heading, verdict
from handlers.views.words import name_of, say
from knowledge.texts import Lang

STEP_MARKS = {"done": "✅", "running": "🔵", "failed": "🔴", "skipped": "⏭️", "waiting": "▫️"}
_BAR = 12


def status(found: Status, lang: Lang) -> Message:
    """Return the status of a migration, plan, cluster, store or hook."""
    row, outcome = found.row, found.row.outcome
    page = Page()
    mark = OUTCOME_MARKS[outcome.word]
    said = untrusted(verdict(row.name, outcome.word, lang), 140)
    page.add(header(f"{mark} {said}"))
    bar = progress(found)
    if bar:
        page.add(context(bar))
    page.add(fields(_facts(found, lang)))
    if found.pipeline:
        page.add(heading(say(lang, "status.steps")))
        page.add(rich(listed([_step(*s, lang) for s in _steps(found)])))
    if found.progress:
        page.add(heading(say(lang, "label.progress")))
        page.add(rich(verbatim("\n".join(untrusted(p, 200) for p in found.progress[:10]))))
    if found.conditions:
        page.add(heading(say(lang, "label.reported")))
        for condition in found.conditions[:6]:
            page.add(rich(verbatim(untrusted(condition, 600))))
    target = f"{found.kind.lower()}/{row.name}@{row.control}"
    page.end(asks([(say(lang, "button.diagnose", name=row.name), f"diagnose {target}")]))
    return Message(notice(f"{mark} {said}"), page.blocks)


def progress(found: Status) -> str:
    """Return a bar with ``n/m``, by MTC's own count or else by the steps that are over."""
    outcome = found.row.outcome
    if outcome.step is not None:
        done, of = outcome.step
    else:
        done = sum(step.state in ("done", "skipped") for step in found.pipeline)
        of = len(found.pipeline)
    if of <= 0:
        return ""
    filled = max(0, min(_BAR, round(_BAR * done / of)))
    return f"{'▰' * filled}{'▱' * (_BAR - filled)}  {done}/{of}"


def _facts(found: Status, lang: Lang) -> list[tuple[str, str]]:
    row, outcome = found.row, found.row.outcome
    pairs = [(say(lang, "label.control"), code(row.control))]
    if outcome.phase:
        pairs.append((say(lang, "label.phase"), code(outcome.phase)))
    if row.plan:
        pairs.append((say(lang, "label.plan"), code(row.plan)))
    if found.source or found.destination:
        ends = f"{code(found.source or '–')} → {code(found.destination or '–')}"
        pairs.append((say(lang, "label.clusters"), ends))
    if found.namespaces:
        label = say(lang, "label.namespaces", n=len(found.namespaces))
        pairs.append((label, names(found.namespaces, lang)))
    if found.waits_for is not None:
        pairs.append((say(lang, "status.waits"), found.waits_for.get(lang)))
    if row.progress is not None:
        pairs.append((say(lang, "status.copied"), _copied(row.progress, lang)))
    if outcome.since:
        pairs.append((say(lang, "label.since"), when(outcome.since)))
    elif row.created:
        pairs.append((say(lang, "label.created"), when(row.created)))
    return pairs


def _copied(progress: Progress, lang: Lang) -> str:
    if progress.eta is None:
        return f"{progress.percent}%"
    return say(lang, "status.eta", percent=progress.percent, at=when(progress.eta))


def _steps(found: Status) -> list[tuple[str, str, str]]:
    return [(step.name, step.state, step.message) for step in found.pipeline[:20]]


def _step(name: str, state: str, message: str, lang: Lang) -> list[dict[str, object]]:
    line: list[dict[str, object]] = [
        words(
            f"{STEP_MARKS.get(state, '▫️')} {untrusted(name, 80)}",
            bold=state in ("running", "failed"),
        ),
        words(f"  {name_of(lang, 'step', state)}"),
    ]
    if state in ("running", "failed") and message.strip().lower() not in ("", "failed", state):
        line.append(words(f"\n{untrusted(message, 300)}"))
    return line
