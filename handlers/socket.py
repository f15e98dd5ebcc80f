"""Socket Mode: connects, stays connected, and says plainly why it cannot.

Guarantees: ``start`` never hangs on a Slack that is down, it goes on trying in the background; a
token that Slack refuses is an error at once; ``stop`` ends every thread it started.
"""

from __future__ import annotations

import logging
import threading

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError

from handlers.app import REFUSALS, SlackRefused
from handlers.clients import SLACK_API, make_client, on_loopback

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_CONNECT_SECONDS = 10

_log = logging.getLogger(__name__)


class SocketRunner:
    """Keeps one Socket Mode connection for an app."""

    def __init__(self, app: App, app_token: str, api_url: str = SLACK_API) -> None:
        """Prepare; nothing is connected before ``start``."""
        self._app = app
        self._app_token = app_token
        self._api_url = api_url
        self._handler: SocketModeHandler | None = None
        self._stopping = threading.Event()
        self._trying: threading.Thread | None = None

    def start(self) -> None:
        """Connect. Raises ``SlackRefused`` for an app token that Slack does not accept."""
        client = make_client(None, self._api_url, _CONNECT_SECONDS)
        self._handler = SocketModeHandler(self._app, self._app_token, web_client=client)
        if on_loopback(self._api_url):
            self._handler.client.proxy = None
        self._stopping.clear()
        try:
            connected = self._connect(self._handler)
        except SlackRefused:
            self.stop()
            raise
        if not connected:
            self._trying = threading.Thread(target=self._try_on, name="slack-connect", daemon=True)
            self._trying.start()

    def stop(self) -> None:
        """Disconnect and end all threads."""
        self._stopping.set()
        if self._trying is not None:
            self._trying.join()
            self._trying = None
        if self._handler is not None:
            self._handler.client.close()
            self._handler = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        handler = self._handler
        return handler is not None and handler.client.is_connected()

    def _connect(self, handler: SocketModeHandler) -> bool:
        try:
            handler.client.connect()
        except SlackApiError as error:
            code = str(error.response.get("error", ""))
            if code in REFUSALS | {"forbidden_team"}:
                raise SlackRefused(
                    f"Slack does not accept the app token ({code}). Make one that starts with "
                    "xapp- and has connections:write on the app's page, Basic Information."
                ) from None
            _log.warning("Slack does not open a connection now: %s", code)
            return False
        except (SlackClientError, OSError, ValueError) as error:
            _log.warning("Slack cannot be reached now: %s", error)
            return False
        return True

    def _try_on(self) -> None:
        wait = _FIRST_WAIT
        while not self._stopping.wait(wait):
            handler = self._handler
            try:
                if handler is None or self._connect(handler):
                    return
            except SlackRefused as error:
                _log.error("%s", error)
                return
            wait = min(wait * 2, _LONGEST_WAIT)
