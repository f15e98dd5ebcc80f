"""Votes on diagnoses: which one was judged, by whom, and the thanks for it.

One person has one vote on an entry in one incident. A diagnosis that was asked for and belongs to
no incident is judged by what was asked about. Only what the bot knows can be voted on, whatever
a button says.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.incidents.model import UNDIAGNOSED
from bot.questions.naming import parse_target
from handlers.askers import Asker
from handlers.failures import IncidentGone
from handlers.services import Services
from handlers.views.actions import Vote
from handlers.views.kit import Message
from handlers.views.votes import counted
from knowledge.texts import Lang

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Judged:
    entry_id: str
    about: str
    """As the store keeps it: an incident's id, or ``control/kind/name``."""
    channel: str = ""
    message_ts: str = ""


class Judging:
    """Takes votes."""

    def __init__(self, services: Services, client: WebClient) -> None:
        """Keep votes in these services; ask this client where a thread is."""
        self._services = services
        self._client = client

    def vote(self, action_id: str, value: str, asker: Asker, lang: Lang) -> Message:
        """Take a vote in the place of the person's earlier one. Raises ``IncidentGone``."""
        judged = self._incident(value) if "|" not in value else self._asked(value)
        right = action_id == Vote.RIGHT
        now = self._services.clock()
        self._services.feedback.add(judged.entry_id, judged.about, asker.user, right, now)
        thread = "" if right else self._thread(judged)
        return counted(right=right, entry_id=judged.entry_id, thread=thread, lang=lang)

    def _incident(self, incident_id: str) -> _Judged:
        incident = self._services.incidents.get(incident_id) if incident_id else None
        if incident is None or incident.entry_id == UNDIAGNOSED:
            raise IncidentGone
        return _Judged(incident.entry_id, incident.id, incident.channel, incident.message_ts)

    def _asked(self, value: str) -> _Judged:
        entry_id, _, rest = value.partition("|")
        typed, _, control = rest.rpartition("@")
        target = parse_target(typed)
        if target is None or not control or entry_id not in self._services.knowledge().by_id:
            raise IncidentGone
        for incident in self._services.incidents.open(control):
            here = target.name in incident.members or str(incident.subject) == str(target)
            if here and incident.entry_id == entry_id:
                return self._incident(incident.id)
        return _Judged(entry_id, f"{control}/{target}")

    def _thread(self, judged: _Judged) -> str:
        """Return the address of the incident's card; empty where that cannot be had."""
        if not judged.message_ts:
            return ""
        try:
            answer = self._client.chat_getPermalink(
                channel=judged.channel, message_ts=judged.message_ts
            )
        except (SlackClientError, OSError, ValueError) as error:
            _log.info("the address of a card could not be had: %s", error)
            return ""
        link = str(answer.get("permalink") or "")
        return link if link.startswith("https://") and not set(link) & set("<>| ") else ""
