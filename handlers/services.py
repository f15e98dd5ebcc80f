"""What listeners are given: the questions, the incidents, the knowledge. Nothing global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.incidents.ports import Incidents, Outbox
from bot.questions.asking import Questions
from knowledge.loading import Entries
from knowledge.texts import Lang


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """The application as Slack sees it. Everything in it may be shared by threads."""

    questions: Questions
    incidents: Incidents
    outbox: Outbox
    knowledge: Callable[[], Entries]
    """Returns the entries in force; asked anew each time, since they are hot-reloaded."""
    clock: Callable[[], datetime] = _utc_now
    """Returns aware UTC times."""
    default_lang: Lang = "en"
    """For channels, and for people whose language Slack does not tell."""
