"""``mtc-bot kb``: the knowledge base from a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.cli import kb_coverage_command, kb_growing_commands
from bot.cli.kb_input import TooLargeError, found_in, given
from bot.cli.own_entries import entries, must_be_there
from bot.cli.rendering import entry_page, ranked_json
from bot.cli.terminal import choose, err, fail, language, out, print_json
from bot.cli.whole_help import WholeHelp
from handlers.views.words import name_of
from knowledge.linting import lint
from knowledge.loading import load
from knowledge.matching.engine import Engine
from knowledge.ranking import rank
from knowledge.searching import search
from knowledge.texts import Lang, fill

app = typer.Typer(
    help="The knowledge base: list, show, search, match, lint, and entries of your own.",
    no_args_is_help=True,
    cls=WholeHelp,
)
kb_coverage_command.register(app)
kb_growing_commands.register(app)

KINDS = ("log", "event", "condition", "cr", "pod-status")

Own = Annotated[
    list[Path] | None,
    typer.Option("--own", help="A folder with entries of your own; may be given more than once."),
]
LangOption = Annotated[str, typer.Option("--lang", help="en or zh; default: your locale.")]


@app.command("list")
def list_entries(own: Own = None, lang: LangOption = "") -> None:
    """List all entries."""
    speak = language(lang)
    _table(sorted(entries(own, speak).by_id.values(), key=lambda e: e.id), speak)


@app.command("search")
def search_entries(
    words: Annotated[list[str], typer.Argument(help="Words, in English or Chinese.")],
    own: Own = None,
    lang: LangOption = "",
) -> None:
    """Find entries by words, ids or condition types."""
    speak = language(lang)
    found = search(entries(own, speak).by_id.values(), " ".join(words))
    if not found:
        fail(
            choose(
                speak,
                f"No entry fits “{' '.join(words)}”. Try fewer words, or: mtc-bot kb list",
                f"没有条目符合“{' '.join(words)}”。请减少关键词，或运行：mtc-bot kb list",
            ),
            1,
        )
    _table(list(found), speak)


@app.command("show")
def show_entry(
    entry_id: Annotated[str, typer.Argument(metavar="ID")], own: Own = None, lang: LangOption = ""
) -> None:
    """Show one entry whole."""
    speak = language(lang)
    known = entries(own, speak).by_id
    entry = known.get(entry_id)
    if entry is None:
        from bot.questions.naming import nearest

        near = ", ".join(nearest(entry_id, known))
        fail(
            choose(
                speak,
                f"There is no entry {entry_id}."
                + (f" Near: {near}." if near else " See: mtc-bot kb list"),
                f"没有条目 {entry_id}。"
                + (f"相近的有：{near}。" if near else "请看：mtc-bot kb list"),
            )
        )
    out.print(entry_page(entry, speak), markup=False)


@app.command("lint")
def lint_entries(own: Own = None, warnings: bool = False, lang: LangOption = "") -> None:
    """Check all entries and run their examples; exit code 1 where one fails."""
    speak = language(lang)
    must_be_there(own, speak)
    known = load(tuple(own or ()))
    complaints = lint(known)
    errors = [c for c in complaints if c.level == "error"]
    for complaint in complaints:
        if complaint.level == "error" or warnings:
            out.print(complaint.line(speak), markup=False)
    examples = sum(len(e.examples.match) + len(e.examples.no_match) for e in known.by_id.values())
    warned = len(complaints) - len(errors)
    out.print(
        choose(
            speak,
            f"{len(known.by_id)} entries, {examples} examples, {len(errors)} errors, "
            f"{warned} warnings",
            f"条目 {len(known.by_id)} 个，示例 {examples} 个，错误 {len(errors)} 个，"
            f"警告 {warned} 个",
        ),
        markup=False,
    )
    if errors:
        raise typer.Exit(1)


@app.command("match")
def match_input(
    file: Annotated[
        str, typer.Argument(help="A file with a text or YAML objects; - for standard input.")
    ] = "-",
    component: Annotated[
        str,
        typer.Option(
            "--component",
            help="Where the text comes from: velero, restic, node-agent, mig-controller, operator, "
            "rsync, stunnel, registry, console, cluster. A hint; others are taken too.",
        ),
    ] = "",
    kind: Annotated[str, typer.Option("--kind", help=f"What it is: {', '.join(KINDS)}.")] = "",
    own: Own = None,
    lang: LangOption = "",
) -> None:
    """Print as JSON what a text, or objects in YAML, say is wrong: root cause first."""
    speak = language(lang)
    if kind and kind not in KINDS:
        known = ", ".join(KINDS)
        fail(
            choose(
                speak,
                f"--kind {kind} is not one of {known}; leave it out if unsure.",
                f"--kind {kind} 不在 {known} 之中；不确定时可省略。",
            )
        )
    engine = Engine(entries(own, speak).by_id.values())
    try:
        with given(file, speak) as source:
            found = found_in(engine, source, kind, component)
    except TooLargeError as error:
        fail(error.said.get(speak))
    print_json(ranked_json(rank(found), speak))
    if not found:
        err.print(
            choose(
                speak,
                "Nothing known fits. Once you know what it was, keep it: mtc-bot kb draft FILE",
                "没有匹配的条目。查明原因后请记录下来：mtc-bot kb draft FILE",
            )
        )


def _table(entries: list[Any], lang: Lang) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("ID", no_wrap=True)
    table.add_column(choose(lang, "Severity", "严重程度"))
    table.add_column(choose(lang, "Title", "标题"))
    for entry in entries:
        severity = (
            choose(lang, "harmless", "无害")
            if entry.benign
            else name_of(lang, "severity", entry.severity)
        )
        table.add_row(entry.id, severity, fill(entry.title.get(lang), {}))
    out.print(table)


def register(parent: typer.Typer) -> None:
    """Add the commands to ``parent``."""
    parent.add_typer(app, name="kb")
