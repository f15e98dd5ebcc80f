"""Writes that are made as somebody, only if nothing changed, or only for show."""

from __future__ import annotations

import secrets
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.live import LiveWriter, open_api
from bot.clusters.live.writing import impersonation
from bot.clusters.port import (
    AccessRequest,
    Conflict,
    Denied,
    Identity,
    Invalid,
    Json,
    NotFound,
    NotServed,
)
from tests.apiserver.fixtures import BOT_TOKEN, Server
from tests.clusters.contract import UNKNOWN_KIND
from tests.clusters.live.conftest import SOON, writer_of
from tests.clusters.live.misbehaving import answers, misbehaving

CLUSTERROLE = Kind(
    "rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False
)
ROLE = Kind("rbac.authorization.k8s.io", "v1", "roles", "Role")
ROLEBINDING = Kind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")


def plan(name: str = "shop", **spec: object) -> Json:
    return {
        "apiVersion": k.MIGPLAN.api_version,
        "kind": "MigPlan",
        "metadata": {"name": name},
        "spec": spec,
    }


def grant(
    admin: LiveWriter, place: str, subject: Json, verbs: list[str], kind: Kind = k.MIGPLAN
) -> None:
    """Let a user or group do this in a namespace, and return when it may."""
    name = f"r-{secrets.token_hex(3)}"
    api = "rbac.authorization.k8s.io"
    rule = {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": verbs}
    admin.create(
        ROLE,
        place,
        {
            "apiVersion": f"{api}/v1",
            "kind": "Role",
            "metadata": {"name": name},
            "rules": [rule],
        },
    )
    admin.create(
        ROLEBINDING,
        place,
        {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name},
            "subjects": [{"apiGroup": api, **subject}],
            "roleRef": {"apiGroup": api, "kind": "Role", "name": name},
        },
    )
    user = subject["name"] if subject["kind"] == "User" else "a-member"
    groups = (subject["name"],) if subject["kind"] == "Group" else ()
    asked = AccessRequest(verbs[0], kind.group, kind.plural, place, user=user, groups=groups)
    until = time.monotonic() + 60
    while not admin.allowed(asked).allowed:
        assert time.monotonic() < until, "the right never came into effect"
        time.sleep(0.02)


@pytest.mark.apiserver
class TestPreconditions:
    def test_two_who_patch_the_same_version_do_not_both_win(
        self, admin: LiveWriter, place: str
    ) -> None:
        version = admin.create(k.MIGPLAN, place, plan())["metadata"]["resourceVersion"]
        first = {"spec": {"closed": True}}
        admin.patch(k.MIGPLAN, "shop", place, first, resource_version=version)
        with pytest.raises(Conflict, match="did not patch migplan/shop"):
            admin.patch(
                k.MIGPLAN, "shop", place, {"spec": {"refresh": True}}, resource_version=version
            )
        assert admin.get(k.MIGPLAN, "shop", place)["spec"] == {"closed": True}

    def test_the_body_that_was_given_is_not_changed(self, admin: LiveWriter, place: str) -> None:
        version = admin.create(k.MIGPLAN, place, plan())["metadata"]["resourceVersion"]
        body: Json = {"spec": {"closed": True}}
        admin.patch(k.MIGPLAN, "shop", place, body, resource_version=version)
        assert body == {"spec": {"closed": True}}

    def test_an_object_made_again_under_the_name_is_not_deleted(
        self, admin: LiveWriter, place: str
    ) -> None:
        uid = admin.create(k.MIGPLAN, place, plan())["metadata"]["uid"]
        admin.delete(k.MIGPLAN, "shop", place, uid=uid)
        admin.create(k.MIGPLAN, place, plan())
        with pytest.raises(Conflict):
            admin.delete(k.MIGPLAN, "shop", place, uid=uid)
        assert admin.get(k.MIGPLAN, "shop", place)

    def test_a_dry_run_still_meets_preconditions(self, admin: LiveWriter, place: str) -> None:
        old = admin.create(k.MIGPLAN, place, plan())["metadata"]["resourceVersion"]
        admin.patch(k.MIGPLAN, "shop", place, {"spec": {"closed": True}})
        with pytest.raises(Conflict):
            admin.patch(
                k.MIGPLAN,
                "shop",
                place,
                {"spec": {"refresh": True}},
                resource_version=old,
                dry_run=True,
            )
        with pytest.raises(Conflict):
            admin.delete(k.MIGPLAN, "shop", place, uid="another", dry_run=True)

    def test_what_the_api_server_refuses_is_invalid_in_its_words(
        self, admin: LiveWriter, place: str
    ) -> None:
        with pytest.raises(Invalid, match="Bad_Name"):
            admin.create(k.MIGPLAN, place, plan("Bad_Name"))
        with pytest.raises(Invalid, match="has no name"):
            admin.create(k.MIGPLAN, place, {"metadata": {"generateName": "x-"}})
        with pytest.raises(Invalid):
            admin.create(k.MIGPLAN, place, {**plan(), "kind": "MigStorage"})

    def test_a_namespace_that_is_not_there_is_not_found(self, admin: LiveWriter) -> None:
        with pytest.raises(NotFound, match="no-such"):
            admin.create(k.MIGPLAN, "no-such", plan())

    def test_a_kind_that_is_not_served_says_so(self, admin: LiveWriter, place: str) -> None:
        with pytest.raises(NotServed):
            admin.create(UNKNOWN_KIND, place, {"metadata": {"name": "x"}})


