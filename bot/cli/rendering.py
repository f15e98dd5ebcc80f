"""Findings and entries as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.cli.terminal import choose
from bot.diagnosis.findings import Diagnosis, Finding, Quote
from bot.mtc.outcome_words import Outcome, Word
from bot.mtc.progress import Progress
from bot.mtc.quantities import show_bytes
from bot.redaction import redact
from handlers.views.places import unread
from handlers.views.words import name_of, pair, say
from knowledge.ranking import Ranked
from knowledge.schema import Entry
from knowledge.texts import Lang, fill

_RULES = {"jwt": "JWT", "url-user": "URL credentials", "named-secret": "secret value"}
"""Names of redaction rules that do not speak for themselves."""


def ranked_json(ranked: Iterable[Ranked], lang: Lang) -> list[dict[str, Any]]:
    """Return matches as ``kb match`` prints them, root cause first."""
    return [_ranked(item, lang) for item in ranked]


def _ranked(item: Ranked, lang: Lang) -> dict[str, Any]:
    subject = item.subject
    params = {"name": subject.name, "kind": subject.kind, "namespace": subject.namespace}
    params = {**{k: v for k, v in params.items() if v}, **item.params}
    entry = item.entry
    shown = {
        "entry": entry.id,
        "title": redact(fill(entry.title.get(lang), params)),
        "cause": redact(fill(entry.cause.get(lang), params)),
        "severity": entry.severity,
        "benign": entry.benign,
        "confidence": item.confidence,
        "evidence": [
            {
                "text": redact(o.text)[:1000],
                "where": redact(o.where),
                "time": o.time.isoformat() if o.time else None,
            }
            for o in item.observations[:5]
        ],
    }
    if item.symptoms:
        shown["explains"] = [_ranked(symptom, lang) for symptom in item.symptoms]
    return shown


def finding_json(finding: Finding, lang: Lang) -> dict[str, Any]:
    """Return a finding as ``diagnose -o json`` prints it: as ``kb match`` does, with steps."""
    shown: dict[str, Any] = {
        "entry": finding.entry.id,
        "title": finding.title(lang),
        "cause": finding.cause(lang),
        "severity": finding.severity,
        "benign": finding.benign,
        "confidence": finding.confidence,
        "object": str(finding.subject),
        "evidence": [quote_json(q) for q in finding.quotes],
        "against": [quote_json(q) for q in finding.against],
        "beside": finding.beside,
        "steps": [
            {"text": s.text, "command": s.command, "cluster": s.cluster}
            for s in finding.steps(lang)
        ],
    }
    if finding.symptoms:
        shown["explains"] = [finding_json(symptom, lang) for symptom in finding.symptoms]
    return shown


def outcome_word(outcome: Outcome) -> str:
    """Return the word for JSON: one of a migration's words, whatever kind of object it is.

    An object that is as it should be (a cluster, a store, a plan) has succeeded in its checks.
    """
    return str(Word.SUCCEEDED if outcome.word is Word.READY else outcome.word)


def diagnosis_json(diagnosis: Diagnosis, lang: Lang) -> dict[str, Any]:
    """Return a diagnosis as JSON, root cause first."""
    outcome = diagnosis.outcome
    return {
        "name": diagnosis.target.name,
        "kind": diagnosis.target.kind,
        "outcome": outcome_word(outcome),
        "phase": outcome.phase,
        "since": outcome.since.isoformat() if outcome.since else None,
        "not_copied": list(outcome.not_copied),
        "scaled_down": list(outcome.scaled_down),
        "waits_for": diagnosis.waits_for.get(lang) if diagnosis.waits_for else None,
        "progress": progress_json(diagnosis.progress),
        "findings": [finding_json(f, lang) for f in diagnosis.findings],
        "telling": [quote_json(q) for q in diagnosis.telling],
        "not_read": [f"{u.what}: {u.why}" for u in diagnosis.not_read],
        "masked": dict(sorted(diagnosis.masked.items())),
    }


def quote_json(quote: Quote) -> dict[str, Any]:
    """Return one piece of evidence as JSON."""
    time = quote.time.isoformat() if quote.time else None
    return {"text": quote.text, "where": quote.where, "time": time}


def progress_json(progress: Progress | None) -> dict[str, Any] | None:
    """Return how far copying is as JSON; sizes in bytes."""
    if progress is None:
        return None
    return {
        "percent": progress.percent,
        "done_bytes": progress.done_bytes,
        "total_bytes": progress.total_bytes,
        "eta": progress.eta.isoformat() if progress.eta else None,
    }


def progress_line(progress: Progress | None, lang: Lang) -> str:
    """Return how far copying is, in a few words; empty where nothing is being copied."""
    if progress is None:
        return ""
    said = f"{progress.percent}%"
    if progress.done_bytes is not None and progress.total_bytes is not None:
        done, total = show_bytes(progress.done_bytes), show_bytes(progress.total_bytes)
        said += choose(lang, f" ({done} of {total})", f"（{done} / {total}）")
    if progress.eta is not None:
        clock = f"{progress.eta:%Y-%m-%d %H:%MZ}"
        said += choose(lang, f", done about {clock}", f"，预计 {clock} 完成")
    return said


def masked_line(masked: Mapping[str, int], lang: Lang) -> str:
    """Return how many values were masked, and what they were; empty for none."""
    if not sum(masked.values()):
        return ""
    parts = ", ".join(f"{count} {_RULES.get(rule, rule)}" for rule, count in sorted(masked.items()))
    return choose(lang, f"masked: {parts}", f"已遮盖：{parts}")


def entry_page(entry: Entry, lang: Lang) -> str:
    """Return an entry as a page of text."""
    benign = choose(lang, ", harmless", "，无害") if entry.benign else ""
    lines = [f"{entry.id}  [{name_of(lang, 'severity', entry.severity)}{benign}]"]
    lines += ["", entry.title.get(lang), "", entry.cause.get(lang), ""]
    for number, step in enumerate(entry.steps, 1):
        lines.append(f"{number}. {step.text.get(lang)}{on_cluster(step.cluster, lang)}")
        if step.command:
            lines += [f"     {line}" for line in step.command.strip().splitlines()]
    if entry.verify:
        lines += ["", f"✓ {entry.verify.get(lang)}"]
    lines += ["", *(f"· {source}" for source in entry.source)]
    return "\n".join(lines)


def on_cluster(cluster: str | None, lang: Lang) -> str:
    """Return where a step is done, in brackets; empty where that does not matter."""
    if not cluster:
        return ""
    return say(lang, "in_brackets", text=name_of(lang, "cluster", cluster))


def diagnosis_page(diagnosis: Diagnosis, lang: Lang) -> str:
    """Return a diagnosis as a page of text: verdict, root cause, evidence, what to do."""
    zh = lang == "zh"
    outcome = diagnosis.outcome
    head = [pair(str(diagnosis.target), name_of(lang, "outcome", outcome.word), lang)]
    if outcome.phase:
        step = f" ({outcome.step[0]}/{outcome.step[1]})" if outcome.step else ""
        head.append(f"{outcome.phase}{step}")
    if outcome.since:
        head.append(f"{'自' if zh else 'since'} {outcome.since:%Y-%m-%d %H:%M:%SZ}")
    lines = [("，" if zh else ", ").join(head)]
    if diagnosis.waits_for is not None:
        waits_for = diagnosis.waits_for.get(lang)
        lines.append(choose(lang, f"waiting for {waits_for}", f"正在等待：{waits_for}"))
    if outcome.not_copied:
        claims = ", ".join(outcome.not_copied)
        lines.append(choose(lang, f"NOT copied: {claims}", f"未复制的卷：{claims}"))
        if outcome.cut_over:
            lines.append(say(lang, "answer.roll_back_first"))
    if outcome.scaled_down:
        names = ", ".join(outcome.scaled_down)
        lines.append(
            choose(lang, f"still scaled to zero: {names}", f"仍为零副本的工作负载：{names}")
        )
    if copying := progress_line(diagnosis.progress, lang):
        lines.append(choose(lang, f"copied {copying}", f"已复制 {copying}"))
    lines.append("")
    shown = [f for f in diagnosis.findings if not f.benign]
    if not shown and not diagnosis.telling:
        lines.append("没有发现问题。" if zh else "Nothing found that is wrong.")
    for number, finding in enumerate(shown, 1):
        lines += _finding_lines(finding, number, lang)
    if diagnosis.telling:
        lines += _telling_lines(diagnosis.telling, lang)
    for finding in diagnosis.findings:
        if finding.benign:
            lines.append(pair("无害" if zh else "harmless", finding.title(lang), lang))
    if diagnosis.not_read:
        lines += ["", "未能读取：" if zh else "Not read:"]
        lines += [f"  {pair(unread(u.what, lang), u.why, lang)}" for u in diagnosis.not_read[:12]]
    if masked := masked_line(diagnosis.masked, lang):
        lines += ["", masked]
    return "\n".join(lines)


def _telling_lines(quotes: Iterable[Quote], lang: Lang) -> list[str]:
    lines = [
        choose(
            lang,
            "No entry knows the cause. What tells most:",
            "没有条目能说明原因。最有价值的线索：",
        )
    ]
    for quote in quotes:
        when = f" {quote.time:%H:%M:%SZ}" if quote.time else ""
        lines += [f"   > {quote.text}", f"     {quote.where}{when}"]
    next_step = choose(
        lang,
        "Once you know what it was, keep it: mtc-bot kb draft FILE",
        "查明原因后请记录下来：mtc-bot kb draft FILE",
    )
    return [*lines, next_step, ""]


def _finding_lines(finding: Finding, number: int, lang: Lang) -> list[str]:
    zh = lang == "zh"
    lines = [
        f"{number}. {finding.title(lang)}  [{finding.entry.id}, "
        f"{name_of(lang, 'severity', finding.severity)}, {finding.confidence:.0%}]",
        f"   {finding.cause(lang)}",
    ]
    if finding.beside:
        said = "   It ails the application; how the migration fares does not depend on it."
        lines.append(choose(lang, said, "   这是应用自身的问题，与迁移的结果无关。"))
    for quote in finding.quotes[:3]:
        when = f" {quote.time:%H:%M:%SZ}" if quote.time else ""
        lines.append(f"   > {quote.text}")
        lines.append(f"     {quote.where}{when}")
    for quote in finding.against:
        lines.append(choose(lang, f"   but: {quote.text}", f"   但是：{quote.text}"))
        lines.append(f"     {quote.where}")
    for symptom in finding.symptoms:
        said = pair("由此导致" if zh else "explains", symptom.title(lang), lang)
        lines.append(f"   {said}  [{symptom.entry.id}]")
    for index, step in enumerate(finding.steps(lang), 1):
        lines.append(f"   {index}) {step.text}{on_cluster(step.cluster, lang)}")
        if step.command:
            lines += [f"        {line}" for line in step.command.strip().splitlines()]
    return [*lines, ""]
