"""A diagnosis over a large must-gather: ``python -m bench diagnose [MEGABYTES ...]``.

For each size (unpacked; by default 100, 1000 and 10000) a .tar.gz is made of a migration that
failed, with the logs of its pods preceded by weeks of ordinary ones, one line in a thousand of them
telling of something long past. Then ``mtc-bot diagnose`` runs on it as its own process. Printed
are the time it takes, the processor's share of that, the most memory it held, and what it found,
which must be what it finds without the weeks before. The archive is deleted afterwards.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

if __package__ in (None, ""):  # started as a file, not with -m
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.logs import controller_lines, telling_lines, velero_lines
from knowledge.loading import load_builtin
from sandbox.must_gather import plane_must_gather
from sandbox.playing import Player, build_plane
from sandbox.scenarios.loading import load_scenarios

SIZES = (100, 1_000, 10_000)
_SCENARIO = "nfs-root-squash"
_START = datetime(2026, 11, 24, 8, tzinfo=UTC)
_SEED = 11
_BLOCK_LINES = 40_000
_MAX_MEMORY = 1_000_000_000
_GROWN = ("velero", "restic", "node-agent", "migration-controller")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one diagnosis took, and what it said first."""

    wall: float
    processor: float
    memory: int
    """Bytes, the most held at a time."""
    first: str


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench diagnose")
    parser.add_argument("megabytes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where archives are made; default: /tmp")
    options = parser.parse_args(arguments)
    failed = False
    with tempfile.TemporaryDirectory(prefix="bench-diagnose-", dir=options.folder) as folder:
        base = Path(folder) / "must-gather.tar.gz"
        target = _play(base)
        expected = _diagnose(base, target)
        print(f"{target}: {expected.first}; load before: {os.getloadavg()[0]:.1f}")
        print(
            f"{'unpacked':>10}{'packed':>10}{'made in':>9}{'wall':>9}{'processor':>11}"
            f"{'a GB':>8}{'memory':>10}"
        )
        for megabytes in options.megabytes:
            size = megabytes * 1_000_000
            if shutil.disk_usage(folder).free < size // 3:
                print(f"{megabytes} MB: the disk has no room for it")
                failed = True
                continue
            failed |= not _measure(
                base, Path(folder) / "large.tar.gz", size, target, expected.first, options.runs
            )
    return int(failed)


def _measure(base: Path, archive: Path, size: int, target: str, expected: str, runs: int) -> bool:
    """Make an archive, print what diagnosing it takes, and return whether that was right."""
    begun = time.monotonic()
    _enlarge(base, archive, size)
    made = time.monotonic() - begun
    packed = archive.stat().st_size
    outcomes = [_diagnose(archive, target) for _ in range(runs)]
    archive.unlink()
    wall = statistics.median(outcome.wall for outcome in outcomes)
    processor = statistics.median(outcome.processor for outcome in outcomes)
    memory = max(outcome.memory for outcome in outcomes)
    firsts = {outcome.first for outcome in outcomes}
    print(
        f"{size / 1e6:7.0f} MB{packed / 1e6:7.0f} MB{made:7.0f} s{wall:7.1f} s{processor:9.1f} s"
        f"{processor / size * 1e9:6.1f} s{memory / 1e6:7.0f} MB  {', '.join(sorted(firsts))}",
        flush=True,
    )
    return firsts == {expected} and memory < _MAX_MEMORY


def _play(target: Path) -> str:
    """Write the must-gather of a migration that failed, and return what to diagnose in it."""
    scenario = next(s for s in load_scenarios() if s.id == _SCENARIO)
    plane = build_plane([scenario])
    player = Player(plane, [scenario], _START)
    player.advance(player.length)
    plane_must_gather(plane, target)
    return scenario.expect.target


def _enlarge(base: Path, target: Path, size: int) -> None:
    """Copy an archive, the logs in it preceded by so many bytes in all that are long past."""
    with tarfile.open(base) as source, target.open("wb") as file:
        members = [member for member in source if member.isfile()]
        grown = {m.name for m in members if _grows(m.name)}
        share = size // len(grown)
        with (
            gzip.GzipFile("", "wb", 1, file, 0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for member in members:
                opened = source.extractfile(member)
                assert opened is not None
                if member.name not in grown:
                    archive.addfile(member, opened)
                    continue
                block = _past(member.name)
                times = share // len(block)
                rest = opened.read()
                member.size = times * len(block) + len(rest)
                archive.addfile(member, _Repeated(block, times, rest))


def _grows(name: str) -> bool:
    return name.endswith("/current.log") and any(f"/{pod}" in name for pod in _GROWN)


def _past(name: str) -> bytes:
    """Return a block of ordinary lines, one in a thousand telling of something."""
    rng = random.Random(f"{_SEED}-{name}")
    lines: Callable[[int], Iterator[bytes]] = (
        controller_lines if "migration-controller" in name else velero_lines
    )
    found = list(islice(lines(rng.randrange(1_000)), _BLOCK_LINES))
    telling = telling_lines(tuple(load_builtin().by_id.values()))
    for number in range(0, _BLOCK_LINES, 1_000):
        stamp = found[number][:28]
        found[number] = stamp + b" level=error " + rng.choice(telling) + b"\n"
    return b"".join(found)


class _Repeated(io.RawIOBase):
    """A file that holds a block so many times, then something else."""

    def __init__(self, block: bytes, times: int, rest: bytes) -> None:
        self._left = iter([*([block] * times), rest])
        self._now = b""

    def read(self, size: int = -1) -> bytes:
        while not self._now and (more := next(self._left, None)) is not None:
            self._now = more
        given, self._now = self._now[:size], self._now[size:]
        if len(given) < size and self._now == b"" and (more := next(self._left, None)) is not None:
            self._now = more
            return given + self.read(size - len(given))
        return given


def _diagnose(archive: Path, target: str) -> Outcome:
    """Run ``mtc-bot diagnose`` on an archive."""
    command = [sys.executable, "-m", "bot.cli", "diagnose", target, "--archive", str(archive)]
    begun = time.monotonic()
    process = subprocess.Popen(
        [*command, "-o", "json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    findings = json.loads(said)["findings"]
    first = findings[0]["entry"] if findings else "nothing"
    return Outcome(wall, usage.ru_utime + usage.ru_stime, _bytes(usage), first)


def _bytes(usage: resource.struct_rusage) -> int:
    """Return the most memory held, of which Linux tells in KiB."""
    return usage.ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
