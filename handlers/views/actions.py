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
    UNSILENCE = "incident_unsilence"


class Vote(StrEnum):
    """Buttons under a diagnosis; their value is the incident's id, or what was diagnosed."""

    RIGHT = "diagnosis_right"
    WRONG = "diagnosis_wrong"


class RequestAction(StrEnum):
    """Buttons on the card of a request; their value is the request's opaque id, nothing else."""

    APPROVE = "request_approve"
    REJECT = "request_reject"
    UNDO = "request_undo"


class Form(StrEnum):
    """Modals that can be submitted."""

    PARAMS = "remedy_params"
    COMPARE = "request_compare"
    REJECT = "request_reject_why"


REMEDY = re.compile(r"remedy_\d+")
"""Buttons that open the form of a remedy; their value says which, as if it were typed."""
ASK = re.compile(r"ask_\d+")
"""Buttons that ask what their value says, as if typed after ``/mtc``."""


def ask_id(number: int) -> str:
    """Return the action id of the n-th such button; ids may not repeat in one block."""
    return f"ask_{number}"


def remedy_id(number: int) -> str:
    """Return the action id of the n-th button that opens a form."""
    return f"remedy_{number}"
