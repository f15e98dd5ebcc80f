"""The pieces every view is made of, within Slack's limits and safe for any text.

Guarantees, whatever a text holds: nothing in it is taken as markup (prose stands in ``rich_text``
or plain text, which Slack does not parse; names in mrkdwn stand in an escaped code span); it is
cut before it is escaped; a message stays below Slack's limits of blocks and of escaped characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.redaction import redact

Block = dict[str, Any]
"""A Block Kit block, or a piece of one."""

MESSAGE_CHARACTERS = 10_000
"""Slack refuses a message near 13,200 escaped characters, at times near 11,300."""
MESSAGE_BLOCKS = 48
VIEW_BLOCKS = 98
VIEW_CHARACTERS = 60_000
HEADER = 148
BUTTON = 72
TEXT = 2_900

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_USER = re.compile(r"[UW][A-Z0-9]{2,30}")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{2,30}")
_MOST_READ = 20_000
_UNSEEN = ("type", "action_id", "value")


class Message(NamedTuple):
    """What is sent: ``text`` for notifications and screen readers, and the blocks."""

    text: str
    blocks: list[Block]


def tidy(text: str, limit: int = TEXT) -> str:
    """Return the text without characters that hide or reorder, cut to ``limit``; never empty."""
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text[:_MOST_READ])).strip()
    return cut(text, limit) or "–"


def cut(text: str, limit: int) -> str:
    """Return the text with at most ``limit`` characters, an ellipsis where something is gone."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def untrusted(text: str, limit: int = 300) -> str:
    """Return what a person or a cluster wrote as one line: no secrets, no hidden characters."""
    return tidy(" ".join(redact(text[:_MOST_READ]).split()), limit)


def escape(text: str) -> str:
    """Return the text as Slack's mrkdwn wants it: exactly three characters are escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def notice(text: str) -> str:
    """Return the top-level text of a message: short, escaped, inert."""
    return escape(tidy(text, 600))


def plain(text: str, limit: int = TEXT) -> Block:
    """Return a plain_text object; nothing in it is parsed, not even ``:emoji:``."""
    return {"type": "plain_text", "text": tidy(text, limit), "emoji": False}


def mrkdwn(text: str) -> Block:
    """Return a mrkdwn object for markup of our own; untrusted parts come through ``code``."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def code(text: str, limit: int = 120) -> str:
    """Return mrkdwn that shows a name literally."""
    return f"`{escape(tidy(text, limit).replace('`', 'ˋ'))}`"


def mention(user: str) -> str:
    """Return mrkdwn that names a Slack user; anything but a user id is shown literally."""
    return f"<@{user}>" if _USER.fullmatch(user) else code(user)


def channel_link(channel: str) -> str:
    """Return mrkdwn that names a channel; anything but a channel id is shown literally."""
    return f"<#{channel}>" if _CHANNEL.fullmatch(channel) else code(channel)


def when(at: datetime | None) -> str:
    """Return mrkdwn that shows a time in the reader's own time zone."""
    if at is None:
        return "–"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{stamp(at)}>"


def stamp(at: datetime) -> str:
    """Return a time in UTC, for places where Slack does not convert."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def header(text: str) -> Block:
    """Return a header block."""
    return {"type": "header", "text": plain(text, HEADER)}


def divider() -> Block:
    """Return a thin line."""
    return {"type": "divider"}


def section(markup: str) -> Block:
    """Return a section of our own mrkdwn."""
    return {"type": "section", "text": mrkdwn(markup)}


def fields(pairs: Iterable[tuple[str, str]]) -> Block:
    """Return label and value in two columns, ten at most.

    A value is mrkdwn made of ``code`` and the like, below 1,900 characters.
    """
    shown = [mrkdwn(f"*{label}*\n{value}") for label, value in pairs]
    return {"type": "section", "fields": shown[:10]}


def context(*texts: str) -> Block:
    """Return small grey text that nothing parses."""
    return {"type": "context", "elements": [plain(text, 1_500) for text in texts[:10]]}


def context_markup(markup: str) -> Block:
    """Return small grey text of our own mrkdwn."""
    return {"type": "context", "elements": [mrkdwn(markup)]}


def words(text: str, *, bold: bool = False, mono: bool = False) -> Block:
    """Return a rich text element. There are no italics: Chinese has none."""
    styles = {"bold": bold, "code": mono}
    element: Block = {"type": "text", "text": text[:TEXT] or " "}
    style = {name: True for name, on in styles.items() if on}
    return element | ({"style": style} if style else {})


def paragraph(*elements: Block) -> Block:
    """Return one paragraph of a rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def verbatim(text: str, limit: int = TEXT) -> Block:
    """Return text exactly as written, in a fixed-width box; lines are kept."""
    kept = _INVISIBLE.sub("", text[:_MOST_READ]).strip("\n")
    kept = cut(_CONTROL.sub(" ", kept), limit)
    return {"type": "rich_text_preformatted", "elements": [words(kept if kept.strip() else "–")]}


def listed(
    items: Sequence[Sequence[Block]], *, ordered: bool = False, offset: int = 0, indent: int = 0
) -> Block:
    """Return a list of a rich text; ``offset`` is how many numbers went before."""
    built: Block = {
        "type": "rich_text_list",
        "style": "ordered" if ordered else "bullet",
        "elements": [paragraph(*item) for item in items],
    }
    if offset:
        built["offset"] = offset
    if indent:
        built["indent"] = indent
    return built


def rich(*parts: Block) -> Block:
    """Return a block of paragraphs, boxes and lists that nothing parses."""
    return {"type": "rich_text", "elements": list(parts)}


def title_and_text(title: str, text: str) -> Block:
    """Return a bold line with a paragraph under it."""
    return rich(paragraph(words(tidy(title, 300), bold=True), words("\n" + tidy(text, 1_500))))


def button(label: str, action_id: str, value: str = "", style: str = "") -> Block:
    """Return a button; its value is an id or the line to ask, never an action's parameters."""
    built: Block = {"type": "button", "action_id": action_id, "text": plain(label, BUTTON)}
    if value:
        built["value"] = value[:600]
    if style:
        built["style"] = style
    return built


def actions(buttons: Sequence[Block]) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "elements": list(buttons[:25])}


def weight(piece: Any) -> int:
    """Return how much room a piece takes as Slack counts it, rather too much than too little."""
    if isinstance(piece, str):
        return len(escape(piece)) + 7 * sum(ord(c) > 0xFFFF for c in piece)
    if isinstance(piece, dict):
        total = 100 if piece.get("type") == "header" else 0
        return total + sum(weight(v) for k, v in piece.items() if k not in _UNSEEN)
    if isinstance(piece, list):
        return sum(weight(item) for item in piece)
    return 0


class Page:
    """Blocks put together until Slack's limits; what does not fit is left out and counted."""

    def __init__(self, blocks: int = MESSAGE_BLOCKS, characters: int = MESSAGE_CHARACTERS) -> None:
        """Start empty, with room for that many blocks and escaped characters."""
        self._room = characters
        self._most = blocks
        self.blocks: list[Block] = []
        self.left_out = 0

    def add(self, *blocks: Block) -> bool:
        """Add these blocks together, or none of them; return whether they were added."""
        size = weight(list(blocks))
        if size > self._room or len(self.blocks) + len(blocks) > self._most:
            self.left_out += 1
            return False
        self._room -= size
        self.blocks.extend(blocks)
        return True

    def end(self, *blocks: Block) -> None:
        """Add what must be there; two blocks and 900 characters are always kept free."""
        self.blocks.extend(blocks)
