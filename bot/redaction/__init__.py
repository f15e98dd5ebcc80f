"""Secrets out of everything that leaves the process.

Whatever goes to Slack, the database, a file or a terminal passes ``redact`` first. Rules mask
what is known to be secret by its form (tokens, keys, private key blocks), by the name it stands
behind (``password=``, ``saToken:``), or since it is the data of a Secret. Guarantees: redacting
twice changes nothing more; control characters that a terminal would obey, characters that nobody
sees, and halves of characters are gone; the text never grows much.

Markup is another matter: views escape it for where it goes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from bot.redaction.rules import RULES, Rule
from bot.redaction.secret_objects import data_of_secrets

MASK = "[redacted:{}]"
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[A-Za-z]"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    r"\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may leave, and how much was masked by which rule."""

    text: str
    masked: Counter[str] = field(default_factory=Counter)


def redact(text: str) -> str:
    """Return the text with secrets masked and control characters gone."""
    return redacted(text).text


def redacted(text: str) -> Redacted:
    """Return the text with secrets masked, and how many were, by rule."""
    masked: Counter[str] = Counter()
    text = _CONTROL.sub("", text)
    text = _masked(text, "secret-data", data_of_secrets(text), masked)
    for rule in RULES:
        spans = (_secret(rule, found) for found in rule.pattern.finditer(text))
        text = _masked(text, rule.name, [span for span in spans if span is not None], masked)
    return Redacted(text, masked)


def _secret(rule: Rule, found: re.Match[str]) -> tuple[int, int] | None:
    """Return where the secret is; None where the rule only passes over what is none."""
    parts = (found.span(group) for group in rule.groups if found[group] is not None)
    return next(parts, None)


def _masked(text: str, name: str, spans: list[tuple[int, int]], masked: Counter[str]) -> str:
    """Return the text with these parts masked, in order; one within another counts once."""
    parts, done = [], 0
    for start, end in spans:
        if start < done or text.startswith("[redacted:", start):
            continue
        parts += [text[done:start], MASK.format(name)]
        masked[name] += 1
        done = end
    return "".join([*parts, text[done:]])


class Tally:
    """Redacts like ``redact`` and keeps count of what it masked, by rule. For one thread."""

    def __init__(self) -> None:
        """Begin with nothing masked."""
        self.masked: Counter[str] = Counter()

    def __call__(self, text: str) -> str:
        """Return the text with secrets masked."""
        done = redacted(text)
        self.masked.update(done.masked)
        return done.text
