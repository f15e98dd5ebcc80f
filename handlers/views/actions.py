"""The ids of everything that can be clicked, in one place."""

from __future__ import annotations

import re
from enum import StrEnum


class Action(StrEnum):
    """Buttons on cards and in the App Home; their value is the incident's id."""

    ACKNOWLEDGE = "incident_acknowledge"
    DETAILS = "incident_details"
    SILENCE_1H = "incident_silence_1h"
    SILENCE_8H = "incident_silence_8h"


ASK = re.compile(r"ask_\d+")
"""Buttons that ask what their value says, as if typed after ``/mtc``."""


def ask_id(number: int) -> str:
    """Return the action id of the n-th such button; ids may not repeat in one block."""
    return f"ask_{number}"
