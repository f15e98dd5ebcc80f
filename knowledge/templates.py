"""Lines that say the same thing, as one template.

The idea of Drain (He et al., 2017) in small: words that vary (numbers, ids, names with digits,
quoted values) are masked, lines of the same length and the same first words are compared word by
word, and where they differ a template gets a gap. Guarantees: time grows with the lines, not with
their square; memory is bounded by ``MAX_TEMPLATES``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_TEMPLATES = 5000
MAX_WORDS = 60
"""Words of a line that are compared; what comes after is not looked at."""
GAP = "<*>"
_ALIKE = 0.7
"""Share of equal words from which two lines are of one template."""
_MASKED = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"
    r"|(?<![A-Za-z])(?=[\w.+-]*\d)[\w.+-]+"
    r"|[\w.+-]*\d[\w.+-]*"
)
_SPLIT = re.compile(r"[\s,{}]+")


@dataclass(slots=True)
class Template:
    """What a number of lines have in common."""

    words: list[str]
    count: int = 0

    @property
    def text(self) -> str:
        """Return the words with gaps."""
        return " ".join(self.words)


def masked(line: str) -> list[str]:
    """Return the words of a line, with a gap for what varies."""
    words = [word for word in _SPLIT.split(_MASKED.sub(GAP, line)) if word]
    return words[:MAX_WORDS]


class Templates:
    """The templates of the lines seen so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self._buckets: dict[tuple[int, str], list[Template]] = {}
        self._size = 0
        self._rest = Template([GAP])

    def add(self, line: str) -> Template:
        """Count a line and return its template; once there are too many, one takes them all."""
        words = masked(line)
        bucket = self._buckets.setdefault((len(words), words[0] if words else ""), [])
        best = max(bucket, key=lambda t: _alike(t.words, words), default=None)
        if best is None or _alike(best.words, words) < _ALIKE:
            if self._size >= MAX_TEMPLATES:
                self._rest.count += 1
                return self._rest
            best = Template(words)
            bucket.append(best)
            self._size += 1
        else:
            best.words = [a if a == b else GAP for a, b in zip(best.words, words, strict=True)]
        best.count += 1
        return best


def _alike(known: list[str], words: list[str]) -> float:
    if not words:
        return 1.0
    return sum(a == b for a, b in zip(known, words, strict=True)) / len(words)
