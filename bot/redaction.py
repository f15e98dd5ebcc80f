"""Secrets out of everything that leaves the process.

Whatever goes to Slack, the database, a file or a terminal passes ``redact`` first. Rules mask
what is known to be secret by its form (tokens, keys, private key blocks) or by the name it
stands behind (``password=``, ``saToken:``). Guarantees: redacting twice changes nothing more;
control characters that a terminal would obey, and halves of characters, are gone; the text never
grows much.

Markup is another matter: views escape it for where it goes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

MASK = "[redacted:{}]"

_TELLING_NAME = (
    r"(?:password|passwd|secret[_-]?access[_-]?key|aws[_-]secret[_-]access[_-]key|secretKey|"
    r"satoken|access[_-]?token|refresh[_-]?token|id[_-]?token|auth[_-]?token|client[_-]?secret|"
    r"api[_-]?key|account[_-]?key|storage[_-]account[_-]key|private[_-]?key(?:_id)?|"
    r"client-key-data|client-certificate-data|token|x-amz-signature|x-amz-security-token|"
    r"x-amz-credential|sig|signature)"
)

_RULES: tuple[tuple[str, re.Pattern[str], int], ...] = (
    (
        "private-key",
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        0,
    ),
    ("jwt", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"), 0),
    ("openshift-token", re.compile(r"\bsha256~[A-Za-z0-9_-]{20,}"), 0),
    ("slack-token", re.compile(r"\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{8,}"), 0),
    ("aws-key-id", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), 0),
    ("url-user", re.compile(r"\b[a-z][a-z0-9+.-]*://([^\s/@\"'<>\[\]]+)@", re.IGNORECASE), 1),
    (
        "authorization",
        re.compile(r"\b(?:Bearer|Basic)\s+(?!\[redacted)([A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE),
        1,
    ),
    (
        "named-secret",
        re.compile(
            r"(?<![A-Za-z0-9])" + _TELLING_NAME + r"\\*[\"']?\s*[:=]\s*\\*[\"']?"
            r"(?!\[redacted|true\b|false\b|null\b|none\b|<)([^\s\"'\\,;&}\]]{4,})",
            re.IGNORECASE,
        ),
        1,
    ),
    ("flag-secret", re.compile(r"--(?:token|password|secret-key)[ =](?!\[redacted|<)(\S{4,})"), 1),
)

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


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
    for name, pattern, group in _RULES:
        text = _apply(text, name, pattern, group, masked)
    return Redacted(text, masked)


def _apply(text: str, name: str, pattern: re.Pattern[str], group: int, masked: Counter[str]) -> str:
    def mask(found: re.Match[str]) -> str:
        secret = found[group]
        if secret.startswith("[redacted:"):
            return found[0]
        masked[name] += 1
        start, end = found.span(group)
        whole = found.start()
        return found[0][: start - whole] + MASK.format(name) + found[0][end - whole :]

    return pattern.sub(mask, text)


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
