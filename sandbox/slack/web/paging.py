"""Cursors: opaque to clients, ``next_cursor`` empty at the end."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from sandbox.slack.errors import SlackError
from sandbox.slack.web.arguments import Arguments

T = TypeVar("T")


def page(
    items: Sequence[T], arguments: Arguments, *, default: int, most: int
) -> tuple[list[T], str]:
    """Return one page of the items and the cursor of the next.

    Raises ``SlackError`` invalid_cursor.
    """
    start = _start(arguments.string("cursor"))
    if start > len(items):
        raise SlackError("invalid_cursor")
    end = start + arguments.limit(default, most)
    cursor = _cursor(end) if end < len(items) else ""
    return list(items[start:end]), cursor


def next_cursor(cursor: str) -> dict[str, Any]:
    """Return the part of the answer that carries the cursor."""
    return {"response_metadata": {"next_cursor": cursor}}


def _cursor(offset: int) -> str:
    return base64.b64encode(f"next:{offset}".encode()).decode()


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, offset = base64.b64decode(cursor, validate=True).decode().partition(":")
        start = int(offset)
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None
    if word != "next" or start < 0:
        raise SlackError("invalid_cursor")
    return start
