"""trigger_ids: the right to open one modal, for three seconds, once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.errors import SlackError

KEPT = 5_000
"""Triggers remembered; one older than these is ``invalid_trigger_id``."""


@dataclass(slots=True)
class Trigger:
    """Whose click it was, when, and from inside which view."""

    user: str
    issued: float
    view_id: str | None
    spent: bool = False


class Triggers:
    """Issues trigger_ids and takes each back once."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        """Issue triggers that live this many seconds."""
        self._clock = clock
        self._seconds = seconds
        self._issued: dict[str, Trigger] = {}

    def issue(self, user: str, view_id: str | None = None) -> str:
        """Return a new trigger_id for this person."""
        trigger_id = (
            f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        )
        self._issued[trigger_id] = Trigger(user, self._clock(), view_id)
        if len(self._issued) > KEPT:
            del self._issued[next(iter(self._issued))]
        return trigger_id

    def spend(self, trigger_id: str) -> Trigger:
        """Return what the trigger stands for, once.

        Raises ``SlackError``: invalid_trigger_id, exchanged_trigger_id, expired_trigger_id.
        """
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.spent:
            raise SlackError("exchanged_trigger_id")
        if self._clock() - trigger.issued > self._seconds:
            raise SlackError("expired_trigger_id")
        trigger.spent = True
        return trigger
