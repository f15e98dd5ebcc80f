"""Texts that a pattern matches.

Made for tables of known messages, whose patterns are plain: literals, classes, groups,
alternations and repetitions. Every alternative of a pattern gives a text of its own, so that a
check over the texts sees all of them. Look-arounds and back-references are not known and raise.
"""

from __future__ import annotations

import re
from itertools import product

MAX_TEXTS = 64
"""Texts made of one pattern at most; further alternatives are left out."""

_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def sample_texts(pattern: str, word: str = "shop", gap: str = "shop") -> tuple[str, ...]:
    """Return texts that ``pattern`` matches, one an alternative.

    ``word`` stands for what has no blanks (``\\S+``, ``\\w+``), ``gap`` for anything (``.*``).
    Raises ``ValueError`` where the pattern is not a regular expression or not a plain one.
    """
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}: {pattern}") from error
    texts = tuple(
        dict.fromkeys(text for text in _Reader(pattern, word, gap).read() if compiled.search(text))
    )
    if not texts:
        raise ValueError(f"no text could be made of this pattern: {pattern}")
    return texts


class _Reader:
    """A descent over one pattern."""

    def __init__(self, pattern: str, word: str, gap: str) -> None:
        self._pattern = pattern
        self._word = word
        self._gap = gap
        self._at = 0

    def read(self) -> list[str]:
        texts = self._alternatives()
        if self._at < len(self._pattern):
            raise ValueError(f"not a plain pattern: {self._pattern}")
        return texts

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._peek()
        self._at += 1
        return char

    def _alternatives(self) -> list[str]:
        texts = self._sequence()
        while self._peek() == "|":
            self._next()
            texts += self._sequence()
        return texts[:MAX_TEXTS]

    def _sequence(self) -> list[str]:
        texts = [""]
        while self._peek() not in ("", "|", ")"):
            parts = self._repeated(self._atom())
            texts = [a + b for a, b in product(texts, parts)][:MAX_TEXTS]
        return texts

    def _repeated(self, texts: list[str]) -> list[str]:
        least = 1
        if self._peek() == "?":
            self._next()
            return [*texts, ""]
        if self._peek() in ("*", "+"):
            self._next()
        elif found := _REPEAT.match(self._pattern, self._at):
            self._at = found.end()
            least = int(found[1]) or 1
        else:
            return texts
        if self._peek() == "?":
            self._next()
        return [text * least for text in texts]

    def _atom(self) -> list[str]:
        char = self._next()
        if char == "\\":
            return [self._escape()]
        if char == "[":
            return [self._class()]
        if char == "(":
            return self._group()
        if char == ".":
            return [self._gap if self._goes_on() else "s"]
        return [""] if char in "^$" else [char]

    def _escape(self) -> str:
        char = self._next()
        if char in "bBAZ":
            return ""
        word, plain = (self._word, "shop") if self._goes_on() else ("s", "s")
        return {"d": "1", "w": plain, "S": word, "s": " "}.get(char, char)

    def _goes_on(self) -> bool:
        """Return whether what was just read may be as long as it likes."""
        return self._peek() in ("*", "+")

    def _group(self) -> list[str]:
        if self._peek() == "?":
            self._next()
            kind = self._next()
            if kind == "P" and self._peek() == "<":
                self._at = self._pattern.index(">", self._at) + 1
            elif kind != ":":
                raise ValueError(f"not a plain pattern: {self._pattern}")
        texts = self._alternatives()
        if self._next() != ")":
            raise ValueError(f"not a plain pattern: {self._pattern}")
        return texts

    def _class(self) -> str:
        start = self._at
        if self._peek() == "^":
            self._next()
        if self._next() == "\\":
            self._next()
        while self._peek() not in ("]", ""):
            if self._next() == "\\":
                self._next()
        self._next()
        allowed = re.compile("[" + self._pattern[start : self._at])
        fitting = (c for c in "shopABC123_-. /" if allowed.fullmatch(c))
        return next(fitting, self._pattern[start])
