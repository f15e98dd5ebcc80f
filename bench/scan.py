"""Our scan beside ripgrep, grep and ``re``: ``python -m bench scan [--megabytes N] [--runs N]``.

All patterns of all entries that are looked for in logs, on the same files, one core, one after the
other. Three logs: an ordinary one, made up, with one telling line in a thousand; and two made of
the lines of real must-gathers where those are at hand, one in a thousand and one in twenty. Ours
hands each line with a hit to Python. Speeds are of processor time, medians of the runs. What a
tool needs to start, patterns compiled, on an empty file is taken off its time; ours is compiled
before.

ripgrep is in Debian's package of that name. grep and ``re`` get the beginning of the files only:
they would take hours. Their patterns say the same in their own syntax; the lines found differ a
little, since grep knows one case for all.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

if __package__ in (None, ""):  # started as a file, not with -m
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.logs import controller_lines, mixed, telling_lines, velero_lines
from knowledge.loading import load_builtin
from knowledge.matching.automaton import BLOCK, Automaton
from knowledge.matching.compiling import Pattern
from knowledge.matching.patterns import bare, for_automaton

ARCHIVES = Path(__file__).parents[2] / "shared" / "samples" / "real"
_SEED = 7
_SLOW_BYTES = 1 << 20
_WRITTEN = 1 << 20
"""Bytes written at once, as a download does: of a file that was written line by line the system
keeps small pages, and every tool needs 0.1 s a GB more to read it."""
_PATIENCE = 60
"""Seconds after which a tool is run no more: with so many patterns one run may take minutes."""
_ROOM = ("--regex-size-limit=1G", "--dfa-size-limit=1G")
"""Memory for ripgrep's automata: two thousand patterns do not fit into what it takes by default."""
_RUST_ESCAPES = frozenset(r"\.+*?()|[]{}^$#&-~")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a tool took, and what it found."""

    bytes: int
    seconds: float
    lines: int

    @property
    def speed(self) -> float:
        return self.bytes / self.seconds / 1e9


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    signatures = [
        m.signature
        for entry in load_builtin().by_id.values()
        if entry.role != "general"
        for m in entry.matchers
        if m.signature is not None and "row" not in m.signature.where
    ]
    patterns = [(bare(signature).encode(), signature.ignore_case) for signature in signatures]
    begun = time.process_time()
    automaton = Automaton([(for_automaton(s), s.ignore_case) for s in signatures])
    print(f"{len(patterns)} patterns, ready after {time.process_time() - begun:.2f} s")
    made, real = _made_up(), _real(automaton)
    logs = [("made up, one line in 1000 telling", 1000, made)]
    if real:
        logs += [(f"of must-gathers, one line in {every}", every, real) for every in (1000, 20)]
    else:
        print("no real must-gathers at hand")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="bench-scan-") as folder:
        for title, every, (quiet, telling) in logs:
            file = Path(folder) / "lines.log"
            with file.open("wb", buffering=_WRITTEN) as log:
                log.writelines(mixed(quiet, telling, every, options.megabytes << 20, _SEED))
            ours = _measured(title, file, automaton, options.runs)
            if not options.alone:
                _compared(ours, file, patterns, options.runs)
            file.unlink()
    print(f"load after: {os.getloadavg()[0]:.1f}")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench scan")
    parser.add_argument("--megabytes", type=int, default=256, help="size of each log")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--alone", action="store_true", help="leave out the other tools")
    return parser.parse_args(arguments)


_Lines = tuple[list[bytes], list[bytes]]
"""Quiet lines, and telling ones."""


def _real(automaton: Automaton) -> _Lines | None:
    """Return the lines of the logs in real must-gathers, if there are any."""
    logs = [log for path in sorted(ARCHIVES.glob("*.tar.gz")) for log in _logs_of(path)]
    if not logs:
        return None
    whole = b"\n".join(logs)
    numbers = {hit.number for hit in automaton.lines([whole])}
    lines = list(enumerate(whole.split(b"\n"), 1))
    print(f"{len(lines)} lines of {len(logs)} logs in real must-gathers")
    quiet = [line for number, line in lines if number not in numbers]
    return quiet, [line for number, line in lines if number in numbers]


def _made_up() -> _Lines:
    made = [*islice(velero_lines(_SEED), 20_000), *islice(controller_lines(_SEED), 5_000)]
    telling = telling_lines(tuple(load_builtin().by_id.values()))
    return [line.rstrip(b"\n") for line in made], telling


def _logs_of(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".log"):
                opened = archive.extractfile(member)
                assert opened is not None
                yield opened.read().rstrip(b"\n")


def _measured(title: str, file: Path, automaton: Automaton, runs: int) -> Run:
    """Print what our scan takes, and return it as read from the file."""
    size = file.stat().st_size
    print(f"\n{title}: {size / 1e6:.0f} MB\n{'':24}{'GB/s':>8}{'lines':>9}  ours is")
    ours = _median([_ours(automaton, file) for _ in range(runs)])
    _print("ours", ours, None)
    numbered = _median([_ours(automaton, file, numbered=True) for _ in range(runs)])
    _print("  lines numbered", numbered, None)
    held = _median([_ours(automaton, file, held=True) for _ in range(runs)])
    _print("  read before", held, None)
    return ours


def _compared(ours: Run, file: Path, patterns: Sequence[Pattern], runs: int) -> None:
    """Print what the other tools take for the same file, or for its beginning."""
    with tempfile.TemporaryDirectory(prefix="bench-scan-") as folder:
        beginning = Path(folder) / "beginning.log"
        with file.open("rb") as whole:
            beginning.write_bytes(whole.read(_SLOW_BYTES).rpartition(b"\n")[0] + b"\n")
        given = Path(folder) / "patterns"
        if shutil.which("rg"):
            given.write_text("\n".join(for_ripgrep(pattern) for pattern in patterns) + "\n")
            command = ["rg", "--no-config", "--text", "--threads=1", *_ROOM, "-f", str(given)]
            _print("ripgrep", _median(_tool(command, file, min(runs, 3))), ours)
        else:
            print("ripgrep is not here: apt-get install ripgrep")
        given.write_text("\n".join(for_grep(pattern) for pattern in patterns) + "\n")
        command = ["grep", "--text", "-i", "-E", "-f", str(given)]
        _print("grep -E (beginning)", _median(_tool(command, beginning, 1)), ours)
        _print("re (beginning)", _python_re(patterns, beginning.read_bytes()), ours)


def _print(name: str, run: Run, ours: Run | None) -> None:
    ratio = f"  {ours.speed / run.speed:.1f} times as fast" if ours else ""
    print(f"{name:24}{run.speed:8.2g}{run.lines:9}{ratio}", flush=True)


def _median(runs: Sequence[Run]) -> Run:
    return Run(runs[0].bytes, statistics.median(run.seconds for run in runs), runs[0].lines)


def _ours(automaton: Automaton, file: Path, *, numbered: bool = False, held: bool = False) -> Run:
    """Scan a file; ``held``: with its bytes in memory before, as those of an archive are."""
    with file.open("rb", buffering=0) as log:
        chunks = iter(lambda: log.read(BLOCK), b"")
        if held:
            chunks = iter(list(chunks))
        begun = time.process_time()
        found = sum(1 for hit in automaton.lines(chunks, numbered=numbered) if hit.line)
    return Run(file.stat().st_size, time.process_time() - begun, found)


def _tool(command: list[str], file: Path, runs: int) -> list[Run]:
    _, start = _child([*command, os.devnull])
    found = [_child([*command, str(file)])]
    while len(found) < runs and sum(seconds for _, seconds in found) < _PATIENCE:
        found.append(_child([*command, str(file)]))
    size = file.stat().st_size
    return [Run(size, max(seconds - start, 1e-9), lines) for lines, seconds in found]


def _child(command: list[str]) -> tuple[int, float]:
    """Return the lines that a command prints and its processor time in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):  # 1: nothing found; below 0: killed, with a part of the lines
        said = done.stderr[-300:].decode(errors="replace")
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {said}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout.count(b"\n"), seconds


