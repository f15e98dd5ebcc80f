"""From a control cluster to another one, by MigCluster and saToken secret as MTC has them.

Two real API servers. What is wrong with a token, an authority or an address is made for real.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.live import LivePlane, LiveWriter
from bot.clusters.port import (
    ClusterError,
    Denied,
    Json,
    NotFound,
    Unauthorized,
    Unreachable,
    Untrusted,
)
from tests.apiserver.certificates import authority
from tests.apiserver.fixtures import BOT_TOKEN, Server
from tests.apiserver.loading import namespace
from tests.apiserver.process import free_port
from tests.clusters.live.conftest import plane_of
from tests.clusters.live.misbehaving import answers, misbehaving

pytestmark = pytest.mark.apiserver
CONFIG = "openshift-config"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def expired_token(server: Server) -> str:
    """Return a service account token of the server, signed well, whose time is over."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    payload = {
        "iss": "https://kubernetes.default.svc",
        "aud": ["https://kubernetes.default.svc"],
        "sub": "system:serviceaccount:default:x",
        "iat": int(time.time()) - 7200,
        "nbf": int(time.time()) - 7200,
        "exp": int(time.time()) - 3600,
        "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "x", "uid": "u"}},
    }
    head = part(b'{"alg":"ES256"}') + b"." + part(json.dumps(payload).encode())
    signature = server.api.account_key.sign(head, ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    return (head + b"." + part(r.to_bytes(32, "big") + s.to_bytes(32, "big"))).decode()


class Pair:
    """A control cluster with a MigCluster ``src`` that leads to the source cluster."""

    def __init__(self, control: Server, source: Server) -> None:
        self.control, self.source = control, source
        self.name = f"src-{secrets.token_hex(3)}"
        for server, place in ((control, MTC_NAMESPACE), (control, CONFIG), (source, MTC_NAMESPACE)):
            namespace(server.api, place)
        self.plane: LivePlane = plane_of(control)
        host = self.plane.host
        assert isinstance(host, LiveWriter)
        self.host = host

    def token(self, *, rights: bool = True) -> str:
        """Return the token of a new service account of the source cluster."""
        account = f"mtc-{secrets.token_hex(3)}"
        token = self.source.api.account_token(MTC_NAMESPACE, account)
        if rights:
            api = "rbac.authorization.k8s.io"
            self.source.api.done(
                "POST",
                f"/apis/{api}/v1/clusterrolebindings",
                {
                    "metadata": {"name": account},
                    "subjects": [
                        {"kind": "ServiceAccount", "name": account, "namespace": MTC_NAMESPACE}
                    ],
                    "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "cluster-admin"},
                },
            )
        self.account = account
        return token

    def secret(self, data: dict[str, str]) -> None:
        path = f"/api/v1/namespaces/{CONFIG}/secrets"
        self.control.api.call("DELETE", f"{path}/{self.name}")
        self.control.api.done("POST", path, {"metadata": {"name": self.name}, "data": data})

    def joined(self, token: str | None = None, **spec: object) -> None:
        """Make the secret and the MigCluster."""
        self.secret({"saToken": encoded((self.token() if token is None else token).encode())})
        self.migcluster(**spec)

    def migcluster(self, **spec: object) -> None:
        whole: Json = {
            "isHostCluster": False,
            "url": self.source.api.url,
            "caBundle": encoded(self.source.api.ca.pem),
            "serviceAccountSecretRef": {"name": self.name, "namespace": CONFIG},
            **spec,
        }
        self.host.create(
            k.MIGCLUSTER,
            MTC_NAMESPACE,
            {
                "apiVersion": k.MIGCLUSTER.api_version,
                "kind": "MigCluster",
                "metadata": {"name": self.name},
                "spec": {key: value for key, value in whole.items() if value is not None},
            },
        )

    def read(self) -> tuple[Json, ...]:
        return self.plane.remote(self.name).list(k.BSL, MTC_NAMESPACE).items

    def error(self) -> ClusterError:
        with pytest.raises(ClusterError) as raised:
            self.read()
        assert raised.value.cluster == self.name
        return raised.value


@pytest.fixture
def pair(control_server: Server, source_server: Server) -> Iterator[Pair]:
    made = Pair(control_server, source_server)
    yield made
    path = f"/apis/{k.MIGCLUSTER.api_version}/namespaces/{MTC_NAMESPACE}/migclusters/{made.name}"
    control_server.api.call("DELETE", path)


def until_allowed(pair: Pair) -> tuple[Json, ...]:
    """Return what is read once the rights of a new account are in effect."""
    until = time.monotonic() + 60
    while True:
        try:
            return pair.read()
        except Denied:
            assert time.monotonic() < until
            time.sleep(0.05)


class TestReaching:
    def test_the_other_cluster_is_read_by_its_own_name(self, pair: Pair) -> None:
        pair.joined()
        assert until_allowed(pair) == ()
        reader = pair.plane.remote(pair.name)
        assert reader.name == pair.name
        assert MTC_NAMESPACE in {
            found["metadata"]["name"] for found in reader.list(k.NAMESPACE).items
        }

    def test_the_host_s_own_migcluster_is_the_host(self, pair: Pair) -> None:
        pair.migcluster(isHostCluster=True, url=None)
        assert pair.plane.remote(pair.name) is pair.plane.host

    def test_who_trusts_blindly_needs_no_bundle(self, pair: Pair) -> None:
        pair.joined(insecure=True, caBundle=None)
        assert until_allowed(pair) == ()

    def test_a_read_only_plane_gives_no_writer_anywhere(self, pair: Pair) -> None:
        pair.joined()
        plane = plane_of(pair.control, writable=False)
        assert not hasattr(plane.remote(pair.name), "patch")
        assert hasattr(pair.plane.remote(pair.name), "patch")

    def test_a_migcluster_that_moves_is_followed(self, pair: Pair) -> None:
        pair.joined(url="https://127.0.0.1:1")
        assert isinstance(pair.error(), Unreachable)
        pair.host.patch(
            k.MIGCLUSTER, pair.name, MTC_NAMESPACE, {"spec": {"url": pair.source.api.url}}
        )
        assert until_allowed(pair) == ()


class TestTokens:
    def test_an_expired_one_is_named_with_its_secret(self, pair: Pair) -> None:
        pair.joined(expired_token(pair.source))
        error = pair.error()
        assert isinstance(error, Unauthorized)
        assert f"secret {CONFIG}/{pair.name}" in str(error)

    def test_a_revoked_one_is_unauthorized(self, pair: Pair) -> None:
        token = pair.token()
        path = f"/api/v1/namespaces/{MTC_NAMESPACE}/serviceaccounts/{pair.account}"
        pair.source.api.done("DELETE", path)
        pair.joined(token)
        assert isinstance(pair.error(), Unauthorized)

    def test_a_reader_goes_on_when_the_token_was_rotated(self, pair: Pair) -> None:
        pair.joined(expired_token(pair.source))
        reader = pair.plane.remote(pair.name)
        with pytest.raises(Unauthorized):
            reader.list(k.BSL, MTC_NAMESPACE)
        pair.secret({"saToken": encoded(pair.token().encode())})
        until_allowed(pair)
        assert reader.list(k.BSL, MTC_NAMESPACE).items == ()

    def test_one_with_too_few_rights_says_which(self, pair: Pair) -> None:
        pair.joined(pair.token(rights=False))
        error = pair.error()
        assert isinstance(error, Denied)
        assert "list on backupstoragelocations.velero.io" in str(error)
        assert pair.account in str(error)

    def test_a_secret_that_is_gone_is_not_taken_for_a_missing_object(self, pair: Pair) -> None:
        pair.joined(expired_token(pair.source))
        reader = pair.plane.remote(pair.name)
        path = f"/api/v1/namespaces/{CONFIG}/secrets/{pair.name}"
        pair.control.api.done("DELETE", path)
        with pytest.raises(Unauthorized, match="is not there"):
            reader.get(k.BSL, "x", MTC_NAMESPACE)
        with pytest.raises(NotFound, match=f"{CONFIG}/{pair.name}"):
            plane_of(pair.control).remote(pair.name)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"token": encoded(b"x")}, "has no saToken"),
            ({"saToken": ""}, "has no saToken"),
            ({"saToken": encoded(b"abc\n")}, "spaces, line ends"),
            ({"saToken": encoded(b"a\r\nX-Evil: 1")}, "spaces, line ends"),
            ({"saToken": encoded("t\u00f6ken".encode())}, "spaces, line ends"),
        ],
    )
    def test_one_that_is_none_is_unauthorized_before_it_is_sent(
        self, pair: Pair, data: dict[str, str], words: str
    ) -> None:
        pair.secret(data)
        pair.migcluster()
        error = pair.error()
        assert isinstance(error, Unauthorized)
        assert words in str(error)

    def test_a_bot_that_may_not_read_the_secret_says_so(self, pair: Pair) -> None:
        pair.joined()
        api = "rbac.authorization.k8s.io"
        base = f"/apis/{api}/v1/namespaces/{MTC_NAMESPACE}"
        rule = {"apiGroups": ["*"], "resources": ["migclusters"], "verbs": ["get"]}
        pair.control.api.call("POST", f"{base}/roles", {"metadata": {"name": "c"}, "rules": [rule]})
        pair.control.api.call(
            "POST",
            f"{base}/rolebindings",
            {
                "metadata": {"name": "c"},
                "subjects": [{"kind": "User", "name": "bot", "apiGroup": api}],
                "roleRef": {"apiGroup": api, "kind": "Role", "name": "c"},
            },
        )
        bot = plane_of(pair.control, BOT_TOKEN)
        until = time.monotonic() + 60
        while True:
            with pytest.raises(Denied) as raised:
                bot.remote(pair.name)
            if f"get on secrets in namespace {CONFIG}" in str(raised.value):
                break
            assert time.monotonic() < until, raised.value
            time.sleep(0.05)

    def test_no_token_is_in_any_message_or_object_shown(self, pair: Pair) -> None:
        token = expired_token(pair.source)
        pair.joined(token)
        assert token not in str(pair.error())
        assert token not in repr(vars(pair.plane.remote(pair.name)))


