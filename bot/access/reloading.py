"""The policy file, read again when it changes.

The last good policy stays in force while the file is broken, and each broken version is reported
once. Without a file nobody may do anything. A change counts at the next decision: nothing has to
be restarted, and a right that was taken away is gone at once.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from bot.access.policy import Policy, PolicyError, parse_policy

log = logging.getLogger(__name__)
NOBODY = Policy()
"""Grants nothing to anybody."""


class PolicyFile:
    """A callable that returns the policy in force. May be shared by threads."""

    def __init__(self, path: Path) -> None:
        """Take the file; it is read at the first call."""
        self._path = path
        self._turn = threading.Lock()
        self._text: str | None = None
        self._policy = NOBODY
        self._trouble = ""

    def __call__(self) -> Policy:
        """Return the last good policy; one that grants nothing where there is no file."""
        with self._turn:
            try:
                text = self._path.read_text(encoding="utf-8")
            except FileNotFoundError:
                self._text, self._policy = None, NOBODY
                self._report(f"there is no policy file {self._path}: nobody may do anything")
                return self._policy
            except (OSError, UnicodeDecodeError) as error:
                self._report(f"{self._path} cannot be read, the last good policy stays: {error}")
                return self._policy
            if text != self._text:
                self._text = text
                self._take(text)
            return self._policy

    def _take(self, text: str) -> None:
        try:
            self._policy = parse_policy(text, str(self._path))
        except PolicyError as error:
            self._report(f"the last good policy stays in force: {error}")
        else:
            self._trouble = ""
            log.info("policy %s: %d bindings", self._path, len(self._policy.bindings))

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            log.error("%s", trouble)
