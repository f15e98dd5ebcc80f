"""Who asks, where, and how they can be answered, read from any payload Slack may send.

Payloads are taken as they come: a field that is missing or of another type reads as empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Asker:
    """One person's command, click or message."""

    user: str
    channel: str = ""
    thread_ts: str = ""
    response_url: str = ""
    trigger_id: str = ""
    public: bool = False
    """Asked before everybody (a mention): the answer goes to the thread, for all to see."""
    in_home: bool = False
    """Clicked in the App Home, where there is no channel."""


def of_command(body: Mapping[str, Any]) -> Asker:
    """Return who ran a slash command."""
    return Asker(
        user=text(body, "user_id"),
        channel=text(body, "channel_id"),
        response_url=text(body, "response_url"),
        trigger_id=text(body, "trigger_id"),
    )


def of_click(body: Mapping[str, Any]) -> Asker:
    """Return who clicked, in a message or in a view."""
    return Asker(
        user=text(body, "user", "id"),
        channel=text(body, "channel", "id") or text(body, "container", "channel_id"),
        thread_ts=text(body, "container", "thread_ts"),
        response_url=text(body, "response_url"),
        trigger_id=text(body, "trigger_id"),
        in_home=text(body, "container", "type") == "view",
    )


def of_message(event: Mapping[str, Any]) -> Asker:
    """Return who wrote a message to the bot; in direct messages threads are not used."""
    direct = text(event, "channel_type") == "im"
    return Asker(
        user=text(event, "user"),
        channel=text(event, "channel"),
        thread_ts="" if direct else text(event, "thread_ts") or text(event, "ts"),
        public=True,
    )


def clicked(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return the action id and the value of what was clicked."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    if not isinstance(first, dict):
        return "", ""
    return text(first, "action_id"), text(first, "value")


def text(body: Mapping[str, Any], *path: str) -> str:
    """Return the string at a path, empty where there is none."""
    value: Any = body
    for key in path:
        if not isinstance(value, Mapping):
            return ""
        value = value.get(key)
    return value if isinstance(value, str) else ""
