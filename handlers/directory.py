"""Who a Slack user is, asked of Slack itself: the ``Directory`` that decisions go by.

Guarantees: an answer is never older than ``KEPT_SECONDS``; where Slack cannot be asked nobody is
anybody (``DirectoryUnreachable``), since no answer is not a yes; guests, bots, deactivated users
and members of other workspaces are known but not trusted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.access.people import DirectoryUnreachable, Person

KEPT_SECONDS = 30.0
_MOST = 5_000
_NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    person: Person


class SlackDirectory:
    """A callable that returns who has a user id. May be shared by threads."""

    def __init__(self, client: WebClient, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask with this client; ``clock`` gives seconds."""
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._people: dict[str, _Kept] = {}
        self._groups: tuple[float, Mapping[str, frozenset[str]]] | None = None
        self._team = ""

    def __call__(self, person_id: str) -> Person:
        """Return the person. Raises ``LookupError`` and ``DirectoryUnreachable``."""
        now = self._clock()
        with self._lock:
            kept = self._people.get(person_id)
        if kept is not None and now - kept.at < KEPT_SECONDS:
            return kept.person
        user = self._asked(lambda: self._client.users_info(user=person_id).get("user"))
        if not isinstance(user, dict) or user.get("id") != person_id:
            raise LookupError(person_id)
        person = Person(
            person_id,
            _email(user),
            self._groups_of(person_id, now),
            self._trusted(user),
            str(user.get("real_name") or user.get("name") or ""),
        )
        with self._lock:
            if len(self._people) >= _MOST:
                self._people.clear()
            self._people[person_id] = _Kept(now, person)
        return person

    def _trusted(self, user: Mapping[str, Any]) -> bool:
        """Return whether it is a full, living member of the bot's own workspace."""
        barred = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        if any(user.get(flag) for flag in barred) or user.get("id") == "USLACKBOT":
            return False
        if not self._team:
            self._team = self._asked(lambda: str(self._client.auth_test().get("team_id") or ""))
        grid = user.get("enterprise_user")
        teams = grid.get("teams", ()) if isinstance(grid, dict) else ()
        return bool(self._team) and self._team in (user.get("team_id"), *teams)

    def _groups_of(self, person_id: str, now: float) -> frozenset[str]:
        with self._lock:
            known = self._groups
        if known is None or now - known[0] >= KEPT_SECONDS:
            known = (now, self._asked(self._all_groups))
            with self._lock:
                self._groups = known
        return frozenset(group for group, members in known[1].items() if person_id in members)

    def _all_groups(self) -> dict[str, frozenset[str]]:
        answer = self._client.usergroups_list(include_disabled=False)
        found: dict[str, frozenset[str]] = {}
        for group in answer.get("usergroups") or ():
            group_id = str(group.get("id") or "")
            if not group_id or group.get("date_delete"):
                continue
            try:
                members = self._client.usergroups_users_list(usergroup=group_id).get("users")
            except SlackApiError as error:
                if error.response.get("error") == "no_such_subteam":
                    continue
                raise
            found[group_id] = frozenset(map(str, members or ()))
        return found

    def _asked(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except SlackApiError as error:
            code = str(error.response.get("error") or "") if error.response else ""
            if code in _NOBODY:
                raise LookupError(code) from None
            _log.warning("Slack does not say who somebody is: %s", code[:80])
            raise DirectoryUnreachable(code) from None
        except (SlackClientError, OSError, ValueError) as error:
            _log.warning("Slack cannot be asked who somebody is: %s", error)
            raise DirectoryUnreachable(str(error)) from None


def _email(user: Mapping[str, Any]) -> str:
    """Return the address in the profile, unless Slack says that nobody has confirmed it."""
    profile = user.get("profile")
    email = profile.get("email") if isinstance(profile, dict) else None
    if not isinstance(email, str) or user.get("is_email_confirmed") is False:
        return ""
    return email.strip().lower()
