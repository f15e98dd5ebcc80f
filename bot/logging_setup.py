"""Logging: one line an event on standard error, every line through the redactor."""

from __future__ import annotations

import logging
import sys
import time

from bot.redaction import redact


class RedactingFormatter(logging.Formatter):
    """Formats as usual, then masks secrets, tracebacks included."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the record's time in UTC."""
        return time.strftime(datefmt or "%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text without secrets."""
        return redact(super().format(record))


def set_up_logging(level: int = logging.INFO) -> None:
    """Send all loggers to standard error. May be called more than once."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        RedactingFormatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("apscheduler", "urllib3", "slack_sdk", "slack_bolt", "alembic", "aiohttp"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
