"""blocks.validate: asks whether Slack would take blocks, a view or a message, posting nothing."""

from __future__ import annotations

import re
from typing import Any

from sandbox.slack.backend import Backend
from sandbox.slack.blocks import check
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.web.methods import Answer, method

CHARACTERS = 100_000
_WHERE = re.compile(r"^(?P<message>.*) \[json-pointer:(?P<pointer>[^\]]*)\]$", re.DOTALL)


@method("blocks.validate", kind="any")
def validate(backend: Backend, arguments: Arguments) -> Answer:
    """Answer with no errors, or refuse with what is wrong and where."""
    given = [name for name in ("blocks", "view", "message") if arguments.get(name)]
    if len(given) != 1:
        raise invalid_arguments("must provide exactly one of `blocks`, `view`, `message`")
    name = given[0]
    if len(str(arguments[name])) > CHARACTERS:
        raise SlackError(f"invalid_{name}")
    value = arguments.json(name, f"invalid_{name}")
    try:
        _check(name, value)
    except SlackError as refusal:
        raise SlackError(f"invalid_{name}", {"errors": _errors(refusal)}) from None
    return {"errors": []}


def _check(name: str, value: Any) -> None:
    if name == "blocks":
        check.message_blocks(value)
    elif name == "view":
        check.view(value, kinds=("modal", "home"))
    elif not isinstance(value, dict):
        raise SlackError("invalid_message")
    else:
        check.message_blocks(value.get("blocks", []))
        check.attachments(value.get("attachments", []))


def _errors(refusal: SlackError) -> list[dict[str, str]]:
    texts = refusal.body.get("response_metadata", {}).get("messages") or [refusal.code]
    found = []
    for text in texts:
        where = _WHERE.match(text.removeprefix("[ERROR] "))
        message, pointer = (where["message"], where["pointer"]) if where else (text, "")
        found.append({"code": refusal.code, "message": message, "pointer": pointer})
    return found
