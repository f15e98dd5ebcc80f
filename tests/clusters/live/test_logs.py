"""Logs of real pods, through the API server from a kubelet."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.clusters.live import LiveWriter
from bot.clusters.port import ClusterError, Denied, Json, NotFound, Unreachable
from tests.apiserver.fixtures import STRANGER_TOKEN, Server
from tests.apiserver.loading import load, running
from tests.clusters.live.conftest import asking, writer_of
from tests.clusters.live.misbehaving import answers, dribbles, misbehaving, status

LINES = b"".join(b"line %d\n" % number for number in range(1, 11))


def pod(place: str, *containers: str, **spec: object) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": place},
        "spec": {"containers": [{"name": name} for name in containers], **spec},
    }


def text(admin: LiveWriter, place: str, **limits: object) -> bytes:
    (log,) = admin.logs(place, "web", "main", **limits)  # type: ignore[arg-type]
    return b"".join(log.open())


@pytest.mark.apiserver
class TestRealPods:
    def test_since_a_moment(self, control_server: Server, admin: LiveWriter, place: str) -> None:
        load(control_server.api, [pod(place, "main")], control_server.kwok)
        written = datetime.now(UTC)
        control_server.kwok.log(place, "web", {"main": LINES})
        wait_for(lambda: text(admin, place) == LINES)
        late = text(admin, place, since=written - timedelta(seconds=4))
        assert 0 < len(late) < len(LINES)
        assert late.endswith(b"line 10\n")

    def test_the_run_before_the_last(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        api = control_server.api
        load(api, [pod(place, "main")], control_server.kwok)
        running(api, place, "web")
        control_server.kwok.log(place, "web", {"main": LINES}, {"main": b"panic\n"})
        wait_for(lambda: text(admin, place) == LINES)
        with pytest.raises(NotFound, match="no previous log of container main"):
            admin.logs(place, "web", "main", previous=True)
        path = f"/api/v1/namespaces/{place}/pods/web/status"
        found = api.done("GET", path)
        found["status"]["containerStatuses"][0] |= {
            "restartCount": 1,
            "lastState": {"terminated": {"exitCode": 1, "containerID": "x://y"}},
        }
        api.done("PUT", path, found)
        assert text(admin, place, previous=True) == b"panic\n"

    def test_init_containers_have_logs_too(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        body = pod(place, "main", initContainers=[{"name": "first", "image": "i"}])
        load(control_server.api, [body], control_server.kwok)
        control_server.kwok.log(place, "web", {"main": LINES, "first": b"hello\n"})
        wait_for(lambda: text(admin, place) == LINES)
        logs = {log.container: b"".join(log.open()) for log in admin.logs(place, "web")}
        assert logs == {"first": b"hello\n", "main": LINES}

    def test_a_pod_that_was_never_started_has_no_log(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        load(control_server.api, [pod(place, "main")])
        with pytest.raises(NotFound):
            b"".join(*(log.open() for log in admin.logs(place, "web")))

    def test_a_log_that_may_not_be_read_says_which_right_is_missing(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        load(control_server.api, [pod(place, "main")], control_server.kwok)
        with pytest.raises(Denied, match="get on pods"):
            writer_of(control_server, STRANGER_TOKEN).logs(place, "web")
        del admin


POD = answers(200, {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "main"}, 7, {}]}})


class TestBrokenLogs:
    def read(self, url: str) -> bytes:
        return b"".join(piece for log in asking(url).logs("a", "web") for piece in log.open())

    def test_one_that_never_ends_is_given_up(self) -> None:
        began = time.monotonic()
        with (
            misbehaving(POD, dribbles) as server,
            pytest.raises(Unreachable, match="too slowly"),
        ):
            self.read(server.url)
        assert time.monotonic() - began < 3

    def test_a_container_that_has_not_started_has_none(self) -> None:
        waiting = status(400, 'container "main" in pod "web" is waiting to start: ImagePullBackOff')
        with (
            misbehaving(POD, waiting) as server,
            pytest.raises(NotFound, match="ImagePullBackOff"),
        ):
            self.read(server.url)

    def test_no_more_bytes_are_given_than_were_asked_for(self) -> None:
        with misbehaving(POD, answers(200, LINES)) as server:
            (log,) = asking(server.url).logs("a", "web", limit_bytes=9)
            assert b"".join(log.open()) == b"line 1\nli"
        assert "limitBytes=9" in server.asked[1].path

    @pytest.mark.parametrize("odd", [7, [], {"containers": 7}, {"containers": [[], "x"]}])
    def test_a_pod_of_odd_form_has_no_log(self, odd: object) -> None:
        odd_pod = answers(200, {"metadata": {}, "spec": odd})
        with misbehaving(odd_pod) as server, pytest.raises(NotFound):
            self.read(server.url)

    def test_a_kubelet_that_is_away_is_not_a_missing_log(self) -> None:
        away = status(500, "Get https://10.0.0.1:10250/: dial tcp: i/o timeout")
        with misbehaving(POD, away) as server, pytest.raises(Unreachable, match="10250"):
            self.read(server.url)


def wait_for(seen: object) -> None:
    """Return when the kubelet knows of a log that was just given to it."""
    assert callable(seen)
    until = time.monotonic() + 60
    while True:
        try:
            if seen():
                return
        except ClusterError:
            pass
        assert time.monotonic() < until
        time.sleep(0.1)
