"""What is given to ``mtc-bot kb match`` and ``kb draft``: a file or standard input.

A text is held whole, since only then it may be seen to be YAML; a log that is larger is scanned
as it comes, in bounded memory.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from bot.cli.terminal import choose, fail
from knowledge.matching.engine import Engine, Match
from knowledge.pasting import MAX_YAML, match_text
from knowledge.texts import Lang, LocalText

_BLOCK = 1 << 20
_OBJECTS = re.compile(rb"""\s*(?:---\s*)?(?:\{\s*)?"?apiVersion"?\s*:""")
_EACH = 200
"""Matches of one entry that are kept of a log; the first of them are its proof."""


class TooLargeError(Exception):
    """Objects are too large to be read at once; ``said`` tells what to do, in both languages."""

    said = LocalText(
        en="Objects of more than 16 MB are not read at once. Give fewer of them, such as those of "
        "one namespace; a whole must-gather is read by mtc-bot diagnose --archive.",
        zh="无法一次读取超过 16 MB 的对象。请减少对象，例如只给一个命名空间的；"
        "整个 must-gather 请用 mtc-bot diagnose --archive。",
    )


@contextmanager
def given(file: str, lang: Lang) -> Iterator[BinaryIO]:
    """Yield a file, or standard input for ``-``; ends the program where it cannot be read."""
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(file).open("rb") as opened:
            yield opened
    except OSError as error:
        fail(
            choose(
                lang,
                f"{file} cannot be read: {error.strerror}. Give a file, or - for standard input.",
                f"无法读取 {file}：{error.strerror}。请给出文件名，或用 - 表示标准输入。",
            )
        )


def found_in(engine: Engine, source: BinaryIO, kind: str, component: str) -> list[Match]:
    """Return the matches in a text of any size.

    Raises ``TooLargeError`` for objects of more than 16 MB.
    """
    head = source.read(MAX_YAML + 1)
    if len(head) <= MAX_YAML:
        return match_text(engine, head, kind, component)
    if kind not in ("", "log") or _OBJECTS.match(head):
        raise TooLargeError
    chunks = chain([head], iter(lambda: source.read(_BLOCK), b""))
    seen: Counter[str] = Counter()
    kept = []
    for match in engine.scan(chunks, component=component):
        seen[match.entry.id] += 1
        if seen[match.entry.id] <= _EACH:
            kept.append(match)
    return kept
