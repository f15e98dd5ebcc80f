"""Servers that hang, refuse, lie or break off: what the caller hears, and how soon."""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from bot.clusters import kinds as k
from bot.clusters.live import LiveWriter, open_api
from bot.clusters.live.connection import Limits
from bot.clusters.port import (
    ClusterError,
    Conflict,
    Denied,
    Expired,
    Invalid,
    NotFound,
    NotServed,
    Unauthorized,
    Unreachable,
    Untrusted,
)
from tests.apiserver.certificates import DAY, authority, write_serving
from tests.clusters.live.conftest import SOON, asking
from tests.clusters.live.misbehaving import (
    Answer,
    answers,
    dribbles,
    hangs,
    hangs_up,
    misbehaving,
    page,
    status,
)

HTML = b"<html><body>Welcome to the console</body></html>"


def heard(*script: Answer, limits: Limits = SOON) -> ClusterError:
    """Return what a get raises."""
    with misbehaving(*script) as server, pytest.raises(ClusterError) as raised:
        asking(server.url, limits=limits).get(k.CONFIGMAP, "x", "a")
    return raised.value


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "expected", "words"),
        [
            (status(401, "Unauthorized"), Unauthorized, "does not accept the credentials"),
            (status(403, "no, because"), Denied, "no, because; it takes get on configmaps"),
            (
                status(403, 'configmaps "x" is forbidden: User "system:anonymous" cannot get'),
                Unauthorized,
                "does not accept the credentials",
            ),
            (status(404, "not found", name="x"), NotFound, "has no configmap/x in a"),
            (status(404, "the server could not find the resource"), NotServed, "configmaps"),
            (answers(404, b"404 page not found\n"), NotServed, "configmaps"),
            (answers(404, HTML), Unreachable, "is it the address of the API server"),
            (status(409, "modified"), Conflict, "modified"),
            (status(410, "too old"), Expired, "list again"),
            (status(400, "bad"), Invalid, "bad"),
            (status(422, "wrong"), Invalid, "wrong"),
            (status(500, "etcd is away"), Unreachable, "answered 500 .* etcd is away"),
            (answers(502, HTML), Unreachable, "answered 502 and not as a Kubernetes API"),
            (answers(200, HTML), Unreachable, "not an object of a Kubernetes API"),
            (answers(200, b"[1, 2]"), Unreachable, "not an object of a Kubernetes API"),
            (answers(200, b'{"metadata": 7}'), Unreachable, "answered no object"),
            (answers(200, b"\xff\xfe{"), Unreachable, "not an object"),
            (answers(302, b"", {"Location": "http://127.0.0.1:1/"}), Unreachable, "answered 302"),
        ],
    )
    def test_each_answer_has_its_exception_and_its_words(
        self, answer: Answer, expected: type[ClusterError], words: str
    ) -> None:
        error = heard(answer)
        assert type(error) is expected or (
            expected is Unreachable and isinstance(error, Unreachable)
        )
        with pytest.raises(expected, match=words):
            raise error
        assert error.cluster == "host"

    def test_a_server_s_text_is_one_short_line_without_secrets(self) -> None:
        text = "first\nsecond\x1b[31m password=hunter2hunter2 " + "x" * 5000
        said = str(heard(status(403, text)))
        assert "first second" in said
        assert "hunter2" not in said
        assert "\n" not in said
        assert "\x1b" not in said
        assert len(said) < 600

    def test_a_redirect_is_not_followed(self) -> None:
        with misbehaving(page(["stolen"])) as other:
            away = answers(307, b"", {"Location": f"{other.url}/api/v1/configmaps"})
            with misbehaving(away) as server, pytest.raises(Unreachable, match="307"):
                asking(server.url).list(k.CONFIGMAP)
            assert other.asked == []

    def test_the_token_is_in_no_message(self) -> None:
        for answer in (status(401), status(403, "no"), answers(500, b"t0ken"), hangs_up):
            assert "t0ken" not in str(heard(answer))

    @pytest.mark.parametrize("token", ["two\nlines", "s3cret\r\nX: y"])
    def test_a_token_that_no_header_can_carry_is_neither_sent_nor_shown(self, token: str) -> None:
        with misbehaving(page([])) as server, pytest.raises(Unreachable) as raised:
            asking(server.url, token=token).get(k.CONFIGMAP, "x", "a")
        assert server.asked == []
        assert "the given token cannot be sent" in str(raised.value)
        assert "lines" not in str(raised.value)
        assert "s3cret" not in str(raised.value)


