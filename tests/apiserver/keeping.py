"""Programs that live as long as the tests and not a moment longer.

A program is started beneath a shell that holds one end of a pipe. When this process closes the
other end, or dies in whatever way, the shell kills the program.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEEPER = """
exec 3<&0
"$@" 3<&- </dev/null &
program=$!
{ cat <&3 >/dev/null; kill -9 $program; } 2>/dev/null &
warden=$!
wait $program
status=$?
kill $warden 2>/dev/null
exit $status
"""


@dataclass(frozen=True)
class Kept:
    """A running program."""

    shell: subprocess.Popen[bytes]

    @property
    def has_ended(self) -> bool:
        return self.shell.poll() is not None

    def stop(self) -> None:
        """Kill the program and return when it is gone."""
        assert self.shell.stdin is not None
        self.shell.stdin.close()
        self.shell.wait(timeout=30)


def keep(command: list[str], folder: Path, log: Path) -> Kept:
    """Start a program in a folder, its output added to a log."""
    with log.open("ab") as output:
        return Kept(
            subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=folder,
                start_new_session=True,
            )
        )
