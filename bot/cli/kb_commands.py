"""``mtc-bot kb``: the knowledge base from a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.cli import kb_coverage_command
from bot.cli.rendering import entry_page, ranked_json
from bot.cli.terminal import choose, fail, language, out, print_json
from knowledge.linting import lint
from knowledge.loading import Entries, load
from knowledge.matching.engine import Engine
from knowledge.pasting import match_text
from knowledge.ranking import rank
from knowledge.searching import search
from knowledge.texts import Lang

app = typer.Typer(help="The knowledge base: list, show, search, match, lint.", no_args_is_help=True)
kb_coverage_command.register(app)

MAX_INPUT = 256 << 20
KINDS = ("log", "event", "condition", "cr", "pod-status")

Own = Annotated[
    list[Path] | None,
    typer.Option("--own", help="A folder with entries of your own; may be given more than once."),
]
LangOption = Annotated[str, typer.Option("--lang", help="en or zh; default: your locale.")]


def _entries(own: list[Path] | None) -> Entries:
    return load(tuple(own or ()))


@app.command("list")
def list_entries(own: Own = None, lang: LangOption = "") -> None:
    """List all entries."""
    _table(sorted(_entries(own).by_id.values(), key=lambda e: e.id), language(lang))


@app.command("search")
def search_entries(
    words: Annotated[list[str], typer.Argument(help="Words, in English or Chinese.")],
    own: Own = None,
    lang: LangOption = "",
) -> None:
    """Find entries by words, ids or condition types."""
    found = search(_entries(own).by_id.values(), " ".join(words))
    speak = language(lang)
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
    entries = _entries(own).by_id
    speak = language(lang)
    entry = entries.get(entry_id)
    if entry is None:
        near = ", ".join(e.id for e in search(entries.values(), entry_id.replace("-", " "), 3))
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
def lint_entries(own: Own = None, warnings: bool = False) -> None:
    """Check all entries and run their examples; exit code 1 where one fails."""
    entries = _entries(own)
    complaints = lint(entries)
    errors = [c for c in complaints if c.level == "error"]
    for complaint in complaints:
        if complaint.level == "error" or warnings:
            out.print(str(complaint), markup=False)
    examples = sum(len(e.examples.match) + len(e.examples.no_match) for e in entries.by_id.values())
    out.print(
        f"{len(entries.by_id)} entries, {examples} examples, {len(errors)} errors, "
        f"{len(complaints) - len(errors)} warnings",
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
    if kind and kind not in KINDS:
        fail(f"--kind {kind} is not one of {', '.join(KINDS)}; leave it out if unsure.")
    engine = Engine(_entries(own).by_id.values())
    ranked = rank(match_text(engine, _read(file), kind, component))
    print_json([_plain(item) for item in ranked_json(ranked, language(lang))])


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return item


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(MAX_INPUT)
    path = Path(file)
    try:
        with path.open("rb") as opened:
            return opened.read(MAX_INPUT)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}. Give a file, or - for standard input.")


def _table(entries: list[Any], lang: Lang) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("ID", no_wrap=True)
    table.add_column(choose(lang, "Severity", "严重程度"))
    table.add_column(choose(lang, "Title", "标题"))
    for entry in entries:
        severity = choose(lang, "benign", "无害") if entry.benign else entry.severity
        table.add_row(entry.id, severity, entry.title.get(lang))
    out.print(table)