class TestTooManyRequests:
    def test_it_says_how_long_to_wait(self) -> None:
        error = heard(answers(429, b"slow down", {"Retry-After": "17"}))
        assert isinstance(error, Unreachable)
        assert error.retry_after == 17

    @pytest.mark.parametrize(
        ("said", "expected"),
        [("-5", 0), ("1e9", 3600), ("nan", 1), ("soon", 1), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
    )
    def test_a_wait_that_makes_no_sense_is_bounded(self, said: str, expected: float) -> None:
        error = heard(answers(429, b"", {"Retry-After": said}), limits=Limits(wait_seconds=-1))
        assert error.retry_after == expected

    def test_a_short_wait_is_waited_out(self) -> None:
        with misbehaving(
            answers(429, b"", {"Retry-After": "0.1"}),
            answers(503, b"", {"Retry-After": "0.1"}),
            page(["x"]),
        ) as server:
            began = time.monotonic()
            assert len(asking(server.url).list(k.CONFIGMAP).items) == 1
            assert time.monotonic() - began >= 0.2

    def test_it_does_not_wait_for_ever(self) -> None:
        with misbehaving(answers(429, b"", {"Retry-After": "0"})) as server:
            with pytest.raises(Unreachable):
                asking(server.url).list(k.CONFIGMAP)
            assert len(server.asked) == 3

    def test_a_server_that_always_hangs_up_is_asked_twice(self) -> None:
        with misbehaving(hangs_up) as server:
            with pytest.raises(Unreachable, match="closed the connection"):
                asking(server.url).list(k.CONFIGMAP)
            assert len(server.asked) == 2

    def test_a_write_is_sent_once_whatever_comes(self) -> None:
        for answer in (answers(429, b"", {"Retry-After": "0"}), hangs_up, hangs(1), status(500)):
            with misbehaving(answer) as server:
                host = open_api(server.url, "t", writable=True, limits=SOON).host
                assert isinstance(host, LiveWriter)
                with pytest.raises(Unreachable):
                    host.patch(k.CONFIGMAP, "x", "a", {"data": {}})
                assert len(server.asked) == 1


class TestSilence:
    def test_a_server_that_hangs_is_given_up(self) -> None:
        began = time.monotonic()
        error = heard(hangs(5))
        assert time.monotonic() - began < 2
        assert "did not answer in time" in str(error)

    def test_a_server_that_dribbles_is_given_up(self) -> None:
        began = time.monotonic()
        error = heard(dribbles)
        assert time.monotonic() - began < 3
        assert "too slowly" in str(error)

    def test_a_port_where_nobody_listens_says_so(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        with pytest.raises(Unreachable, match=f"127.0.0.1:{port}.*connection refused"):
            asking(f"http://127.0.0.1:{port}").get(k.CONFIGMAP, "x", "a")

    def test_a_name_that_does_not_resolve_says_so(self) -> None:
        with pytest.raises(Unreachable, match="cannot be resolved"):
            asking("https://no-such-host.invalid:6443").get(k.CONFIGMAP, "x", "a")

    def test_a_connection_that_was_closed_while_idle_is_opened_again(self) -> None:
        with misbehaving(hangs_up, page(["x"])) as server:
            assert len(asking(server.url).list(k.CONFIGMAP).items) == 1

    def test_an_answer_that_breaks_off_is_not_taken_for_whole(self) -> None:
        def cut(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b'{"metadata": {"name": "x"}}')
            handler.close_connection = True

        assert isinstance(heard(cut), Unreachable)

    def test_connections_are_used_again(self) -> None:
        with misbehaving(page(["x"])) as server:
            reader = asking(server.url)
            for _ in range(5):
                reader.list(k.CONFIGMAP)
            assert server.connections == 1


class TestCertificates:
    def get(self, url: str, ca: bytes) -> None:
        open_api(url, "t", ca, limits=SOON).host.get(k.CONFIGMAP, "x", "a")

    def test_an_unknown_authority_is_named_as_such(self, tmp_path: Path) -> None:
        serving = write_serving(authority(), tmp_path)
        with (
            misbehaving(page([]), serving=serving) as server,
            pytest.raises(Untrusted, match="unknown authority; put the right authority"),
        ):
            self.get(server.url, authority("other").pem)

    def test_a_certificate_that_has_expired_is_named_as_such(self, tmp_path: Path) -> None:
        ca = authority()
        serving = write_serving(ca, tmp_path, expires=-DAY)
        with (
            misbehaving(page([]), serving=serving) as server,
            pytest.raises(Untrusted, match="has expired; give the cluster a new certificate"),
        ):
            self.get(server.url, ca.pem)

    def test_a_certificate_for_another_host_is_named_as_such(self, tmp_path: Path) -> None:
        ca = authority()
        serving = write_serving(ca, tmp_path, addresses=("127.0.0.9",))
        with (
            misbehaving(page([]), serving=serving) as server,
            pytest.raises(Untrusted, match="for another IP address; use the address"),
        ):
            self.get(server.url, ca.pem)

    def test_the_serving_certificate_itself_may_be_the_anchor_as_for_mtc(
        self, tmp_path: Path
    ) -> None:
        serving = write_serving(authority(), tmp_path)
        with misbehaving(answers(200, {"metadata": {}}), serving=serving) as server:
            self.get(server.url, serving[0].read_bytes())

    def test_a_port_that_speaks_no_tls_is_named_as_such(self) -> None:
        with (
            misbehaving(page([])) as server,
            pytest.raises(Untrusted, match="does not speak TLS"),
        ):
            self.get(server.url.replace("http:", "https:"), authority().pem)

    def test_who_trusts_blindly_needs_no_authority(self, tmp_path: Path) -> None:
        serving = write_serving(authority(), tmp_path, expires=-DAY, addresses=("127.0.0.9",))
        with misbehaving(answers(200, {"metadata": {}}), serving=serving) as server:
            reader = open_api(server.url, "t", insecure=True, limits=SOON).host
            assert reader.get(k.CONFIGMAP, "x", "a") == {"metadata": {}}

    def test_authorities_that_are_none_are_refused_at_once(self) -> None:
        with pytest.raises(Untrusted, match="cannot be used"):
            open_api("https://127.0.0.1:1", "t", b"not a certificate")
