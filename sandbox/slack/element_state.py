"""What an interactive element holds: at first, and after a person used it.

One place knows, per element type, which key carries the value (``value``, ``selected_option``,
``selected_users``...) and how a plain string from a page or a test becomes it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.slack.blocks.rules import elements_of, options_of

Json = dict[str, Any]

_TEXTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
_ONE_ID = {
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_MANY_IDS = {
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
_ONE_OPTION = frozenset({"static_select", "external_select", "radio_buttons", "overflow"})
_MANY_OPTIONS = frozenset({"multi_static_select", "multi_external_select", "checkboxes"})
_STATELESS = frozenset({"button", "overflow", "image", "workflow_button"})


def initial_state(element: Mapping[str, Any]) -> Json | None:
    """Return what the element holds untouched; None for one that holds nothing (a button)."""
    kind = element["type"]
    if kind in _STATELESS:
        return None
    if kind in _TEXTS:
        return {"type": kind, "value": element.get("initial_value")}
    if kind in _ONE_ID:
        key, initial = _ONE_ID[kind]
        return {"type": kind, key: element.get(initial)}
    if kind in _MANY_IDS:
        key, initial = _MANY_IDS[kind]
        return {"type": kind, key: list(element.get(initial, ()))}
    if kind in _ONE_OPTION:
        return {"type": kind, "selected_option": copy.deepcopy(element.get("initial_option"))}
    if kind in _MANY_OPTIONS:
        return {"type": kind, "selected_options": copy.deepcopy(element.get("initial_options", []))}
    if kind == "file_input":
        return {"type": kind, "files": []}
    return {"type": kind, "rich_text_value": copy.deepcopy(element.get("initial_value"))}


def typed_state(element: Mapping[str, Any], given: Any) -> Json:
    """Return what the element holds after a person gave it ``given``.

    Options are named by their value. Raises ``LookupError`` for one that is not offered.
    """
    kind = element["type"]
    if isinstance(given, dict) and given.get("type") == kind:
        return dict(given)
    if kind in _TEXTS:
        return {"type": kind, "value": None if given in (None, "") else str(given)}
    if kind in _ONE_ID:
        return {"type": kind, _ONE_ID[kind][0]: given or None}
    if kind in _MANY_IDS:
        return {"type": kind, _MANY_IDS[kind][0]: list(given or ())}
    if kind in _ONE_OPTION:
        return {"type": kind, "selected_option": _option(element, given)}
    if kind in _MANY_OPTIONS:
        return {"type": kind, "selected_options": [_option(element, one) for one in given or ()]}
    if kind == "file_input":
        return {"type": kind, "files": list(given or ())}
    return {"type": kind, "rich_text_value": given}


def action_fields(element: Mapping[str, Any], state: Json | None) -> Json:
    """Return the fields of its own that an element adds to a block_actions action."""
    kind = element["type"]
    if kind == "button":
        kept = ("text", "value", "url", "style", "confirm")
        return {key: copy.deepcopy(element[key]) for key in kept if key in element}
    fields = {key: value for key, value in (state or {}).items() if key != "type"}
    for key in (
        "placeholder",
        "min_query_length",
        *(k for k in element if k.startswith("initial_")),
    ):
        if key in element:
            fields[key] = copy.deepcopy(element[key])
    return fields


def is_empty(state: Mapping[str, Any]) -> bool:
    """Whether nothing was filled in."""
    return all(value in (None, [], "") for key, value in state.items() if key != "type")


def find_element(
    blocks: Sequence[Mapping[str, Any]], action_id: str, block_id: str | None
) -> tuple[Mapping[str, Any], Json]:
    """Return (block, element). Raises ``LookupError`` when there is none."""
    for where, element in elements_of(blocks):
        block = blocks[int(where.split("/")[1])]
        if element.get("action_id") == action_id and block_id in (None, block["block_id"]):
            return block, element
    known = sorted(str(element.get("action_id")) for _, element in elements_of(blocks))
    raise LookupError(f"no element {action_id!r} in block {block_id!r}; there are {known}")


def state_values(
    blocks: Sequence[Mapping[str, Any]], typed: Mapping[str, Mapping[str, Json]]
) -> dict[str, dict[str, Json]]:
    """Return ``state.values``: what every element holds, typed values over initial ones."""
    values: dict[str, dict[str, Json]] = {}
    for where, element in elements_of(blocks):
        block = blocks[int(where.split("/")[1])]
        state = typed.get(block["block_id"], {}).get(element.get("action_id", ""))
        if state is None or state["type"] != element["type"]:
            state = initial_state(element)
        if state is not None:
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _option(element: Mapping[str, Any], given: Any) -> Any:
    if given in (None, ""):
        return None
    if isinstance(given, dict):
        return given
    for option in options_of(element):
        if option["value"] == given:
            return copy.deepcopy(option)
    if element["type"] in ("external_select", "multi_external_select"):
        return {"text": {"type": "plain_text", "text": str(given), "emoji": True}, "value": given}
    raise LookupError(f"{element.get('action_id')!r} offers no option {given!r}")
