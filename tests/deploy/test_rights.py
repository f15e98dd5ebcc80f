"""The manifests in ``deploy/``, applied to a real API server: accepted whole, enough, and no more.

The bot's own account reads a control cluster; the same rights, given to the account whose token
a MigCluster names, are enough on a source.
"""

from __future__ import annotations

import base64
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest
import yaml
from websocket import (
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    create_connection,
)

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, WATCHED_KINDS
from bot.clusters.live import LivePlane, open_api
from bot.clusters.port import AccessRequest, Denied, ObjectRef
from bot.configuration import Configuration
from bot.diagnosis.gathering import gather
from bot.diagnosis.surveying import DEPENDENCIES
from tests.apiserver.fixtures import Server
from tests.apiserver.loading import clear, load, namespace
from tests.apiserver.process import ApiServer
from tests.apiserver.rights import ACCOUNT, TOKENS, apply, documents
from tests.clusters import contract

STDOUT = b"\x01"
"""The channel of what a command prints."""


@pytest.fixture(scope="module")
def plane(control_server: Server, source_server: Server) -> LivePlane:
    """The control cluster as the bot's account sees it, with the contract's small migration."""
    contract_kinds = (k.MIGCLUSTER, k.MIGPLAN, k.MIGMIGRATION, k.BACKUP, k.PVB, k.POD, k.EVENT)
    clear(control_server.api, contract_kinds)
    load(control_server.api, contract.OBJECTS)
    apply(control_server.api, "bot.yaml", "rbac.yaml")
    apply(source_server.api, "bot.yaml", "rbac.yaml")
    token = source_server.api.account_token(ACCOUNT, ACCOUNT)
    control = control_server.api
    control.done(
        "POST",
        f"/api/v1/namespaces/{TOKENS}/secrets",
        {
            "metadata": {"name": "src"},
            "data": {"saToken": base64.b64encode(token.encode()).decode()},
        },
    )
    migclusters = f"/apis/{k.MIGCLUSTER.api_version}/namespaces/{MTC_NAMESPACE}/migclusters"
    control.done(
        "POST",
        migclusters,
        {
            "apiVersion": k.MIGCLUSTER.api_version,
            "kind": "MigCluster",
            "metadata": {"name": "src"},
            "spec": {
                "isHostCluster": False,
                "url": source_server.api.url,
                "caBundle": base64.b64encode(source_server.api.ca.pem).decode(),
                "serviceAccountSecretRef": {"name": "src", "namespace": TOKENS},
            },
        },
    )
    plans = f"/apis/{k.MIGPLAN.api_version}/namespaces/{MTC_NAMESPACE}/migplans/shop"
    spec = {"srcMigClusterRef": {"name": "src"}, "destMigClusterRef": {"name": "host"}}
    control.done("PATCH", plans, {"spec": spec}, "application/merge-patch+json")
    found = open_api(control.url, control.account_token(ACCOUNT, ACCOUNT), control.ca.pem)
    until = time.monotonic() + 60
    while True:
        try:
            found.host.list(k.IMAGESTREAM, "openshift")
            found.remote("src").list(k.IMAGESTREAM, "openshift")
        except Denied:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return found


