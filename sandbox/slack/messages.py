"""Messages and files as the workspace keeps them, and as the Web API shows them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.seed import APP_ID, BOT_ID, SLACKBOT, TEAM_ID

Json = dict[str, Any]


@dataclass(slots=True)
class File:
    """An uploaded file; shown to people only once it was completed."""

    id: str
    name: str
    title: str
    user: str
    created: int
    size: int
    mimetype: str
    content: bytes = b""
    completed: bool = False
    channels: list[str] = field(default_factory=list)

    def as_dict(self) -> Json:
        """Return the file object of the Web API."""
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": self.mimetype,
            "filetype": self.name.rsplit(".", 1)[-1] if "." in self.name else "text",
            "user": self.user,
            "size": self.size,
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "channels": list(self.channels),
            "groups": [],
            "ims": [],
            "shares": {},
        }


@dataclass(slots=True)
class Message:
    """One message. ``visible_to`` is set for ephemeral ones only."""

    channel: str
    ts: str
    user: str
    text: str
    bot: bool = False
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    thread_ts: str | None = None
    broadcast: bool = False
    visible_to: str | None = None
    username: str | None = None
    icon: str | None = None
    mrkdwn: bool = True
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    updated: int = 0
    """How often it was changed; not part of Slack's object."""

    @property
    def root(self) -> str:
        """The ts of the thread this message opens or belongs to."""
        return self.thread_ts or self.ts

    def as_dict(self, *, payload: bool = True, with_metadata: bool = True) -> Json:
        """Return the message object of the Web API.

        Without ``payload`` the metadata is cut down to its event_type.
        """
        shown: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        if self.visible_to is not None:
            shown["is_ephemeral"] = True
        if self.bot:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID, "team": TEAM_ID}
        elif self.user == SLACKBOT:
            shown["bot_id"] = "B0SLACKBOT"
        else:
            shown["team"] = TEAM_ID
        if self.username is not None:
            shown |= {"username": self.username, "subtype": "bot_message"}
        for name, value in (
            ("blocks", self.blocks),
            ("attachments", self.attachments),
            ("edited", self.edited),
            ("thread_ts", self.thread_ts),
        ):
            if value:
                shown[name] = copy.deepcopy(value)
        if self.broadcast:
            shown["subtype"] = "thread_broadcast"
        if self.files:
            shown["files"] = [file.as_dict() for file in self.files]
        if self.metadata and with_metadata:
            shown["metadata"] = (
                copy.deepcopy(self.metadata)
                if payload
                else {"event_type": self.metadata["event_type"]}
            )
        if self.reactions:
            shown["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)}
                for name, users in self.reactions.items()
            ]
        return shown
