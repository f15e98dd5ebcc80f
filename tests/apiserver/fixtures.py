"""Real API servers as fixtures; each is started once a session, when the first test wants it.

Without the programs (tests/apiserver/build.sh) tests that want one are skipped with one line,
and fail where ``CI`` and ``MTC_BOT_REQUIRE_APISERVER`` say that they must run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.apiserver import crds
from tests.apiserver.kwok import Kwok
from tests.apiserver.process import ApiServer, NoBinaryError, binary

BOT_TOKEN = "bot-token"
STRANGER_TOKEN = "stranger-token"


@dataclass(frozen=True)
class Server:
    """An API server with the custom resources, and kwok for its pods."""

    api: ApiServer
    kwok: Kwok


def start(folder: pytest.TempPathFactory, name: str, *, real: bool) -> Iterator[Server]:
    """Yield a running server; ``real`` takes the published CRDs where they are at hand."""
    try:
        binary("kwok")
        api = ApiServer(
            folder.mktemp(name),
            extra=("--etcd-compaction-interval=2s",),
            users={BOT_TOKEN: "bot", STRANGER_TOKEN: "stranger"},
        )
        api.start()
    except NoBinaryError as error:
        if os.environ.get("CI") == "true" and os.environ.get("MTC_BOT_REQUIRE_APISERVER") == "1":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    kwok = Kwok(api)
    try:
        crds.install(api, real=real)
        kwok.start()
        yield Server(api, kwok)
    finally:
        kwok.stop()
        api.stop()


@pytest.fixture(scope="session")
def control_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The host cluster; its custom resources take any content."""
    yield from start(tmp_path_factory, "control", real=False)


@pytest.fixture(scope="session")
def source_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second cluster; its custom resources are the published ones where they are at hand."""
    yield from start(tmp_path_factory, "source", real=True)


@pytest.fixture(scope="session")
def destination_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A third cluster, for plans whose destination is not the host."""
    yield from start(tmp_path_factory, "destination", real=True)


@pytest.fixture(scope="session")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A host cluster whose custom resources are the published ones where they are at hand."""
    yield from start(tmp_path_factory, "strict", real=True)