@pytest.mark.apiserver
class TestRights:
    def test_a_diagnosis_reads_all_it_wants_on_both_clusters(self, plane: LivePlane) -> None:
        target = ObjectRef("MigMigration", "shop-1", MTC_NAMESPACE)
        dossier = gather(plane, target, datetime.now(UTC))
        assert [f"{unread.what}: {unread.why}" for unread in dossier.unread] == []
        assert set(dossier.scenes) == {"host", "source", "destination"}

    def test_a_preflight_reads_what_applications_need_outside_their_namespaces(
        self, plane: LivePlane
    ) -> None:
        for cluster in (plane.host, plane.remote("src")):
            for kind in DEPENDENCIES:
                cluster.list(kind)

    @pytest.mark.parametrize("kind", WATCHED_KINDS, ids=lambda kind: str(kind.kind))
    def test_what_is_watched_may_be_watched(self, plane: LivePlane, kind: k.Kind) -> None:
        version = plane.host.list(kind, MTC_NAMESPACE).resource_version
        until = time.monotonic() + 0.3
        list(plane.host.watch(kind, MTC_NAMESPACE, version, lambda: time.monotonic() > until))

    def test_logs_may_be_read(self, plane: LivePlane) -> None:
        asked = AccessRequest("get", "", "pods", "shop", subresource="log")
        assert plane.host.allowed(asked).allowed is True

    @pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "deletecollection"])
    def test_nothing_may_be_written(self, plane: LivePlane, verb: str) -> None:
        asked = [
            AccessRequest(verb, kind.group, kind.plural, where)
            for kind in k.KINDS
            for where in (MTC_NAMESPACE, "shop", "")
        ]
        assert [right for right in asked if plane.host.allowed(right).allowed] == []

    @pytest.mark.parametrize(
        ("verb", "where"),
        [("get", ""), ("get", "shop"), ("get", "kube-system"), ("get", ACCOUNT), ("list", TOKENS)],
    )
    def test_no_other_secret_may_be_read(self, plane: LivePlane, verb: str, where: str) -> None:
        asked = AccessRequest(verb, "", "secrets", where, name="x" if verb == "get" else "")
        assert plane.host.allowed(asked).allowed is False

    def test_nobody_may_be_impersonated_and_no_command_run(self, plane: LivePlane) -> None:
        for asked in (
            AccessRequest("impersonate", "", "users"),
            AccessRequest("impersonate", "", "groups"),
            AccessRequest("create", "", "pods", "shop", subresource="exec"),
            AccessRequest("escalate", "rbac.authorization.k8s.io", "clusterroles"),
        ):
            assert plane.host.allowed(asked).allowed is False

    def test_a_pod_runs_commands_but_none_for_the_bot(
        self, plane: LivePlane, control_server: Server
    ) -> None:
        api, kwok, place = control_server.api, control_server.kwok, "commands"
        namespace(api, place)
        spec = {"containers": [{"name": "main"}]}
        meta = {"name": "web", "namespace": place}
        load(api, [{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}], kwok)
        kwok.exec(place, "web", "main")
        until = time.monotonic() + 60
        while (said := echoed(api, api.admin_token, place)) != "ran":
            assert time.monotonic() < until, said
            time.sleep(0.1)
        assert echoed(api, api.account_token(ACCOUNT, ACCOUNT), place) == "403"


def echoed(api: ApiServer, token: str, place: str) -> str:
    """Run ``printf ran`` in the pod; return what it prints, or the status of the refusal."""
    path = f"/api/v1/namespaces/{place}/pods/web/exec?container=main&stdout=1"
    said = b""
    try:
        with closing(
            create_connection(
                api.url.replace("https:", "wss:") + f"{path}&command=printf&command=ran",
                header=[f"Authorization: Bearer {token}"],
                subprotocols=["v4.channel.k8s.io"],
                sslopt={"ca_certs": str(api.folder / "ca.crt")},
                timeout=30,
            )
        ) as channels:
            while frame := bytes(channels.recv_data()[1]):
                said += frame[1:] if frame[:1] == STDOUT else b""
    except WebSocketBadStatusException as refused:
        return str(refused.status_code)
    except WebSocketConnectionClosedException:
        pass
    return said.decode()


def test_the_settings_in_the_manifest_are_settings() -> None:
    (settings,) = (found for found in documents("bot.yaml") if found["kind"] == "ConfigMap")
    text = settings["data"]["mtc-bot.yaml"]
    assert Configuration.model_validate(yaml.safe_load(text)).control_clusters[0].in_cluster


def test_the_manifests_hold_no_token() -> None:
    (secret,) = (found for found in documents("bot.yaml") if found["kind"] == "Secret")
    assert all(value.endswith("REPLACE-ME") for value in secret["stringData"].values())
