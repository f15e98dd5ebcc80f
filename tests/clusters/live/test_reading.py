"""Lists of any length and objects of any shape."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clusters import kinds as k
from bot.clusters.live import LiveReader, LiveWriter, open_api
from bot.clusters.live.connection import Limits
from bot.clusters.live.requests import Request
from bot.clusters.live.salvage import Odd, lenient
from bot.clusters.port import ClusterError, Expired, NotFound, Unreachable
from tests.apiserver.fixtures import Server
from tests.clusters.live.conftest import asking, plane_of, writer_of
from tests.clusters.live.misbehaving import answers, misbehaving, page, status

FUZZ = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["metadata", "items", "kind", "name", "continue"]), inner)
    ),
    max_leaves=8,
)


NOBODY = asking("http://127.0.0.1:9")
"""A reader of a cluster that is not there."""


def names(items: tuple[dict[str, object], ...]) -> list[object]:
    return [item["metadata"]["name"] for item in items]  # type: ignore[index]


def config(name: str, **data: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_custom_resource_definitions_are_listed_without_their_schemas(admin: LiveWriter) -> None:
    found = {item["metadata"]["name"]: item for item in admin.list(k.CRD).items}
    plan = found[k.MIGPLAN.crd_name]
    assert (plan["apiVersion"], plan["kind"]) == (k.CRD.api_version, k.CRD.kind)
    assert "spec" not in plan


class TestPaging:
    def test_all_pages_make_one_list_with_the_version_of_the_first(self) -> None:
        with misbehaving(
            page(["a", "b"], "two", "7"), page(["c"], "three", "8"), page(["d"], "", "9")
        ) as server:
            listing = asking(server.url).list(k.CONFIGMAP)
        assert names(listing.items) == ["a", "b", "c", "d"]
        assert listing.resource_version == "7"
        assert [
            ("continue=" in asked.path, "limit=500" in asked.path) for asked in server.asked
        ] == [
            (False, True),
            (True, True),
            (True, True),
        ]

    def test_a_list_that_expired_between_pages_is_begun_anew(self) -> None:
        with misbehaving(
            page(["a"], "two"), status(410, "expired"), page(["a"], "two"), page(["b"])
        ) as server:
            assert names(asking(server.url).list(k.CONFIGMAP).items) == ["a", "b"]

    def test_a_list_that_always_expires_is_given_up_for_a_while(self) -> None:
        again = [page(["a"], "two"), status(410, "expired")]
        with misbehaving(*again, *again) as server, pytest.raises(Unreachable) as raised:
            asking(server.url).list(k.CONFIGMAP)
        assert raised.value.retry_after
        assert len(server.asked) == 4

    def test_a_list_longer_than_may_be_held_says_so(self) -> None:
        with misbehaving(page(["a", "b"], "two"), page(["c", "d"], "three")) as server:
            listing = asking(server.url, limits=Limits(list_objects=3)).list(k.CONFIGMAP)
        assert names(listing.items) == ["a", "b", "c", "d"]
        assert listing.problems == ("only the first 4 configmaps of cluster host were read",)

    def test_pages_can_be_had_one_at_a_time(self) -> None:
        with misbehaving(page(["a"], "two"), page(["b"])) as server:
            pages = asking(server.url).pages(k.CONFIGMAP)
            assert names(next(pages).items) == ["a"]
            assert len(server.asked) == 1
            assert names(next(pages).items) == ["b"]

    def test_a_page_read_by_page_tells_that_its_version_is_gone(self) -> None:
        with misbehaving(page(["a"], "two"), status(410, "expired")) as server:
            pages = asking(server.url).pages(k.CONFIGMAP)
            next(pages)
            with pytest.raises(Expired):
                next(pages)

    @pytest.mark.apiserver
    def test_a_real_list_of_several_pages_is_whole(self, admin: LiveWriter, place: str) -> None:
        made = {f"c-{number:03}" for number in range(25)}
        for name in made:
            admin.create(k.CONFIGMAP, place, config(name))
        pages = list(admin.pages(k.CONFIGMAP, place, size=10))
        assert [len(found.items) for found in pages] == [10, 10, 5]
        assert {name for found in pages for name in names(found.items)} == made
        assert len({found.resource_version for found in pages}) == 1


class TestOddObjects:
    def test_what_is_no_object_becomes_a_problem(self) -> None:
        body = {
            "kind": "ConfigMapList",
            "metadata": {},
            "items": [7, None, {"metadata": "x"}, {"metadata": {"name": "good"}}],
        }
        with misbehaving(answers(200, body)) as server:
            listing = asking(server.url).list(k.CONFIGMAP)
        assert names(listing.items) == ["good"]
        assert len(listing.problems) == 3

    def test_a_list_of_null_is_empty(self) -> None:
        body = {"kind": "ConfigMapList", "metadata": {"resourceVersion": "1"}, "items": None}
        with misbehaving(answers(200, body)) as server:
            assert asking(server.url).list(k.CONFIGMAP).items == ()

    def test_an_answer_that_is_no_list_is_not_an_empty_one(self) -> None:
        with misbehaving(answers(200, {"hello": "world"})) as server, pytest.raises(Unreachable):
            asking(server.url).list(k.CONFIGMAP)

    @pytest.mark.apiserver
    def test_an_object_nested_too_deep_does_not_hide_the_others(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        deep = '{"a":' * 3000 + "1" + "}" * 3000
        body = (
            '{"apiVersion":"migration.openshift.io/v1alpha1","kind":"MigHook",'
            f'"metadata":{{"name":"deep"}},"spec":{deep}}}'
        )
        path = f"/apis/migration.openshift.io/v1alpha1/namespaces/{place}/mighooks"
        raw = control_server.api._http.request(
            "POST",
            control_server.api.url + path,
            body=body.encode(),
            headers={
                "Authorization": f"Bearer {control_server.api.admin_token}",
                "Content-Type": "application/json",
            },
        )
        assert raw.status == 201, raw.data[:300]
        for name in ("one", "two"):
            admin.create(
                k.MIGHOOK,
                place,
                {
                    "apiVersion": k.MIGHOOK.api_version,
                    "kind": "MigHook",
                    "metadata": {"name": name},
                },
            )
        listing = admin.list(k.MIGHOOK, place)
        assert sorted(map(str, names(listing.items))) == ["one", "two"]
        assert len(listing.problems) == 1
        assert "mighook/deep was skipped" in listing.problems[0]
        assert listing.resource_version
        admin.delete(k.MIGHOOK, "deep", place)

    @pytest.mark.apiserver
    def test_a_page_too_large_to_hold_is_read_object_by_object(
        self, control_server: Server, admin: LiveWriter, place: str
    ) -> None:
        for name in ("a", "b", "c"):
            admin.create(k.CONFIGMAP, place, config(name, text="x" * 200_000))
        api = control_server.api
        small = open_api(
            api.url, api.admin_token, api.ca.pem, limits=Limits(answer_bytes=300_000)
        ).host
        listing = small.list(k.CONFIGMAP, place)
        assert names(listing.items) == ["a", "b", "c"]
        assert listing.problems == ()

    def test_a_small_answer_that_unpacks_into_a_huge_one_is_not_held(self) -> None:
        body = gzip.compress(b'{"metadata":{"name":"' + b"x" * 30_000_000 + b'"}}')
        with (
            misbehaving(answers(200, body, {"Content-Encoding": "gzip"})) as server,
            pytest.raises(Unreachable, match="more than 1 MiB"),
        ):
            asking(server.url, limits=Limits(answer_bytes=1 << 20)).get(k.CONFIGMAP, "x", "a")

    @pytest.mark.apiserver
    def test_managed_fields_are_left_out(self, admin: LiveWriter, place: str) -> None:
        admin.create(k.CONFIGMAP, place, config("a"))
        assert "managedFields" not in admin.get(k.CONFIGMAP, "a", place)["metadata"]
        assert "managedFields" not in admin.list(k.CONFIGMAP, place).items[0]["metadata"]


class TestNamesThatAreNone:
    @pytest.mark.parametrize(
        ("name", "namespace"),
        [
            ("..", "a"),
            ("../../secrets/x", "a"),
            ("x/y", "a"),
            ("x?watch=true", "a"),
            ("x%2fy", "a"),
            ("x\r\nX-Evil: 1", "a"),
            ("x", "a/../b"),
            ("x", ".."),
            ("x", ""),
            ("", "a"),
        ],
    )
    def test_they_are_not_found_and_never_asked_for(self, name: str, namespace: str) -> None:
        with misbehaving(answers(200, {"metadata": {}})) as server:
            with pytest.raises(NotFound):
                asking(server.url).get(k.CONFIGMAP, name, namespace)
            assert server.asked == []

    @given(name=st.text(min_size=1), namespace=st.text(min_size=1))
    def test_no_text_reaches_another_object(self, name: str, namespace: str) -> None:
        request = Request("host", "get", k.SECRET, name, namespace)
        try:
            path = request.path
        except NotFound:
            return
        assert path.split("/") == [
            "",
            "api",
            "v1",
            "namespaces",
            namespace,
            "secrets",
            *[path.rsplit("/", 1)[1]],
        ]
        assert path.count("/") == 6
        assert ".." not in path

    @pytest.mark.parametrize("value", ["a,b", "x)", "!y", "a=b", "in (a)", "ü", "x" * 64])
    def test_a_label_value_that_is_none_selects_nothing(self, value: str) -> None:
        with misbehaving(page(["everything"])) as server:
            assert asking(server.url).list(k.CONFIGMAP, "", {"app": value}).items == ()
            assert server.asked == []

    @FUZZ
    @given(st.dictionaries(st.text(), st.text(), max_size=3))
    def test_no_labels_break_a_list(self, labels: dict[str, str]) -> None:
        try:
            NOBODY.list(k.CONFIGMAP, "", labels)
        except ClusterError as error:
            assert isinstance(error, Unreachable)


@pytest.fixture(scope="class")
def echo() -> Iterator[tuple[LiveReader, list[bytes]]]:
    """A reader of a server that answers the last of the bytes, and the bytes."""
    bodies = [b""]
    with misbehaving(lambda handler: answers(200, bodies[-1])(handler)) as server:
        yield asking(server.url), bodies


class TestAnyBytes:
    @FUZZ
    @given(body=st.binary(max_size=200))
    def test_no_answer_is_more_than_an_exception_of_the_port(
        self, echo: tuple[LiveReader, list[bytes]], body: bytes
    ) -> None:
        reader, bodies = echo
        bodies.append(body)
        with pytest.raises(ClusterError):
            reader.get(k.CONFIGMAP, "x", "a")

    @FUZZ
    @given(body=JSON)
    def test_no_json_breaks_a_list(
        self, echo: tuple[LiveReader, list[bytes]], body: object
    ) -> None:
        reader, bodies = echo
        if isinstance(body, dict) and isinstance(body.get("metadata"), dict):
            body["metadata"].pop("continue", None)
        bodies.append(json.dumps(body).encode())
        with contextlib.suppress(ClusterError):
            reader.list(k.CONFIGMAP)


class TestSalvage:
    @given(body=JSON)
    def test_cutting_a_list_finds_the_objects_a_parser_finds(self, body: object) -> None:
        items = [body, {"metadata": {"name": "n"}}, body]
        whole = {"kind": "List", "items": items, "metadata": {"continue": '},{"\\'}}
        for spaces in (None, 2):
            text = json.dumps(whole, indent=spaces).encode()
            deep = b'{"metadata":{"name":"deep"},"spec":' + b"[" * 2000 + b"]" * 2000 + b"}"
            cut = lenient(text.replace(b'"items": [', b'"items": [' + deep + b",", 1))
            odd, *rest = cut.pop("items")
            assert isinstance(odd, Odd)
            assert odd.name == "deep"
            assert rest == items
            assert cut == {"kind": "List", "metadata": {"continue": '},{"\\'}}

    @given(at=st.integers(1, 4030))
    def test_a_list_that_breaks_off_is_not_salvaged(self, at: int) -> None:
        deep = b'{"items":[' + b"[" * 2000 + b"]" * 2000 + b'],"metadata":{}}'
        with pytest.raises(ValueError):
            lenient(deep[: len(deep) - at])

    @given(st.binary() | st.text(alphabet='[]{},:"\\a1 ').map(str.encode))
    def test_no_bytes_do_more_than_raise(self, data: bytes) -> None:
        with contextlib.suppress(ValueError):
            lenient(data)


@pytest.mark.apiserver
def test_a_reader_cannot_write(control_server: Server) -> None:
    host = plane_of(control_server, writable=False).host
    for method in ("patch", "create", "delete"):
        assert not hasattr(host, method)
        assert hasattr(writer_of(control_server), method)
