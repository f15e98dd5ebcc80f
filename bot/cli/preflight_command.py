"""``mtc-bot preflight``: would a migration of this plan go well if it were started now?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.diagnose_command import Archive, Context, LangOption
from bot.cli.own_entries import entries
from bot.cli.rendering import finding_json, masked_line, on_cluster
from bot.cli.sources import at_work, clock_of, not_there, open_plane, without_control
from bot.cli.terminal import choose, fail, language, out, print_json
from bot.clusters.port import NotFound
from bot.questions.naming import parse_target
from bot.questions.preflight import RESULT_WORDS, Check, Preflight, Result, preflight
from handlers.views.words import name_of, pair
from knowledge.matching.engine import Engine
from knowledge.texts import Lang

MARKS = {Result.PASS: "✓", Result.WARN: "!", Result.FAIL: "✗", Result.NOT_CHECKED: "?"}


def look_ahead(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan, or migplan/X.")],
    archive: Archive = None,
    context: Context = "",
    output: Annotated[str, typer.Option("-o", "--output", help="text or json.")] = "text",
    own: Annotated[
        list[Path] | None, typer.Option("--own", help="A folder of your own entries.")
    ] = None,
    lang: LangOption = "",
) -> None:
    """Check a plan before a migration is started; exit code 1 where something would fail."""
    speak = language(lang)
    if output not in ("text", "json"):
        fail(choose(speak, "-o takes text or json.", "-o 只能是 text 或 json。"))
    plan = without_control(plan, speak)
    target = parse_target(plan if "/" in plan else f"migplan/{plan}")
    if target is None or target.kind != "MigPlan":
        fail(
            choose(
                speak,
                f"{plan!r} is not the name of a plan. See what is there: mtc-bot list",
                f"{plan!r} 不是计划名称。查看现有对象：mtc-bot list",
            )
        )
    engine = Engine(entries(own, speak).by_id.values())
    with at_work(choose(speak, "reading both clusters", "正在读取两个集群")):
        plane = open_plane(archive, context, speak)
        try:
            found = preflight(plane, target, engine, clock_of(plane)())
        except NotFound:
            not_there(plane, target, speak)
    if output == "json":
        print_json(preflight_json(found, speak))
    else:
        out.print(preflight_page(found, speak), markup=False)
    if found.result is Result.FAIL:
        raise typer.Exit(1)


def preflight_json(found: Preflight, lang: Lang) -> dict[str, Any]:
    """Return a preflight as JSON; ``result`` is pass, warn, fail or not checked."""
    return {
        "plan": found.target.name,
        "result": str(found.result),
        "checks": [
            {
                "id": check.id,
                "title": check.title.get(lang),
                "result": str(check.result),
                "why": check.why.get(lang) if check.why else None,
                "findings": [finding_json(f, lang) for f in check.findings],
            }
            for check in found.checks
        ],
        "masked": dict(sorted(found.masked.items())),
    }


def preflight_page(found: Preflight, lang: Lang) -> str:
    """Return a preflight as a page of text: the answers, each with its fix."""
    lines = [pair(str(found.target), name_of(lang, "verdict", str(found.result)), lang), ""]
    for check in found.checks:
        lines += _check_lines(check, lang)
    counts = [
        f"{RESULT_WORDS[result].get(lang)} {sum(c.result is result for c in found.checks)}"
        for result in Result
    ]
    lines += ["", ", ".join(counts) if lang == "en" else "，".join(counts)]
    if masked := masked_line(found.masked, lang):
        lines.append(masked)
    return "\n".join(lines)


def _check_lines(check: Check, lang: Lang) -> list[str]:
    lines = [f"{MARKS[check.result]} {check.title.get(lang)}"]
    if check.why is not None:
        because = choose(lang, "not checked, because ", "未检查，原因：")
        lines.append(
            f"    {because if check.result is Result.NOT_CHECKED else ''}{check.why.get(lang)}"
        )
    for finding in check.findings:
        lines.append(f"    {finding.title(lang)}  [{finding.entry.id}]")
        for quote in finding.quotes[:2]:
            lines.append(f"      > {quote.text}")
        for number, step in enumerate(finding.steps(lang), 1):
            lines.append(f"      {number}) {step.text}{on_cluster(step.cluster, lang)}")
            if step.command:
                lines += [f"           {line}" for line in step.command.strip().splitlines()]
    return lines


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("preflight")(look_ahead)
