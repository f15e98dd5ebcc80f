"""How Slack keeps what it was sent: escaped, linked, emoji named, ids filled in.

Text that comes back from Slack is therefore not the text that went in, and code that compares the
two is wrong; the sandbox keeps that trap. Emoji are named from ``page/emoji.json``, which the page
uses the other way round.
"""

from __future__ import annotations

import copy
import json
import re
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.slack.blocks.rules import elements_of

_CONTROL = re.compile(r"<(?:[@#!][^<>\s][^<>]*|(?:https?://|mailto:|tel:)[^<>\s|]+(?:\|[^<>]*)?)>")
_AMP = re.compile(r"&(?!(?:amp|lt|gt);)")
_URL = re.compile(r"(?<![\w<|])https?://[^\s<>|]+[^\s<>|.,;:!?)\]'\"*_~`]")


@cache
def emoji_names() -> dict[str, str]:
    """Return emoji character -> name without colons."""
    path = Path(__file__).with_name("page") / "emoji.json"
    named: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return {character: name for name, character in named.items()}


@cache
def _emoji() -> re.Pattern[str]:
    characters = sorted(emoji_names(), key=len, reverse=True)
    return re.compile("(" + "|".join(map(re.escape, characters)) + ")\ufe0f?")


def stored_text(text: str, *, link: bool = True) -> str:
    """Return text as Slack gives it back: control sequences kept, all else escaped."""
    parts: list[str] = []
    position = 0
    for found in _CONTROL.finditer(text):
        parts.append(_plain(text[position : found.start()], link=link))
        parts.append(found.group())
        position = found.end()
    parts.append(_plain(text[position:], link=link))
    return "".join(parts)


def stored_plain(text: str, *, emoji: bool = True) -> str:
    """Return the text of a plain_text object as Slack gives it back."""
    return _plain(text, link=False, emoji=emoji)


def stored_blocks(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a copy with texts as Slack keeps them and missing ids made up."""
    kept = copy.deepcopy(blocks)
    for block in kept:
        block.setdefault("block_id", _made_up_id())
    for _, element in elements_of(kept):
        if element["type"] != "image":
            element.setdefault("action_id", _made_up_id())
    _store_texts(kept)
    return kept


def _made_up_id() -> str:
    return secrets.token_urlsafe(4)[:5]


def _plain(text: str, *, link: bool, emoji: bool = True) -> str:
    escaped = _AMP.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
    if link:
        escaped = _URL.sub(lambda found: f"<{found.group()}>", escaped)
    if not emoji:
        return escaped
    names = emoji_names()
    return _emoji().sub(lambda found: f":{names[found.group(1)]}:", escaped)


def _store_texts(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _store_texts(item)
    elif isinstance(value, dict):
        text = value.get("text")
        if value.get("type") == "mrkdwn" and isinstance(text, str):
            value.setdefault("verbatim", False)
            value["text"] = stored_text(text, link=not value["verbatim"])
        elif value.get("type") == "plain_text" and isinstance(text, str):
            value.setdefault("emoji", True)
            value["text"] = stored_plain(text, emoji=value["emoji"])
        else:
            for inner in value.values():
                _store_texts(inner)
