"""What Slack's client refuses in a modal's form before the app is asked: errors by block_id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.slack.client_words import client_words
from sandbox.slack.element_state import is_empty
from sandbox.slack.views import View

TEXT_LENGTH = 3000

Reason = tuple[str, *tuple[object, ...]]
"""Which sentence of ``client_words``, and what goes into it."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"https?://\S+")


def form_errors(view: View, locale: str) -> dict[str, str]:
    """Return why the form cannot be sent, in the person's language; empty when it can."""
    errors: dict[str, str] = {}
    values = view.values
    for block in view.body["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = values[block["block_id"]][element["action_id"]]
        reason: Reason | None = ("required",)
        if not is_empty(state):
            reason = _reason(element, state.get("value"))
        elif block.get("optional"):
            reason = None
        if reason is not None:
            errors[block["block_id"]] = client_words(locale, *reason)
    return errors


def _reason(element: Mapping[str, Any], value: Any) -> Reason | None:
    if not isinstance(value, str):
        return None
    match element["type"]:
        case "plain_text_input":
            most, least = element.get("max_length", TEXT_LENGTH), element.get("min_length", 0)
            if len(value) > most:
                return "too_long", most + 1
            return ("too_short", least - 1) if len(value) < least else None
        case "email_text_input":
            return None if _EMAIL.fullmatch(value) else ("email",)
        case "url_text_input":
            return None if _URL.fullmatch(value) else ("url",)
        case "number_input":
            return _number_reason(element, value)
    return None


def _number_reason(element: Mapping[str, Any], value: str) -> Reason | None:
    number = _number(value)
    if number is None or (not element["is_decimal_allowed"] and number != int(number)):
        return ("number",)
    least, most = _number(element.get("min_value", "")), _number(element.get("max_value", ""))
    if least is not None and number < least:
        return "too_small", element["min_value"]
    if most is not None and number > most:
        return "too_large", element["max_value"]
    return None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < TEXT_LENGTH else None
