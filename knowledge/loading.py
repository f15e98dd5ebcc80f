"""Entries from folders of YAML files.

A broken file is reported and left out; the rest stays. Folders given later take precedence:
an entry of the user's own replaces ours of the same id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
import yaml
from pydantic import ValidationError

from knowledge.keeping import keep, kept
from knowledge.safe_yaml import load_yaml
from knowledge.schema import Entry


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file was left out."""

    file: str
    what: str

    def __str__(self) -> str:
        """Return ``file: what``."""
        return f"{self.file}: {self.what}"


@dataclass(frozen=True)
class Entries:
    """The entries that could be loaded, by id, and what could not."""

    by_id: dict[str, Entry]
    problems: tuple[Problem, ...] = ()


def parse_entry(text: str, file: str) -> Entry | Problem:
    """Return the entry in a YAML text, or what is wrong with it in one line."""
    try:
        data = load_yaml(text)
    except yaml.YAMLError as error:
        return Problem(file, f"not YAML: {' '.join(str(error).split())}")
    return _entry(data, file)


def _entry(data: Any, file: str) -> Entry | Problem:
    if not isinstance(data, dict):
        return Problem(file, "holds no entry: a mapping with id, title, cause, ... is expected")
    try:
        return Entry.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        return Problem(file, f"{at}: {first['msg']}{more}" if at else f"{first['msg']}{more}")


def load_folder(folder: Path) -> Entries:
    """Return the entries of one folder (``*.yaml``, sub-folders too)."""
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for path in entry_files(folder):
        parsed = load_file(path, folder)
        if isinstance(parsed, Problem):
            problems.append(parsed)
        elif parsed.id in entries:
            name = str(path.relative_to(folder))
            problems.append(Problem(name, f"id {parsed.id} is there twice"))
        else:
            entries[parsed.id] = parsed
    return Entries(entries, tuple(problems))


def entry_files(folder: Path) -> list[Path]:
    """Return the files of a folder that should hold an entry, in order.

    Hidden folders are left out: Kubernetes keeps the versions of a mounted ConfigMap in them.
    """
    return sorted(
        path
        for path in folder.rglob("*.yaml")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def load_file(path: Path, folder: Path) -> Entry | Problem:
    """Return the entry in one file of a folder, or what is wrong with it."""
    name = str(path.relative_to(folder))
    try:
        parsed = parse_entry(path.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        return Problem(name, f"cannot be read: {error}")
    if isinstance(parsed, Entry) and parsed.id != path.stem:
        return Problem(name, f"holds id {parsed.id}; name the file {parsed.id}.yaml")
    return parsed


def builtin_folder() -> Path:
    """Return the folder of the entries that come with the bot."""
    return Path(str(resources.files("knowledge") / "entries"))


@cache
def load_builtin() -> Entries:
    """Return our own entries (read once).

    What YAML made of the files is kept for the next process: reading them takes longer than all
    else that ``mtc-bot kb match`` does.
    """
    folder = builtin_folder()
    files = entry_files(folder)
    parsed = [_entry(data, file.stem) for file, data in zip(files, _data(files), strict=False)]
    entries = {entry.id: entry for entry in parsed if isinstance(entry, Entry)}
    if [*entries] != [file.stem for file in files]:
        return load_folder(folder)
    return Entries(entries)


def _data(files: Sequence[Path]) -> list[Any]:
    """Return what YAML makes of files, or nothing where it makes no plain data of one."""
    texts = [file.read_bytes() for file in files]
    key = b"\0".join(texts)
    if (known := kept("entries", key)) is not None:
        found: list[Any] = orjson.loads(known)
        return found
    try:
        data = [load_yaml(text) for text in texts]
        keep("entries", key, orjson.dumps(data, option=orjson.OPT_PASSTHROUGH_DATETIME))
    except (yaml.YAMLError, TypeError):
        return []
    return data


def load(own: Iterable[Path] = ()) -> Entries:
    """Return our entries with those of the user's folders over them."""
    builtin = load_builtin()
    by_id = dict(builtin.by_id)
    problems = list(builtin.problems)
    for folder in own:
        if not folder.is_dir():
            problems.append(Problem(str(folder), "is not a folder; create it or correct the path"))
            continue
        loaded = load_folder(folder)
        by_id.update(loaded.by_id)
        problems.extend(loaded.problems)
    return Entries(by_id, tuple(problems))
