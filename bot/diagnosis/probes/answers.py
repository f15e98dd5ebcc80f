"""The form of a probe's answer."""

from __future__ import annotations

from datetime import datetime

from knowledge.observations import Observation, Subject


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
