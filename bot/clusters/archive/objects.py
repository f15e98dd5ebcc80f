"""The objects of an archive: found by path, parsed when first asked for, kept as JSON bytes.

Every answer is a fresh copy. Of what was parsed, at most ``CACHE_BYTES`` stay in memory, least
recently used out first, so a pass over a large archive does not grow without end.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bot.clusters.archive.documents import read_objects
from bot.clusters.archive.layout import Objects
from bot.clusters.archive.members import Member, Problems, shown
from bot.clusters.kinds import Kind
from bot.clusters.port import Json

CACHE_BYTES = 192 << 20


@dataclass(frozen=True, slots=True)
class Item:
    """One object, with what is needed to choose it without decoding it."""

    name: str
    namespace: str
    kind: str
    labels: Mapping[str, Any]
    version: int
    """resourceVersion as a number; -1 where it is none."""
    body: bytes

    def as_object(self, kind: Kind) -> Json:
        """Return the object, with the ``apiVersion`` and ``kind`` that a list may leave out."""
        value: Json = orjson.loads(self.body)
        if not value.get("apiVersion"):
            value["apiVersion"] = kind.api_version
        if not value.get("kind"):
            value["kind"] = kind.kind
        metadata = value["metadata"]
        if self.namespace and not metadata.get("namespace"):
            metadata["namespace"] = self.namespace
        return value


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one file gave."""

    items: tuple[Item, ...]
    problems: tuple[str, ...]
    weight: int


class ParsedFiles:
    """Parses files of objects once, as long as memory allows."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        """Keep up to ``limit`` bytes of what was parsed."""
        self._limit = limit
        self._weight = 0
        self._kept: OrderedDict[str, Parsed] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, member: Member, place: Objects) -> Parsed:
        """Return what a file holds."""
        with self._lock:
            if (kept := self._kept.get(member.path)) is not None:
                self._kept.move_to_end(member.path)
                return kept
        parsed = _parse(member, place)
        with self._lock:
            if member.path not in self._kept:
                self._kept[member.path] = parsed
                self._weight += parsed.weight
            while self._weight > self._limit and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._weight -= dropped.weight
        return parsed


def _parse(member: Member, place: Objects) -> Parsed:
    found = read_objects(member)
    problems = list(found.problems)
    items = []
    for value in found.objects:
        try:
            items.append(_item(value, place))
        except (TypeError, ValueError):
            problems.append(f"an object in {shown(member.path)} was skipped: it is no JSON")
    weight = sum(len(item.body) + 500 for item in items) + 500
    return Parsed(tuple(items), tuple(problems), weight)


def _item(value: Json, place: Objects) -> Item:
    metadata = value["metadata"]
    labels = metadata.get("labels")
    version = str(metadata.get("resourceVersion"))
    return Item(
        name=str(metadata["name"]),
        namespace=str(metadata.get("namespace") or place.namespace),
        kind=str(value.get("kind") or ""),
        labels=dict(labels) if isinstance(labels, dict) else {},
        version=int(version) if version.isdecimal() and len(version) < 19 else -1,
        body=orjson.dumps(value),
    )


class ObjectFiles:
    """The files of objects of one cluster, by kind."""

    def __init__(self, parsed: ParsedFiles) -> None:
        """Begin without files; ``parsed`` is shared by the clusters of an archive."""
        self._parsed = parsed
        self._files: dict[tuple[str, str], list[tuple[Objects, Member]]] = {}

    def add(self, place: Objects, member: Member) -> None:
        """Note a file."""
        self._files.setdefault((place.group, place.plural), []).append((place, member))

    def __len__(self) -> int:
        """Return the number of files."""
        return sum(len(files) for files in self._files.values())

    def holds(self, kind: Kind, namespace: str) -> bool:
        """Return whether there is any file that may have objects of the kind and namespace."""
        return bool(self._of(kind, namespace))

    def holds_list(self, kind: Kind, namespace: str) -> bool:
        """Return whether there is a file that is named for the kind, not for one object."""
        return any(not place.stem for place, _ in self._of(kind, namespace))

    def choose(
        self, kind: Kind, namespace: str, labels: Mapping[str, str] | None, problems: Problems
    ) -> Iterator[Json]:
        """Yield the objects of a kind, each once; the newest where copies differ."""
        newest: dict[tuple[str, str], Item] = {}
        for item in self._items(self._of(kind, namespace), kind, problems):
            if kind.namespaced and namespace and item.namespace != namespace:
                continue
            key = (item.namespace, item.name)
            if key not in newest or newest[key].version < item.version:
                newest[key] = item
        for item in newest.values():
            if all(item.labels.get(name) == value for name, value in (labels or {}).items()):
                yield item.as_object(kind)

    def one(self, kind: Kind, name: str, namespace: str, problems: Problems) -> Json | None:
        """Return one object; files named for it are looked at first."""
        files = self._of(kind, namespace)
        named = [file for file in files if file[0].stem == name]
        others = [file for file in files if file[0].stem != name]
        for group in (named, others):
            best: Item | None = None
            for item in self._items(group, kind, problems):
                fits = not (kind.namespaced and namespace) or item.namespace == namespace
                if item.name == name and fits and (best is None or best.version < item.version):
                    best = item
            if best is not None:
                return best.as_object(kind)
        return None

    def _of(self, kind: Kind, namespace: str) -> list[tuple[Objects, Member]]:
        files = self._files.get((kind.group, kind.plural), [])
        if not namespace or not kind.namespaced:
            return files
        return [file for file in files if file[0].namespace in ("", namespace)]

    def _items(
        self, files: Iterable[tuple[Objects, Member]], kind: Kind, problems: Problems
    ) -> Iterator[Item]:
        for place, member in files:
            parsed = self._parsed.of(member, place)
            for problem in parsed.problems:
                problems.add(f"problems with {kind.plural}", problem)
            for item in parsed.items:
                if item.kind in ("", kind.kind):
                    yield item
                else:
                    problems.add(
                        f"problems with {kind.plural}",
                        f"an object in {shown(member.path)} was skipped: "
                        f"it is a {shown(item.kind, 60)}",
                    )
