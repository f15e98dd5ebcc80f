"""Socket Mode: connects, stays connected, and says plainly why it cannot.

Guarantees: ``start`` never hangs on a Slack that is down, it goes on trying in the background; a
connection that was cut is replaced within seconds; a token that Slack refuses at the start is an
error at once; ``stop`` ends every thread it started.
"""

from __future__ import annotations

import logging
import threading

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient

from handlers.app import REFUSALS, SlackRefused
from handlers.clients import SLACK_API, make_client, on_loopback

_LOOK_SECONDS = 1.0
_LONGEST_WAIT = 60.0
_PING_SECONDS = 3
_CONNECT_SECONDS = 10

_log = logging.getLogger(__name__)


class SocketRunner:
    """Keeps one Socket Mode connection for an app."""

    def __init__(self, app: App, app_token: str, api_url: str = SLACK_API) -> None:
        """Prepare; nothing is connected before ``start``."""
        self._app = app
        self._app_token = app_token
        self._api_url = api_url
        self._client: SocketModeClient | None = None
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    def start(self) -> None:
        """Connect. Raises ``SlackRefused`` for an app token that Slack does not accept."""
        self._stopping.clear()
        self._client = self._make_client()
        try:
            self._connect(self._client)
        except SlackRefused:
            self.stop()
            raise
        keep = threading.Thread(target=self._keep, args=(self._client,), daemon=True)
        keep.name = "slack-connection"
        keep.start()
        self._keeper = keep

    def stop(self) -> None:
        """Disconnect and end all threads."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._client is not None and self._client.is_connected()

    def _make_client(self) -> SocketModeClient:
        handler = SocketModeHandler(
            self._app,
            self._app_token,
            web_client=make_client(None, self._api_url, _CONNECT_SECONDS),
            ping_interval=_PING_SECONDS,
        )
        if on_loopback(self._api_url):
            handler.client.proxy = None
        return handler.client

    def _connect(self, client: SocketModeClient) -> bool:
        try:
            client.connect_to_new_endpoint()
        except SlackApiError as error:
            code = str(error.response.get("error", ""))
            if code in REFUSALS | {"forbidden_team"}:
                raise SlackRefused(
                    f"Slack does not accept the app token ({code}). Make one that starts with "
                    "xapp- and has connections:write on the app's page, Basic Information."
                ) from None
            _log.warning("Slack does not open a connection now: %s", code[:80])
        except (SlackClientError, OSError, ValueError) as error:
            _log.warning("Slack cannot be reached now: %s", error)
        return client.is_connected()

    def _keep(self, client: SocketModeClient) -> None:
        """Reconnect within seconds; the SDK alone takes close to a minute for a cut connection."""
        wait = _LOOK_SECONDS
        while not self._stopping.wait(wait):
            session = client.current_session
            if session is not None and session.consecutive_check_state_error_count:
                session.disconnect()
            try:
                well = client.is_connected() or self._connect(client)
            except SlackRefused as error:
                _log.error("%s", error)
                well = False
            wait = _LOOK_SECONDS if well else min(wait * 2, _LONGEST_WAIT)
