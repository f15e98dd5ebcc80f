"""The entries in force for a command: ours, and those in folders of the user's own.

A folder that is not there, or a file that was left out, is told: it must not look like an entry
that did not match.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.cli.terminal import choose, err, fail
from bot.redaction import redact
from knowledge.loading import Entries, load
from knowledge.texts import Lang


def entries(own: Sequence[Path] | None, lang: Lang) -> Entries:
    """Return our entries and those of these folders; tells which files were left out."""
    must_be_there(own, lang)
    loaded = load(tuple(own or ()))
    for problem in loaded.problems:
        said = choose(lang, f"left out: {problem}", f"已忽略：{problem}")
        err.print(redact(said), style="yellow", markup=False)
    return loaded


def must_be_there(own: Sequence[Path] | None, lang: Lang) -> None:
    """End the program where one of these folders is not there."""
    for folder in own or ():
        if not folder.is_dir():
            begin = f"mtc-bot kb new ID --folder {folder}"
            fail(
                choose(
                    lang,
                    f"There is no folder {folder}. Give yours, or begin one: {begin}",
                    f"没有目录 {folder}。请给出您的目录，或新建：{begin}",
                )
            )
