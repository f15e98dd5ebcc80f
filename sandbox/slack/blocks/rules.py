"""What Slack checks across fields: the part of Block Kit no per-field schema can say.

The catalogue names these rules where they apply. Each takes an object whose fields are already
valid and gives (pointer below it, message) pairs. The wordings for text or fields, for submit and
for a repeated action_id are Slack's own; where Slack's words are not known the message is ours and
the error code alone is to be relied on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.slack.blocks.schema import Rule

Found = Sequence[tuple[str, str]]
Json = Mapping[str, Any]

TABLE_CHARACTERS = 10_000
MARKDOWN_CHARACTERS = 12_000
VISUALIZATIONS = 2


def text_or_fields(block: Json) -> Found:
    """A section shows a text, fields, or both; never neither."""
    if "text" in block or "fields" in block:
        return ()
    return [("", "must define either `text` or `fields`")]


def id_or_url(slack_file: Json) -> Found:
    """A Slack file is named by id or by url."""
    return () if ("id" in slack_file) != ("url" in slack_file) else [("", "invalid slack file")]


def image_source(image: Json) -> Found:
    """An image comes from a url or from a Slack file."""
    if ("image_url" in image) == ("slack_file" in image):
        return [("", "failed to match exactly one allowed schema")]
    url = image.get("image_url")
    if isinstance(url, str) and not url.startswith(("http://", "https://")):
        return [("/image_url", "downloading image failed")]
    return ()


def options_or_groups(select: Json) -> Found:
    """Options or groups of options: exactly one of the two."""
    if ("options" in select) != ("option_groups" in select):
        return ()
    return [("", "failed to match exactly one allowed schema")]


def initial_option(select: Json) -> Found:
    """The chosen option must equal one of the options in full."""
    if "initial_option" not in select or select["initial_option"] in options_of(select):
        return ()
    return [("/initial_option", "`initial_option` must match one of the options")]


def initial_options(select: Json) -> Found:
    """Each chosen option must equal one of the options in full."""
    known = options_of(select)
    return [
        (f"/initial_options/{index}", "`initial_options` must match the options")
        for index, option in enumerate(select.get("initial_options", ()))
        if option not in known
    ]


def length_order(element: Json) -> Found:
    """The least length is not above the greatest."""
    if element.get("min_length", 0) <= element.get("max_length", 3000):
        return ()
    return [("/min_length", "must be less than `max_length`")]


def no_dispatch_for_files(block: Json) -> Found:
    """A file input sends no action while it is filled in."""
    if block["element"]["type"] == "file_input" and block.get("dispatch_action"):
        return [("/dispatch_action", "invalid additional property: dispatch_action")]
    return ()


def submit_for_inputs(view: Json) -> Found:
    """A modal that asks for input needs a button to send it."""
    if "submit" in view or all(block["type"] != "input" for block in view["blocks"]):
        return ()
    return [("", "must define `submit` to use an `input` block in modals")]


def one_focus(view: Json) -> Found:
    """Only one element may have the focus at first."""
    focused = [where for where, element in elements_of(view["blocks"]) if _focus(element)]
    return [(f"/blocks{where}", "only one `focus_on_load` is allowed") for where in focused[1:]]


def table_text(block: Json) -> Found:
    """The cells of a table hold 10,000 characters at most."""
    total = sum(len(text) for text in _strings(block["rows"], "text"))
    if total <= TABLE_CHARACTERS:
        return ()
    return [("/rows", f"must be less than {TABLE_CHARACTERS + 1} characters")]


def even_rows(block: Json) -> Found:
    """All rows of a data table have the width of the first."""
    width = len(block["rows"][0])
    return [
        (f"/rows/{index}", f"must provide at least {width} items")
        for index, row in enumerate(block["rows"])
        if len(row) != width
    ]


def unique_ids(owner: Json) -> Found:
    """block_id is unique in all; action_id is unique in its block (as Slack refuses, not more)."""
    found: list[tuple[str, str]] = []
    seen_blocks: set[str] = set()
    for index, block in enumerate(owner["blocks"]):
        block_id = block.get("block_id")
        if block_id is not None:
            if block_id in seen_blocks:
                found.append(
                    (f"/blocks/{index}/block_id", f'`block_id` "{block_id}" already exists')
                )
            seen_blocks.add(block_id)
        seen_actions: set[str] = set()
        for where, element in elements_of([block]):
            action_id = element.get("action_id")
            if action_id is None:
                continue
            if action_id in seen_actions:
                below = where.removeprefix("/0")
                found.append(
                    (
                        f"/blocks/{index}{below}/action_id",
                        f'`action_id` "{action_id}" already exists',
                    )
                )
            seen_actions.add(action_id)
    return found


def message_totals(blocks: Sequence[Json]) -> Found:
    """Sums over a message: markdown text, charts, and text in tables."""
    found: list[tuple[str, str]] = []
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        found.append(("", f"must be less than {MARKDOWN_CHARACTERS + 1} characters"))
    charts = sum(block["type"] == "data_visualization" for block in blocks)
    if charts > VISUALIZATIONS:
        found.append(("", f"no more than {VISUALIZATIONS} items allowed"))
    tables = [block["rows"] for block in blocks if block["type"] == "table"]
    if sum(len(text) for text in _strings(tables, "text")) > TABLE_CHARACTERS:
        found.append(("", f"must be less than {TABLE_CHARACTERS + 1} characters"))
    return found


def options_of(select: Json) -> list[Any]:
    """Return all options of a select, those in groups included."""
    options = list(select.get("options", ()))
    for group in select.get("option_groups", ()):
        options.extend(group["options"])
    return options


def elements_of(blocks: Sequence[Json]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every interactive element with its pointer below the list of blocks."""
    for index, block in enumerate(blocks):
        match block["type"]:
            case "section" if "accessory" in block:
                yield f"/{index}/accessory", block["accessory"]
            case "input":
                yield f"/{index}/element", block["element"]
            case "actions" | "context_actions":
                for position, element in enumerate(block["elements"]):
                    yield f"/{index}/elements/{position}", element


def _focus(element: Json) -> bool:
    return element.get("focus_on_load") is True


def _strings(value: Any, key: str) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            for name, inner in item.items():
                if name == key and isinstance(inner, str):
                    yield inner
                else:
                    stack.append(inner)
        elif isinstance(item, list):
            stack.extend(item)


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        text_or_fields,
        id_or_url,
        image_source,
        options_or_groups,
        initial_option,
        initial_options,
        length_order,
        no_dispatch_for_files,
        submit_for_inputs,
        one_focus,
        table_text,
        even_rows,
        unique_ids,
    )
}
