"""``mtc-bot kb coverage``: how much of what MTC is known to say has an entry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.own_entries import entries
from bot.cli.terminal import choose, fail, language, out
from knowledge.coverage import (
    CONDITION_COLUMNS,
    SIGNATURE_COLUMNS,
    Coverage,
    condition_coverage,
    read_table,
    signature_coverage,
)
from knowledge.matching.engine import Engine

Table = Annotated[Path | None, typer.Option(help="A CSV table, with a head line.")]


def register(app: typer.Typer) -> None:
    """Add the command to the ``kb`` commands."""
    app.command("coverage")(coverage)


def coverage(
    conditions: Table = None,
    signatures: Table = None,
    own: Annotated[
        list[Path] | None, typer.Option("--own", help="A folder with entries of your own.")
    ] = None,
) -> None:
    """Check tables of known conditions and texts; exit code 1 where a row has no entry.

    The columns are kind, type, category, reason, message_template for conditions, and component,
    match (substring, regex or rule), pattern, severity for signatures; others are not read.
    """
    if conditions is None and signatures is None:
        fail(
            choose(
                language(),
                "Nothing to check: give --conditions FILE, --signatures FILE, or both.",
                "没有可检查的内容：请给出 --conditions FILE、--signatures FILE 或两者。",
            )
        )
    engine = Engine(entries(own, language()).by_id.values())
    whole = True
    if conditions is not None:
        table = condition_coverage(engine, _rows(conditions, CONDITION_COLUMNS))
        whole = _report("conditions", table) and whole
    if signatures is not None:
        table = signature_coverage(engine, _rows(signatures, SIGNATURE_COLUMNS))
        whole = _report("signatures", table) and whole
    if not whole:
        raise typer.Exit(1)


def _rows(path: Path, columns: frozenset[str]) -> list[dict[str, str]]:
    try:
        return read_table(path, columns)
    except OSError as error:
        fail(
            choose(
                language(),
                f"{path} cannot be read: {error.strerror}. Give a CSV file.",
                f"无法读取 {path}：{error.strerror}。请给出 CSV 文件。",
            )
        )
    except ValueError as error:
        fail(choose(language(), f"{error}.", f"表格有误：{error}。"))


def _report(name: str, table: Coverage) -> bool:
    lang = language()
    covered, of = len(table.rows) - len(table.missing), len(table.rows)
    share = f"{table.share:.1%}"
    out.print(
        choose(
            lang,
            f"{name}: {covered} of {of} covered ({share})",
            f"{name}：已覆盖 {covered} / {of}（{share}）",
        ),
        markup=False,
    )
    for row in table.missing:
        out.print(choose(lang, f"  missing: {row.name}", f"  缺失：{row.name}"), markup=False)
        out.print(f"    {row.why_not}", markup=False)
    return not table.missing
