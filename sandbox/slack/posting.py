"""What a message may hold, checked once for every way it can be sent.

chat.postMessage, chat.update, chat.postEphemeral, response_urls and a command's own answer all
read text, blocks, attachments and metadata through ``contents``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.blocks import check
from sandbox.slack.errors import SlackError
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.workspace import Workspace

TEXT_CUT = 40_000
"""Longer text is cut, with the warning ``message_truncated``."""
TEXT_LIMIT_BYTES = 4_000
"""chat.update and chat.postEphemeral refuse more. Slack's docs say characters, a measurement says
UTF-8 bytes; the stricter of the two is kept."""
MARKDOWN_LIMIT = 12_000

Json = dict[str, Any]


@dataclass(slots=True)
class Contents:
    """The checked parts of a message. None for metadata means it was left out."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    given: frozenset[str] = frozenset()
    warnings: list[str] = field(default_factory=list)


def contents(
    arguments: Arguments,
    workspace: Workspace,
    *,
    short_text: bool = False,
    may_be_empty: bool = False,
    markdown: bool = False,
) -> Contents:
    """Return what is to be shown.

    Raises ``SlackError``: no_text, msg_too_long, markdown_text_conflict, and those of
    ``blocks.check``.
    """
    found = Contents(text=arguments.string("text"))
    given = {name for name in ("text", "blocks", "attachments") if _present(arguments, name)}
    if markdown and arguments.string("markdown_text"):
        if given & {"text", "blocks"}:
            raise SlackError("markdown_text_conflict")
        found.text = arguments.string("markdown_text")
        if len(found.text) > MARKDOWN_LIMIT:
            raise SlackError("msg_too_long")
        given.add("text")
    if "blocks" in given:
        found.blocks = check.message_blocks(arguments.json("blocks", "invalid_blocks_format"))
        _known_files(found.blocks, workspace)
    if "attachments" in given:
        attachments = arguments.json("attachments", "invalid_attachments")
        found.attachments = check.attachments(attachments)
    if _present(arguments, "metadata"):
        found.metadata = check.metadata(arguments.json("metadata", "invalid_metadata_format"))
    if short_text and len(found.text.encode("utf-8", "replace")) > TEXT_LIMIT_BYTES:
        raise SlackError("msg_too_long")
    if len(found.text) > TEXT_CUT:
        found.text = found.text[:TEXT_CUT]
        found.warnings.append("message_truncated")
    empty = not found.text.strip() and not found.blocks and not found.attachments
    if empty and not may_be_empty:
        raise SlackError("no_text")
    found.given = frozenset(given)
    return found


def _present(arguments: Arguments, name: str) -> bool:
    return arguments.get(name) is not None and arguments.get(name) != ""


def _known_files(blocks: list[Json], workspace: Workspace) -> None:
    for index, block in enumerate(blocks):
        file_id = block.get("slack_file", {}).get("id")
        if file_id is not None and file_id not in workspace.files:
            text = f"invalid slack file [json-pointer:/blocks/{index}/slack_file]"
            raise SlackError(
                "invalid_blocks",
                {"errors": [text], "response_metadata": {"messages": [f"[ERROR] {text}"]}},
            )
