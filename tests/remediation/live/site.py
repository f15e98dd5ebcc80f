"""The world of the stories on two real API servers, with RBAC and impersonation.

The bot has the account, the token and the rights that ``deploy/`` gives it, on the source those of
the token in the MigCluster's secret; people have what a test grants them. Controllers are played
as in memory (no operator, no Velero and no mig-controller runs); pods are kwok's.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field

from bot.access.people import Person
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.live import open_api
from bot.clusters.port import AccessRequest, Json
from bot.store.approval_records import Approval
from tests.apiserver.fixtures import Server
from tests.apiserver.kwok import NODE
from tests.apiserver.loading import Loading, clear, path_of, running
from tests.apiserver.pairing import pair
from tests.apiserver.process import ApiServer
from tests.remediation.world import AMIR, ANNA, OLIVIA, PEOPLE, Desk, objects

CHANGING = (
    k.MIGPLAN,
    k.MIGMIGRATION,
    k.MIGCLUSTER,
    k.MIGSTORAGE,
    k.MIGRATIONCONTROLLER,
    k.DISM,
    k.BACKUP,
    k.RESTORE,
    k.BSL,
    k.BACKUPREPOSITORY,
    k.RESTICREPOSITORY,
    k.DOWNLOADREQUEST,
    k.POD,
    k.SECRET,
    k.DEPLOYMENT,
    k.DAEMONSET,
    k.CRONJOB,
    k.NETWORKPOLICY,
    k.IMAGESTREAM,
)
"""Kinds that stories put on a cluster or that actions write, without those that stay."""
_MERGE = "application/merge-patch+json"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_MARK = "tests-"
_OURS = "kubernetes.io/metadata.name"
"""The one label that an API server gives a namespace itself."""
PATIENCE = 60.0
Place = tuple[str, str, str, str]
"""Cluster, kind, namespace, name."""


def until(seen: Callable[[], bool], what: str) -> None:
    """Return when something is seen."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, f"never came about: {what}"
        time.sleep(0.02)


