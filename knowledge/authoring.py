"""Entries of a user's own: a skeleton to fill in, a draft from what was seen, a schema for editors.

What is made here is valid from the start; lint says which words are still to be changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from knowledge.observations import Observation
from knowledge.observing import observe, observe_line
from knowledge.pasting import parse_objects
from knowledge.schema import Entry
from knowledge.telling import alarming

SCHEMA_FILE = "entry.schema.json"
MAX_SIGNATURE = 200
_LITERAL = 8
"""Letters a pattern must hold besides its gaps."""
_STOP = frozenset(["an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "the", "to"])
_FIELD = re.compile(
    r'\b(?:error|err|msg|message)"?\s*[=:]\s*"(?P<text>(?:[^"\\]|\\.)*)"', re.IGNORECASE
)
_VARIES = re.compile(
    r"\[redacted:[\w-]+\]"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|https?://[^\s\"'\\]+"
    r"|(?<![\w.-])[\w.:/+-]*\d[\w.:/+-]*(?<![.:,])"
)
_OTHERS = ("a1b2", "other-7x", "zz-99")
"""What stands for a varying word in the examples of a draft."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a draft is made from: one telling text and others that are not meant."""

    text: str
    component: str = ""
    kind: str = "log"
    """log, event or status."""
    others: tuple[str, ...] = ()


def entry_schema() -> dict[str, Any]:
    """Return the JSON Schema of an entry, for completion and checks in an editor."""
    schema = Entry.model_json_schema()
    matcher = schema["$defs"]["Matcher"]
    matcher["minProperties"] = matcher["maxProperties"] = 1
    for name, parts in (
        ("Signature", ("text", "pattern")),
        ("Example", ("text", "object", "probe")),
    ):
        schema["$defs"][name]["oneOf"] = [{"required": [part]} for part in parts]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def entry_id(text: str) -> str:
    """Return an id made of the first telling words of a text."""
    words = re.findall(r"[a-z]{2,}", _VARIES.sub(" ", _message(text)).lower())
    chosen = [word for word in words if word not in _STOP][:5]
    return "-".join(chosen)[:60].strip("-") or "new-entry"


def draft(new_id: str, seen: Seen | None = None) -> str:
    """Return an entry as commented YAML: a skeleton, or made from what was seen.

    The texts are to be changed by its author, and lint says so until they are.
    """
    seen = seen or Seen("CHANGE ME: the words of the message that never vary")
    message = _message(seen.text)
    signature, varies = _signature(message.replace('\\"', '"'))
    matcher: dict[str, Any] = {"pattern" if varies else "text": signature}
    if seen.component:
        matcher["components"] = [seen.component]
    if seen.kind != "log":
        matcher["where"] = [seen.kind]
    return _PAGE.format(
        schema=SCHEMA_FILE,
        id=new_id if yaml.safe_load(new_id or "-") == new_id else f"{new_id!r}",
        matchers=_block([{"signature": matcher}], 2),
        match=_block([_example(text, seen) for text in _variations(seen.text, message)], 4),
        no_match=_block(
            [_example(text, seen) for text in _near_misses(seen, signature, varies)], 4
        ),
    )


def _message(text: str) -> str:
    """Return the part of a log line that says what happened: its error, else its message."""
    found = {
        m[0].split("=")[0].split('"')[0].strip().lower(): m["text"] for m in _FIELD.finditer(text)
    }
    for key in ("error", "err", "msg", "message"):
        if found.get(key):
            return found[key][: MAX_SIGNATURE * 2]
    return text.strip()[: MAX_SIGNATURE * 2]


def _signature(message: str) -> tuple[str, bool]:
    """Return what to match, and whether it is a regular expression: a gap for what varies."""
    parts = _VARIES.split(message)
    while len(parts) > 1 and not parts[0].strip():
        parts = parts[1:]
    while len(parts) > 1 and not parts[-1].strip():
        parts = parts[:-1]
    if len(parts) == 1 or sum(len(part.strip()) for part in parts) < _LITERAL:
        return parts[0][:MAX_SIGNATURE].strip() or message[:MAX_SIGNATURE], False
    parts = [parts[0].lstrip(), *parts[1:-1], parts[-1].rstrip()]
    pattern = _escaped(parts[0])
    for part in parts[1:]:
        following = r"\S+" + _escaped(part)
        if len(pattern) + len(following) > MAX_SIGNATURE:
            break
        pattern += following
    return pattern, True


