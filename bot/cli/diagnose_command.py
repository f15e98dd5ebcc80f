"""``mtc-bot diagnose`` and ``mtc-bot list``: one look, from a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bot.cli.own_entries import entries
from bot.cli.rendering import diagnosis_json, diagnosis_page, progress_line
from bot.cli.sources import (
    at_work,
    clock_of,
    is_damaged,
    not_there,
    open_plane,
    without_control,
)
from bot.cli.terminal import choose, err, fail, language, out, print_json
from bot.clusters.port import NotFound
from bot.diagnosis.diagnosing import Diagnoser
from bot.questions.naming import parse_target
from bot.questions.overview import overview
from handlers.views.words import name_of
from knowledge.matching.engine import Engine

Archive = Annotated[
    Path | None,
    typer.Option("--archive", help="A must-gather: a directory or a .tar.gz, read in place."),
]
Context = Annotated[
    str, typer.Option("--context", help="A context of your kubeconfig: the control cluster.")
]
LangOption = Annotated[str, typer.Option("--lang", help="en or zh; default: your locale.")]


def diagnose(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A migration, or migplan/X, migcluster/X, migstorage/X, mighook/X, dvm/X.",
        ),
    ],
    archive: Archive = None,
    context: Context = "",
    output: Annotated[str, typer.Option("-o", "--output", help="text or json.")] = "text",
    own: Annotated[
        list[Path] | None, typer.Option("--own", help="A folder of your own entries.")
    ] = None,
    lang: LangOption = "",
) -> None:
    """Say what is wrong with a migration (or plan, cluster, store, hook), and why."""
    speak = language(lang)
    if output not in ("text", "json"):
        fail(choose(speak, "-o takes text or json.", "-o 只能是 text 或 json。"))
    target = parse_target(without_control(name, speak))
    if target is None:
        fail(
            choose(
                speak,
                f"{name!r} is not a name I can look up. Give a migration, or migplan/X, "
                "migcluster/X, migstorage/X, mighook/X, dvm/X.",
                f"无法查找 {name!r}。请给出迁移名称，或 migplan/X、migcluster/X、migstorage/X、"
                "mighook/X、dvm/X。",
            )
        )
    engine = Engine(entries(own, speak).by_id.values())
    with at_work(choose(speak, "reading objects and logs", "正在读取对象和日志")):
        plane = open_plane(archive, context, speak)
        try:
            result = Diagnoser(engine, clock_of(plane))(plane, target)
        except NotFound:
            not_there(plane, target, speak)
    if output == "json":
        print_json(diagnosis_json(result, speak))
    else:
        out.print(diagnosis_page(result, speak), markup=False)


def list_migrations(archive: Archive = None, context: Context = "", lang: LangOption = "") -> None:
    """List the migrations with what became of each."""
    speak = language(lang)
    plane = open_plane(archive, context, speak)
    with at_work(choose(speak, "reading migrations", "正在读取迁移")):
        rows = overview(plane, clock_of(plane)())
    if not rows:
        err.print(choose(speak, f"No migration on {plane.name}.", f"{plane.name} 上没有迁移。"))
        raise typer.Exit(1 if is_damaged(plane) else 0)
    heads = [("Migration", "迁移"), ("Plan", "计划"), ("Outcome", "结果"), ("Phase", "阶段")]
    heads.append(("Since", "自"))
    copying = any(row.progress for row in rows)
    if copying:
        heads.append(("Copied", "已复制"))
    table = Table(box=None, pad_edge=False)
    for en, zh in heads:
        table.add_column(
            choose(speak, en, zh), overflow="fold", no_wrap=en in ("Migration", "Since")
        )
    for row in rows:
        since = f"{row.outcome.since:%Y-%m-%d %H:%MZ}" if row.outcome.since else ""
        copied = [progress_line(row.progress, speak)] if copying else []
        word = name_of(speak, "outcome", row.outcome.word)
        table.add_row(row.name, row.plan, word, row.outcome.phase, since, *copied)
    out.print(table)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to ``app``."""
    app.command("diagnose")(diagnose)
    app.command("list")(list_migrations)
