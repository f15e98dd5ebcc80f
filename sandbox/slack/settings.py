"""The times the sandbox keeps, in seconds. Slack's own by default; tests shorten some."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things last."""

    acknowledge: float = 3.0
    """An app must acknowledge an envelope within this time."""

    trigger: float = 3.0
    """A trigger_id opens a modal for this long."""

    event_retries: tuple[float, ...] = (1.0, 12.0, 20.0)
    """Waits before an event that was not acknowledged is sent again, as seen on real sockets."""

    server_ping: float = 10.0
    """How often the server sends a WebSocket ping of its own."""

    disconnect_grace: float = 10.0
    """From a ``disconnect`` frame to the cut, if the client has not gone by itself."""

    response_url: float = 30 * 60.0
    """A response_url works for this long."""

    response_url_uses: int = 5
    """And this often."""

    connection_life: int = 18060
    """What the hello frame announces as approximate_connection_time."""
