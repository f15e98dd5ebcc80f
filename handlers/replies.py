"""Answers on their way to the person who asked.

Tried in order, until one works: the response_url of the payload, an ephemeral message in the
channel, a direct message; then all of them again in plain text, should Slack refuse the blocks.
An answer may come twice where a reply of Slack's was lost, rather than not at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from handlers.askers import Asker
from handlers.clients import on_loopback
from handlers.views.kit import Message

_SECONDS = 15
_LONGEST_WAIT = 30.0

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
        return self._try(asker, message) or self._try(asker, Message(message.text, []))

    def _try(self, asker: Asker, message: Message) -> bool:
        for way in self._ways(asker, message):
            try:
                _patiently(way)
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
                blocks=message.blocks or None,
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
                blocks=message.blocks or None,
            )
        if asker.user:
            yield lambda: self._client.chat_postMessage(
                channel=asker.user,
                text=message.text,
                blocks=message.blocks or None,
                unfurl_links=False,
                unfurl_media=False,
            )


def _patiently(way: Callable[[], object]) -> None:
    """Call; where Slack asks to wait, wait that long, up to half a minute, and call once more."""
    try:
        way()
    except SlackApiError as error:
        if error.response.status_code != 429:
            raise
        wait = error.response.headers.get("Retry-After", "1")
        time.sleep(min(float(wait), _LONGEST_WAIT))
        way()


def _respond(url: str, message: Message) -> None:
    client = WebhookClient(url, timeout=_SECONDS, retry_handlers=[])
    if on_loopback(url):
        client.proxy = None
    answer = client.send(
        text=message.text,
        blocks=message.blocks or None,
        response_type="ephemeral",
        replace_original=False,
    )
    if answer.status_code != 200 or answer.body not in ("ok", ""):
        raise NotSent(f"HTTP {answer.status_code}: {answer.body[:200]}")
