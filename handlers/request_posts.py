"""Where the messages about a request stand, in its incident's thread or on their own, and by which
other request it was put back."""

from __future__ import annotations

from typing import NamedTuple

from bot.incidents.model import Incident
from bot.store.approval_records import Approval
from bot.store.approvals import StoredApprovals


class Place(NamedTuple):
    """A channel, and the thread in it; an empty thread is none."""

    channel: str
    thread_ts: str


def place_of(approval: Approval, incident: Incident | None) -> Place:
    """Return where a request's card stands, or is to be posted.

    An incident whose card came after the request's has no part in it: the request stands on its
    own then, and keeps doing so.
    """
    if incident is None or not incident.message_ts or incident.channel != approval.channel:
        return Place(approval.channel, "")
    if approval.message_ts and _seconds(approval.message_ts) < _seconds(incident.message_ts):
        return Place(approval.channel, "")
    return Place(incident.channel, incident.message_ts)


def newest_undo(approvals: StoredApprovals, approval: Approval) -> Approval | None:
    """Return the newest request to put back what a request did; None where there is none."""
    of_plan = approvals.of_plan(approval.control, approval.plan_name)
    undos = [each for each in of_plan if each.plan.get("undoes") == approval.id]
    return undos[-1] if undos else None


def _seconds(ts: str) -> float:
    try:
        return float(ts)
    except ValueError:
        return 0.0
