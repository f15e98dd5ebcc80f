"""A control cluster and the source that one of its MigClusters names, as MTC pairs them."""

from __future__ import annotations

import base64

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from tests.apiserver.loading import namespace, path_of
from tests.apiserver.process import ApiServer, Json
from tests.apiserver.rights import TOKENS

_MERGE = "application/merge-patch+json"
_READY = {
    "type": "Ready",
    "status": "True",
    "category": "Required",
    "message": "The cluster is ready.",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}


def pair(control: ApiServer, source: ApiServer, token: str, name: str = "ocp3") -> None:
    """Let a MigCluster lead to the source with a token; both are made where they are not there.

    It has the status that mig-controller gives it, where the kind takes one from anybody.
    """
    give_token(control, token, name)
    spec: Json = {
        "isHostCluster": False,
        "url": source.url,
        "caBundle": base64.b64encode(source.ca.pem).decode(),
        "serviceAccountSecretRef": {"name": name, "namespace": TOKENS},
    }
    body = {
        "apiVersion": k.MIGCLUSTER.api_version,
        "kind": k.MIGCLUSTER.kind,
        "metadata": {"name": name, "namespace": MTC_NAMESPACE},
        "spec": spec,
        "status": {"conditions": [_READY]},
    }
    namespace(control, MTC_NAMESPACE)
    status, answer = control.call("POST", path_of(k.MIGCLUSTER, MTC_NAMESPACE), body)
    if status == 409:
        control.done("PATCH", path_of(k.MIGCLUSTER, MTC_NAMESPACE, name), {"spec": spec}, _MERGE)
    else:
        assert status == 201, answer


def give_token(control: ApiServer, token: str, name: str = "ocp3") -> None:
    """Write the token into the secret that the MigCluster of this name refers to."""
    namespace(control, TOKENS)
    data = {"saToken": base64.b64encode(token.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
    status, answer = control.call("POST", path_of(k.SECRET, TOKENS), secret)
    if status == 409:
        control.done("PATCH", path_of(k.SECRET, TOKENS, name), {"data": data}, _MERGE)
    else:
        assert status == 201, answer
