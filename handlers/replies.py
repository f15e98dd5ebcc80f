"""Answers on their way to the person who asked.

Tried in order, until one works: the response_url of the payload, an ephemeral message in the
channel, a direct message. What Slack refuses for its form is logged and told in one plain line, so
that nobody waits for an answer that never comes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from handlers.askers import Asker
from handlers.clients import on_loopback
from handlers.views.kit import Message

_SECONDS = 15

_log = logging.getLogger(__name__)


class NotSent(Exception):
    """Slack did not take an answer this way."""


class Replies:
    """Sends answers. May be shared by threads."""

    def __init__(self, client: WebClient) -> None:
        """Send with this client where there is no response_url."""
        self._client = client

    def send(self, asker: Asker, message: Message) -> bool:
        """Send an answer; return whether any way worked."""
        for way in self._ways(asker, message):
            try:
                way()
            except (NotSent, SlackClientError, OSError, ValueError) as error:
                _log.warning("an answer to %s was not taken: %s", asker.user, error)
            else:
                return True
        return False

    def _ways(self, asker: Asker, message: Message) -> Iterator[Callable[[], object]]:
        if asker.public:
            yield lambda: self._client.chat_postMessage(
                channel=asker.channel,
                thread_ts=asker.thread_ts or None,
                text=message.text,
                blocks=message.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
        if asker.response_url:
            yield lambda: _respond(asker.response_url, message)
        if asker.channel and asker.user and not asker.public:
            yield lambda: self._client.chat_postEphemeral(
                channel=asker.channel,
                user=asker.user,
                thread_ts=asker.thread_ts or None,
                text=message.text,
                blocks=message.blocks,
            )
        if asker.user:
            yield lambda: self._client.chat_postMessage(
                channel=asker.user,
                text=message.text,
                blocks=message.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )


def _respond(url: str, message: Message) -> None:
    client = WebhookClient(url, timeout=_SECONDS, retry_handlers=[])
    if on_loopback(url):
        client.proxy = None
    answer = client.send(
        text=message.text,
        blocks=message.blocks,
        response_type="ephemeral",
        replace_original=False,
    )
    if answer.status_code != 200 or answer.body not in ("ok", ""):
        raise NotSent(f"HTTP {answer.status_code}: {answer.body[:200]}")
