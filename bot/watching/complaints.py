"""Saying what goes wrong once, not every thirty seconds.

A complaint is logged when it is new or says something else than before; the end of it is logged
too. Texts come from clusters, so they pass the redactor here already.
"""

from __future__ import annotations

import logging
import threading

from bot.redaction import redact

log = logging.getLogger(__name__)


class Complaints:
    """What is wrong at present, by subject. May be shared by threads."""

    def __init__(self) -> None:
        """Begin with nothing to complain of."""
        self._lock = threading.Lock()
        self._present: dict[str, str] = {}

    def say(self, about: str, text: str, *, error: BaseException | None = None) -> None:
        """Log a complaint, unless it was the last thing said about this subject."""
        text = " ".join(redact(text).split())[:500]
        with self._lock:
            if self._present.get(about) == text:
                return
            self._present[about] = text
        log.warning("%s: %s", about, text, exc_info=error)

    def clear(self, about: str) -> None:
        """Log that all is well with a subject again, if it was not."""
        with self._lock:
            gone = self._present.pop(about, None)
        if gone is not None:
            log.info("%s: well again", about)

    def about(self, subject: str) -> str:
        """Return what is wrong with a subject; empty where nothing is."""
        with self._lock:
            return self._present.get(subject, "")
