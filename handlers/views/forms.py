"""Modals in which people ask for a fix, compare a fingerprint, or say why they reject."""

from __future__ import annotations

from typing import Any

from bot.remediation.offers import Offer
from handlers.forms import LONG, PARTS, Field, block_id
from handlers.views.actions import Form
from handlers.views.kit import (
    Block,
    Message,
    context,
    cut,
    paragraph,
    plain,
    rich,
    section,
    tidy,
    untrusted,
    verbatim,
    words,
)
from handlers.views.words import CATALOGUE, name_of, say
from knowledge.texts import Lang, LocalText

View = dict[str, Any]
_VALUE = "value"
"""Action id of the one element of each input."""


def waiting(title: str, sentence: str, lang: Lang) -> View:
    """Return a modal that stands there while something is looked up."""
    return _modal(title, [section(f"⏳ {sentence}")], lang)


def told(title: str, message: Message, lang: Lang) -> View:
    """Return a modal that says how it went."""
    return _modal(title, [b for b in message.blocks if b["type"] != "actions"], lang)


def ask_form(
    offer: Offer, title: LocalText, fields: tuple[Field, ...], kept: str, lang: Lang
) -> View:
    """Return the form of a fix; ``kept`` comes back with what is filled in."""
    blocks = [
        rich(paragraph(words(tidy(title.get(lang), 200), bold=True))),
        context(
            untrusted(say(lang, "form.for", target=str(offer.target), control=offer.control), 300),
            name_of(lang, "risk", str(int(offer.risk))),
        ),
    ]
    if offer.reason is not None:
        blocks.append(context(say(lang, "fix.note", why=untrusted(offer.reason.get(lang), 500))))
    for field in fields:
        blocks += _inputs(field, lang)
    if not fields:
        blocks.append(rich(paragraph(words(say(lang, "form.no_params")))))
    view = _modal(say(lang, "form.title"), blocks, lang)
    submit = plain(say(lang, "form.submit"), 24)
    return view | {
        "submit": submit,
        "callback_id": Form.PARAMS.value,
        "private_metadata": kept[:LONG],
    }


def compare_form(approval_id: str, prints: tuple[str, ...], lang: Lang) -> View:
    """Return the form in which an approver types what was compared."""
    shown = "\n".join(untrusted(each, 200) for each in prints[:10])
    blocks = [
        rich(paragraph(words(say(lang, "request.compare"))), verbatim(shown)),
        _text_input("compare", say(lang, "compare.label"), say(lang, "compare.hint")),
    ]
    return _deciding(Form.COMPARE, say(lang, "compare.title"), approval_id, blocks, lang)


def reject_form(approval_id: str, lang: Lang) -> View:
    """Return the form in which somebody says why a request is rejected."""
    blocks = [_text_input("reject", say(lang, "reject.label"), most=500, optional=True)]
    return _deciding(Form.REJECT, say(lang, "reject.title"), approval_id, blocks, lang)


def _deciding(form: Form, title: str, approval_id: str, blocks: list[Block], lang: Lang) -> View:
    label = "button.approve" if form is Form.COMPARE else "button.reject"
    return _modal(title, blocks, lang) | {
        "submit": plain(say(lang, label), 24),
        "callback_id": form.value,
        "private_metadata": approval_id[:200],
    }


def _modal(title: str, blocks: list[Block], lang: Lang) -> View:
    return {
        "type": "modal",
        "title": plain(title, 24),
        "close": plain(say(lang, "button.close"), 24),
        "blocks": blocks,
    }


def _inputs(field: Field, lang: Lang) -> list[Block]:
    label = name_of(lang, "param", field.name)
    if field.optional:
        label = say(lang, "form.optional", label=label)
    if field.kind != "long":
        block = _input(block_id(field.name), label, _element(field, lang), field.optional)
        hint = f"hint.{field.name}"
        return [block | ({"hint": plain(say(lang, hint), 300)} if hint in CATALOGUE else {})]
    more = say(lang, "form.more", label=name_of(lang, "param", field.name))
    return [
        _input(
            block_id(field.name, part),
            more if part else label,
            {"type": "plain_text_input", "action_id": _VALUE, "multiline": True,
             "max_length": LONG},
            bool(part) or field.optional,
        )
        for part in range(PARTS)
    ]  # fmt: skip


def _element(field: Field, lang: Lang) -> Block:
    if not field.choices:
        element: Block = {"type": "plain_text_input", "action_id": _VALUE, "max_length": 1_000}
        if field.value:
            element["initial_value"] = cut(field.value, 1_000)
        return element
    own = {"yes": say(lang, "form.yes"), "no": say(lang, "form.no")}
    options = [
        {"text": plain(own.get(choice, choice), 75), "value": choice} for choice in field.choices
    ]
    element = {"type": "static_select", "action_id": _VALUE, "options": options}
    if field.value in field.choices:
        element["initial_option"] = options[field.choices.index(field.value)]
    return element


def _text_input(
    name: str, label: str, hint: str = "", *, most: int = 1_000, optional: bool = False
) -> Block:
    element = {"type": "plain_text_input", "action_id": _VALUE, "max_length": most}
    block = _input(block_id(name), label, element, optional)
    return block | ({"hint": plain(hint, 300)} if hint else {})


def _input(block: str, label: str, element: Block, optional: bool) -> Block:
    return {
        "type": "input",
        "block_id": block,
        "label": plain(label, 150),
        "element": element,
        "optional": optional,
    }
