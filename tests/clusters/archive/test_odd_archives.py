"""Archives that are damaged, hostile or merely odd: an answer or one clear error, nothing more.

In go bytes that hypothesis bends; out comes a plane or a ``ClusterError``. Every object and log
is then read. Nothing may be written outside the test's own folder, and there only by the test.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clusters import kinds as k
from bot.clusters.archive import ArchivePlane, open_archive
from bot.clusters.archive.cluster import ArchiveCluster
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ClusterError, NotFound, NotServed
from sandbox.must_gather import write_must_gather
from tests.clusters.contract import LOGS, OBJECTS

READ = (k.MIGMIGRATION, k.MIGPLAN, k.MIGCLUSTER, k.BACKUP, k.PVB, k.POD, k.EVENT, k.NAMESPACE)
LENIENT = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    target = tmp_path_factory.mktemp("archive") / "must-gather.tar.gz"
    write_must_gather({"host": (OBJECTS, LOGS)}, target)
    return target.read_bytes()


def read_everything(path: Path) -> int:
    """Return how many objects and bytes of logs could be read."""
    try:
        plane = open_archive(path)
    except ClusterError as error:
        assert str(error)
        return 0
    count = 0
    for kind in READ:
        try:
            count += len(plane.host.list(kind).items)
        except (NotServed, NotFound):
            continue
    assert isinstance(plane.host, ArchiveCluster)
    for log in plane.host.all_logs():
        count += sum(len(chunk) for chunk in log.open())
    return count


def tar_of(*members: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            name, body = member
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return packed.getvalue()


PLAN = b"apiVersion: migration.openshift.io/v1alpha1\nkind: MigPlan\nmetadata: {name: shop}\n"
PLAN_FILE = "must-gather/migplans/migplan-shop/shop.yml"


def write(folder: Path, body: bytes) -> Path:
    path = folder / "must-gather.tar.gz"
    path.write_bytes(body)
    return path


class TestDamage:
    @LENIENT
    @given(cut=st.floats(0, 1))
    def test_a_tarball_cut_in_half_gives_what_was_left(
        self, healthy: bytes, tmp_path: Path, cut: float
    ) -> None:
        read_everything(write(tmp_path, healthy[: int(len(healthy) * cut)]))

    @LENIENT
    @given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=20))
    def test_flipped_bytes_never_crash_the_reader(
        self, healthy: bytes, tmp_path: Path, flips: list[tuple[float, int]]
    ) -> None:
        body = bytearray(healthy)
        for where, mask in flips:
            body[int(where * (len(body) - 1))] ^= mask
        read_everything(write(tmp_path, bytes(body)))

    @LENIENT
    @given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=20))
    def test_nor_do_flipped_bytes_inside_the_compression(
        self, healthy: bytes, tmp_path: Path, flips: list[tuple[float, int]]
    ) -> None:
        body = bytearray(gzip.decompress(healthy))
        for where, mask in flips:
            body[int(where * (len(body) - 1))] ^= mask
        read_everything(write(tmp_path, gzip.compress(bytes(body), 1)))

    def test_a_whole_one_is_read_whole(self, healthy: bytes, tmp_path: Path) -> None:
        expected = sum(len(body) for body in LOGS.values())
        assert read_everything(write(tmp_path, healthy)) > expected

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b"", "must-gather"),
            (b"hello", "must-gather"),
            (b"PK\x03\x04zip", "zip"),
            (tar_of(("readme.txt", b"nothing here")), "must-gather"),
        ],
    )
    def test_what_is_no_must_gather_is_told_in_one_sentence(
        self, tmp_path: Path, body: bytes, says: str
    ) -> None:
        with pytest.raises(ClusterError, match=says):
            open_archive(write(tmp_path, body))

    def test_a_file_that_is_not_there_says_how_to_make_one(self, tmp_path: Path) -> None:
        with pytest.raises(ClusterError, match="oc adm must-gather"):
            open_archive(tmp_path / "nope.tar.gz")


class TestHostileNames:
    @pytest.mark.parametrize(
        "name",
        [
            "../../etc/passwd.yaml",
            "/etc/passwd",
            "must-gather/clusters/host/../../../../x/namespaces/a/crs/b/c.yaml",
            "must-gather/clusters/../x.yaml",
            "must-gather/migplans/migplan-a/" + "b" * 5000 + ".yml",
            "must-gather/migplans/migplan-\x01/\x02.yml",
        ],
    )
    def test_a_name_that_leads_out_is_passed_over(self, tmp_path: Path, name: str) -> None:
        inside = tmp_path / "inside"
        inside.mkdir()
        path = write(inside, tar_of((name, b"kind: MigPlan"), (PLAN_FILE, PLAN)))
        before = everything_in(tmp_path)
        plane = open_archive(path)
        assert [p["metadata"]["name"] for p in plane.host.list(k.MIGPLAN).items] == ["shop"]
        assert everything_in(tmp_path) == before

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
    def test_links_are_not_followed(self, tmp_path: Path, kind: bytes) -> None:
        secret = tmp_path / "secret.yaml"
        secret.write_text("kind: MigPlan\nmetadata: {name: stolen}\n")
        link = tarfile.TarInfo("must-gather/migplans/migplan-stolen/stolen.yml")
        link.type = kind
        link.linkname = str(secret)
        plane = open_archive(write(tmp_path, tar_of(link, (PLAN_FILE, PLAN))))
        assert [p["metadata"]["name"] for p in plane.host.list(k.MIGPLAN).items] == ["shop"]

    def test_links_in_a_folder_that_lead_out_are_not_followed(self, tmp_path: Path) -> None:
        outside = tmp_path / "outside.yml"
        outside.write_text("kind: MigPlan\nmetadata: {name: stolen}\n")
        folder = tmp_path / "must-gather" / "migplans" / "migplan-stolen"
        folder.mkdir(parents=True)
        (folder / "stolen.yml").symlink_to(outside)
        good = tmp_path / "must-gather" / "migplans" / "migplan-shop"
        good.mkdir()
        (good / "shop.yml").write_bytes(PLAN)
        plane = open_archive(tmp_path / "must-gather")
        assert [p["metadata"]["name"] for p in plane.host.list(k.MIGPLAN).items] == ["shop"]


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


ODD_YAML: dict[str, bytes] = {
    "an error text of oc": b"Error from server (NotFound): migplans not found\n",
    "cut in half": b"kind: MigPlan\nmetadata:\n  name: x\n  labels: {a: ",
    "a number": b"42",
    "empty": b"",
    "a thousand brackets": b"[" * 5000,
    "an alias bomb": b"a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n" * 50,
    "a tag that would run": b"!!python/object/apply:os.system ['touch pwned']",
    "no name": b"kind: MigPlan\nmetadata: {}\n",
    "name of a wrong type": b"kind: MigPlan\nmetadata: {name: [1]}\n",
    "binary": bytes(range(256)),
    "a huge line": b"kind: MigPlan\nmetadata: {name: big, x: '" + b"y" * 2_000_000 + b"'}\n",
}


class TestOddContent:
    @pytest.mark.parametrize("what", ODD_YAML)
    def test_one_odd_file_never_hides_the_others(self, tmp_path: Path, what: str) -> None:
        odd = ("must-gather/migplans/migplan-odd/odd.yml", ODD_YAML[what])
        plane = open_archive(write(tmp_path, tar_of(odd, (PLAN_FILE, PLAN))))
        names = [p["metadata"]["name"] for p in plane.host.list(k.MIGPLAN).items]
        assert "shop" in names
        assert not (Path.cwd() / "pwned").exists()

    @LENIENT
    @given(body=st.binary(max_size=400))
    def test_any_bytes_may_stand_where_an_object_should(self, tmp_path: Path, body: bytes) -> None:
        odd = ("must-gather/migplans/migplan-odd/odd.yml", body)
        plane = open_archive(write(tmp_path, tar_of(odd, (PLAN_FILE, PLAN))))
        assert "shop" in [p["metadata"]["name"] for p in plane.host.list(k.MIGPLAN).items]

    def test_a_cluster_that_refused_the_login_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "must-gather.tar.gz"
        cluster: dict[str, Any] = {
            "apiVersion": "migration.openshift.io/v1alpha1",
            "kind": "MigCluster",
            "metadata": {"name": "ocp3", "namespace": MTC_NAMESPACE},
        }
        write_must_gather({"host": ([cluster], {}), "ocp3": None}, path)
        plane: ArchivePlane = open_archive(path)
        refused: Callable[[], object] = lambda: plane.remote("ocp3").list(k.BACKUP)  # noqa: E731
        with pytest.raises(ClusterError, match="ocp3"):
            refused()
