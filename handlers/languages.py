"""The language each person is answered in: their own choice, else their Slack profile's.

Profiles are asked for once an hour and person. A profile that cannot be had never delays or
spoils an answer; the default language serves.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from knowledge.texts import Lang

_KEPT_SECONDS = 3600.0
_MOST = 10_000

_log = logging.getLogger(__name__)


class Languages:
    """Languages by Slack user id. May be shared by threads."""

    def __init__(
        self, client: WebClient, default: Lang, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask ``client`` for profiles; ``clock`` gives seconds."""
        self._client = client
        self._default = default
        self._clock = clock
        self._lock = threading.Lock()
        self._chosen: dict[str, Lang] = {}
        self._profiles: dict[str, tuple[float, Lang]] = {}

    def of(self, user: str) -> Lang:
        """Return the language of a person."""
        with self._lock:
            if user in self._chosen:
                return self._chosen[user]
            known = self._profiles.get(user)
        if known is not None and self._clock() < known[0]:
            return known[1]
        found = self._ask(user)
        if found is None:
            return known[1] if known else self._default
        with self._lock:
            if len(self._profiles) >= _MOST:
                self._profiles.clear()
            self._profiles[user] = (self._clock() + _KEPT_SECONDS, found)
        return found

    def at_hand(self, user: str) -> Lang:
        """Return the language as far as it is known without asking Slack."""
        with self._lock:
            known = self._profiles.get(user)
            return self._chosen.get(user, known[1] if known else self._default)

    def choose(self, user: str, lang: Lang) -> None:
        """Answer this person in ``lang`` for as long as the process lives."""
        with self._lock:
            if len(self._chosen) >= _MOST:
                self._chosen.clear()
            self._chosen[user] = lang

    def _ask(self, user: str) -> Lang | None:
        if not user:
            return None
        try:
            found = self._client.users_info(user=user, include_locale=True).get("user")
        except (SlackClientError, OSError, ValueError) as error:
            _log.info("the profile of %s could not be read: %s", user, error)
            return None
        locale = found.get("locale") if isinstance(found, dict) else None
        if not isinstance(locale, str) or not locale:
            return None
        return "zh" if locale.lower().startswith("zh") else "en"