@pytest.mark.apiserver
class TestImpersonation:
    ALICE = Identity("alice@example.com")

    def test_a_person_may_do_what_the_cluster_lets_that_person(
        self, admin: LiveWriter, place: str
    ) -> None:
        admin.create(k.MIGPLAN, place, plan())
        with pytest.raises(Denied, match=r'User "alice@example\.com" cannot patch') as raised:
            admin.patch(k.MIGPLAN, "shop", place, {"spec": {"a": 1}}, as_user=self.ALICE)
        assert "patch on migplans.migration.openshift.io" in str(raised.value)
        grant(admin, place, {"kind": "User", "name": self.ALICE.user}, ["patch"])
        admin.patch(k.MIGPLAN, "shop", place, {"spec": {"a": 1}}, as_user=self.ALICE)
        with pytest.raises(Denied):
            admin.delete(k.MIGPLAN, "shop", place, as_user=self.ALICE)
        with pytest.raises(Denied):
            admin.create(k.MIGPLAN, place, plan("other"), as_user=self.ALICE)

    def test_all_groups_count_and_names_may_be_chinese(self, admin: LiveWriter, place: str) -> None:
        admin.create(k.MIGPLAN, place, plan())
        grant(admin, place, {"kind": "Group", "name": "迁移组"}, ["patch"])
        someone = Identity("王芳", ("others", "迁移组"))
        admin.patch(k.MIGPLAN, "shop", place, {"spec": {"a": 1}}, as_user=someone)
        with pytest.raises(Denied, match="王芳"):
            admin.patch(k.MIGPLAN, "shop", place, {"spec": {}}, as_user=Identity("王芳"))

    def test_a_bot_without_the_right_to_impersonate_is_refused_even_what_it_may_itself(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        admin.create(k.MIGPLAN, place, plan())
        grant(admin, place, {"kind": "User", "name": "bot"}, ["patch", "get"])
        bot = writer_of(control_server, BOT_TOKEN)
        bot.patch(k.MIGPLAN, "shop", place, {"spec": {"a": 1}})
        with pytest.raises(Denied, match="cannot impersonate"):
            bot.patch(k.MIGPLAN, "shop", place, {"spec": {"a": 2}}, as_user=self.ALICE)
        assert bot.get(k.MIGPLAN, "shop", place)["spec"] == {"a": 1}

    def test_a_review_and_the_call_agree(self, admin: LiveWriter, place: str) -> None:
        admin.create(k.MIGPLAN, place, plan())
        grant(admin, place, {"kind": "Group", "name": "system:authenticated"}, ["patch"])
        asked = AccessRequest(
            "patch", k.MIGPLAN.group, k.MIGPLAN.plural, place, user="somebody", groups=("g",)
        )
        assert admin.allowed(asked).allowed is True
        admin.patch(k.MIGPLAN, "shop", place, {"spec": {}}, as_user=Identity("somebody", ("g",)))


class TestNamesInHeaders:
    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            "alice\r\nImpersonate-Group: system:masters",
            "alice\nX: y",
            "alice\x00",
            " alice",
            "alice ",
            "alice\u2028bob",
            "alice\x7f",
        ],
    )
    def test_a_name_that_a_header_cannot_carry_is_refused_and_nothing_is_sent(
        self, name: str
    ) -> None:
        with misbehaving(answers(200, {"metadata": {}})) as server:
            host = open_api(server.url, "t", writable=True, limits=SOON).host
            assert isinstance(host, LiveWriter)
            for identity in (Identity(name), Identity("bob", (name,))):
                with pytest.raises(Invalid):
                    host.patch(k.MIGPLAN, "shop", "a", {}, as_user=identity)
                with pytest.raises(Invalid):
                    host.delete(k.MIGPLAN, "shop", "a", as_user=identity)
                with pytest.raises(Invalid):
                    host.create(k.MIGPLAN, "a", plan(), as_user=identity)
            assert server.asked == []

    def test_nobody_becomes_a_master(self) -> None:
        with pytest.raises(Invalid, match="system:masters"):
            impersonation(Identity("alice", ("a", "system:masters")), "host")

    def test_every_group_is_a_header_of_its_own(self) -> None:
        with misbehaving(answers(200, {"metadata": {}})) as server:
            host = open_api(server.url, "t", writable=True, limits=SOON).host
            assert isinstance(host, LiveWriter)
            host.patch(k.MIGPLAN, "shop", "a", {}, as_user=Identity("alice", ("a, b", "c")))
        headers = [h for h in server.asked[0].headers if h[0].startswith("Impersonate")]
        assert headers == [
            ("Impersonate-User", "alice"),
            ("Impersonate-Group", "a, b"),
            ("Impersonate-Group", "c"),
        ]

    @given(user=st.text(), group=st.text())
    def test_no_name_adds_a_header(self, user: str, group: str) -> None:
        try:
            headers = impersonation(Identity(user, (group,)), "host")
        except Invalid:
            return
        assert headers is not None
        assert len(list(headers.items())) == 2
        for value in headers.values():
            raw = value.encode("latin-1")
            assert not any(byte < 0x20 or byte == 0x7F for byte in raw)
            assert raw.decode() in (user, group)