def _escaped(literal: str) -> str:
    return re.sub(r"\\([ #&~-])", r"\1", re.escape(literal))


def _variations(text: str, message: str) -> list[str]:
    """Return three texts of the kind: as it was, and with other names and numbers."""
    texts = [text]
    for other in _OTHERS:
        changed = text.replace(message, _VARIES.sub(other, message)) if message in text else text
        if changed not in texts:
            texts.append(changed)
    for around in (f"{message}", f"level=error {message}", f"again: {message}", f"{message}."):
        if len(texts) >= 3:
            break
        if around not in texts:
            texts.append(around)
    return texts[:3]


def _near_misses(seen: Seen, signature: str, varies: bool) -> list[str]:
    def meant(text: str) -> bool:
        found = re.search(signature, text) if varies else signature in text
        return bool(found)

    others = [text for text in seen.others if not meant(text) and alarming(text)][:3]
    for filler in ("CHANGE ME: a line that looks like it and means something else", "all is well"):
        if len(others) < 2:
            others.append(filler)
    return others


def _example(text: str, seen: Seen) -> dict[str, Any]:
    example: dict[str, Any] = {"text": text}
    if seen.component:
        example["component"] = seen.component
    if seen.kind != "log":
        example["kind"] = seen.kind
    return example


def _block(value: list[dict[str, Any]], indent: int) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=10_000)
    return "\n".join(" " * indent + line for line in text.rstrip().splitlines())


def observed(data: bytes, component: str = "") -> list[Observation]:
    """Return what a log, or objects in YAML or JSON, tell; never raises for odd content."""
    text = data.decode("utf-8", "replace")
    if objects := parse_objects(text):
        facts = [fact for obj in objects for fact in observe(obj) if fact.kind != "object"]
        if facts:
            return [replace(fact, component=fact.component or component) for fact in facts]
    return [
        observe_line(line, component=component, where=f"line {number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]


def seen_from(observation: Observation, others: Sequence[Observation] = ()) -> Seen:
    """Return what a draft needs of an observation and of those it must not be taken for."""
    kind = observation.kind if observation.kind in ("log", "event") else "status"
    return Seen(
        observation.text, observation.component, kind, tuple(other.text for other in others)
    )


_PAGE = """\
# yaml-language-server: $schema={schema}
# One thing that goes wrong, and what to do about it. The file is named after the id.
# Check it with:  mtc-bot kb test <this folder>
id: {id}
title:
  # One line: what is wrong, not that something is. {{migration}}, {{plan}}, {{namespace}},
  # {{target_namespace}}, {{source}}, {{destination}}, {{storage}} and {{name}} are filled in,
  # and so are named groups (?P<name>...) of the patterns below.
  en: "CHANGE ME: what is wrong, in one line"
  zh: "请修改：一句话说明问题"
cause:
  # Why it happens, in a sentence or two that a tired person understands.
  en: "CHANGE ME: why it happens"
  zh: "请修改：说明原因"
severity: error        # critical, error, warning, info
role: cause            # cause: the root; symptom: something else is behind it; benign: only noise
source:
  # Where this is known from: a ticket, a page, a file of the source code.
  - "CHANGE ME: where this is known from"
tags: []               # words people will search with
matchers:
  # Any of these is enough. Besides signature there are condition, event, pod and object.
  # text is literal, pattern a regular expression.
{matchers}
explains: []           # ids of entries whose findings are symptoms of this one
supersedes: []         # ids of vaguer entries that say nothing more once this one matches
steps:
  # What to do, in order. A command is ready to copy; cluster is host, source, destination, both.
  - text:
      en: "CHANGE ME: what to do first"
      zh: "请修改：首先做什么"
    command: oc get migmigration {{migration}} -n openshift-migration -o yaml
    cluster: host
examples:
  # At least three that must lead here, and two near misses that must not.
  match:
{match}
  no_match:
{no_match}
"""
