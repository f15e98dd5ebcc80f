"""A refusal in Slack's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class SlackError(Exception):
    """Slack answers ``{"ok": false, "error": code}`` with whatever else the body holds."""

    def __init__(self, code: str, body: Mapping[str, Any] | None = None) -> None:
        """Refuse with a code and whatever else the body holds."""
        super().__init__(code)
        self.code = code
        self.body = dict(body or {})

    def answer(self) -> dict[str, Any]:
        """Return the JSON body of the refusal."""
        return {"ok": False, "error": self.code, **self.body}


def invalid_arguments(*messages: str) -> SlackError:
    """Return the refusal for arguments that are missing or of the wrong kind."""
    return SlackError(
        "invalid_arguments",
        {"response_metadata": {"messages": [f"[ERROR] {message}" for message in messages]}},
    )
