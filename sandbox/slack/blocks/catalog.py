"""Reads the Block Kit catalogue (catalog.yaml) into schema nodes.

The catalogue is data so that a limit can be looked up and changed without reading code. A fault in
it is a fault of ours and raises ``ValueError`` when the package is imported, never at a request.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from knowledge.safe_yaml import load_yaml
from sandbox.slack.blocks.rules import RULES
from sandbox.slack.blocks.schema import (
    SURFACES,
    AnyNode,
    ArrayNode,
    BooleanNode,
    Context,
    Node,
    NumberNode,
    ObjectNode,
    RefNode,
    StringNode,
    Surface,
    TextNode,
    TypedNode,
)

_PATH = Path(__file__).with_name("catalog.yaml")
_TYPE = {"type": "string"}
_SHARED: dict[str, dict[str, Any]] = {"blocks": {**_TYPE, "block_id": {"string": {"max": 255}}}}
"""What all members of a family have beside their own keys."""
_TEXTS = {"plain": ("plain_text",), "mrkdwn": ("mrkdwn",), "any": ("plain_text", "mrkdwn")}


@cache
def _catalogue() -> tuple[dict[str, dict[str, ObjectNode]], dict[str, Node]]:
    raw = load_yaml(_PATH.read_text(encoding="utf-8"))
    families = {
        family: {
            name: _object(
                {**body, "properties": {**_SHARED.get(family, _TYPE), **body.get("properties", {})}}
            )
            for name, body in members.items()
        }
        for family, members in raw["families"].items()
    }
    shapes: dict[str, Node] = {name: _node(body) for name, body in raw["shapes"].items()}
    return families, shapes


def context(surface: Surface) -> Context:
    """Return a fresh context to check something that goes to this surface."""
    families, shapes = _catalogue()
    return Context(surface=surface, families=families, shapes=shapes, rules=RULES)


def _object(body: dict[str, Any]) -> ObjectNode:
    return ObjectNode(
        properties={name: _node(part) for name, part in body.get("properties", {}).items()},
        required=tuple(body.get("required", ())),
        open=bool(body.get("open", False)),
        rules=tuple(body.get("rules", ())),
        surfaces=tuple(body.get("surfaces", SURFACES)),
    )


def _node(body: Any) -> Node:
    options: Any
    if isinstance(body, str):
        kind, options = body, {}
    elif isinstance(body, dict) and len(body) == 1:
        kind, options = next(iter(body.items()))
    else:
        raise ValueError(f"catalogue: a part must be a word or a mapping with one key: {body!r}")
    match kind:
        case "string":
            return StringNode(
                minimum=options.get("min"),
                maximum=options.get("max"),
                values=tuple(options.get("values", ())),
                pattern=options.get("pattern"),
                format=options.get("format"),
            )
        case "integer" | "number":
            return NumberNode(kind == "integer", options.get("min"), options.get("max"))
        case "boolean":
            return BooleanNode()
        case "anything":
            return AnyNode()
        case "array":
            return ArrayNode(_node(options["items"]), options.get("min"), options.get("max"))
        case "object":
            return _object(options)
        case "plain" | "mrkdwn" | "any":
            return TextNode(_TEXTS[kind], maximum=options["max"], minimum=options.get("min", 1))
        case "typed":
            return TypedNode(options["family"], tuple(options.get("only", ())))
        case "ref":
            return RefNode(options)
    raise ValueError(f"catalogue: unknown kind of part: {kind!r}")
