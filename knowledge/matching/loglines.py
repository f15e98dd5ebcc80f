"""What a log line says of itself: its level and its time.

Formats met in an MTC migration: logrus text (Velero, node-agent), zap JSON (mig-controller,
with ``ts`` in seconds), zap for people (OADP: time, level in capitals, message), klog
(``E1124 07:01:45.000000``), stunnel and bare text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_LEVEL = re.compile(
    r'(?:\blevel=|"level"\s*:\s*\\*")(?P<level>trace|debug|info|warn(?:ing)?|error|fatal|panic)',
    re.IGNORECASE,
)
_KLOG = re.compile(
    r"^(?:\d{4}-\d\d-\d\dT\S+ )?(?P<level>[IWEF])(?P<month>\d\d)(?P<day>\d\d) \d\d:\d\d:\d\d"
)
_ZAP = re.compile(
    r"^(?:\[?pod/\S+ )?(?:\d{4}-\d\d-\d\dT\S+ )?"
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\S+|\d\.\d+e\+09)\s+"
    r"(?P<level>TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|D?PANIC|FATAL)\s"
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_UNIX = re.compile(r'"ts"\s*:\s*(?P<seconds>\d{9,13}(?:\.\d+)?)')
_MILLISECONDS = 10**11
"""A ``ts`` from here on counts milliseconds: mig-controller writes both before and after it has
read its settings."""
_WORDS = {"warn": "warning", "panic": "fatal", "dpanic": "fatal", "trace": "debug"}
_LETTERS = {"I": "info", "W": "warning", "E": "error", "F": "fatal"}

BEGINS_RECORD = re.compile(
    rb"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* )?+"
    rb"(?:time=|level=|ts=|\{|[IWEF]\d{4} \d|\[?\d{4}[-/.]\d\d[-/.]\d\d[T ]\d\d:\d\d)"
)
"""What a line starts with that is not the rest of the one before; a container runtime may have
put its own time before it."""
COMPLETE_RECORD = re.compile(rb"[^{\n]{0,40}\{.*\}$", re.DOTALL)
"""A record in JSON: however many lines its message has, they stand in its one line."""


@dataclass(frozen=True, slots=True)
class LineHead:
    """Level ("" where the line names none) and time (aware, UTC) of a line."""

    level: str
    time: datetime | None


def parse_time(text: str) -> datetime | None:
    """Return an ISO 8601 time as aware UTC, or None where it is not one."""
    try:
        when = datetime.fromisoformat(text.replace(",", "."))
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def head(line: str) -> LineHead:
    """Return what the line says of itself; never raises."""
    level = ""
    if found := _LEVEL.search(line):
        word = found["level"].lower()
        level = _WORDS.get(word, word)
    elif klog := _KLOG.match(line):
        level = _LETTERS[klog["level"]]
    elif zap := _ZAP.match(line):
        word = zap["level"].lower()
        level = _WORDS.get(word, word)
    time: datetime | None = None
    if stamp := _ISO.search(line[:200]):
        time = parse_time(stamp[0])
    elif unix := _UNIX.search(line[:300]):
        try:
            seconds = float(unix["seconds"])
            if seconds >= _MILLISECONDS:
                seconds /= 1000
            time = datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError):
            time = None
    return LineHead(level, time)
