"""Remediation put together: the desk of requests, the offers, the runner and its loop.

Only made where the configuration asks for it; a bot without it has nothing that could write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.access.people import Directory
from bot.access.policy import Policy
from bot.clusters.port import ControlPlane
from bot.remediation.loop import RemedyLoop
from bot.remediation.offers import Offers
from bot.remediation.registry import ACTIONS
from bot.remediation.requests import Requests
from bot.remediation.running import Runner
from bot.store.approvals import StoredApprovals
from bot.store.audit import Audit
from bot.store.database import Database
from handlers.services import Remediation


@dataclass(frozen=True, slots=True)
class RemedySettings:
    """Who may do what, and where requests are posted that belong to no incident."""

    policy: Callable[[], Policy]
    channel: Callable[[str, str], str]
    """By control cluster and plan."""


def compose_remedies(
    planes: Sequence[ControlPlane],
    settings: RemedySettings,
    database: Database,
    directory: Directory,
    clock: Callable[[], datetime],
) -> tuple[Remediation, RemedyLoop]:
    """Return what Slack's listeners need, and the loop that executes; nothing runs yet."""
    approvals, audit = StoredApprovals(database), Audit(database)
    requests = Requests(
        planes,
        approvals,
        audit,
        policy=settings.policy,
        directory=directory,
        actions=ACTIONS,
        clock=clock,
    )
    offers = Offers(
        planes,
        approvals,
        policy=settings.policy,
        directory=directory,
        actions=ACTIONS,
        clock=clock,
    )
    runner = Runner(planes, approvals, policy=settings.policy, directory=directory, clock=clock)
    remediation = Remediation(
        requests=requests,
        approvals=approvals,
        audit=audit,
        offers=offers,
        policy=settings.policy,
        directory=directory,
        channel=settings.channel,
    )
    return remediation, RemedyLoop(requests, runner)
