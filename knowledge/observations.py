"""Observations: the small facts that matchers look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ObservationKind = Literal["log", "event", "condition", "status", "pod", "object", "probe"]


@dataclass(frozen=True, slots=True)
class Subject:
    """The object an observation is about; empty where a bare text was given."""

    kind: str = ""
    name: str = ""
    namespace: str = ""
    cluster: str = ""
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One fact: a log line, a condition, a message in a status, a pod's state, an object.

    ``text`` is what signatures are searched in and what is quoted.
    """

    kind: ObservationKind
    text: str
    subject: Subject = Subject()
    where: str = ""
    component: str = ""
    """Empty where it is not known: then any signature may match."""
    level: str = ""
    """debug, info, warning, error, fatal; empty where the line names none."""
    time: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """Condition: type, reason, category. Event: reason, kind. Pod: reason, exit_code, container,
    state (``state`` or ``lastState``). Probe: name and parameters. Log: lead, the first line of a
    record of several."""
    object: Mapping[str, Any] | None = None
    """For kind ``object``: the object itself."""
    beside: bool = False
    """Whether it is about something near the target that has nothing to do with how it fares."""
