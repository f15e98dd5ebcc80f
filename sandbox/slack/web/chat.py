"""chat.*: posting, changing, deleting, permalinks."""

from __future__ import annotations

import re

from sandbox.slack.backend import Backend
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.messages import Message
from sandbox.slack.posting import Contents, contents
from sandbox.slack.seed import BOT_USER_ID, TEAM_DOMAIN
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.web.methods import Answer, method
from sandbox.slack.workspace import Channel

_TS = re.compile(r"^\d{1,12}\.\d{1,6}$")
_CHAT_WRITE = ("chat:write",)


@method("chat.postMessage", scopes=_CHAT_WRITE)
def post_message(backend: Backend, arguments: Arguments) -> Answer:
    """Post as the bot; ``channel`` may be an id, a name, or a person's id."""
    (given,) = arguments.required("channel")
    channel = backend.workspace.channel_for_bot(given, names=True)
    _may_post(backend, channel, public="chat:write.public" in backend.bot_scopes)
    thread_ts = _thread(channel, arguments)
    broadcast = arguments.boolean("reply_broadcast")
    shown = contents(arguments, backend.workspace, markdown=True)
    username, icon = _dress(backend, arguments)
    message = backend.workspace.add(
        Message(
            channel=channel.id,
            ts=backend.workspace.next_ts(),
            user=BOT_USER_ID,
            bot=True,
            text=shown.text,
            blocks=shown.blocks,
            attachments=shown.attachments,
            metadata=shown.metadata or {},
            thread_ts=thread_ts,
            broadcast=broadcast and thread_ts is not None,
            mrkdwn=arguments.boolean("mrkdwn", True),
            username=username,
            icon=icon,
        )
    )
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": message.as_dict(),
        **_warned(shown),
    }


@method("chat.update", scopes=_CHAT_WRITE)
def update(backend: Backend, arguments: Arguments) -> Answer:
    """Change one of the bot's own messages; what is left out is kept as Slack keeps it."""
    channel_id, ts = arguments.required("channel", "ts")
    channel = backend.workspace.channel_for_bot(channel_id)
    if channel.archived:
        raise SlackError("is_inactive")
    message = channel.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    if not message.bot:
        raise SlackError("cant_update_message")
    shown = contents(
        arguments, backend.workspace, short_text=True, may_be_empty=True, markdown=True
    )
    if not shown.given and shown.metadata is None:
        raise SlackError("no_text")
    blocks = message.blocks
    if "blocks" in shown.given:
        blocks = shown.blocks
    elif "text" in shown.given:
        blocks = []
    text = shown.text if "text" in shown.given else message.text
    attachments = shown.attachments if "attachments" in shown.given else message.attachments
    if not (text.strip() or blocks or attachments):
        raise SlackError("no_text")
    message.text, message.blocks, message.attachments = text, blocks, attachments
    if shown.metadata is not None:
        message.metadata = shown.metadata
    if not message.blocks:
        message.edited = {"user": BOT_USER_ID, "ts": backend.workspace.next_ts()}
    backend.workspace.restore(message)
    return {
        "channel": channel.id,
        "ts": ts,
        "text": message.text,
        "message": message.as_dict(),
        **_warned(shown),
    }


@method("chat.postEphemeral", scopes=_CHAT_WRITE)
def post_ephemeral(backend: Backend, arguments: Arguments) -> Answer:
    """Show a message to one member of a channel."""
    channel_id, user = arguments.required("channel", "user")
    channel = backend.workspace.channel_for_bot(channel_id, names=True)
    _may_post(backend, channel, public=False)
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    thread_ts = _thread(channel, arguments)
    shown = contents(arguments, backend.workspace, short_text=True, markdown=True)
    username, icon = _dress(backend, arguments)
    message = backend.workspace.add(
        Message(
            channel=channel.id,
            ts=backend.workspace.next_ts(),
            user=BOT_USER_ID,
            bot=True,
            text=shown.text,
            blocks=shown.blocks,
            attachments=shown.attachments,
            thread_ts=thread_ts,
            visible_to=user,
            username=username,
            icon=icon,
        )
    )
    return {"message_ts": message.ts, **_warned(shown)}


@method("chat.delete", scopes=_CHAT_WRITE)
def delete(backend: Backend, arguments: Arguments) -> Answer:
    """Delete one of the bot's own messages."""
    channel_id, ts = arguments.required("channel", "ts")
    channel = backend.workspace.channel_for_bot(channel_id)
    message = channel.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    if not message.bot:
        raise SlackError("cant_delete_message")
    backend.workspace.remove(message)
    return {"channel": channel.id, "ts": ts}


@method("chat.getPermalink")
def permalink(backend: Backend, arguments: Arguments) -> Answer:
    """Give the address of a message; replies name their thread."""
    channel_id, ts = arguments.required("channel", "message_ts")
    channel = backend.workspace.channel_for_bot(channel_id)
    message = channel.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts is not None and message.thread_ts != ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _may_post(backend: Backend, channel: Channel, *, public: bool) -> None:
    if channel.archived:
        raise SlackError("is_archived")
    if not channel.bot_member and not (public and channel.kind == "public_channel"):
        raise SlackError("not_in_channel")
    if channel.dm_with is not None and not backend.workspace.messages_tab:
        raise SlackError("messages_tab_disabled")


def _thread(channel: Channel, arguments: Arguments) -> str | None:
    given = arguments.string("thread_ts")
    if not given:
        return None
    if not _TS.match(given):
        raise invalid_arguments("invalid thread_ts [json-pointer:/thread_ts]")
    parent = channel.messages.get(given)
    if parent is None:
        raise SlackError("cannot_reply_to_message")
    return parent.root


def _dress(backend: Backend, arguments: Arguments) -> tuple[str | None, str | None]:
    username = arguments.string("username") or None
    icon = arguments.string("icon_emoji") or arguments.string("icon_url") or None
    if (username or icon) and "chat:write.customize" not in backend.bot_scopes:
        raise SlackError(
            "missing_scope",
            {
                "needed": "chat:write.customize",
                "provided": ",".join(sorted(backend.bot_scopes)),
            },
        )
    return username, icon


def _warned(shown: Contents) -> Answer:
    if not shown.warnings:
        return {}
    return {
        "warning": ",".join(shown.warnings),
        "response_metadata": {"warnings": list(shown.warnings)},
    }
