"""Trouble on demand: what a test or a person at the page can make the sandbox do wrong.

Faults are kept per method (``*`` means any) and used up in the order they were asked for, each for
a number of calls. Also the log of calls, since the two are read together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

FaultKind = Literal["rate_limit", "hang", "fail", "http_error", "drop_reply", "drop_request"]

KEPT_CALLS = 5_000
"""A demo may run for days; older calls are forgotten."""


@dataclass(slots=True)
class Fault:
    """One kind of trouble for the next ``times`` calls of a method."""

    kind: FaultKind
    method: str
    times: int = 1
    seconds: float = 0.0
    error: str = ""
    status: int = 500


@dataclass(slots=True)
class Call:
    """One Web API call as it came and as it was answered."""

    method: str
    arguments: Mapping[str, Any]
    at: float
    token: str
    """``bot``, ``app``, ``none`` or ``bad``; never the token itself."""
    status: int = 0
    """HTTP status; 0 while unanswered, or when the connection was cut."""
    error: str = ""
    """Slack's error code; empty for ok."""
    answer: Mapping[str, Any] = field(default_factory=dict)


class Faults:
    """Faults that are still to come, and calls that were made."""

    def __init__(self) -> None:
        """Start without trouble and without calls."""
        self._waiting: list[Fault] = []
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)

    def add(self, fault: Fault) -> None:
        """Ask for trouble. Raises ``ValueError`` for an unknown kind, or for less than once."""
        if fault.kind not in get_args(FaultKind):
            raise ValueError(f"there is no fault {fault.kind!r}")
        if fault.times < 1:
            raise ValueError("times must be 1 or more")
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all trouble still to come."""
        self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """Return the trouble for this call, if any, and use it up once."""
        for fault in self._waiting:
            if fault.method in (method, "*"):
                fault.times -= 1
                if fault.times == 0:
                    self._waiting.remove(fault)
                return fault
        return None

    def calls_of(self, method: str) -> list[Call]:
        """Return the calls of a method, oldest first; all methods for an empty name."""
        return [call for call in self.calls if method in ("", call.method)]
