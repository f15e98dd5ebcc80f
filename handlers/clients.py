"""Web API clients that never send twice what was sent once.

The SDK's own retry after a broken connection would double a message whose reply was lost, so it
is off; whoever calls decides what may be sent again.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from slack_sdk import WebClient

SLACK_API = "https://slack.com/api/"
POST_SECONDS = 30
LOOKUP_SECONDS = 5


def make_client(
    token: str | None, api_url: str = SLACK_API, timeout: int = POST_SECONDS
) -> WebClient:
    """Return a client that waits ``timeout`` seconds for an answer and does not retry.

    For an address on loopback no proxy of the environment is used.
    """
    client = WebClient(token=token, base_url=api_url, timeout=timeout, retry_handlers=[])
    if on_loopback(api_url):
        client.proxy = None
    return client


def on_loopback(url: str) -> bool:
    """Return whether an address names this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
