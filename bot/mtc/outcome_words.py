"""The words for what became of a migration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Word(StrEnum):
    """One word for the state of a migration (or of another object) as a person sees it.

    The last two verdicts of a migration MTC itself never gives. ``READY`` is for objects
    that are not migrations (plans, clusters, stores, hooks) and are as they should be.
    """

    RUNNING = "running"
    WAITING = "waiting"
    BLOCKED = "blocked"
    STALLED = "stalled"
    SUCCEEDED = "succeeded"
    SUCCEEDED_WITH_WARNINGS = "succeeded with warnings"
    FAILED = "failed"
    CANCELED = "canceled"
    ROLLED_BACK = "rolled back"
    NOT_COPIED = "succeeded but volumes were not copied"
    LEFT_SCALED_DOWN = "source workloads left scaled to zero"
    READY = "ready"


ENDED = frozenset(
    {
        Word.SUCCEEDED,
        Word.SUCCEEDED_WITH_WARNINGS,
        Word.FAILED,
        Word.CANCELED,
        Word.ROLLED_BACK,
        Word.NOT_COPIED,
        Word.LEFT_SCALED_DOWN,
    }
)
"""Words after which MTC does nothing more with the object."""

HEALTHY = frozenset({Word.RUNNING, Word.SUCCEEDED, Word.ROLLED_BACK, Word.CANCELED, Word.READY})
"""Words that by themselves call nobody out of bed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object, from all that belongs to it."""

    word: Word
    phase: str = ""
    """MTC's own phase string, never translated."""
    step: tuple[int, int] | None = None
    """(i, n) of ``Step: i/n`` while running."""
    since: datetime | None = None
    """When the present phase was entered, or when it ended; aware, UTC."""
    itinerary: str = ""
    behind: str = ""
    """For waiting: the migration ahead in the queue. For blocked: the condition type."""
    scaled_down: tuple[str, ...] = ()
    """Source workloads MTC left scaled down (``Deployment shop/web``), with nothing running."""
    not_copied: tuple[str, ...] = ()
    """Claims whose data was not copied (``namespace/name``)."""
    cut_over: bool = False
    """Whether MTC takes it for the plan's cutover: it refuses another until one is rolled back."""
    errors: tuple[str, ...] = ()
    """``status.errors`` of the object, as MTC wrote them."""

    @property
    def ended(self) -> bool:
        """Return whether MTC is done with the object."""
        return self.word in ENDED
