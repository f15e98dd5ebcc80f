"""What a command works on: a cluster, or an archive.

What is wrong with an archive is told on standard error before the answer: one that is cut off must
not look like one that holds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from rich.progress import Progress, SpinnerColumn, TextColumn

from bot.cli.terminal import choose, err, fail
from bot.clusters.archive import ArchivePlane, open_archive
from bot.clusters.port import ControlPlane, ObjectRef
from bot.questions.naming import closest
from bot.redaction import redact
from knowledge.texts import Lang

_MOST_PROBLEMS = 5


def open_plane(archive: Path | None, context: str, lang: Lang) -> ControlPlane:
    """Return the control plane that the options name; tells what is wrong with an archive."""
    if archive is not None and context:
        fail(
            choose(
                lang,
                "Give --archive or --context, not both.",
                "--archive 和 --context 只能给出一个。",
            )
        )
    if archive is None:
        from bot.clusters.live import open_live

        return open_live(context=context)
    plane = open_archive(archive)
    for problem in plane.problems[:_MOST_PROBLEMS]:
        said = choose(lang, f"{archive}: {problem}", f"{archive}：{problem}")
        err.print(redact(said), style="yellow", markup=False)
    if len(plane.problems) > _MOST_PROBLEMS:
        more = len(plane.problems) - _MOST_PROBLEMS
        err.print(choose(lang, f"and {more} more", f"另有 {more} 个"), style="yellow")
    return plane


def is_damaged(plane: ControlPlane) -> bool:
    """Return whether something about an archive is not as it should be."""
    return isinstance(plane, ArchivePlane) and bool(plane.problems)


def clock_of(plane: ControlPlane) -> Callable[[], datetime]:
    """Return the clock to judge by: that of an archive stands still at when it was taken."""
    taken = plane.taken if isinstance(plane, ArchivePlane) else None
    return lambda: taken or datetime.now(UTC)


@contextmanager
def at_work(doing: str) -> Iterator[None]:
    """Say at a terminal that work is under way; what is redirected gets none of it."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        progress.add_task(doing, total=None)
        yield


def without_control(name: str, lang: Lang) -> str:
    """Return a name as it was typed; ends the program for ``name@control``, as Slack shows it."""
    _, at, control = name.partition("@")
    if at:
        fail(
            choose(
                lang,
                f"Leave out @{control}: here --context or --archive says which control cluster.",
                f"请去掉 @{control}：此处由 --context 或 --archive 指定控制集群。",
            )
        )
    return name


def not_there(plane: ControlPlane, target: ObjectRef, lang: Lang) -> NoReturn:
    """End the program: nothing has that name there; what comes closest is named."""
    near = closest(plane, target)
    see = "mtc-bot list" + (" --archive ..." if isinstance(plane, ArchivePlane) else "")
    hint_en = f"Closest: {', '.join(near)}." if near else f"See what is there: {see}"
    hint_zh = f"最接近的有：{'、'.join(near)}。" if near else f"查看现有对象：{see}"
    kind = target.kind.lower()
    fail(
        choose(
            lang,
            f"There is no {kind}/{target.name} on {plane.name}. {hint_en}",
            f"{plane.name} 上没有 {kind}/{target.name}。{hint_zh}",
        )
    )
