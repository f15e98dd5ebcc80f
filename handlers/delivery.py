"""Calls to Slack's channels, with every way they can end told apart.

Either a call worked, or it raises one of: ``Limited`` (later), ``Uncertain`` (it may or may not
have worked; look first, then try again), ``Gone`` (the message to change is no longer there),
``ChannelRefused`` (not before somebody mends the channel or the configuration), ``Refused`` (it
will never work); ``str()`` of both says why and what to do.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from typing import Any, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.incidents.ports import OutboxItem
from handlers.app import REFUSALS
from handlers.views.kit import Message

EVENT_TYPE = "mtc_bot_message"
"""Metadata by which the bot knows its own messages; see also ``payload_of``."""

_PAGES, _PAGE = 5, 200
_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{6,}")
_CODE = re.compile(r"[a-z_]{2,60}")
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_PASSING = frozenset(
    {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "update_failed",
        "team_added_to_org",
    }
)
_CHANNEL_HINTS = {
    "channel_not_found": "correct the channel in the configuration, or invite the bot if it is "
    "private",
    "not_in_channel": "invite the bot to the channel",
    "is_archived": "route the messages to a channel that is in use",
    "is_inactive": "route the messages to a channel that is in use",
    "restricted_action": "let the bot post there in the workspace's settings",
    "restricted_action_read_only_channel": "let the bot post there in the channel's settings",
    "restricted_action_non_threadable_channel": "let the bot reply in threads there",
    "restricted_action_thread_only_channel": "let the bot post there in the channel's settings",
}
"""What Slack refuses because of the channel, and how that is mended."""
_HINTS = {
    **_CHANNEL_HINTS,
    "edit_window_closed": "the workspace lets nobody edit messages that old",
}

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Limited(Exception):
    """Slack asks to wait for ``after``."""

    def __init__(self, after: timedelta) -> None:
        """Keep how long to wait."""
        super().__init__(f"Slack asks to wait {after.total_seconds():.0f} s")
        self.after = after


class Uncertain(Exception):
    """It may or may not have worked; ``after`` is how long to wait at least."""

    def __init__(self, why: str, after: timedelta = timedelta()) -> None:
        """Keep why, and how long to wait at least."""
        super().__init__(why)
        self.after = after


class Gone(Exception):
    """The message is no longer there."""


class Refused(Exception):
    """Slack will not take it, however often it is tried."""

    def __init__(self, why: str, code: str = "") -> None:
        """Keep why, and Slack's word for it."""
        super().__init__(why)
        self.code = code


class ChannelRefused(Refused):
    """The channel does not take it now; it will once the channel or the configuration is mended."""


def payload_of(item: OutboxItem) -> dict[str, Any]:
    """Return what names a message in its metadata; no secrets, every member can read it."""
    return {"incident": item.incident_id, "item": item.id}


