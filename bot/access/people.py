"""Who a Slack user is, as far as rights are concerned.

Taken anew from Slack for every decision that matters; never from what a payload says beside the
user's id. Guests, deactivated users and bots have no rights at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace."""

    id: str
    """Slack user id."""
    email: str = ""
    """Lower case; empty where Slack shows none."""
    groups: frozenset[str] = frozenset()
    """Ids of the user groups the person is in now."""
    trusted: bool = True
    """False for guests, bots, deactivated users and members of other workspaces."""
    name: str = ""


class DirectoryUnreachable(Exception):
    """Slack does not say who somebody is at the moment; no answer is not a yes."""


Directory = Callable[[str], Person]
"""Returns who has a user id now; raises ``LookupError`` where nobody has, and
``DirectoryUnreachable`` where it cannot be asked."""
"""Kept as a call, not a table: a person who left a group an hour ago has left it."""
