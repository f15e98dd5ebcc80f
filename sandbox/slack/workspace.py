"""The workspace itself: people, channels, messages, files. Knows no HTTP.

All of it lives on the server's loop and is touched from nowhere else. ``ts`` values come from the
given clock and are unique in the workspace, ascending even when the clock stands still.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.slack.changes import Changes
from sandbox.slack.errors import SlackError
from sandbox.slack.messages import File, Message
from sandbox.slack.seed import BOT_USER_ID, SLACKBOT, Person, Seed, Usergroup
from sandbox.slack.storing import stored_blocks, stored_text


@dataclass(slots=True)
class Channel:
    """A conversation: public, private, or the direct messages of one person with the bot."""

    id: str
    name: str
    topic: str = ""
    private: bool = False
    archived: bool = False
    dm_with: str | None = None
    dm_open: bool = False
    members: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: list[Message] = field(default_factory=list)
    created: int = 0

    @property
    def kind(self) -> str:
        """The word ``types`` of conversations.list uses."""
        if self.dm_with is not None:
            return "im"
        return "private_channel" if self.private else "public_channel"

    @property
    def bot_member(self) -> bool:
        """Whether the bot may post and read here."""
        return BOT_USER_ID in self.members

    @property
    def visible_to_bot(self) -> bool:
        """Whether the bot may know of it at all."""
        return self.bot_member or self.kind == "public_channel"


class Workspace:
    """Everything people and the bot see."""

    def __init__(self, seed: Seed, clock: Callable[[], float], changes: Changes) -> None:
        """Fill the workspace from the seed."""
        self.clock = clock
        self.changes = changes
        self.people: dict[str, Person] = {person.id: person for person in seed.people}
        self.usergroups: dict[str, Usergroup] = {group.id: group for group in seed.usergroups}
        self.files: dict[str, File] = {}
        self.home_tab = True
        self.messages_tab = True
        self._last_ts = 0
        self._ids = 0
        self.channels: dict[str, Channel] = {}
        started = int(clock())
        for room in seed.rooms:
            members = set(room.members or (() if room.private else self.people))
            if room.bot_member:
                members.add(BOT_USER_ID)
            self.channels[room.id] = Channel(
                room.id, room.name, room.topic, room.private, room.archived,
                members=members, created=started,
            )  # fmt: skip
        for person in seed.people:
            self.channels["D" + person.id[1:]] = Channel(
                "D" + person.id[1:],
                person.name,
                dm_with=person.id,
                members={person.id, BOT_USER_ID},
                created=started,
            )

    def next_ts(self) -> str:
        """Return a new ts, ``seconds.micro``."""
        self._last_ts = max(self._last_ts + 1, int(self.clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """Return a new id such as ``V0000000A1``, unique in the workspace."""
        self._ids += 1
        return f"{prefix}0{self._ids:08X}"

    def dm_of(self, user: str) -> Channel:
        """Return the conversation of a person with the bot. Raises ``SlackError``."""
        if user not in self.people:
            raise SlackError("user_not_found")
        return self.channels["D" + user[1:]]

    def channel_for_bot(self, given: str, *, names: bool = False) -> Channel:
        """Return a channel the bot may know of, by id, or also by name or user id.

        Raises ``SlackError`` channel_not_found.
        """
        channel = self.channels.get(given)
        if channel is None and names:
            wanted = given.removeprefix("#")
            channel = next((c for c in self.channels.values() if c.name == wanted), None)
            if channel is not None and channel.dm_with is not None:
                channel = None
            if channel is None and given in self.people:
                channel = self.dm_of(given)
        if channel is None or not channel.visible_to_bot:
            raise SlackError("channel_not_found")
        return channel

    def channel_for(self, user: str, channel_id: str) -> Channel:
        """Return a channel this person may see.

        Raises ``LookupError`` in plain words: it is our page or test that asks, not Slack's API.
        """
        if user not in self.people:
            raise LookupError(f"there is no person {user!r}")
        channel = self.channels.get(channel_id)
        if channel is None or (channel.kind != "public_channel" and user not in channel.members):
            raise LookupError(f"{user} sees no channel {channel_id!r}")
        return channel

    def add(self, message: Message) -> Message:
        """Keep a message as Slack would, and tell who waits."""
        channel = self.channels[message.channel]
        message.text = stored_text(message.text)
        message.blocks = stored_blocks(message.blocks)
        for attachment in message.attachments:
            if "blocks" in attachment:
                attachment["blocks"] = stored_blocks(attachment["blocks"])
        if message.visible_to is not None:
            channel.ephemerals.append(message)
        else:
            channel.messages[message.ts] = message
            parent = channel.messages.get(message.thread_ts or "")
            if parent is not None and parent is not message:
                parent.thread_ts = parent.ts
        if channel.dm_with is not None:
            channel.dm_open = True
        self.changes.notify(f"channel:{channel.id}")
        return message

    def restore(self, message: Message) -> None:
        """Keep the new text and blocks of a message that was changed, and say so."""
        message.text = stored_text(message.text)
        message.blocks = stored_blocks(message.blocks)
        self.changed(message)

    def changed(self, message: Message) -> None:
        """Say that a message was changed in place."""
        message.updated += 1
        self.changes.notify(f"channel:{message.channel}")

    def remove(self, message: Message) -> None:
        """Take a message away."""
        channel = self.channels[message.channel]
        channel.messages.pop(message.ts, None)
        channel.ephemerals = [kept for kept in channel.ephemerals if kept is not message]
        self.changes.notify(f"channel:{message.channel}")

    def find(self, channel: Channel, ts: str) -> Message | None:
        """Return a message or an ephemeral one by its ts."""
        message = channel.messages.get(ts)
        if message is not None:
            return message
        return next((one for one in channel.ephemerals if one.ts == ts), None)

    def replies(self, channel: Channel, root: str) -> list[Message]:
        """Return the replies of a thread, oldest first, without its root."""
        return [
            message
            for message in channel.messages.values()
            if message.thread_ts == root and message.ts != root
        ]

    def notice(self, channel_id: str, user: str, text: str) -> Message:
        """Show a line of Slackbot's that only one person sees."""
        return self.add(
            Message(
                channel=channel_id,
                ts=self.next_ts(),
                user=SLACKBOT,
                text=text,
                visible_to=user,
            )
        )

    def new_file(self, name: str, user: str) -> File:
        """Return a place for an upload; it is shown only once completed."""
        file = File(
            id=self.new_id("F"),
            name=name,
            title=name,
            user=user,
            created=int(self.clock()),
            size=0,
            mimetype=mimetypes.guess_type(name)[0] or "text/plain",
        )
        self.files[file.id] = file
        return file
