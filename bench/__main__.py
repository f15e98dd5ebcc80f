"""Runs benchmarks: ``python -m bench [NAME [ARGUMENT ...]]``; all of them without a name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable

NAMES = ("scan", "diagnose", "storm", "watch")


def _main_of(name: str) -> Callable[[list[str]], int]:
    found: Callable[[list[str]], int] = importlib.import_module(f"bench.{name}").main
    return found


def main(arguments: list[str]) -> int:
    """Return 0 unless a benchmark could not be run to its end."""
    if arguments and arguments[0] not in NAMES:
        print(f"There is no benchmark {arguments[0]}; there are: {', '.join(NAMES)}")
        return 2
    if arguments:
        return _main_of(arguments[0])(arguments[1:])
    failed = 0
    for name in NAMES:
        print(f"== {name}", flush=True)
        failed |= _main_of(name)([])
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
