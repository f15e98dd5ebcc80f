"""The live adapter's place in the contract: a real API server with the contract's content.

The server is one for the session and its content is made anew for each test. Nothing is filled
in but what an API server insists on; pods run by kwok, which serves their logs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.clusters import kinds as k
from bot.clusters.live import open_api
from bot.clusters.port import ClusterWriter
from tests.apiserver.fixtures import Server
from tests.apiserver.loading import clear, load
from tests.clusters import contract

_CONTENT = (k.MIGCLUSTER, k.MIGPLAN, k.MIGMIGRATION, k.BACKUP, k.PVB, k.POD, k.EVENT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _wants_live(item):
            item.add_marker(pytest.mark.apiserver)


@pytest.fixture(autouse=True)
def _live_contract(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not _wants_live(request.node):
        return
    server: Server = request.getfixturevalue("control_server")

    def made(folder: Path) -> ClusterWriter:
        del folder
        clear(server.api, _CONTENT)
        load(server.api, contract.OBJECTS, server.kwok, contract.LOGS)
        host = open_api(
            server.api.url, server.api.admin_token, server.api.ca.pem, writable=True
        ).host
        assert isinstance(host, ClusterWriter)
        return host

    monkeypatch.setattr(contract, "LIVE", made)


def _wants_live(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and "live" in (
        callspec.params.get("reader"),
        callspec.params.get("writer"),
    )
