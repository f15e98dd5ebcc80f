"""What can be asked, and what is known of the person who asks."""

from __future__ import annotations

from handlers.views.kit import (
    Block,
    Message,
    context,
    fields,
    header,
    listed,
    mention,
    notice,
    paragraph,
    rich,
    section,
    words,
)
from handlers.views.parts import asks
from handlers.views.words import say
from knowledge.texts import Lang

USAGES: tuple[tuple[str, str], ...] = (
    ("list", "/mtc list [words]"),
    ("status", "/mtc status <migration>"),
    ("diagnose", "/mtc diagnose <migration>"),
    ("preflight", "/mtc preflight <plan>"),
    ("kb", "/mtc kb [words]"),
    ("whoami", "/mtc whoami"),
    ("lang", "/mtc lang en|zh"),
)
REMEDY_USAGES: tuple[tuple[str, str], ...] = (
    ("fix", "/mtc fix <migration> [action]"),
    ("rerun", "/mtc rerun <migration> [stage|cutover|state-transfer]"),
    ("rollback", "/mtc rollback <migration>"),
    ("cancel", "/mtc cancel <migration>"),
    ("approvals", "/mtc approvals"),
    ("approve", "/mtc approve <id> [reason]"),
    ("reject", "/mtc reject <id> [reason]"),
    ("audit", "/mtc audit [migration]"),
)
"""What can be asked for where remediation is on."""


def help_page(lang: Lang, remedies: bool = False) -> Message:
    """Return what can be asked; ``remedies`` says that fixes can be asked for."""
    buttons = [(say(lang, "button.list"), "list"), (say(lang, "button.kb"), "kb")]
    blocks = [header(say(lang, "help.title")), *help_blocks(lang, remedies), asks(buttons)]
    return Message(notice(say(lang, "help.title")), blocks)


def help_blocks(lang: Lang, remedies: bool = False) -> list[Block]:
    """Return the explanations, for the help page and for the App Home."""
    example = "/mtc diagnose migplan/shop"
    items = [
        [words(usage, mono=True), words("  " + say(lang, f"help.{name}", example=example))]
        for name, usage in (*USAGES, *(REMEDY_USAGES if remedies else ()))
    ]
    return [
        rich(paragraph(words(say(lang, "help.intro"))), listed(items)),
        context(say(lang, "help.cards")),
        context(say(lang, "help.mention", example="@mtc-bot diagnose shop-1")),
    ]


def whoami(user: str, lang: Lang) -> Message:
    """Return what is known of the person."""
    blocks = [
        header(say(lang, "whoami.title")),
        fields(
            [
                (say(lang, "whoami.user"), mention(user)),
                (say(lang, "whoami.language"), say(lang, "whoami.language_is")),
            ]
        ),
        context(say(lang, "whoami.rights")),
    ]
    return Message(notice(say(lang, "whoami.rights")), blocks)


def said(sentence: str) -> Message:
    """Return one sentence of our own."""
    return Message(notice(sentence), [rich(paragraph(words(sentence)))])


def working(lang: Lang) -> Message:
    """Return the word that an answer is on its way."""
    return Message(say(lang, "working"), [section(f"⏳ {say(lang, 'working')}")])
