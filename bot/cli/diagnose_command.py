"""``mtc-bot diagnose`` and ``mtc-bot list``: one look, from a terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from bot.cli.rendering import diagnosis_json, diagnosis_page, progress_line
from bot.cli.terminal import choose, err, fail, language, out, print_json
from bot.clusters.archive import ArchivePlane, open_archive
from bot.clusters.port import ControlPlane, NotFound, ObjectRef
from bot.diagnosis.diagnosing import Diagnoser
from bot.questions.naming import closest, parse_target
from bot.questions.overview import overview
from handlers.views.words import name_of
from knowledge.loading import load
from knowledge.matching.engine import Engine
from knowledge.texts import Lang

Archive = Annotated[
    Path | None,
    typer.Option("--archive", help="A must-gather: a directory or a .tar.gz, read in place."),
]
Context = Annotated[
    str, typer.Option("--context", help="A context of your kubeconfig: the control cluster.")
]
LangOption = Annotated[str, typer.Option("--lang", help="en or zh; default: your locale.")]


def open_plane(archive: Path | None, context: str, lang: Lang) -> ControlPlane:
    """Return the control plane that the options name."""
    if archive is not None and context:
        fail(
            choose(
                lang,
                "Give --archive or --context, not both.",
                "--archive 和 --context 只能给出一个。",
            )
        )
    if archive is not None:
        return open_archive(archive)
    from bot.clusters.live import open_live

    return open_live(context=context)


def clock_of(plane: ControlPlane) -> Callable[[], datetime]:
    """Return the clock to judge by: that of an archive stands still at when it was taken."""
    taken = plane.taken if isinstance(plane, ArchivePlane) else None
    return lambda: taken or datetime.now(UTC)


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
    target = parse_target(name)
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
    engine = Engine(load(tuple(own or ())).by_id.values())
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True
    ) as progress:
        progress.add_task(choose(speak, "opening", "正在打开"), total=None)
        plane = open_plane(archive, context, speak)
        progress.add_task(
            choose(speak, "reading objects and logs", "正在读取对象和日志"), total=None
        )
        try:
            result = Diagnoser(engine, clock_of(plane))(plane, target)
        except NotFound as error:
            _unknown(plane, target, str(error), speak)
    if output == "json":
        print_json(diagnosis_json(result, speak))
    else:
        out.print(diagnosis_page(result, speak), markup=False)


def _unknown(plane: ControlPlane, target: ObjectRef, why: str, speak: Lang) -> None:
    near = closest(plane, target)
    hint_en = f" Closest: {', '.join(near)}." if near else " See what is there: mtc-bot list"
    hint_zh = f"最接近的有：{'、'.join(near)}。" if near else "查看现有对象：mtc-bot list"
    fail(choose(speak, f"There is no {target}: {why}.{hint_en}", f"没有 {target}。{hint_zh}"))


def list_migrations(archive: Archive = None, context: Context = "", lang: LangOption = "") -> None:
    """List the migrations with what became of each."""
    speak = language(lang)
    plane = open_plane(archive, context, speak)
    table = Table(box=None, pad_edge=False)
    for en, zh in (
        ("Migration", "迁移"),
        ("Plan", "计划"),
        ("Outcome", "结果"),
        ("Phase", "阶段"),
        ("Since", "自"),
        ("Copied", "已复制"),
    ):
        table.add_column(
            choose(speak, en, zh), overflow="fold", no_wrap=en in ("Migration", "Since")
        )
    for row in overview(plane, clock_of(plane)()):
        since = f"{row.outcome.since:%Y-%m-%d %H:%M:%SZ}" if row.outcome.since else ""
        copied = progress_line(row.progress, speak)
        word = name_of(speak, "outcome", row.outcome.word)
        table.add_row(row.name, row.plan, word, row.outcome.phase, since, copied)
    out.print(table)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to ``app``."""
    app.command("diagnose")(diagnose)
    app.command("list")(list_migrations)
