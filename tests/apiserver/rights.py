"""The bot's own rights on a test's API server, out of the manifests in ``deploy/``."""

from __future__ import annotations

import time
from pathlib import Path

import yaml

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.live import open_api
from bot.clusters.port import Denied
from tests.apiserver.loading import namespace
from tests.apiserver.process import ApiServer, Json

DEPLOY = Path(__file__).parents[2] / "deploy"
ACCOUNT = "mtc-bot"
"""Name of the service account, and of its namespace."""
TOKENS = "openshift-config"
"""Namespace in which MTC's console keeps the tokens of other clusters."""
_PLURALS = {
    "Namespace": "namespaces",
    "ServiceAccount": "serviceaccounts",
    "Secret": "secrets",
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Deployment": "deployments",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "Role": "roles",
    "RoleBinding": "rolebindings",
}


def documents(name: str) -> list[Json]:
    """Return what a manifest in ``deploy/`` holds."""
    return [found for found in yaml.safe_load_all((DEPLOY / name).read_text()) if found]


def apply(server: ApiServer, *names: str) -> None:
    """Create all that the files hold, refusing fields that the API does not know."""
    for place in (MTC_NAMESPACE, "openshift", TOKENS):
        namespace(server, place)
    for entry in (found for name in names for found in documents(name)):
        group = entry["apiVersion"]
        root = f"/apis/{group}" if "/" in group else f"/api/{group}"
        where = entry["metadata"].get("namespace")
        path = f"{root}/namespaces/{where}" if where else root
        path += f"/{_PLURALS[entry['kind']]}"
        status, answer = server.call("POST", f"{path}?fieldValidation=Strict", entry)
        assert status in (201, 409), answer


def bot_token(server: ApiServer) -> str:
    """Give the bot's account its rights; return a token of it once they are in force."""
    apply(server, "bot.yaml", "rbac.yaml")
    token = server.account_token(ACCOUNT, ACCOUNT)
    host = open_api(server.url, token, server.ca.pem).host
    until = time.monotonic() + 60
    while True:
        try:
            host.list(k.IMAGESTREAM, "openshift")
            host.list(k.MIGPLAN, MTC_NAMESPACE)
        except Denied:
            assert time.monotonic() < until, "the bot's rights never came into force"
            time.sleep(0.05)
        else:
            return token