class Channels:
    """Posts, changes, finds and deletes the bot's messages."""

    def __init__(self, client: WebClient) -> None:
        """Call with this client, which must not retry by itself."""
        self._client = client
        self._bot_id = ""
        self._ids: dict[str, str] = {}

    def post(
        self,
        channel: str,
        thread_ts: str,
        message: Message,
        item: OutboxItem,
        *,
        broadcast: bool = False,
    ) -> tuple[str, str]:
        """Post; return the channel's id and the message's ts. Joins a public channel if needed.

        A reply is also shown in the channel with ``broadcast``.
        """

        def send() -> tuple[str, str]:
            answer = self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts or None,
                reply_broadcast=True if broadcast and thread_ts else None,
                text=message.text,
                blocks=message.blocks,
                metadata={"event_type": EVENT_TYPE, "event_payload": payload_of(item)},
                unfurl_links=False,
                unfurl_media=False,
            )
            return str(answer["channel"]), str(answer["ts"])

        return self._inside(channel, send)

    def update(self, channel: str, ts: str, message: Message) -> None:
        """Change a message; its metadata stays."""
        self._inside(
            channel,
            lambda: self._client.chat_update(
                channel=channel, ts=ts, text=message.text, blocks=message.blocks
            ),
        )

    def delete(self, channel: str, ts: str) -> None:
        """Delete a message of the bot's own."""
        with _told():
            self._client.chat_delete(channel=channel, ts=ts)

    def find(self, channel: str, thread_ts: str, item: OutboxItem) -> list[str]:
        """Return where the item's message stands already, oldest first; usually nowhere.

        Looks through the newest thousand messages of the channel or of the thread.
        """
        channel_id = self.id_of(channel)
        return self._inside(channel_id, lambda: self._find(channel_id, thread_ts, item))

    def _find(self, channel: str, thread_ts: str, item: OutboxItem) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            options: dict[str, Any] = {
                "channel": channel,
                "limit": _PAGE,
                "cursor": cursor,
                "include_all_metadata": True,
            }
            if thread_ts:
                answer = self._client.conversations_replies(ts=thread_ts, **options)
            else:
                answer = self._client.conversations_history(**options)
            for message in answer.get("messages") or ():
                if self._is_of(message, item):
                    found.append(str(message.get("ts", "")))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return sorted(found)

    def _is_of(self, message: Any, item: OutboxItem) -> bool:
        metadata = message.get("metadata") if isinstance(message, dict) else None
        return (
            isinstance(metadata, dict)
            and metadata.get("event_type") == EVENT_TYPE
            and metadata.get("event_payload") == payload_of(item)
            and message.get("bot_id") == self._own_bot_id()
        )

    def _own_bot_id(self) -> str:
        if not self._bot_id:
            self._bot_id = str(self._client.auth_test().get("bot_id") or "")
        return self._bot_id

    def id_of(self, channel: str) -> str:
        """Return the id of a channel given by name, since histories are read by id only.

        Raises ``ChannelRefused`` where there is none such that the bot may see.
        """
        name = channel.lstrip("#")
        if _CHANNEL_ID.fullmatch(channel) or name in self._ids:
            return self._ids.get(name, channel)
        cursor: str | None = None
        with _told():
            while name not in self._ids:
                answer = self._client.conversations_list(
                    types="public_channel,private_channel", limit=_PAGE, cursor=cursor
                )
                for each in answer.get("channels") or ():
                    self._ids[str(each.get("name"))] = str(each.get("id"))
                cursor = (answer.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    break
        if name not in self._ids:
            raise ChannelRefused(_sentence("channel_not_found", ""), "channel_not_found")
        return self._ids[name]

    def _inside(self, channel: str, call: Callable[[], T]) -> T:
        """Call; where the bot is not in the channel, join it and call once more."""
        try:
            with _told():
                return call()
        except Refused as error:
            if error.code != "not_in_channel":
                raise
            refused = error
        try:
            with _told():
                self._client.conversations_join(channel=self.id_of(channel))
        except Refused:
            raise refused from None
        with _told():
            return call()


_LOOKS = (0.1, 1, 3, 10)
"""When to look for late messages, in time-outs of a call: most that are late are so by little."""


@dataclass(slots=True)
class _Watched:
    item: OutboxItem
    channel: str
    thread_ts: str
    kept: str
    due: list[float]


class Unsure:
    """Messages posted after a try whose end is unknown: that first try may still arrive.

    Looked at again a few times; what arrived late is deleted, so that one message remains.
    """

    def __init__(
        self, channels: Channels, timeout: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``timeout`` is how long a call may take, in seconds; ``clock`` gives seconds."""
        self._channels = channels
        self._timeout = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._watched: list[_Watched] = []

    def watch(self, item: OutboxItem, channel: str, thread_ts: str, kept: str) -> None:
        """Look after the message ``kept`` for a while."""
        now = self._clock()
        due = [now + times * self._timeout for times in _LOOKS]
        with self._lock:
            self._watched.append(_Watched(item, channel, thread_ts, kept, due))

    def settle(self) -> None:
        """Delete what arrived late, where it is time to look."""
        now = self._clock()
        with self._lock:
            ready = [each for each in self._watched if each.due[0] <= now]
        for each in ready:
            try:
                for ts in self._channels.find(each.channel, each.thread_ts, each.item):
                    if ts != each.kept:
                        _log.warning("a message arrived twice; %s is deleted", ts)
                        self._channels.delete(each.channel, ts)
            except (Limited, Uncertain, Gone, Refused) as error:
                _log.info("could not look for late messages now: %s", error)
            each.due.pop(0)
            if not each.due:
                with self._lock:
                    self._watched.remove(each)


@contextmanager
def _told() -> Iterator[None]:
    """Turn every error of the SDK into one of this module's."""
    try:
        yield
    except SlackApiError as error:
        raise _meaning(error) from None
    except (SlackClientError, HTTPException, OSError, ValueError, KeyError) as error:
        raise Uncertain(f"no usable answer from Slack: {error!r}") from None


def _meaning(error: SlackApiError) -> Exception:
    response = error.response
    status = int(getattr(response, "status_code", 200) or 200)
    code = str(response.get("error") or "") if isinstance(response.data, dict) else ""
    if status == 429 or code in _LIMITED:
        return Limited(_retry_after(response.headers))
    if status >= 500 or code in _PASSING or not _CODE.fullmatch(code):
        return Uncertain(f"Slack is in trouble (HTTP {status} {code[:60]})")
    if code in REFUSALS:
        return Uncertain(f"Slack does not accept the bot token ({code})", timedelta(minutes=1))
    if code == "message_not_found":
        return Gone()
    kind = ChannelRefused if code in _CHANNEL_HINTS else Refused
    return kind(_sentence(code, "; ".join(map(str, response.get("errors") or ()))), code)


def _sentence(code: str, details: str) -> str:
    said = f"Slack refuses it ({code}{': ' + details[:300] if details else ''})"
    hint = _HINTS.get(code)
    return f"{said}; {hint}" if hint else said


def _retry_after(headers: Any) -> timedelta:
    try:
        seconds = float(headers.get("Retry-After", 30))
    except (TypeError, ValueError, AttributeError):
        seconds = 30.0
    return timedelta(seconds=min(max(seconds, 1.0), 3600.0))
