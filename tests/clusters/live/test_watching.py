"""Changes as they come, and the many ways in which a watch ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import pytest

from bot.clusters import kinds as k
from bot.clusters.live import LiveWriter
from bot.clusters.port import Denied, Expired, NotServed, Unauthorized, Unreachable, WatchEvent
from tests.apiserver.fixtures import Server
from tests.clusters.contract import UNKNOWN_KIND
from tests.clusters.live.conftest import SOON, asking, plane_of, writer_of
from tests.clusters.live.misbehaving import events, hangs, hangs_up, misbehaving, status


def never() -> bool:
    return False


def change(kind: str, name: str = "a", version: str = "8") -> bytes:
    entry = {"metadata": {"name": name, "resourceVersion": version, "managedFields": [1]}}
    return json.dumps({"type": kind, "object": entry}).encode() + b"\n"


def watched(*lines: bytes) -> list[WatchEvent]:
    with misbehaving(events(*lines)) as server:
        return list(asking(server.url).watch(k.CONFIGMAP, "a", "7", never))


def error(code: int, message: str) -> bytes:
    entry = {"kind": "Status", "code": code, "message": message}
    return json.dumps({"type": "ERROR", "object": entry}).encode() + b"\n"


class TestEvents:
    def test_each_line_is_an_event_with_its_version(self) -> None:
        seen = watched(change("ADDED"), change("BOOKMARK", version="9"), change("DELETED"))
        assert [(event.type, event.resource_version) for event in seen] == [
            ("ADDED", "8"),
            ("BOOKMARK", "9"),
            ("DELETED", "8"),
        ]
        assert seen[0].object["kind"] == "ConfigMap"
        assert "managedFields" not in seen[0].object["metadata"]

    def test_a_line_may_come_in_pieces_and_two_at_once(self) -> None:
        both = change("ADDED", "a") + change("MODIFIED", "b")
        assert [event.type for event in watched(both[:10], both[10:70], both[70:])] == [
            "ADDED",
            "MODIFIED",
        ]

    def test_a_type_of_the_future_is_passed_over(self) -> None:
        assert [event.type for event in watched(change("RENAMED"), change("ADDED"))] == ["ADDED"]

    def test_it_asks_for_bookmarks_from_the_version_given(self) -> None:
        with misbehaving(events()) as server:
            list(asking(server.url).watch(k.CONFIGMAP, "a", "7", never))
        (asked,) = server.asked
        assert "allowWatchBookmarks=true" in asked.path
        assert "resourceVersion=7" in asked.path
        assert "timeoutSeconds=" in asked.path


class TestEnds:
    def test_a_connection_that_drops_ends_it_after_what_came(self) -> None:
        assert [event.type for event in watched(change("ADDED"), b'{"type": "MOD')] == ["ADDED"]

    def test_a_connection_that_goes_silent_ends_it(self) -> None:
        began = time.monotonic()
        with misbehaving(events(change("ADDED"), then=lambda: time.sleep(5))) as server:
            seen = list(asking(server.url).watch(k.CONFIGMAP, "a", "7", never))
        assert len(seen) == 1
        assert time.monotonic() - began < 3

    def test_who_says_stop_waits_for_no_event(self) -> None:
        told = threading.Event()
        threading.Timer(0.2, told.set).start()
        began = time.monotonic()
        with misbehaving(events(then=lambda: time.sleep(5))) as server:
            calm = asking(server.url, limits=type(SOON)())
            assert list(calm.watch(k.CONFIGMAP, "a", "7", told.is_set)) == []
        assert time.monotonic() - began < 3

    def test_who_says_stop_before_it_begins_is_not_connected(self) -> None:
        with misbehaving(events()) as server:
            assert list(asking(server.url).watch(k.CONFIGMAP, "a", "7", lambda: True)) == []
            assert server.asked == []

    def test_who_stops_iterating_leaves_no_thread_behind(self) -> None:
        with misbehaving(events(change("ADDED"), then=lambda: time.sleep(2))) as server:
            seen = asking(server.url).watch(k.CONFIGMAP, "a", "7", never)
            next(seen)
            seen.close()  # type: ignore[attr-defined]
        assert [t.name for t in threading.enumerate() if t.name == "watch-stop"] == []

    @pytest.mark.parametrize(
        "line",
        [
            error(410, "too old resource version: 7 (99)"),
            b"not json\n",
            b"7\n",
            b'{"type": "ADDED", "object": 7}\n',
            b'{"type": "ADDED", "object": {"metadata": null}}\n',
            b'{"type":"ADDED","object":{"a":' + b"[" * 3000 + b"]" * 3000 + b"}}\n",
        ],
    )
    def test_what_cannot_be_gone_on_from_asks_for_a_new_list(self, line: bytes) -> None:
        with pytest.raises(Expired, match="list again"):
            watched(line)

    def test_an_error_event_is_the_exception_of_its_code(self) -> None:
        with pytest.raises(Denied, match="not any more"):
            watched(error(403, "not any more"))
        with pytest.raises(Unreachable):
            watched(error(500, "storage"))

    def test_an_idle_connection_that_was_closed_is_opened_again_for_it(self) -> None:
        with misbehaving(hangs_up, events(change("ADDED"))) as server:
            assert len(list(asking(server.url).watch(k.CONFIGMAP, "a", "7", never))) == 1

    def test_it_begins_with_an_exception_where_the_server_refuses(self) -> None:
        with misbehaving(status(410, "gone")) as server, pytest.raises(Expired):
            list(asking(server.url).watch(k.CONFIGMAP, "a", "7", never))
        with misbehaving(status(401)) as server, pytest.raises(Unauthorized):
            list(asking(server.url).watch(k.CONFIGMAP, "a", "7", never))
        with misbehaving(hangs(3)) as server, pytest.raises(Unreachable):
            list(asking(server.url).watch(k.CONFIGMAP, "a", "7", never))


def serving(admin: LiveWriter, place: str) -> None:
    """Return when a server that was started anew has read its storage."""
    until = time.monotonic() + 60
    while True:
        try:
            admin.list(k.MIGSTORAGE, place)
        except Unreachable:
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return


@pytest.mark.apiserver
class TestOnARealServer:
    def config(self, name: str) -> dict[str, object]:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}

    def test_a_change_is_seen_within_a_second(self, admin: LiveWriter, place: str) -> None:
        since = admin.list(k.CONFIGMAP, place).resource_version
        seen: list[tuple[float, str]] = []

        def look() -> None:
            for event in admin.watch(k.CONFIGMAP, place, since, lambda: len(seen) > 0):
                if event.type != "BOOKMARK":
                    seen.append((time.monotonic(), event.object["metadata"]["name"]))

        thread = threading.Thread(target=look)
        thread.start()
        time.sleep(0.3)
        made = time.monotonic()
        admin.create(k.CONFIGMAP, place, self.config("new"))
        thread.join(10)
        assert not thread.is_alive()
        assert seen[0][1] == "new"
        assert seen[0][0] - made < 1

    def test_a_version_that_the_server_no_longer_has_is_expired(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        old = admin.list(k.MIGSTORAGE, place).resource_version
        body = {
            "apiVersion": k.MIGSTORAGE.api_version,
            "kind": "MigStorage",
            "metadata": {"name": "s"},
        }
        admin.create(k.MIGSTORAGE, place, body)
        for number in range(3):
            admin.patch(k.MIGSTORAGE, "s", place, {"spec": {"n": number}})
        # A server that starts anew remembers no version from before.
        control_server.api.stop()
        control_server.api.start()
        serving(admin, place)
        with pytest.raises(Expired, match="too old resource version"):
            next(iter(admin.watch(k.MIGSTORAGE, place, old, never)))

    def test_a_kind_that_is_not_served_says_so(self, admin: LiveWriter) -> None:
        with pytest.raises(NotServed):
            list(admin.watch(UNKNOWN_KIND, "", "", never))

    def test_a_server_that_goes_away_ends_it_and_the_next_begins_when_it_is_back(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        since = admin.list(k.CONFIGMAP, place).resource_version
        ended = threading.Event()

        def look(until: Callable[[], bool]) -> None:
            list(admin.watch(k.CONFIGMAP, place, since, until))
            ended.set()

        thread = threading.Thread(target=look, args=(never,))
        thread.start()
        time.sleep(0.5)
        control_server.api.stop()
        assert ended.wait(10)
        thread.join()
        with pytest.raises(Unreachable, match="refused"):
            next(iter(admin.watch(k.CONFIGMAP, place, since, never)))
        control_server.api.start()
        serving(admin, place)
        since = admin.list(k.CONFIGMAP, place).resource_version
        admin.create(k.CONFIGMAP, place, self.config("later"))
        event = next(
            event
            for event in admin.watch(k.CONFIGMAP, place, since, never)
            if event.type != "BOOKMARK"
        )
        assert event.object["metadata"]["name"] == "later"

    def test_who_may_not_watch_is_told(self, control_server: Server, place: str) -> None:
        from tests.apiserver.fixtures import STRANGER_TOKEN

        stranger = plane_of(control_server, STRANGER_TOKEN).host
        with pytest.raises(Denied, match="watch on configmaps"):
            list(stranger.watch(k.CONFIGMAP, place, "", never))
        assert writer_of(control_server).list(k.CONFIGMAP, place).items == ()