def _python_re(patterns: Sequence[Pattern], log: bytes) -> Run:
    whole = re.compile(
        b"|".join(
            b"(?i:%s)" % pattern if fold else b"(?:%s)" % pattern for pattern, fold in patterns
        )
    )
    lines = log[: _SLOW_BYTES // 16].split(b"\n")
    begun = time.process_time()
    found = sum(1 for line in lines if whole.search(line))
    return Run(sum(len(line) + 1 for line in lines), time.process_time() - begun, found)


def for_ripgrep(pattern: Pattern) -> str:
    """Return a pattern as Rust's regex wants it: it knows fewer escapes."""

    def escape(found: re.Match[str]) -> str:
        char = found[0][1]
        return found[0] if char.isalnum() or char in _RUST_ESCAPES else char

    text = re.sub(r"\\.", escape, pattern[0].decode())
    return f"(?i:{text})" if pattern[1] else text


_TOKENS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\[\^\\n\]", "."),
    (r"\[\^?\]?(?:\\.|[^\]\\])*\]", lambda found: _posix_class(found[0])),
    (r"\(\?[a-z]*:", "("),
    (r"([*+?}])\?", r"\1"),
    (r"\\d", "[0-9]"),
    (r"\\[/\"'#&~%@!,:;<>=`_ -]", lambda found: found[0][1]),
    (r"\\.", lambda found: found[0]),
)
_TOKEN = re.compile("|".join(f"(?:{token})" for token, _ in _TOKENS))


def for_grep(pattern: Pattern) -> str:
    """Return a pattern as an extended regular expression of POSIX and GNU."""

    def translate(found: re.Match[str]) -> str:
        for token, by in _TOKENS:
            if match := re.fullmatch(token, found[0]):
                return match.expand(by) if isinstance(by, str) else by(match)
        return found[0]

    return _TOKEN.sub(translate, pattern[0].decode())


def _posix_class(text: str) -> str:
    negated = text.startswith("[^")
    body = text[2 if negated else 1 : -1]
    members = re.findall(r"\\.|[^\\]-[^\\]|.", body)
    words = {r"\w": "[:alnum:]_", r"\d": "0-9", r"\s": "[:space:]", r"\t": "\t", r"\n": ""}
    bracket = "]" if r"\]" in members or "]" in members else ""
    dash = "-" if r"\-" in members or "-" in members else ""
    rest = [m for m in members if m not in (r"\]", "]", r"\-", "-")]
    rest.sort(key=lambda member: member in ("[", r"\["))
    inner = "".join(words.get(m, m[1:] if m.startswith("\\") else m) for m in rest)
    return f"[{'^' if negated else ''}{bracket}{inner}{dash}]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
