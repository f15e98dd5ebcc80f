"""What the cluster itself says about a right, by its access reviews.

A review of a person is asked with the groups that impersonation would give as well, so that the
answer and a later call made as that person agree.
"""

from __future__ import annotations

from bot.clusters.kinds import Kind
from bot.clusters.live.connection import Connection
from bot.clusters.live.errors import Garbled
from bot.clusters.live.requests import Request, spoken
from bot.clusters.port import AccessAnswer, AccessRequest, Json

_GROUP = "authorization.k8s.io"
_OTHERS = Kind(_GROUP, "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False)
_OWN = Kind(_GROUP, "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False)
_ACCOUNT = "system:serviceaccount:"


def allowed(connection: Connection, asked: AccessRequest) -> AccessAnswer:
    """Return the answer of the cluster; raises ``Denied`` where the bot may not even ask."""
    attributes = {
        "verb": asked.verb,
        "group": asked.group,
        "resource": asked.resource,
        "subresource": asked.subresource,
        "namespace": asked.namespace,
        "name": asked.name,
    }
    spec: Json = {
        "resourceAttributes": {key: value for key, value in attributes.items() if value},
    }
    kind = _OWN
    if asked.user:
        kind = _OTHERS
        spec |= {"user": asked.user, "groups": list(groups_of(asked.user, asked.groups))}
    body = {"apiVersion": kind.api_version, "kind": kind.kind, "spec": spec}
    answer = connection.write("POST", Request(connection.cluster, "create", kind), body)
    status = answer.get("status")
    if not isinstance(status, dict):
        raise Garbled(
            f"cluster {connection.cluster} did not answer whether {spoken(asked.verb)} on "
            f"{spoken(asked.resource)} is allowed",
            cluster=connection.cluster,
        )
    reason = status.get("reason") or status.get("evaluationError") or ""
    is_allowed = status.get("allowed") is True and status.get("denied") is not True
    return AccessAnswer(is_allowed, spoken(str(reason), 400))


def groups_of(user: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return the groups an impersonated user has (k8s.io/apiserver filters/impersonation.go)."""
    found = list(groups)
    if user.startswith(_ACCOUNT) and not groups:
        namespace = user.removeprefix(_ACCOUNT).partition(":")[0]
        found += ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    if user != "system:anonymous" and "system:authenticated" not in found:
        found.append("system:authenticated")
    return tuple(found)
