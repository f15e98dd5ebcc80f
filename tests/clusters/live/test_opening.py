"""Kubeconfigs, pods and proxies: where the way to a control cluster comes from."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from kubernetes.config import incluster_config

from bot.clusters import kinds as k
from bot.clusters.live import open_live
from bot.clusters.port import ClusterError, ClusterReader, ClusterWriter, Unauthorized, Unreachable
from tests.apiserver.certificates import authority, write_serving
from tests.apiserver.fixtures import Server
from tests.clusters.live.conftest import SOON
from tests.clusters.live.misbehaving import answers, misbehaving

THING = answers(200, {"metadata": {"name": "x"}})
REFUSED = answers(401, {"kind": "Status", "code": 401, "message": "Unauthorized"})


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def written(path: Path, server: str, token: str = "t", **cluster: object) -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "first",
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [
            {"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("first", "second")
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(content))
    return path


def read(reader: ClusterReader) -> None:
    assert reader.get(k.CONFIGMAP, "x", "a")["metadata"] == {"name": "x"}


class TestKubeconfig:
    def test_it_is_taken_from_where_it_is_said_to_be(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with misbehaving(THING) as server:
            path = written(tmp_path / "named", server.url)
            read(open_live(kubeconfig=path).host)
            monkeypatch.setenv("KUBECONFIG", str(path))
            read(open_live().host)
            monkeypatch.delenv("KUBECONFIG")
            written(tmp_path / ".kube" / "config", server.url)
            read(open_live().host)
            read(open_live(context="second").host)

    def test_the_plane_is_called_as_one_says_or_as_the_context(self, tmp_path: Path) -> None:
        path = written(tmp_path / "config", "http://127.0.0.1:1")
        assert open_live(kubeconfig=path, name="prod").name == "prod"
        assert open_live("second", path).name == "second"
        assert open_live(kubeconfig=path).host.name == "host"

    def test_it_gives_a_writer_only_where_one_is_asked_for(self, tmp_path: Path) -> None:
        path = written(tmp_path / "config", "http://127.0.0.1:1")
        assert not isinstance(open_live(kubeconfig=path).host, ClusterWriter)
        assert isinstance(open_live(kubeconfig=path, writable=True).host, ClusterWriter)

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b"7", b"{}", b'{"clusters": 7}', b"\xff\xfe", b"a: b: c"]
    )
    def test_one_that_cannot_be_used_is_named(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "config"
        path.write_bytes(content)
        with pytest.raises(ClusterError, match="config cannot be used"):
            open_live(kubeconfig=path)

    def test_one_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ClusterError, match="nope cannot be used"):
            open_live(kubeconfig=tmp_path / "nope")
        with pytest.raises(ClusterError, match=r"\.kube/config cannot be used"):
            open_live()

    def test_a_context_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        path = written(tmp_path / "config", "http://127.0.0.1:1")
        with pytest.raises(ClusterError, match="third"):
            open_live("third", path)

    def test_a_token_that_was_renewed_in_it_is_used_without_a_restart(self, tmp_path: Path) -> None:
        with misbehaving(REFUSED, THING) as server:
            path = written(tmp_path / "config", server.url, "old")
            host = open_live(kubeconfig=path).host
            written(path, server.url, "new")
            read(host)
        tokens = [dict(asked.headers)["authorization"] for asked in server.asked]
        assert tokens == ["Bearer old", "Bearer new"]

    def test_a_token_that_is_still_refused_is_not_tried_twice(self, tmp_path: Path) -> None:
        with misbehaving(REFUSED) as server:
            host = open_live(kubeconfig=written(tmp_path / "config", server.url)).host
            with pytest.raises(Unauthorized, match=r"kubeconfig .*config"):
                host.get(k.CONFIGMAP, "x", "a")
            assert len(server.asked) == 1

    @pytest.mark.apiserver
    def test_a_real_cluster_is_read_by_it(self, control_server: Server, tmp_path: Path) -> None:
        path = control_server.api.kubeconfig(tmp_path / "config", context="tests")
        assert open_live("tests", path).host.get(k.NAMESPACE, "default")["kind"] == "Namespace"


class TestInAPod:
    @contextmanager
    def pod(self, folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Iterator[Path]:
        """Arrange what a pod finds: two variables and a mounted service account."""
        token = folder / "token"
        token.write_text("old\n")
        monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
        monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(folder / "ca.crt"))
        host, _, port = url.removeprefix("https://").partition(":")
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
        yield token

    def test_the_service_account_is_used_and_read_again_when_it_changes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ca = authority()
        (tmp_path / "ca.crt").write_bytes(ca.pem)
        with (
            misbehaving(THING, REFUSED, THING, serving=write_serving(ca, tmp_path)) as server,
            self.pod(tmp_path, monkeypatch, server.url) as token,
        ):
            host = open_live(limits=SOON).host
            read(host)
            token.write_text("new\n")
            read(host)
        tokens = [dict(asked.headers)["authorization"] for asked in server.asked]
        assert tokens == ["bearer old", "bearer old", "bearer new"]

    def test_an_authority_that_changed_is_read_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ca = authority()
        (tmp_path / "ca.crt").write_bytes(authority("before").pem)
        with (
            misbehaving(THING, serving=write_serving(ca, tmp_path)) as server,
            self.pod(tmp_path, monkeypatch, server.url),
        ):
            host = open_live(limits=SOON).host
            (tmp_path / "ca.crt").write_bytes(ca.pem)
            read(host)

    def test_a_pod_without_an_account_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with (
            self.pod(tmp_path, monkeypatch, "https://127.0.0.1:1"),
            pytest.raises(ClusterError, match="no usable service account"),
        ):
            open_live()


class TestProxies:
    @contextmanager
    def proxy(self, *, lets_through: bool) -> Iterator[tuple[str, list[bytes]]]:
        """Run a proxy that knows CONNECT only; give its URL and the lines it was asked with."""
        asked: list[bytes] = []
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(5)

        def pump(source: socket.socket, target: socket.socket) -> None:
            try:
                while data := source.recv(1 << 16):
                    target.sendall(data)
            except OSError:
                pass
            finally:
                target.close()

        def serve() -> None:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            line = client.recv(4096)
            asked.append(line.split(b"\r\n")[0])
            if not lets_through:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                client.close()
                return
            host, _, port = asked[0].split()[1].decode().partition(":")
            server = socket.create_connection((host, int(port)), 5)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            thread = threading.Thread(target=pump, args=(server, client), daemon=True)
            thread.start()
            pump(client, server)
            thread.join(0.2)
            client.close()
            server.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://user:s3cret@127.0.0.1:{listener.getsockname()[1]}", asked
        finally:
            listener.close()
            thread.join(0.2)

    def test_a_call_goes_through_the_proxy_and_tls_to_the_cluster(self, tmp_path: Path) -> None:
        ca = authority()
        data = base64.b64encode(ca.pem).decode()
        with (
            misbehaving(THING, serving=write_serving(ca, tmp_path)) as server,
            self.proxy(lets_through=True) as (url, asked),
        ):
            path = written(
                tmp_path / "config",
                server.url,
                **{"proxy-url": url, "certificate-authority-data": data},
            )
            read(open_live(kubeconfig=path, limits=SOON).host)
        assert asked[0].startswith(b"CONNECT 127.0.0.1:")

    def test_a_proxy_that_refuses_is_named_without_its_password(self, tmp_path: Path) -> None:
        with self.proxy(lets_through=False) as (url, _):
            path = written(tmp_path / "config", "https://127.0.0.1:1", **{"proxy-url": url})
            with pytest.raises(Unreachable, match="the proxy did not let") as raised:
                open_live(kubeconfig=path, limits=SOON).host.get(k.CONFIGMAP, "x", "a")
        assert "s3cret" not in str(raised.value)
