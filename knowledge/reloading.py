"""The knowledge in force, with the user's own folders watched for changes.

Asked anew for every diagnosis and answer. Guarantees: looking costs a few file system calls, and
not more often than ``every`` seconds; a file that breaks is reported once and its last good
version stays in force; a file that is deleted is gone; while one thread compiles, the others go
on with what was there. An entry of the user's own replaces ours of the same id.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from knowledge.contradicting import compile_all
from knowledge.loading import Entries, Problem, entry_files, load_builtin, load_file
from knowledge.matching.engine import Engine
from knowledge.schema import Entry

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int]
"""Time of change, size and inode of a file: enough to see that it is another."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Entries and the engine compiled from them; the two always belong together."""

    entries: Entries
    engine: Engine


@dataclass(frozen=True, slots=True)
class _File:
    stamp: Stamp
    good: Entry | None = None
    problem: Problem | None = None


def _report(problem: Problem) -> None:
    log.warning("knowledge: %s", problem)


class KnowledgeFolders:
    """Our entries with the user's folders over them, as they are now. May be shared by threads."""

    def __init__(
        self,
        folders: Iterable[Path] = (),
        *,
        ours: Entries | None = None,
        report: Callable[[Problem], None] = _report,
        every: float = 2.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the folders a first time, over ``ours`` (the entries that come with the bot).

        ``report`` is told of each problem once.
        """
        self._ours = ours or load_builtin()
        self._folders = tuple(folders)
        self._report = report
        self._every = every
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._files: dict[Path, _File] = {}
        self._missing: frozenset[Path] = frozenset()
        self._looked_at = monotonic()
        self._look()
        self._now = self._compiled()

    def __call__(self) -> Knowledge:
        """Return the knowledge in force, read anew where a file has changed."""
        if self._monotonic() - self._looked_at >= self._every and self._turn.acquire(
            blocking=False
        ):
            try:
                self._looked_at = self._monotonic()
                if self._look():
                    self._now = self._compiled()
            except Exception:
                log.exception("knowledge: reloading failed; what was there stays in force")
            finally:
                self._turn.release()
        return self._now

    def entries(self) -> Entries:
        """Return the entries in force."""
        return self().entries

    def engine(self) -> Engine:
        """Return the engine in force."""
        return self().engine

    def _look(self) -> bool:
        """Read what has changed; return whether anything has."""
        missing = frozenset(folder for folder in self._folders if not folder.is_dir())
        for folder in missing - self._missing:
            self._report(_no_folder(folder))
        changed = missing != self._missing
        self._missing = missing
        present: dict[Path, _File] = {}
        for folder in self._folders:
            for path in () if folder in missing else entry_files(folder):
                known = self._files.get(path)
                stamp = _stamp(path)
                if stamp is None:
                    continue
                if known is not None and known.stamp == stamp:
                    present[path] = known
                    continue
                present[path] = self._read(path, folder, stamp, known)
                changed = True
        changed = changed or present.keys() != self._files.keys()
        self._files = present
        return changed

    def _read(self, path: Path, folder: Path, stamp: Stamp, known: _File | None) -> _File:
        parsed = load_file(path, folder)
        if isinstance(parsed, Entry):
            parsed = _compiles(parsed, str(path.relative_to(folder)))
        if isinstance(parsed, Problem):
            self._report(parsed)
            return _File(stamp, known.good if known is not None else None, parsed)
        return _File(stamp, parsed)

    def _compiled(self) -> Knowledge:
        by_id = dict(self._ours.by_id)
        problems = [*self._ours.problems, *(_no_folder(folder) for folder in sorted(self._missing))]
        for file in self._files.values():
            if file.good is not None:
                by_id[file.good.id] = file.good
            if file.problem is not None:
                problems.append(file.problem)
        return Knowledge(Entries(by_id, tuple(problems)), Engine(by_id.values()))


def _no_folder(folder: Path) -> Problem:
    return Problem(str(folder), "is not a folder; create it or correct the path")


def _stamp(path: Path) -> Stamp | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _compiles(entry: Entry, file: str) -> Entry | Problem:
    """Return the entry, or why its matchers cannot be compiled: one alone must not stop all."""
    try:
        compile_all([entry])
    except Exception as error:
        return Problem(file, f"a matcher cannot be compiled: {error}")
    return entry
