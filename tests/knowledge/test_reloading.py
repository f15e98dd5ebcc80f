"""Entries of the user's own, watched for changes.

In: folders of YAML files that change under the bot. Out: the knowledge in force. The clock is a
number that the test moves; files are real.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.clusters.port import ObjectRef
from bot.diagnosis.diagnosing import Diagnoser
from knowledge.authoring import Seen, draft
from knowledge.loading import Entries, Problem, load_builtin, load_folder
from knowledge.observing import observe_line
from knowledge.reloading import Knowledge, KnowledgeFolders
from tests.diagnosis.world import NOW, failed, plan, plane

SOME = Entries({key: load_builtin().by_id[key] for key in ("store-full", "migration-failed")})
LATTICE = "the widget lattice has inverted"


class Clock:
    """Seconds, moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[Problem]:
    return []


@pytest.fixture
def watch(tmp_path: Path, clock: Clock, told: list[Problem]) -> Callable[[], KnowledgeFolders]:
    return lambda: KnowledgeFolders([tmp_path], ours=SOME, report=told.append, monotonic=clock)


def write(folder: Path, entry_id: str, text: str = LATTICE) -> Path:
    path = folder / f"{entry_id}.yaml"
    path.write_text(draft(entry_id, Seen(text)), encoding="utf-8")
    return path


def later(clock: Clock, known: KnowledgeFolders) -> Knowledge:
    clock.now += 10
    return known()


def leads_to(known: Knowledge, text: str) -> set[str]:
    return {match.entry.id for match in known.engine.match([observe_line(text)])}


def test_an_entry_that_is_written_while_the_bot_runs_comes_into_force(
    tmp_path: Path, clock: Clock, watch: Callable[[], KnowledgeFolders]
) -> None:
    known = watch()
    assert leads_to(known(), LATTICE) == set()
    write(tmp_path, "lattice")
    assert leads_to(later(clock, known), LATTICE) == {"lattice"}
    assert known.entries().by_id["lattice"].id == "lattice"


def test_a_change_and_a_deletion_come_into_force_too(
    tmp_path: Path, clock: Clock, watch: Callable[[], KnowledgeFolders]
) -> None:
    path = write(tmp_path, "lattice")
    known = watch()
    write(tmp_path, "lattice", "another lattice has gone altogether")
    changed = later(clock, known)
    assert leads_to(changed, LATTICE) == set()
    assert leads_to(changed, "another lattice has gone altogether") == {"lattice"}
    path.unlink()
    assert "lattice" not in later(clock, known).entries.by_id


def test_a_file_that_breaks_is_reported_once_and_its_last_good_version_stays(
    tmp_path: Path, clock: Clock, watch: Callable[[], KnowledgeFolders], told: list[Problem]
) -> None:
    path = write(tmp_path, "lattice")
    other = write(tmp_path, "other", "an other thing has happened")
    known = watch()
    path.write_text("id: lattice\ntitle: [", encoding="utf-8")
    for _ in range(3):
        assert leads_to(later(clock, known), LATTICE) == {"lattice"}
    assert [problem.file for problem in told] == ["lattice.yaml"]
    assert [problem.file for problem in known.entries().problems] == ["lattice.yaml"]
    assert other.stem in known.entries().by_id
    write(tmp_path, "lattice")
    assert later(clock, known).entries.problems == ()


@pytest.mark.parametrize(
    "matcher",
    [
        "  - object: {kind: Pod, when: 'object.status ==='}",
        "  - signature: {pattern: '(lattice)\\1+'}",
        "  - signature: {pattern: '(?<!\\\": )lattice'}",
    ],
)
def test_a_matcher_that_cannot_be_compiled_takes_nothing_else_down(
    tmp_path: Path,
    clock: Clock,
    watch: Callable[[], KnowledgeFolders],
    told: list[Problem],
    matcher: str,
) -> None:
    known = watch()
    page = draft("lattice", Seen(LATTICE))
    head, _, rest = page.partition("  - signature:\n")
    rest = rest.partition("explains:")[2]
    (tmp_path / "lattice.yaml").write_text(f"{head}{matcher}\nexplains:{rest}", encoding="utf-8")
    write(tmp_path, "other", "an other thing has happened")
    now = later(clock, known)
    assert "lattice" not in now.entries.by_id
    assert leads_to(now, "an other thing has happened") == {"other"}
    assert "cannot be compiled" in told[0].what or "not a regular expression" in told[0].what


def test_an_entry_of_the_users_own_takes_the_place_of_ours(
    tmp_path: Path, clock: Clock, watch: Callable[[], KnowledgeFolders]
) -> None:
    ours = load_builtin().by_id["store-full"]
    known = watch()
    write(tmp_path, "store-full")
    assert later(clock, known).entries.by_id["store-full"].title != ours.title
    (tmp_path / "store-full.yaml").unlink()
    assert later(clock, known).entries.by_id["store-full"] == ours


def test_a_folder_that_is_not_there_is_reported_and_read_once_it_is(
    tmp_path: Path, clock: Clock, told: list[Problem]
) -> None:
    folder = tmp_path / "later"
    known = KnowledgeFolders([folder], ours=SOME, report=told.append, monotonic=clock)
    later(clock, known)
    assert [problem.file for problem in told] == [str(folder)]
    folder.mkdir()
    write(folder, "lattice")
    assert "lattice" in later(clock, known).entries.by_id


def test_looking_too_often_looks_at_nothing(
    tmp_path: Path, clock: Clock, watch: Callable[[], KnowledgeFolders]
) -> None:
    known = watch()
    before = known()
    write(tmp_path, "lattice")
    clock.now += 0.5
    assert known() is before


def test_a_mounted_configmap_is_read_once_and_not_by_its_hidden_versions(tmp_path: Path) -> None:
    version = tmp_path / "..2026_03_01"
    version.mkdir()
    write(version, "lattice")
    (tmp_path / "..data").symlink_to(version, target_is_directory=True)
    (tmp_path / "lattice.yaml").symlink_to("..data/lattice.yaml")
    loaded = load_folder(tmp_path)
    assert loaded.problems == ()
    assert set(loaded.by_id) == {"lattice"}


def test_a_diagnosis_uses_what_is_in_force_when_it_begins(
    tmp_path: Path, clock: Clock, watch: Callable[[], KnowledgeFolders]
) -> None:
    known = watch()
    diagnoser = Diagnoser(known.engine, lambda: NOW)
    made = plane(failed(LATTICE), plan())
    target = ObjectRef("MigMigration", "shop-1", "openshift-migration")
    assert any(LATTICE in quote.text for quote in diagnoser(made, target).telling)
    write(tmp_path, "lattice")
    clock.now += 10
    found = diagnoser(made, target)
    assert found.root is not None
    assert found.root.entry.id == "lattice"
    assert found.telling == ()


def test_threads_that_ask_while_one_compiles_get_what_was_there(
    tmp_path: Path, clock: Clock, watch: Callable[[], KnowledgeFolders]
) -> None:
    known = watch()
    write(tmp_path, "lattice")
    clock.now += 10
    seen: list[Knowledge] = []
    threads = [threading.Thread(target=lambda: seen.append(known())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert all(each.entries.by_id.keys() == each.engine.entries.keys() for each in seen)
    assert "lattice" in known().entries.by_id