class RealCluster:
    """A real cluster in the hands of its administrator and of controllers."""

    def __init__(self, name: str, server: Server) -> None:
        self.name = name
        self.api: ApiServer = server.api
        self.kinds = set(CHANGING)
        """Of which there may be objects here: looked at, and taken away by ``tidy``."""
        self._kwok = server.kwok

    def find(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        status, answer = self.api.call("GET", path_of(kind, namespace, name))
        assert status in (200, 404), answer
        return answer if status == 200 else None

    def find_all(self, kind: Kind, namespace: str = "") -> tuple[Json, ...]:
        items = self.api.done("GET", path_of(kind, namespace))["items"]
        about = {"apiVersion": kind.api_version, "kind": kind.kind}
        return tuple({**about, **item} for item in items)

    def put(self, obj: Json) -> None:
        kind, metadata = k.BY_KIND[obj["kind"]], obj["metadata"]
        path = path_of(kind, metadata.get("namespace", ""), metadata["name"])
        self.kinds.add(kind)
        if "resourceVersion" not in metadata:
            kwok = self._kwok if kind == k.POD else None
            Loading().put(self.api, [obj], kwok)
            if kwok is not None:
                running(self.api, metadata["namespace"], metadata["name"])
            if kind == k.NODE:  # which a node controller would do, once the node is ready
                self.api.done("PATCH", path, {"spec": {"taints": None}}, _MERGE)
            return
        made = self.api.done("PUT", path, obj)
        if made.get("status") != obj.get("status"):
            self.api.done("PUT", f"{path}/status", made | {"status": obj.get("status", {})})

    def content(self) -> dict[Place, Json]:
        """Return all objects of the kinds that there are."""
        found = {}
        for kind in self.kinds - {k.NODE}:  # whose kubelet writes all the time
            for obj in self.find_all(kind):
                metadata = obj["metadata"]
                place = (self.name, kind.kind, metadata.get("namespace", ""), metadata["name"])
                found[place] = obj
        return found

    def tidy(self) -> None:
        """Take away what was there before; namespaces stay, bare, and kwok's own node."""
        clear(self.api, sorted(self.kinds - {k.NAMESPACE, k.NODE}, key=lambda kind: kind.kind))
        for namespace in self.find_all(k.NAMESPACE):
            self._strip(namespace)
        for node in self.find_all(k.NODE):
            if (name := node["metadata"]["name"]) != NODE:
                self.api.done("DELETE", path_of(k.NODE, "", name))
        self.kinds.clear()

    def _strip(self, namespace: Json) -> None:
        metadata = namespace["metadata"]
        change = {
            part: {key: None for key in metadata.get(part, {}) if key != _OURS}
            for part in ("labels", "annotations")
        }
        if any(change.values()):
            path = path_of(k.NAMESPACE, "", metadata["name"])
            self.api.done("PATCH", path, {"metadata": change}, _MERGE)

    def grant(self, who: str, right: AccessRequest, *, subject: str = "User") -> None:
        """Let a user or group do exactly this, and return when it is in force."""
        assert right.namespace, "what an action writes is in a namespace, or is one"
        name = f"{_MARK}{secrets.token_hex(4)}"
        root = f"{_RBAC}/namespaces/{right.namespace}"
        rule = {"apiGroups": [right.group], "resources": [right.resource], "verbs": [right.verb]}
        if right.name:
            rule["resourceNames"] = [right.name]
        group = "rbac.authorization.k8s.io"
        about = {"apiVersion": f"{group}/v1", "metadata": {"name": name}}
        self.api.done("POST", f"{root}/roles", {**about, "kind": "Role", "rules": [rule]})
        binding = {
            **about,
            "kind": "RoleBinding",
            "subjects": [{"kind": subject, "apiGroup": group, "name": who}],
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        }
        self.api.done("POST", f"{root}/rolebindings", binding)
        groups = (who,) if subject == "Group" else ()
        until(lambda: self.may(who, right, groups), f"{who} may {right}")

    def revoke(self, user: str, right: AccessRequest) -> None:
        """Take all away that a user was granted, and return when this right is gone."""
        for binding in self.api.done("GET", f"{_RBAC}/rolebindings")["items"]:
            if any(subject["name"] == user for subject in binding.get("subjects", ())):
                self._forget("rolebindings", binding)
        until(lambda: self.may_not(user, right), f"{user} may no longer {right}")

    def forget_rights(self, *names: str) -> None:
        """Take every grant of tests away, and the roles and bindings of these names."""
        for plural in ("rolebindings", "roles", "clusterrolebindings", "clusterroles"):
            for found in self.api.done("GET", f"{_RBAC}/{plural}")["items"]:
                name = found["metadata"]["name"]
                if name.startswith(_MARK) or name in names:
                    self._forget(plural, found)

    def _forget(self, plural: str, obj: Json) -> None:
        namespace = obj["metadata"].get("namespace")
        root = f"{_RBAC}/namespaces/{namespace}" if namespace else _RBAC
        self.api.done("DELETE", f"{root}/{plural}/{obj['metadata']['name']}")

    def may(self, user: str, right: AccessRequest, groups: Sequence[str] = ()) -> bool:
        attributes = {
            "verb": right.verb,
            "group": right.group,
            "resource": right.resource,
            "namespace": right.namespace,
            "name": right.name,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": groups, "resourceAttributes": attributes},
        }
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        allowed: bool = self.api.done("POST", path, review)["status"]["allowed"]
        return allowed

    def may_not(self, user: str, right: AccessRequest) -> bool:
        return not self.may(user, right)

    def account(self, name: str, role: str) -> str:
        """Return the token of a service account that has a cluster role and nothing else."""
        group = "rbac.authorization.k8s.io"
        subject = {"kind": "ServiceAccount", "name": name, "namespace": MTC_NAMESPACE}
        binding = {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{_MARK}{name}"},
            "subjects": [subject],
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        }
        status, answer = self.api.call("POST", f"{_RBAC}/clusterrolebindings", binding)
        assert status in (201, 409), answer
        token = self.api.account_token(MTC_NAMESPACE, name)
        user = f"system:serviceaccount:{MTC_NAMESPACE}:{name}"
        nodes = AccessRequest("list", "", "nodes")
        until(lambda: self.may(user, nodes), f"{user} may {nodes}")
        return token

    @contextmanager
    def denying(self, example: Json, unless: str, message: str) -> Iterator[None]:
        """Have admission deny what is like an example: an expression does not hold for it."""
        kind = k.BY_KIND[example["kind"]]
        anew = example | {"metadata": {**example["metadata"], "name": "example"}}
        path = path_of(kind, example["metadata"]["namespace"]) + "?dryRun=All"
        root = "/apis/admissionregistration.k8s.io/v1"
        name = f"{_MARK}{secrets.token_hex(4)}"
        rule = {
            "apiGroups": [kind.group],
            "apiVersions": [kind.version],
            "operations": ["CREATE", "UPDATE"],
            "resources": [kind.plural],
        }
        policy = {
            "metadata": {"name": name},
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": unless, "message": message}],
            },
        }
        binding = {
            "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        }
        plurals = {
            "validatingadmissionpolicies": policy,
            "validatingadmissionpolicybindings": binding,
        }
        for plural, body in plurals.items():
            self.api.done("POST", f"{root}/{plural}", body)
        try:
            until(lambda: self.api.call("POST", path, anew)[0] == 422, message)
            yield
        finally:
            for plural in plurals:
                self.api.done("DELETE", f"{root}/{plural}/{name}")
            until(lambda: self.api.call("POST", path, anew)[0] == 201, f"no more: {message}")


@dataclass
class Site(Desk):
    """A desk and a runner over two real clusters, begun with the world's objects."""

    host: RealCluster = field(kw_only=True)
    source: RealCluster = field(kw_only=True)
    token: str = field(kw_only=True)
    """Of the bot, on the control cluster."""
    source_token: str = field(kw_only=True)
    """What the MigCluster's secret holds."""

    def __post_init__(self) -> None:
        mark = secrets.token_hex(4)
        # Names of their own, so that a right of another test is never in force still.
        for person in (OLIVIA, AMIR, ANNA):
            known = PEOPLE[person]
            email = known.email.replace("@", f"-{mark}@")
            self.people[person] = Person(known.id, email, known.groups, name=known.name)
        for cluster in self.clusters.values():
            cluster.tidy()
        for obj in objects():
            self.host.put(deepcopy(obj))
        self.host.kinds.add(k.SECRET)
        pair(self.host.api, self.source.api, self.source_token)
        api = self.host.api
        self.plane = open_api(api.url, self.token, api.ca.pem, name="wave-1", writable=True)
        self.begin()

    @property
    def clusters(self) -> dict[str, RealCluster]:
        return {"host": self.host, "ocp3": self.source}

    @property
    def user(self) -> str:
        """Return whom the requester is on the clusters."""
        return self.people[OLIVIA].email

    def grant(self, rights: Iterable[tuple[str, AccessRequest]]) -> None:
        for cluster, right in rights:
            self.clusters[cluster].grant(self.user, right)

    def content(self) -> dict[Place, Json]:
        return {p: o for cluster in self.clusters.values() for p, o in cluster.content().items()}

    def judged(self, approval: Approval) -> Approval:
        """Let the runner look until it knows whether it helped."""

        def known() -> bool:
            self.runner.verify()
            return self.read(approval.id).verdict != "verifying"

        until(known, f"a verdict on {approval.action}: {self.read(approval.id).outcome}")
        return self.read(approval.id)


def versions(content: Mapping[Place, Json]) -> dict[Place, str]:
    """Return the version of every object: nothing was written while they stay the same."""
    return {place: obj["metadata"]["resourceVersion"] for place, obj in content.items()}


def essence(content: Mapping[Place, Json]) -> dict[Place, Json]:
    """Return what objects say, without what servers and controllers write."""
    found = {}
    for place, obj in content.items():
        metadata = obj["metadata"]
        kept = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
        if isinstance(kept.get("spec"), dict):
            kept["spec"] = {key: value for key, value in kept["spec"].items() if key != "refresh"}
        labels, notes = (metadata.get(part) or {} for part in ("labels", "annotations"))
        found[place] = {**kept, "labels": labels, "annotations": notes}
    return found
