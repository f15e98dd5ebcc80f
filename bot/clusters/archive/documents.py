"""Objects out of YAML that others wrote: whole, cut in half, or no YAML at all.

A must-gather writes whatever ``oc`` printed, so any file may hold an error text instead. Nothing
here raises: what cannot be used becomes a sentence, and the rest of the file is still read. Long
lists, as ``oc adm inspect`` writes them, are parsed one item at a time, which bounds memory and
keeps a bad item from hiding the others.

Parsing goes by events (libyaml, which refuses more than 1000 levels by itself), with limits on
size, depth and on what aliases may grow to, and resolves scalars as JSON would: no tags, no
timestamps, no merge keys. Kubernetes objects are JSON, so nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import yaml

from bot.clusters.archive.members import Member, Problems, shown
from bot.clusters.port import Json
from knowledge.safe_yaml import Loader

MAX_FILE = 1 << 27
"""Bytes of one file of objects."""
MAX_DOCUMENT = 1 << 24
"""Bytes of one YAML document or list item; etcd takes 1.5 MiB."""
MAX_VALUES = 400_000
"""Values in one document, those that aliases repeat included."""
MAX_DEPTH = 100

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,40}(?:[eE][-+][0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "": None,
}
_DOCUMENT_MARK = re.compile(rb"^---(?=[ \t\r\n]|\Z)[^\n]*\n?", re.MULTILINE)
_ITEMS = re.compile(rb"^items:[ \t]*\r?\n(?P<indent> *)- ", re.MULTILINE)
_OC_ERROR = re.compile(
    r"(?i)^\s*(?:error(?: from server)?\b.{0,40}?:|unable to (?:connect|retrieve)|"
    r"the connection to the server|you must be logged in|no resources found)"
)


class _RefusedError(Exception):
    """The document is not taken; ``str()`` says why."""


class _AliasElsewhereError(_RefusedError):
    """An alias names something that lies outside the part that was parsed."""


@dataclass(frozen=True, slots=True)
class Found:
    """The objects of one file, and a sentence for each that could not be used."""

    objects: tuple[Json, ...] = ()
    problems: tuple[str, ...] = ()


def read_objects(member: Member) -> Found:
    """Return every object in a file; items of a list carry the kind the list tells."""
    if member.size > MAX_FILE:
        return Found(
            problems=(f"{shown(member.path)} was skipped: it is larger than {MAX_FILE >> 20} MiB",)
        )
    try:
        text = member.read(MAX_FILE)
    except Exception as error:
        return Found(problems=(f"{shown(member.path)} was skipped: {error}",))
    return objects_in(text, member.path, cut=member.cut)


def objects_in(text: bytes, path: str, *, cut: bool = False) -> Found:
    """Return the objects in a text; ``cut`` says that its end is missing."""
    documents = [part for part in _DOCUMENT_MARK.split(text) if part.strip()]
    if not documents:
        return Found(problems=(f"{shown(path)} was skipped: it is empty",))
    file = _File(path)
    for number, document in enumerate(documents):
        file.take_document(document, cut=cut and number == len(documents) - 1)
    return Found(tuple(file.objects), file.problems.sentences)


class _File:
    """What one file has given so far."""

    def __init__(self, path: str) -> None:
        self.objects: list[Json] = []
        self.problems = Problems()
        self._path = shown(path)

    def take_document(self, text: bytes, *, cut: bool) -> None:
        try:
            self._take_whole_or_split(text, cut=cut)
        except _RefusedError as error:
            self._skip(f"{self._path} was skipped: {_why(text, str(error))}")

    def _take_whole_or_split(self, text: bytes, *, cut: bool) -> None:
        split = _split_list(text)
        head = _parsed(split[0]) if split is not None else None
        if split is not None and isinstance(head, dict) and _is_list(head):
            try:
                self._take_items(head, split[1], cut=cut)
                return
            except _AliasElsewhereError:
                self.objects.clear()
        if cut:
            raise _RefusedError("the archive breaks off in it")
        whole = _parsed(text)
        if isinstance(whole, dict) and _is_list(whole):
            for number, item in enumerate(whole.get("items") or ()):
                self._take(number, item, whole)
        elif _is_object(whole):
            self.objects.append(whole)
        else:
            raise _RefusedError("it holds no object")

    def _take_items(self, head: Json, items: list[bytes], *, cut: bool) -> None:
        for number, text in enumerate(items):
            if cut and number == len(items) - 1:
                self._skip_item(number, "the archive breaks off in it")
                continue
            try:
                parsed = _parsed(text)
            except _AliasElsewhereError:
                raise
            except _RefusedError as error:
                self._skip_item(number, str(error))
                continue
            self._take(number, parsed, head)

    def _take(self, number: int, item: object, head: Json) -> None:
        if not isinstance(item, dict) or not _is_object(item):
            self._skip_item(number, "it is no object with a name")
            return
        kind = head["kind"]
        if kind != "List":
            item.setdefault("kind", kind.removesuffix("List"))
            item.setdefault("apiVersion", head.get("apiVersion"))
        self.objects.append(item)

    def _skip_item(self, number: int, why: str) -> None:
        self._skip(f"item {number + 1} of {self._path} was skipped: {why}")

    def _skip(self, sentence: str) -> None:
        self.problems.add(f"problems in {self._path}", sentence)


def _is_list(value: Json) -> bool:
    kind = value.get("kind")
    return (
        isinstance(kind, str)
        and kind.endswith("List")
        and ("items" not in value or isinstance(value["items"], list | None))
    )


def _is_object(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    metadata = value.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("name"))


def _why(text: bytes, otherwise: str) -> str:
    first = text.strip().split(b"\n", 1)[0].decode("utf-8", "replace")
    return f"it holds only the text {shown(first)!r}" if _OC_ERROR.match(first) else otherwise


def _split_list(text: bytes) -> tuple[bytes, list[bytes]] | None:
    """Return what surrounds the items of a list, and the text of each item.

    Lines of a block scalar are always indented deeper than the dash of the item they are in, so
    a dash at that indent begins an item.
    """
    start = _ITEMS.search(text)
    if start is None:
        return None
    indent = start["indent"]
    first = start.start("indent")
    end_mark = re.compile(rb"^(?! {%d}[- #\r\n]| *\r?$)." % len(indent), re.MULTILINE)
    end = end_mark.search(text, first)
    region = text[first : end.start() if end else len(text)]
    dash = re.compile(rb"^" + indent + rb"- ", re.MULTILINE)
    starts = [found.start() for found in dash.finditer(region)]
    items = [
        b" " * (len(indent) + 2) + region[begin + len(indent) + 2 : stop]
        for begin, stop in zip(starts, [*starts[1:], len(region)], strict=True)
    ]
    rest = text[end.start() :] if end else b""
    return text[: start.start()] + rest, items


def _parsed(text: bytes) -> Any:
    if len(text) > MAX_DOCUMENT:
        raise _RefusedError(f"it is larger than {MAX_DOCUMENT >> 20} MiB")
    if text.lstrip()[:1] == b"{":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    try:
        return _Building().build(yaml.parse(text.decode("utf-8", "replace"), Loader=Loader))
    except yaml.YAMLError as error:
        raise _RefusedError(f"it is no YAML ({_reason(error)})") from error
    except (RecursionError, ValueError) as error:
        raise _RefusedError("it is no YAML that can be read") from error


def _reason(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    said = shown(str(getattr(error, "problem", None) or "cannot be read"), 80)
    return f"line {mark.line + 1}: {said}" if mark is not None else said


_MISSING = object()


class _Building:
    """Turns the events of one document into plain values."""

    def __init__(self) -> None:
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0
        self._open: list[tuple[Any, str | None, int]] = []
        self._keys: list[Any] = []
        self._root: Any = None

    def build(self, events: Iterator[Any]) -> Any:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._count(1)
                value = event.value if not event.implicit[0] else _scalar(event.value)
                self._remember(event.anchor, value, 1)
                self._put(value)
            elif isinstance(event, yaml.MappingStartEvent):
                self._begin({}, event.anchor)
            elif isinstance(event, yaml.SequenceStartEvent):
                self._begin([], event.anchor)
            elif isinstance(event, yaml.CollectionEndEvent):
                value, anchor, before = self._open.pop()
                self._keys.pop()
                self._remember(anchor, value, self._values - before)
                self._put(value)
            elif isinstance(event, yaml.AliasEvent):
                value, size = self._anchors.get(str(event.anchor), (_MISSING, 0))
                if value is _MISSING:
                    raise _AliasElsewhereError("it has an alias of nothing before it")
                self._count(size)
                self._put(value)
            elif isinstance(event, yaml.DocumentEndEvent):
                break
        return self._root

    def _begin(self, value: Any, anchor: str | None) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise _RefusedError(f"it is nested deeper than {MAX_DEPTH} levels")
        self._open.append((value, anchor, self._values))
        self._keys.append(_MISSING)
        self._count(1)

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise _RefusedError(f"it has more than {MAX_VALUES} values")

    def _remember(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _put(self, value: Any) -> None:
        if not self._open:
            self._root = value
            return
        holder = self._open[-1][0]
        if isinstance(holder, list):
            holder.append(value)
        elif self._keys[-1] is _MISSING:
            self._keys[-1] = _key(value)
        else:
            holder[self._keys[-1]] = value
            self._keys[-1] = _MISSING


def _key(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        raise _RefusedError("it has a key that is no text")
    return orjson.dumps(value).decode()


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    head = text[0]
    if head.isdigit() or head in "+-":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text