@pytest.mark.apiserver
class TestAccess:
    def test_the_bot_asks_for_itself(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        grant(admin, place, {"kind": "User", "name": "bot"}, ["get"])
        bot = writer_of(control_server, BOT_TOKEN)
        request = AccessRequest("get", k.MIGPLAN.group, k.MIGPLAN.plural, place)
        assert bot.allowed(request).allowed is True
        assert bot.allowed(request).reason.startswith("RBAC")
        assert bot.allowed(AccessRequest("get", k.MIGPLAN.group, "migplans")).allowed is False
        secret = AccessRequest("get", "", "secrets", place, name="x")
        assert bot.allowed(secret).allowed is False

    def test_it_asks_for_a_person_only_where_it_may(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        grant(admin, place, {"kind": "User", "name": "alice"}, ["patch"])
        request = AccessRequest("patch", k.MIGPLAN.group, "migplans", place, user="alice")
        assert admin.allowed(request).allowed is True
        bob = AccessRequest("patch", k.MIGPLAN.group, "migplans", place, user="bob")
        assert admin.allowed(bob).allowed is False
        with pytest.raises(Denied, match="subjectaccessreviews"):
            writer_of(control_server, BOT_TOKEN).allowed(request)

    def test_a_subresource_is_a_right_of_its_own(self, admin: LiveWriter, place: str) -> None:
        grant(admin, place, {"kind": "User", "name": "alice"}, ["get"], k.POD)
        pods = AccessRequest("get", "", "pods", place, user="alice")
        logs = AccessRequest("get", "", "pods", place, subresource="log", user="alice")
        assert admin.allowed(pods).allowed is True
        assert admin.allowed(logs).allowed is False

    def test_a_service_account_has_its_groups(self, admin: LiveWriter, place: str) -> None:
        grant(admin, place, {"kind": "Group", "name": f"system:serviceaccounts:{place}"}, ["get"])
        asked = AccessRequest(
            "get", k.MIGPLAN.group, "migplans", place, user=f"system:serviceaccount:{place}:x"
        )
        assert admin.allowed(asked).allowed is True
