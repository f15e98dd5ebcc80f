"""What listeners are given: questions, incidents, knowledge, remediation. Nothing global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.access.people import Directory
from bot.access.policy import Policy
from bot.diagnosis.findings import Diagnosis
from bot.incidents.model import Incident
from bot.incidents.ports import Incidents, Outbox
from bot.questions.asking import Questions
from bot.remediation.offers import Offer
from bot.remediation.requests import Requests
from bot.store.approvals import StoredApprovals
from bot.store.audit import Audit
from bot.store.feedback import StoredFeedback
from knowledge.loading import Entries
from knowledge.texts import Lang


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Remediation:
    """Asking for fixes and approving them. A bot that only reads has none."""

    requests: Requests
    approvals: StoredApprovals
    audit: Audit
    offers: Callable[[str, Diagnosis], tuple[Offer, ...]]
    """What can be done about a diagnosis, for a Slack user id."""
    policy: Callable[[], Policy]
    directory: Directory
    channel: Callable[[str, str], str]
    """Where a request is posted that belongs to no incident, by control cluster and plan."""


@dataclass(frozen=True, slots=True)
class Services:
    """The application as Slack sees it. Everything in it may be shared by threads."""

    questions: Questions
    incidents: Incidents
    outbox: Outbox
    knowledge: Callable[[], Entries]
    """Returns the entries in force; asked anew each time, since they are hot-reloaded."""
    feedback: StoredFeedback
    channel: Callable[[Incident], str]
    """Returns where an incident's card belongs by the present configuration."""
    remediation: Remediation | None = None
    """None: the bot reads only (``remediation: off``)."""
    clock: Callable[[], datetime] = _utc_now
    """Returns aware UTC times."""
    default_lang: Lang = "en"
    """For channels, and for people whose language Slack does not tell."""
