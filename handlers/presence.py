"""Whether Slack takes the tokens, and whether the bot can post where it is told to.

Asked before the bot starts, so that a person hears of a wrong channel then and not at the first
alert. A Slack that cannot be reached is neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Literal

from slack_sdk.errors import SlackApiError, SlackClientError

from handlers.clients import LOOKUP_SECONDS, SLACK_API, make_client

Verdict = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Slack said about one thing; ``said`` is a sentence with a next step."""

    about: str
    verdict: Verdict
    said: str


_WRONG_CHANNEL = {
    "channel_not_found": "Slack shows no such channel to the bot. Correct its id, or, if it is "
    "private, invite the bot there with /invite @mtc-bot",
    "missing_scope": "the bot may not look at channels. Add the scopes channels:read and "
    "groups:read on the app's page and install it again",
}


def bot_token(token: str, api_url: str = SLACK_API) -> Answer:
    """Return whether Slack takes the bot token."""
    about = "Slack bot token"
    client = make_client(token, api_url, LOOKUP_SECONDS)

    def ask() -> Answer:
        found = client.auth_test()
        return Answer(about, "yes", f"accepted: {found.get('user')} in {found.get('team')}")

    return _asked(
        about,
        ask,
        lambda code: (
            f"refused ({code}). Copy the token that starts with xoxb- from the app's "
            "page, OAuth & Permissions, and install the app"
        ),
    )


def app_token(token: str, api_url: str = SLACK_API) -> Answer:
    """Return whether Slack takes the app token; no connection is opened."""
    about = "Slack app token"
    client = make_client(token, api_url, LOOKUP_SECONDS)

    def ask() -> Answer:
        client.apps_connections_open(app_token=token)
        return Answer(about, "yes", "accepted, Socket Mode is on")

    return _asked(
        about,
        ask,
        lambda code: (
            f"refused ({code}). Make one that starts with xapp- and has "
            "connections:write on the app's page, Basic Information, and turn Socket Mode on"
        ),
    )


def channels(token: str, ids: Iterable[str], api_url: str = SLACK_API) -> tuple[Answer, ...]:
    """Return whether the bot can post in each channel; one it can join by itself counts."""
    client = make_client(token, api_url, LOOKUP_SECONDS)

    def look(channel: str) -> Answer:
        about = f"channel {channel}"

        def ask() -> Answer:
            found: Any = client.conversations_info(channel=channel).get("channel") or {}
            name = f"#{found.get('name', channel)}"
            if found.get("is_archived"):
                said = f"{name} is archived. Route the messages to a channel that is in use"
                return Answer(about, "no", said)
            if found.get("is_member") or found.get("is_im"):
                return Answer(about, "yes", f"{name}, the bot is in it")
            if found.get("is_private"):
                said = f"the bot is not in {name}. Invite it there with /invite @mtc-bot"
                return Answer(about, "no", said)
            return Answer(about, "yes", f"{name}, the bot will join it by itself")

        return _asked(about, ask, lambda code: _WRONG_CHANNEL.get(code, f"Slack says {code}"))

    return tuple(look(channel) for channel in dict.fromkeys(ids))


def _asked(about: str, ask: Callable[[], Answer], refused: Callable[[str], str]) -> Answer:
    try:
        return ask()
    except SlackApiError as error:
        code = str(error.response.get("error") or "") if error.response else ""
        status = int(getattr(error.response, "status_code", 200) or 200)
        if status != 200 or code in ("", "internal_error", "fatal_error", "ratelimited"):
            return Answer(about, "unknown", f"Slack could not say now ({code or status})")
        return Answer(about, "no", refused(code[:60]))
    except (SlackClientError, HTTPException, OSError, ValueError) as error:
        return Answer(about, "unknown", f"Slack cannot be reached now ({_reason(error)})")


def _reason(error: Exception) -> str:
    """Return what the network said, without Python's words around it."""
    reason = getattr(error, "reason", error)
    said = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
    return f"{said}; is HTTPS to it allowed from here?"
