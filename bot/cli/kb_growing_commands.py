"""``mtc-bot kb new | draft | test | schema | stats``: knowledge that people grow themselves."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

from bot.cli.kb_input import given
from bot.cli.own_entries import entries
from bot.cli.terminal import choose, err, fail, language, out
from bot.redaction import redact
from knowledge.authoring import (
    SCHEMA_FILE,
    Seen,
    draft,
    entry_id,
    entry_schema,
    observed,
    seen_from,
)
from knowledge.linting import Complaint, lint
from knowledge.loading import Problem, builtin_folder, load, load_builtin, load_folder, parse_entry
from knowledge.matching.engine import Engine
from knowledge.observations import Observation
from knowledge.ranking import rank
from knowledge.schema import Entry
from knowledge.telling import alarming, most_telling
from knowledge.texts import Lang

OWN = Path("mtc-knowledge")
"""Where entries of one's own go unless another folder is named."""
MAX_INPUT = 64 << 20
_OTHERS = 8

LangOption = Annotated[str, typer.Option("--lang", help="en or zh; default: your locale.")]
Folder = Annotated[
    Path,
    typer.Option(
        "--folder", "-f", envvar="MTC_BOT_KNOWLEDGE", help="The folder of your own entries."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the ``kb`` commands."""
    app.command("new")(new_entry)
    app.command("draft")(draft_entry)
    app.command("test")(test_entries)
    app.command("schema")(print_schema)
    app.command("stats")(print_stats)


def new_entry(
    new_id: Annotated[str, typer.Argument(metavar="ID", help="As in store-quota-full.")],
    folder: Folder = OWN,
    text: Annotated[str, typer.Option("--text", help="A message to recognise it by.")] = "",
    component: Annotated[
        str, typer.Option("--component", help="Where that message comes from: velero, rsync, ...")
    ] = "",
    copy_of: Annotated[
        str, typer.Option("--from", help="Begin with a copy of this entry of ours.")
    ] = "",
    lang: LangOption = "",
) -> None:
    """Write a skeleton of an entry, in both languages, for you to fill in."""
    speak = language(lang)
    if copy_of:
        page = _copied(copy_of, new_id, speak)
    else:
        page = draft(new_id, Seen(redact(text), component) if text else None)
    _write(folder, new_id, page, speak)


def draft_entry(
    file: Annotated[
        str, typer.Argument(help="A log, or objects as YAML; - for standard input.")
    ] = "-",
    folder: Annotated[
        Path | None, typer.Option("--folder", "-f", help="Write it there; else it is printed.")
    ] = None,
    new_id: Annotated[str, typer.Option("--id", help="Else one is made of the message.")] = "",
    component: Annotated[
        str, typer.Option("--component", help="Where the text comes from: velero, rsync, ...")
    ] = "",
    number: Annotated[
        int, typer.Option("--line", min=1, help="Which of the telling lines; 1 is the first.")
    ] = 1,
    own: Annotated[
        list[Path] | None, typer.Option("--own", help="A folder with entries of your own.")
    ] = None,
    lang: LangOption = "",
) -> None:
    """Draft an entry from a failure that no entry knows: its most telling line, made general."""
    speak = language(lang)
    engine = Engine(entries(own, speak).by_id.values())
    with given(file, speak) as source:
        seen = [_masked(each) for each in observed(source.read(MAX_INPUT), component)]
    told = _telling(engine, seen, speak)
    for place, each in enumerate(told, 1):
        err.print(f"{place}. {' '.join(each.text.split())[:200]}", markup=False)
    if number > len(told):
        fail(
            choose(
                speak,
                f"There are only {len(told)} telling lines; give --line 1 to {len(told)}.",
                f"只有 {len(told)} 条有价值的线索；--line 请取 1 到 {len(told)}。",
            )
        )
    chosen = told[number - 1]
    others = [o for o in seen if o is not chosen and alarming(o.text)][:_OTHERS]
    name = new_id or entry_id(chosen.text)
    page = draft(name, seen_from(chosen, others))
    if folder is not None:
        _write(folder, name, page, speak)
    else:
        sys.stdout.write(page)


def test_entries(
    folder: Annotated[
        Path, typer.Argument(envvar="MTC_BOT_KNOWLEDGE", help="The folder of your own entries.")
    ] = OWN,
    lang: LangOption = "",
) -> None:
    """Check your own entries and run their examples, with ours in force; exit code 1 on errors."""
    speak = language(lang)
    if not folder.is_dir():
        fail(_no_folder(folder, speak))
    own = load_folder(folder)
    if not own.by_id and not own.problems:
        fail(
            choose(
                speak,
                f"{folder} holds no entry (*.yaml). Begin with: mtc-bot kb new ID -f {folder}",
                f"{folder} 中没有条目（*.yaml）。可先运行：mtc-bot kb new ID -f {folder}",
            )
        )
    complaints = lint(load([folder]), own.by_id.keys())
    errors = [c for c in complaints if c.level == "error"]
    for entry in own.by_id.values():
        out.print(_verdict(entry, [c for c in complaints if c.entry == entry.id], speak))
    for complaint in complaints:
        out.print(complaint.line(speak), markup=False)
    examples = sum(len(e.examples.match) + len(e.examples.no_match) for e in own.by_id.values())
    warned = len(complaints) - len(errors)
    out.print(
        choose(
            speak,
            f"your entries: {len(own.by_id)}, examples: {examples}, errors: {len(errors)}, "
            f"warnings: {warned}",
            f"自定义条目 {len(own.by_id)} 个，示例 {examples} 个，错误 {len(errors)} 个，"
            f"警告 {warned} 个",
        ),
        markup=False,
    )
    if errors:
        raise typer.Exit(1)


def _verdict(entry: Entry, complaints: list[Complaint], lang: Lang) -> str:
    bad = any(c.level == "error" for c in complaints)
    line = f"{'✗' if bad else '✓'} {entry.id}"
    if entry.id in load_builtin().by_id:
        line += choose(lang, "  (takes the place of ours)", "  （替换内置条目）")
    return line


def print_schema(
    folder: Annotated[
        Path | None,
        typer.Option("--folder", "-f", help=f"Write it there as {SCHEMA_FILE}; else printed."),
    ] = None,
    lang: LangOption = "",
) -> None:
    """Print the JSON Schema of an entry, for completion and checks in your editor."""
    body = orjson.dumps(entry_schema(), option=orjson.OPT_INDENT_2) + b"\n"
    if folder is None:
        sys.stdout.write(body.decode())
        return
    _make(folder, language(lang))
    (folder / SCHEMA_FILE).write_bytes(body)
    err.print(str(folder / SCHEMA_FILE), markup=False)


def print_stats(
    database: Annotated[
        str,
        typer.Option(
            "--database", envvar="MTC_BOT_DATABASE", help="SQLAlchemy URL of the bot's database."
        ),
    ] = "sqlite:///data/mtc-bot.sqlite3",
    lang: LangOption = "",
) -> None:
    """Show how often people found an entry right or wrong, the most disputed first."""
    from bot.store.database import DatabaseUnusable, read_database
    from bot.store.feedback import StoredFeedback

    speak = language(lang)
    try:
        opened = read_database(database)
    except DatabaseUnusable as error:
        fail(
            choose(
                speak,
                f"{error} Give --database, as in your settings.",
                f"{error} 请用 --database 指定设置文件中的数据库。",
            )
        )
    try:
        votes = StoredFeedback(opened).counts()
    finally:
        opened.close()
    if not votes:
        out.print(choose(speak, "Nobody has voted yet.", "还没有人评价。"))
        return
    table = Table(box=None, pad_edge=False)
    for en, zh in (("Entry", "条目"), ("Right", "正确"), ("Wrong", "错误"), ("Share", "正确率")):
        table.add_column(choose(speak, en, zh), justify="left" if en == "Entry" else "right")
    table.add_column(choose(speak, "Last", "最近"))
    for each in votes:
        row = (each.entry_id, str(each.up), str(each.down), f"{each.share:.0%}")
        table.add_row(*row, f"{each.last_at:%Y-%m-%d %H:%MZ}")
    out.print(table)


def _telling(engine: Engine, seen: list[Observation], lang: Lang) -> tuple[Observation, ...]:
    """Return the telling texts that no entry knows; ends the command where there are none."""
    matches = engine.match(seen)
    times = [o.time for o in seen if o.time]
    told = most_telling(
        ((o, alarming(o.text) or o.kind != "log") for o in seen if o.kind != "object"),
        max(times, default=None),
        # A symptom only says that something failed: what made it fail is worth an entry.
        lambda observation: any(m.entry.role != "symptom" for m in engine.match([observation])),
    )
    known = [
        f"{r.entry.id}（{r.entry.title.zh}）" if lang == "zh" else r.entry.id
        for r in rank(matches)
        if not r.entry.benign
    ]
    if known:
        names = ", ".join(known[:5])
        err.print(choose(lang, f"Known already: {names}", f"已有条目：{names}"), markup=False)
    if not told:
        fail(
            choose(
                lang,
                "Nothing here is both telling and unknown. Give more of the log around the "
                "failure, or see what is known: mtc-bot kb match FILE",
                "没有既有价值又未知的内容。请提供故障前后更多的日志，或查看已知问题："
                "mtc-bot kb match FILE",
            ),
            1,
        )
    return told


def _masked(seen: Observation) -> Observation:
    return replace(seen, text=redact(seen.text), where=redact(seen.where))


def _copied(old_id: str, new_id: str, lang: Lang) -> str:
    path = builtin_folder() / f"{old_id}.yaml"
    if old_id not in load_builtin().by_id or not path.is_file():
        fail(
            choose(
                lang,
                f"There is no entry {old_id} of ours. Find one: mtc-bot kb search WORDS",
                f"没有内置条目 {old_id}。请查找：mtc-bot kb search 关键词",
            )
        )
    return path.read_text(encoding="utf-8").replace(f"id: {old_id}\n", f"id: {new_id}\n", 1)


def _write(folder: Path, new_id: str, page: str, lang: Lang) -> None:
    parsed = parse_entry(page, f"{new_id}.yaml")
    if isinstance(parsed, Problem):
        fail(
            choose(
                lang,
                f"{new_id!r} cannot be an id: small letters, digits and dashes, as in "
                "store-quota-full.",
                f"{new_id!r} 不能作为 id：只能用小写字母、数字和连字符，例如 store-quota-full。",
            )
        )
    path = folder / f"{new_id}.yaml"
    _make(folder, lang)
    try:
        with path.open("x", encoding="utf-8") as opened:
            opened.write(page)
    except FileExistsError:
        fail(
            choose(
                lang,
                f"{path} is there already; nothing was changed. Edit it, or choose another id.",
                f"{path} 已存在，未做任何更改。请编辑该文件或换一个 id。",
            )
        )
    except OSError as error:
        fail(_not_written(path, error, lang))
    out.print(
        choose(
            lang,
            f"{path}\nFill in what says CHANGE ME, then: mtc-bot kb test {folder}",
            f"{path}\n请填写“请修改”之处，然后运行：mtc-bot kb test {folder}",
        ),
        markup=False,
    )


def _make(folder: Path, lang: Lang) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(_not_written(folder, error, lang))


def _not_written(path: Path, error: OSError, lang: Lang) -> str:
    return choose(
        lang,
        f"{path} cannot be written: {error.strerror}. Choose another --folder.",
        f"无法写入 {path}：{error.strerror}。请用 --folder 指定其他目录。",
    )


def _no_folder(folder: Path, lang: Lang) -> str:
    return choose(
        lang,
        f"There is no folder {folder}. Give yours, or begin one: mtc-bot kb new ID",
        f"没有目录 {folder}。请指定目录，或先创建条目：mtc-bot kb new ID",
    )