class TestTrust:
    def test_without_a_bundle_an_own_authority_is_unknown(self, pair: Pair) -> None:
        pair.joined(caBundle=None)
        error = pair.error()
        assert isinstance(error, Untrusted)
        assert f"the caBundle of migcluster/{pair.name}" in str(error)

    def test_another_authority_s_bundle_does_not_help(self, pair: Pair) -> None:
        pair.joined(caBundle=encoded(authority("other").pem))
        assert isinstance(pair.error(), Untrusted)

    @pytest.mark.parametrize("bundle", ["%%%", encoded(b"no certificate"), 7])
    def test_a_bundle_that_is_none_is_named(self, pair: Pair, bundle: object) -> None:
        pair.joined(caBundle=bundle)
        error = pair.error()
        assert isinstance(error, Untrusted)
        assert "holds no PEM certificate" in str(error)

    def test_a_reader_goes_on_when_the_bundle_was_put_right(self, pair: Pair) -> None:
        pair.joined(caBundle=encoded(authority("old").pem))
        reader = pair.plane.remote(pair.name)
        with pytest.raises(Untrusted):
            reader.list(k.BSL, MTC_NAMESPACE)
        right = {"spec": {"caBundle": encoded(pair.source.api.ca.pem)}}
        pair.host.patch(k.MIGCLUSTER, pair.name, MTC_NAMESPACE, right)
        until_allowed(pair)
        assert reader.list(k.BSL, MTC_NAMESPACE).items == ()


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "expected", "words"),
        [
            (None, Unreachable, "has no url"),
            (7, Unreachable, "has no url"),
            ("not an address", Unreachable, "is not an address"),
            ("https://user:pass@127.0.0.1:1", Unreachable, "is not an address"),
            ("https://127.0.0.1:99999", Unreachable, "is not an address"),
            ("http://127.0.0.1:1", Untrusted, "not sent in the clear"),
            ("https://no-such-host.invalid:6443", Unreachable, "cannot be resolved"),
        ],
    )
    def test_one_that_cannot_be_used_is_named(
        self, pair: Pair, url: object, expected: type[ClusterError], words: str
    ) -> None:
        pair.joined("t0ken", url=url)
        error = pair.error()
        assert isinstance(error, expected)
        assert words in str(error)

    def test_a_token_is_not_sent_to_an_address_in_the_clear(self, pair: Pair) -> None:
        with misbehaving(answers(200, {"items": []})) as server:
            pair.joined("t0ken", url=server.url)
            assert isinstance(pair.error(), Untrusted)
            assert server.asked == []

    def test_a_port_where_nobody_listens_is_unreachable(self, pair: Pair) -> None:
        pair.joined("t0ken", url=f"https://127.0.0.1:{free_port()}")
        assert isinstance(pair.error(), Unreachable)

    def test_a_cluster_that_goes_away_is_unreachable_and_then_there_again(self, pair: Pair) -> None:
        pair.joined()
        until_allowed(pair)
        pair.source.api.stop()
        try:
            error = pair.error()
        finally:
            pair.source.api.start()
        assert isinstance(error, Unreachable)
        assert not isinstance(error, Untrusted)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                assert pair.read() == ()
            except Unreachable:
                time.sleep(0.1)
            else:
                return
        pytest.fail("never there again")

    def test_a_migcluster_that_is_not_there_is_not_found(self, pair: Pair) -> None:
        with pytest.raises(NotFound, match="nope"):
            pair.plane.remote("nope")
