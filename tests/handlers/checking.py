"""Would Slack take it? The sandbox's checker says so, strictly."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from handlers.views.kit import Message, weight
from sandbox.slack.blocks import check


def taken(message: Message) -> Message:
    """Return the message if Slack would take it; raises ``SlackError`` else."""
    check.message_blocks(json.loads(json.dumps(message.blocks)))
    assert message.text.strip()
    assert len(message.text.encode()) < 4_000
    assert weight(message.blocks) < 11_800
    return message


def view_taken(view: dict[str, Any]) -> dict[str, Any]:
    """Return the modal or App Home if Slack would take it."""
    check.view(json.loads(json.dumps(view)), kinds=("modal", "home"))
    return view


def markup(piece: Any) -> Iterator[str]:
    """Yield every text that Slack parses as mrkdwn."""
    if isinstance(piece, dict):
        if piece.get("type") == "mrkdwn":
            yield piece["text"]
        for value in piece.values():
            yield from markup(value)
    elif isinstance(piece, list):
        for item in piece:
            yield from markup(item)


def texts(piece: Any) -> Iterator[str]:
    """Yield every text shown."""
    if isinstance(piece, dict):
        if isinstance(piece.get("text"), str):
            yield piece["text"]
        for value in piece.values():
            yield from texts(value)
    elif isinstance(piece, list):
        for item in piece:
            yield from texts(item)


def shown(message: Message | dict[str, Any]) -> str:
    """Return all that is shown, as one text."""
    blocks = message.blocks if isinstance(message, Message) else message["blocks"]
    return "\n".join(texts(blocks))


def poll(look: Callable[[], Any]) -> Any:
    """Look for a while at what the sandbox does not announce: the database."""
    for _ in range(200):
        if found := look():
            return found
        time.sleep(0.02)
    return look()
