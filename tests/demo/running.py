"""``mtc-bot demo`` in a process of its own."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import time

PATIENCE = 120.0
"""Seconds: it may compile all signatures first, on cores that are busy with other tests."""


class Demo:
    """A demo on a free port; ``url`` is its page."""

    def __init__(self, *arguments: str) -> None:
        self.began = time.monotonic()
        self._lines: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "demo", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "MTC_BOT_LANG": "en", "PYTHONUNBUFFERED": "1"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self._address()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def _address(self) -> str:
        said = []
        while time.monotonic() - self.began < PATIENCE:
            try:
                said.append(self._lines.get(timeout=1))
            except queue.Empty:
                continue
            if found := re.search(r"http://127\.0\.0\.1:\d+/", said[-1]):
                return found[0]
        raise AssertionError(f"the demo did not say where its page is: {said}")

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.terminate()
        code = self.process.wait(30)
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code
