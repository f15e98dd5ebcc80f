"""Live clusters for the tests of the adapter: what goes in is a real API server.

Each test has a namespace of its own. Nothing of ours is mocked; where an API server cannot be
made to misbehave, a small server on loopback does (``misbehaving``).
"""

from __future__ import annotations

import secrets

import pytest

from bot.clusters.live import LivePlane, LiveReader, LiveWriter, open_api
from bot.clusters.live.connection import Limits
from tests.apiserver.fixtures import Server
from tests.apiserver.loading import namespace

SOON = Limits(
    connect_seconds=1.0,
    read_seconds=0.4,
    total_seconds=0.8,
    wait_seconds=0.2,
    watch_silence_seconds=0.6,
    log_seconds=0.8,
)
"""So that tests need not wait."""


def plane_of(server: Server, token: str = "", *, writable: bool = True) -> LivePlane:
    return open_api(
        server.api.url, token or server.api.admin_token, server.api.ca.pem, writable=writable
    )


def writer_of(server: Server, token: str = "") -> LiveWriter:
    host = plane_of(server, token).host
    assert isinstance(host, LiveWriter)
    return host


def asking(url: str, *, limits: Limits = SOON, token: str = "t0ken") -> LiveReader:
    """Return a reader of a server that is spoken to in the clear."""
    host = open_api(url, token, limits=limits).host
    assert isinstance(host, LiveReader)
    return host


@pytest.fixture
def place(control_server: Server) -> str:
    """A new namespace."""
    name = f"t-{secrets.token_hex(4)}"
    namespace(control_server.api, name)
    return name


@pytest.fixture
def admin(control_server: Server) -> LiveWriter:
    return writer_of(control_server)
