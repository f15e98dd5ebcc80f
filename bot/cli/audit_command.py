"""``mtc-bot audit``: prove that the audit is whole, and hand it over."""

from __future__ import annotations

import sys
from typing import Annotated

import orjson
import typer

from bot.cli.terminal import choose, err, fail, language, out
from bot.cli.whole_help import WholeHelp
from bot.store.audit import Audit, AuditRecord
from bot.store.database import Database, DatabaseUnusable, read_database

app = typer.Typer(
    no_args_is_help=True, cls=WholeHelp, help="The record of what was asked, approved and done."
)
Url = Annotated[
    str,
    typer.Option("--database", envvar="MTC_BOT_DATABASE", help="SQLAlchemy URL of the database."),
]


@app.command("verify")
def verify(
    database: Url,
    last: Annotated[
        str, typer.Option("--last", help="A hash exported earlier; it must still be there.")
    ] = "",
) -> None:
    """Check the chain of hashes; exit code 1, and what is broken, where it is not whole.

    The end of a chain can be cut off without a trace in the rest: keep the last hash elsewhere
    and give it as --last.
    """
    opened = _open(database)
    audit = Audit(opened)
    try:
        broken, records = audit.verify(), audit.records()
    finally:
        opened.close()
    lang = language()
    if last and last not in {record.hash for record in records}:
        missing = choose(
            lang,
            f"no record has the hash {last}: records are missing",
            f"没有哈希为 {last} 的记录：有记录丢失",
        )
        broken = (*broken, missing)
    for line in broken:
        out.print(line, markup=False)
    if broken:
        raise typer.Exit(1)
    newest = records[-1].hash if records else choose(lang, "none", "无")
    count = len(records)
    out.print(
        choose(
            lang,
            f"{count} records, whole; last hash: {newest}",
            f"{count} 条记录，完整；最后的哈希：{newest}",
        ),
        markup=False,
    )


@app.command("export")
def export(
    database: Url,
    subject: Annotated[str, typer.Option("--subject", help="Only of this request or target.")] = "",
) -> None:
    """Write the records to standard output, one JSON object a line, oldest first."""
    opened = _open(database)
    try:
        records = Audit(opened).records(subject)
    finally:
        opened.close()
    for record in records:
        sys.stdout.write(_line(record))
    count = len(records)
    err.print(choose(language(), f"{count} records", f"{count} 条记录"), markup=False)


def _line(record: AuditRecord) -> str:
    data = {
        "number": record.number,
        "at": record.at.isoformat(),
        "who": record.who,
        "what": record.what,
        "subject": record.subject,
        "data": record.data,
        "before_hash": record.before_hash,
        "hash": record.hash,
    }
    return orjson.dumps(data).decode() + "\n"


def _open(url: str) -> Database:
    try:
        return read_database(url)
    except DatabaseUnusable as error:
        fail(
            choose(
                language(),
                f"{error} Give --database as in your settings.",
                f"数据库无法使用：{error} 请按您的设置给出 --database。",
            )
        )


def register(parent: typer.Typer) -> None:
    """Add the commands to ``parent``."""
    parent.add_typer(app, name="audit")
