"""Column types that keep two promises whoever writes: times are UTC, texts are redacted.

There is no way round them, since they stand in the tables' definitions: a text bound for the
database passes the redactor, and a time without a zone is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from bot.redaction import redact

MAX_TEXT = 20_000
"""Characters of one text; what is longer is cut."""


class UtcTime(TypeDecorator[datetime]):
    """An aware time, stored and returned in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time as the database takes it. Raises ``ValueError`` for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time to be stored needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored time, aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """A text without secrets, control characters or halves of characters."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as it may be stored."""
        return None if value is None else clean(value)


class WordsJson(TypeDecorator[Any]):
    """JSON of which every text has gone the same way as ``Words``."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the value as it may be stored."""
        return clean_json(value)


def clean(text: str) -> str:
    """Return a text fit to be stored: redacted, encodable, of bounded length."""
    return redact(text[:MAX_TEXT]).encode("utf-8", "replace").decode("utf-8")


def clean_json(value: Any) -> Any:
    """Return JSON of which every text is fit to be stored."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): clean_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(each) for each in value]
    return value
