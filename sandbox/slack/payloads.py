"""The payloads Slack sends to an app: commands, block actions, view submissions, events.

Pure construction: every function takes what it needs and returns a new dict in the shape the
platform documents (and, where the docs are silent, captures show).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.slack.backend import Backend
from sandbox.slack.messages import Message
from sandbox.slack.seed import APP_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID, Person
from sandbox.slack.views import View
from sandbox.slack.workspace import Channel

Json = dict[str, Any]


def slash_command(
    backend: Backend, person: Person, channel: Channel, command: str, text: str
) -> Json:
    """Return a slash command; ``text`` is raw, as with should_escape off."""
    return {
        "token": backend.verification,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": _channel_name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": backend.origin + backend.response_urls.issue(channel.id, person.id),
        "trigger_id": backend.triggers.issue(person.id),
    }


def block_actions(
    backend: Backend,
    person: Person,
    action: Json,
    *,
    message: Message | None = None,
    channel: Channel | None = None,
    view: View | None = None,
    values: Mapping[str, Any] | None = None,
) -> Json:
    """Return what a click sends, from a message (with its channel) or from a view."""
    payload = _interaction(backend, person, "block_actions")
    payload["trigger_id"] = backend.triggers.issue(person.id, view.id if view is not None else None)
    payload["actions"] = [{**action, "action_ts": backend.workspace.next_ts()}]
    if view is not None:
        return payload | {
            "container": {"type": "view", "view_id": view.id},
            "view": view.as_dict(),
        }
    if message is None or channel is None:
        raise ValueError("a click comes from a message in a channel, or from a view")
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.visible_to is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    thread = message.thread_ts if message.thread_ts not in (None, message.ts) else None
    payload |= {
        "container": container,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "state": {"values": dict(values or {})},
        "response_url": backend.origin
        + backend.response_urls.issue(channel.id, person.id, message, thread),
    }
    if message.visible_to is None:
        payload["message"] = message.as_dict()
    return payload


def view_submission(backend: Backend, person: Person, view: View) -> Json:
    """Return what pressing the submit button of a modal sends."""
    return _interaction(backend, person, "view_submission") | {
        "trigger_id": backend.triggers.issue(person.id, view.id),
        "view": view.as_dict(),
        "response_urls": _response_urls(backend, person, view),
    }


def view_closed(backend: Backend, person: Person, view: View, *, cleared: bool) -> Json:
    """Return what closing a modal sends when it asked to be told."""
    return _interaction(backend, person, "view_closed") | {
        "view": view.as_dict(),
        "is_cleared": cleared,
    }


def block_suggestion(
    backend: Backend,
    person: Person,
    block_id: str,
    action_id: str,
    value: str,
    *,
    view: View | None = None,
    message: Message | None = None,
    channel: Channel | None = None,
) -> Json:
    """Return what typing into an external select sends."""
    payload = _interaction(backend, person, "block_suggestion") | {
        "action_id": action_id,
        "block_id": block_id,
        "value": value,
    }
    if view is not None:
        return payload | {
            "container": {"type": "view", "view_id": view.id},
            "view": view.as_dict(),
        }
    if message is None or channel is None:
        raise ValueError("a suggestion is asked for in a message or in a view")
    return payload | {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.visible_to is not None,
        },
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "message": message.as_dict(),
    }


def shortcut(backend: Backend, person: Person, callback_id: str) -> Json:
    """Return a global shortcut."""
    return {
        "type": "shortcut",
        "token": backend.verification,
        "action_ts": backend.workspace.next_ts(),
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": person.id, "username": person.name, "team_id": TEAM_ID},
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": callback_id,
        "trigger_id": backend.triggers.issue(person.id),
    }


def event(backend: Backend, body: Json) -> Json:
    """Return an event in its wrapper."""
    return {
        "token": backend.verification,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": body,
        "type": "event_callback",
        "event_id": "Ev" + uuid.uuid4().hex[:9].upper(),
        "event_time": int(backend.clock()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": "4-" + uuid.uuid4().hex,
        "context_team_id": TEAM_ID,
        "context_enterprise_id": None,
    }


def app_mention(message: Message) -> Json:
    """Return the event of a message that mentions the bot."""
    return _message_fields(message) | {"type": "app_mention"}


def message_event(message: Message, channel: Channel) -> Json:
    """Return the event of a message in a channel or in direct messages."""
    kind = {"im": "im", "public_channel": "channel", "private_channel": "group"}[channel.kind]
    return _message_fields(message) | {"type": "message", "channel_type": kind}


def app_home_opened(backend: Backend, person: Person, tab: str, view: View | None) -> Json:
    """Return the event of somebody looking at the App Home."""
    body: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": backend.workspace.dm_of(person.id).id,
        "tab": tab,
        "event_ts": backend.workspace.next_ts(),
    }
    if view is not None and tab == "home":
        body["view"] = view.as_dict()
    return body


def _interaction(backend: Backend, person: Person, kind: str) -> Json:
    return {
        "type": kind,
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": TEAM_ID,
        },
        "api_app_id": APP_ID,
        "token": backend.verification,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _message_fields(message: Message) -> Json:
    fields: Json = {
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "event_ts": message.ts,
        "channel": message.channel,
        "team": TEAM_ID,
        "client_msg_id": str(uuid.uuid4()),
        "blocks": message.blocks,
    }
    if message.thread_ts is not None:
        fields["thread_ts"] = message.thread_ts
    return fields


def _channel_name(channel: Channel) -> str:
    if channel.dm_with is not None:
        return "directmessage"
    return "privategroup" if channel.private else channel.name


def _response_urls(backend: Backend, person: Person, view: View) -> list[Json]:
    urls: list[Json] = []
    for block in view.body["blocks"]:
        element = block.get("element", {}) if block["type"] == "input" else {}
        if not element.get("response_url_enabled"):
            continue
        state = view.values[block["block_id"]][element["action_id"]]
        channel = state.get("selected_channel") or state.get("selected_conversation")
        if channel in backend.workspace.channels:
            urls.append(
                {
                    "block_id": block["block_id"],
                    "action_id": element["action_id"],
                    "channel_id": channel,
                    "response_url": backend.origin
                    + backend.response_urls.issue(channel, person.id),
                }
            )
    return urls
