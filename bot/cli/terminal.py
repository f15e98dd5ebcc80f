"""What the command line prints: language, tables, errors.

Everything that came from a cluster or a file has gone through the redactor before it gets
here; markup in it is printed as text.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import orjson
from rich.console import Console

from bot.redaction import redact
from knowledge.texts import Lang

_WIDE = 200
_fixed = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _WIDE
out = Console(highlight=False, soft_wrap=True, width=_fixed)
"""As wide as the terminal; what is redirected is not folded to the width of one."""
err = Console(stderr=True, highlight=False, soft_wrap=True)


def language(wanted: str = "") -> Lang:
    """Return the language to speak: the one asked for, else ``MTC_BOT_LANG``, else the locale.

    Ends the program where one is asked for that is not spoken.
    """
    if wanted and not wanted.lower().startswith(("en", "zh")):
        fail(
            choose(
                language(),
                f"--lang takes en or zh, and not {wanted}.",
                f"--lang 只能是 en 或 zh，而不是 {wanted}。",
            )
        )
    for value in (
        wanted,
        os.environ.get("MTC_BOT_LANG", ""),
        os.environ.get("LC_ALL", ""),
        os.environ.get("LANG", ""),
    ):
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def fail(message: str, code: int = 2) -> NoReturn:
    """Print one sentence on standard error and exit."""
    err.print(redact(message), style="red", markup=False)
    sys.exit(code)


def print_json(value: object) -> None:
    """Print a value as indented JSON, UTF-8."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def choose(lang: Lang, en: str, zh: str) -> str:
    """Return the text in ``lang``."""
    return zh if lang == "zh" else en
