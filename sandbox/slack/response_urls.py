"""response_urls: posts without a token, five times within half an hour.

Slack documents neither text nor status for a used-up url; the sandbox answers 404 ``used_url`` and
``expired_url``, as old reports have it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.slack.errors import SlackError
from sandbox.slack.messages import Message
from sandbox.slack.posting import contents
from sandbox.slack.seed import BOT_USER_ID
from sandbox.slack.settings import Timing
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.workspace import Workspace

KEPT = 5_000
"""Urls remembered; one older than these is unknown."""


@dataclass(slots=True)
class Source:
    """Where a response_url came from: whom it answers, and which message it may change."""

    channel: str
    user: str
    message: Message | None
    thread_ts: str | None
    issued: float
    uses: int = 0


class ResponseUrls:
    """Issues response_urls and does what is posted to them."""

    def __init__(self, workspace: Workspace, timing: Timing, clock: Callable[[], float]) -> None:
        """Start with no url issued."""
        self._workspace = workspace
        self._timing = timing
        self._clock = clock
        self._issued: dict[str, Source] = {}

    def issue(
        self, channel: str, user: str, message: Message | None = None, thread_ts: str | None = None
    ) -> str:
        """Return the path of a new response_url, to be put behind the server's address."""
        key = secrets.token_urlsafe(18)
        self._issued[key] = Source(channel, user, message, thread_ts, self._clock())
        if len(self._issued) > KEPT:
            del self._issued[next(iter(self._issued))]
        return f"/response/{key}"

    def use(self, key: str, body: dict[str, Any]) -> None:
        """Do what the app asks. Raises ``SlackError``; 404 for a url that is spent."""
        source = self._issued.get(key)
        if source is None:
            raise SlackError("invalid_url")
        if self._clock() - source.issued > self._timing.response_url:
            raise SlackError("expired_url")
        if source.uses >= self._timing.response_url_uses:
            raise SlackError("used_url")
        self.answer(source.channel, source.user, body, source.message, source.thread_ts)
        source.uses += 1

    def answer(
        self,
        channel: str,
        user: str,
        body: dict[str, Any],
        source: Message | None = None,
        thread_ts: str | None = None,
    ) -> Message | None:
        """Post, replace or delete as the body says; also used for a command's own answer.

        Returns the message that was posted or changed. Raises ``SlackError``.
        """
        arguments = Arguments(body)
        if arguments.boolean("delete_original"):
            if source is not None:
                self._workspace.remove(source)
            return None
        shown = contents(arguments, self._workspace)
        if arguments.boolean("replace_original") and source is not None:
            source.text = shown.text
            source.blocks, source.attachments = shown.blocks, shown.attachments
            self._workspace.restore(source)
            return source
        wanted_thread = arguments.string("thread_ts")
        if wanted_thread and wanted_thread not in self._workspace.channels[channel].messages:
            raise SlackError("cannot_reply_to_message")
        public = arguments.string("response_type") == "in_channel"
        return self._workspace.add(
            Message(
                channel=channel,
                ts=self._workspace.next_ts(),
                user=BOT_USER_ID,
                bot=True,
                text=shown.text,
                blocks=shown.blocks,
                attachments=shown.attachments,
                metadata=shown.metadata or {},
                thread_ts=wanted_thread or (None if public else thread_ts),
                visible_to=None if public else user,
            )
        )
