"""Decides whether Slack would take blocks, attachments or a view, and how it would say no.

Each function returns the checked value or raises ``SlackError`` with the code and body Slack uses:
``invalid_blocks`` with ``errors``, ``invalid_attachments``, or ``invalid_arguments`` with
``/view`` pointers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sandbox.slack.blocks.catalog import context
from sandbox.slack.blocks.rules import message_totals, unique_ids
from sandbox.slack.blocks.schema import ArrayNode, Fault, Node, RefNode, Surface
from sandbox.slack.blocks.size import MESSAGE_LIMIT, VIEW_LIMIT_BYTES, blocks_length
from sandbox.slack.errors import SlackError

MESSAGE_BLOCKS = 50
ATTACHMENTS = 100
METADATA_CHARACTERS = 16_000
"""Slack names the error, not the limit; this one is ours."""

_BLOCKS: Node = ArrayNode(RefNode("block"), maximum=MESSAGE_BLOCKS)


def message_blocks(value: Any) -> list[dict[str, Any]]:
    """Return the blocks of a message.

    Raises ``SlackError``: invalid_blocks_format, invalid_blocks or msg_blocks_too_long.
    """
    if not isinstance(value, list):
        raise SlackError("invalid_blocks_format")
    _refuse("invalid_blocks", _faults_of(value, "/blocks"), errors=True)
    if blocks_length(value) > MESSAGE_LIMIT:
        raise SlackError("msg_blocks_too_long")
    return value


def attachments(value: Any) -> list[dict[str, Any]]:
    """Return the attachments of a message; their blocks are checked like any.

    Raises ``SlackError``: invalid_attachments, too_many_attachments or msg_blocks_too_long.
    """
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise SlackError("invalid_attachments")
    if len(value) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    checker = context("message")
    for index, attachment in enumerate(value):
        checker.shapes["attachment"].check(attachment, f"/attachments/{index}", checker)
        _refuse("invalid_attachments", checker.faults, errors=True)
        if "blocks" not in attachment:
            continue
        faults = _faults_of(attachment["blocks"], f"/attachments/{index}/blocks")
        _refuse("invalid_attachments", faults, errors=True)
        if blocks_length(attachment["blocks"]) > MESSAGE_LIMIT:
            raise SlackError("msg_blocks_too_long")
    return value


def view(value: Any, *, kinds: Sequence[Surface]) -> dict[str, Any]:
    """Return a view of one of the kinds.

    Raises ``SlackError``: invalid_arguments or view_too_large.
    """
    if not isinstance(value, dict):
        _refuse("invalid_arguments", [Fault("must provide an object", "/view")])
    kind = value.get("type")
    if kind is None:
        _refuse("invalid_arguments", [Fault("missing required field: type", "/view")])
    if kind not in kinds:
        text = f"unsupported type: {kind}" if isinstance(kind, str) else "must provide a string"
        _refuse("invalid_arguments", [Fault(text, "/view/type")])
    if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) > VIEW_LIMIT_BYTES:
        raise SlackError("view_too_large")
    checker = context(kind)
    checker.shapes[kind].check(value, "/view", checker)
    _refuse("invalid_arguments", checker.faults)
    return dict(value)


def metadata(value: Any) -> dict[str, Any]:
    """Return message metadata; an empty object means none.

    Raises ``SlackError``: invalid_metadata_format, invalid_metadata_schema, metadata_too_large.
    """
    if not isinstance(value, dict):
        raise SlackError("invalid_metadata_format")
    if not value:
        return {}
    checker = context("message")
    checker.shapes["metadata"].check(value, "/metadata", checker)
    _refuse("invalid_metadata_schema", checker.faults)
    if len(json.dumps(value, ensure_ascii=False)) > METADATA_CHARACTERS:
        raise SlackError("metadata_too_large")
    return value


def options_answer(value: Any) -> dict[str, Any]:
    """Return an app's answer to a block_suggestion.

    Raises ``SlackError`` (invalid_arguments) when Slack would show nothing.
    """
    checker = context("modal")
    checker.shapes["options_answer"].check(value, "", checker)
    _refuse("invalid_arguments", checker.faults)
    return dict(value)


def _faults_of(blocks: Any, pointer: str) -> list[Fault]:
    checker = context("message")
    _BLOCKS.check(blocks, pointer, checker)
    if not checker.faults:
        for below, text in unique_ids({"blocks": blocks}):
            checker.add(text, pointer + below.removeprefix("/blocks"))
        for below, text in message_totals(blocks):
            checker.add(text, pointer + below)
    return checker.faults


def _refuse(code: str, faults: Sequence[Fault], *, errors: bool = False) -> None:
    if not faults:
        return
    texts = [str(fault) for fault in faults]
    body: dict[str, Any] = {
        "response_metadata": {"messages": [f"[ERROR] {text}" for text in texts]}
    }
    if errors:
        body = {"errors": texts, **body}
    raise SlackError(code, body)
