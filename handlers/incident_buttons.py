"""What the buttons of a card do. Every act is attributed to the Slack user who clicked.

A button carries the incident's id and nothing else; whatever the payload says, only a known
incident is acted on. The card itself is changed by the outbox, never from here, so that there is
one writer of it.
"""

from __future__ import annotations

from datetime import timedelta

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.incidents.model import Incident, State
from handlers.askers import Asker
from handlers.failures import IncidentGone, IncidentOver, explain_failure
from handlers.services import Services
from handlers.views import details
from handlers.views.actions import Action
from handlers.views.home import home
from handlers.views.kit import Message
from handlers.views.stories import Entries
from knowledge.texts import Lang

SPANS = {
    Action.SILENCE_1H: timedelta(hours=1),
    Action.SILENCE_8H: timedelta(hours=8),
    Action.UNSILENCE: timedelta(),
}


class IncidentButtons:
    """Acknowledge, silence and show incidents."""

    def __init__(self, services: Services, client: WebClient) -> None:
        """Act on these services; open modals and the App Home with this client."""
        self._services = services
        self._client = client

    def act(self, action_id: str, incident_id: str, asker: Asker, lang: Lang) -> Message | None:
        """Acknowledge or silence; the answer is the card, or the App Home shown anew.

        Raises ``IncidentGone`` and ``IncidentOver``.
        """
        incident = self._known(incident_id)
        if incident.state is State.RESOLVED:
            raise IncidentOver
        now = self._services.clock()
        try:
            if action_id == Action.ACKNOWLEDGE:
                self._services.incidents.acknowledge(incident.id, asker.user, now)
            else:
                span = SPANS[Action(action_id)]
                self._services.incidents.silence(incident.id, asker.user, span, now)
        except KeyError:
            raise IncidentGone from None
        if asker.in_home:
            self.show_home(asker.user, lang)
        return None

    def show_details(self, incident_id: str, asker: Asker, lang: Lang) -> Message | None:
        """Open a modal at once, since the trigger lives three seconds, and fill it in then.

        Returns the details as a message where a modal can no longer be opened.
        """
        try:
            opened = self._client.views_open(
                trigger_id=asker.trigger_id, view=details.loading(lang)
            )
            view_id = str(opened["view"]["id"])
        except (SlackClientError, OSError, ValueError, KeyError, TypeError):
            incident = self._known(incident_id)
            return details.details_message(
                incident, self._entries, lang, self._services.clock(), self._votes(incident)
            )
        try:
            incident = self._known(incident_id)
            view = details.details(
                incident, self._entries, lang, self._services.clock(), self._votes(incident)
            )
        except Exception as error:
            view = details.trouble(explain_failure(error, lang), lang)
        self._client.views_update(view_id=view_id, view=view)
        return None

    def show_home(self, user: str, lang: Lang) -> None:
        """Publish the person's App Home as things are now."""
        open_ones = self._services.incidents.open()
        fixes = self._services.remediation is not None
        view = home(open_ones, self._entries, lang, self._services.clock(), fixes)
        self._client.views_publish(user_id=user, view=view)

    @property
    def _entries(self) -> Entries:
        return self._services.knowledge().by_id

    def _votes(self, incident: Incident) -> tuple[int, int]:
        return self._services.feedback.of(incident.entry_id, incident.id)

    def _known(self, incident_id: str) -> Incident:
        incident = self._services.incidents.get(incident_id) if incident_id else None
        if incident is None:
            raise IncidentGone
        return incident
