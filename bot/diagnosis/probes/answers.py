"""The form of a probe's answer."""

from __future__ import annotations

from datetime import datetime

from knowledge.observations import Observation, Subject
from knowledge.texts import LocalText


class NoData(Exception):
    """A probe cannot answer from what was read; ``why`` says what is missing. Not an error."""

    def __init__(self, en: str, zh: str) -> None:
        """Keep the reason in both languages."""
        super().__init__(en)
        self.why = LocalText(en=en, zh=zh)


def answer(
    name: str,
    text: str,
    *,
    where: str,
    subject: Subject,
    time: datetime | None = None,
    **params: str,
) -> Observation:
    """Return the observation of probe ``name``; ``params`` fill the entry's placeholders."""
    fields = {"name": name, **{key: value for key, value in params.items() if value}}
    return Observation("probe", text, subject, where, time=time, fields=fields)
