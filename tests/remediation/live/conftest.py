"""Two servers with the bot's rights of ``deploy/`` on both, and a site for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import AccessRequest
from bot.store.database import Database, open_database
from tests.apiserver.fixtures import Server
from tests.apiserver.rights import ACCOUNT, apply, bot_token, documents
from tests.remediation.live.site import RealCluster, Site, until

MANIFEST = "rbac-remediation.yaml"
_BOT = f"system:serviceaccount:{ACCOUNT}:{ACCOUNT}"
_IN_FORCE = (
    AccessRequest("impersonate", "", "users"),
    AccessRequest("get", k.DOWNLOADREQUEST.group, k.DOWNLOADREQUEST.plural, MTC_NAMESPACE),
)
"""A right of each role in the manifest."""


@dataclass(frozen=True)
class Pair:
    """Two clusters, and tokens of the bot's account on them."""

    host: RealCluster
    source: RealCluster
    token: str
    source_token: str

    @contextmanager
    def roles_of(self, manifest: str, *last: AccessRequest) -> Iterator[None]:
        """Give ``migration-approvers`` what a manifest holds, ``last`` among it, on both."""
        clusters = (self.host, self.source)
        names = [found["metadata"]["name"] for found in documents(manifest)]
        for cluster in clusters:
            apply(cluster.api, manifest)
            for right in last:
                who = partial(cluster.may, "a-member", right, ["migration-approvers"])
                until(who, f"a member may {right}")
        try:
            yield
        finally:
            for cluster in clusters:
                cluster.forget_rights(*names)


@pytest.fixture(scope="module")
def pair(strict_server: Server, source_server: Server) -> Iterator[Pair]:
    servers = (strict_server, source_server)
    tokens = [bot_token(server.api) for server in servers]
    host, source = RealCluster("host", strict_server), RealCluster("ocp3", source_server)
    for cluster in (host, source):
        apply(cluster.api, MANIFEST)
        for right in _IN_FORCE:
            until(partial(cluster.may, _BOT, right), f"the bot may {right}")
    yield Pair(host, source, *tokens)
    for cluster in (host, source):
        cluster.tidy()
        cluster.forget_rights(*(found["metadata"]["name"] for found in documents(MANIFEST)))
        for right in _IN_FORCE:
            gone = partial(cluster.may_not, _BOT, right)
            until(gone, f"the bot may no longer {right}")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_database(f"sqlite:///{tmp_path}/bot.sqlite3")
    yield found
    found.close()


@pytest.fixture
def site(pair: Pair, database: Database) -> Site:
    return Site(
        database,
        host=pair.host,
        source=pair.source,
        token=pair.token,
        source_token=pair.source_token,
    )
