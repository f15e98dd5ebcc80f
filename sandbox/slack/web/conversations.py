"""conversations.* and reactions.add: what the bot may see of channels and their messages."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.slack.backend import Backend
from sandbox.slack.errors import SlackError
from sandbox.slack.messages import Message
from sandbox.slack.seed import BOT_USER_ID, TEAM_ID
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.web.methods import Answer, method
from sandbox.slack.web.paging import next_cursor, page
from sandbox.slack.workspace import Channel

_SCOPE_PREFIX = {
    "public_channel": "channels",
    "private_channel": "groups",
    "mpim": "mpim",
    "im": "im",
}
_LIST = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_NAME = re.compile(r"^[a-z0-9_+'\-]{1,100}(::skin-tone-[2-6])?$")
_TS = re.compile(r"^\d{1,12}(\.\d{1,6})?$")
_MOST_USERS = 8


@method("conversations.list", scopes=_LIST)
def list_conversations(backend: Backend, arguments: Arguments) -> Answer:
    """List channels the bot may know of; public ones unless ``types`` says more."""
    kinds = set(arguments.names("types") or ["public_channel"])
    if not kinds <= _SCOPE_PREFIX.keys():
        raise SlackError("invalid_types")
    for kind in sorted(kinds):
        needs_scope(backend, kind, "read")
    hide_archived = arguments.boolean("exclude_archived")
    channels = [
        channel
        for channel in backend.workspace.channels.values()
        if channel.kind in kinds
        and channel.visible_to_bot
        and not (hide_archived and channel.archived)
        and (channel.dm_with is None or channel.dm_open)
    ]
    shown, cursor = page(channels, arguments, default=100, most=999)
    return {"channels": [_channel(channel) for channel in shown], **next_cursor(cursor)}


@method("conversations.info", scopes=_LIST)
def info(backend: Backend, arguments: Arguments) -> Answer:
    """Show one channel."""
    (given,) = arguments.required("channel")
    channel = backend.workspace.channel_for_bot(given)
    needs_scope(backend, channel.kind, "read")
    shown = _channel(channel)
    if arguments.boolean("include_locale"):
        shown["locale"] = "en-US"
    return {"channel": shown}


@method("conversations.history", scopes=_HISTORY)
def history(backend: Backend, arguments: Arguments) -> Answer:
    """Show messages of a channel, newest first; replies only when broadcast."""
    channel = _readable(backend, arguments)
    messages = [
        message
        for message in channel.messages.values()
        if message.thread_ts in (None, message.ts) or message.broadcast
    ]
    found = sorted(_between(messages, arguments), key=lambda one: _order(one.ts), reverse=True)
    shown, cursor = page(found, arguments, default=100, most=999)
    return {
        "messages": [_shown(backend, channel, message, arguments) for message in shown],
        "has_more": bool(cursor),
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
        **(next_cursor(cursor) if cursor else {}),
    }


@method("conversations.replies", scopes=_HISTORY)
def replies(backend: Backend, arguments: Arguments) -> Answer:
    """Show a thread: its root first, then replies, oldest first."""
    channel = _readable(backend, arguments)
    (ts,) = arguments.required("ts")
    root = channel.messages.get(ts)
    if root is None:
        raise SlackError("thread_not_found")
    if root.thread_ts not in (None, root.ts):
        found = [root]
    else:
        thread = sorted(backend.workspace.replies(channel, ts), key=lambda one: _order(one.ts))
        found = [root, *_between(thread, arguments)]
    shown, cursor = page(found, arguments, default=1000, most=1000)
    return {
        "messages": [_shown(backend, channel, message, arguments) for message in shown],
        "has_more": bool(cursor),
        **(next_cursor(cursor) if cursor else {}),
    }


@method("conversations.open", scopes=("im:write", "mpim:write", "groups:write", "channels:manage"))
def open_conversation(backend: Backend, arguments: Arguments) -> Answer:
    """Open the direct messages with one person. Group messages are not part of the sandbox."""
    given = arguments.string("channel")
    if given:
        channel = backend.workspace.channel_for_bot(given)
    else:
        users = arguments.names("users")
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > _MOST_USERS:
            raise SlackError("too_many_users")
        if any(user not in backend.workspace.people for user in users):
            raise SlackError("user_not_found")
        if len(users) > 1:
            raise SlackError("invalid_user_combination")
        channel = backend.workspace.dm_of(users[0])
    already = channel.dm_open
    if not arguments.boolean("prevent_creation"):
        channel.dm_open = True
    shown = _channel(channel) if arguments.boolean("return_im") else {"id": channel.id}
    return {"channel": shown, **({"no_op": True, "already_open": True} if already else {})}


@method("conversations.join", scopes=("channels:join",))
def join(backend: Backend, arguments: Arguments) -> Answer:
    """Make the bot a member of a public channel."""
    (given,) = arguments.required("channel")
    channel = backend.workspace.channel_for_bot(given)
    if channel.kind != "public_channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    already = channel.bot_member
    channel.members.add(BOT_USER_ID)
    backend.changes.notify(f"channel:{channel.id}")
    warned = {
        "warning": "already_in_channel",
        "response_metadata": {"warnings": ["already_in_channel"]},
    }
    return {"channel": _channel(channel), **(warned if already else {})}


@method("reactions.add", scopes=("reactions:write",))
def add_reaction(backend: Backend, arguments: Arguments) -> Answer:
    """Put an emoji below a message."""
    given, timestamp, name = (
        arguments.string("channel"),
        arguments.string("timestamp"),
        arguments.string("name").strip(":"),
    )
    if not name or not _NAME.match(name):
        raise SlackError("invalid_name")
    if not given or not timestamp:
        raise SlackError("no_item_specified")
    channel = backend.workspace.channel_for_bot(given)
    if not _TS.match(timestamp):
        raise SlackError("bad_timestamp")
    if channel.archived:
        raise SlackError("is_archived")
    message = channel.messages.get(timestamp)
    if message is None:
        raise SlackError("message_not_found")
    users = message.reactions.setdefault(name, [])
    if BOT_USER_ID in users:
        raise SlackError("already_reacted")
    users.append(BOT_USER_ID)
    backend.workspace.changed(message)
    return {}


def _readable(backend: Backend, arguments: Arguments) -> Channel:
    (given,) = arguments.required("channel")
    channel = backend.workspace.channel_for_bot(given)
    if not channel.bot_member:
        raise SlackError("not_in_channel")
    needs_scope(backend, channel.kind, "history")
    return channel


def needs_scope(backend: Backend, kind: str, suffix: str) -> None:
    """Refuse with missing_scope unless the bot may do this in that kind of conversation."""
    scope = f"{_SCOPE_PREFIX[kind]}:{suffix}"
    if scope not in backend.bot_scopes:
        raise SlackError(
            "missing_scope",
            {"needed": scope, "provided": ",".join(sorted(backend.bot_scopes))},
        )


def _order(ts: str) -> Decimal:
    return Decimal(ts)


def _bound(arguments: Arguments, name: str) -> Decimal | None:
    given = arguments.get(name)
    if given in (None, "", "now") or given == 0:
        return None
    try:
        bound = Decimal(str(given))
    except InvalidOperation:
        raise SlackError(f"invalid_ts_{name}") from None
    if not bound.is_finite() or bound < 0:
        raise SlackError(f"invalid_ts_{name}")
    return bound


def _between(messages: list[Message], arguments: Arguments) -> list[Message]:
    latest, oldest = _bound(arguments, "latest"), _bound(arguments, "oldest")
    inclusive = arguments.boolean("inclusive")
    kept = []
    for message in messages:
        at = _order(message.ts)
        if latest is not None and (at > latest or (at == latest and not inclusive)):
            continue
        if oldest is not None and (at < oldest or (at == oldest and not inclusive)):
            continue
        kept.append(message)
    return kept


def _shown(
    backend: Backend, channel: Channel, message: Message, arguments: Arguments
) -> dict[str, Any]:
    shown = message.as_dict(payload=arguments.boolean("include_all_metadata"))
    answers = backend.workspace.replies(channel, message.ts)
    if answers and message.thread_ts == message.ts:
        users = list(dict.fromkeys(answer.user for answer in answers))
        shown |= {
            "reply_count": len(answers),
            "reply_users_count": len(users),
            "reply_users": users[:5],
            "latest_reply": answers[-1].ts,
            "is_locked": False,
            "subscribed": False,
        }
    elif message.thread_ts not in (None, message.ts):
        parent = channel.messages.get(message.thread_ts or "")
        if parent is not None:
            shown["parent_user_id"] = parent.user
    return shown


def _channel(channel: Channel) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.archived,
        "is_im": channel.dm_with is not None,
        "is_org_shared": False,
        "context_team_id": TEAM_ID,
        "updated": channel.created * 1000,
    }
    if channel.dm_with is not None:
        return {**shared, "user": channel.dm_with, "is_user_deleted": False, "priority": 0}
    return {
        **shared,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_mpim": False,
        "is_private": channel.private,
        "is_general": channel.name == "general",
        "is_member": channel.bot_member,
        "is_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "unlinked": 0,
        "creator": next(iter(sorted(channel.members - {BOT_USER_ID})), BOT_USER_ID),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
        "num_members": len(channel.members),
    }
