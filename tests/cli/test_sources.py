"""What the commands read: archives that are not whole, names as Slack shows them, folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from sandbox.must_gather import write_must_gather
from tests.clusters.contract import LOGS, OBJECTS


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("archive") / "must-gather.tar.gz"
    write_must_gather({"host": (OBJECTS, LOGS)}, target)
    return target


def run(*words: str, lang: str = "en") -> Result:
    return CliRunner().invoke(app, words, env={"MTC_BOT_LANG": lang})


class TestAnArchive:
    def test_that_is_whole_is_read_without_a_word_beside(self, whole: Path) -> None:
        result = run("list", "--archive", str(whole))
        assert (result.exit_code, result.stderr) == (0, "")
        assert "shop-1" in result.stdout

    @pytest.mark.parametrize(
        ("lang", "said"), [("en", "No migration on"), ("zh", "上没有迁移")], ids=["en", "zh"]
    )
    def test_that_is_cut_off_says_so_and_is_no_success(
        self, whole: Path, tmp_path: Path, lang: str, said: str
    ) -> None:
        cut = tmp_path / "cut.tar.gz"
        cut.write_bytes(whole.read_bytes()[:900])
        result = run("list", "--archive", str(cut), lang=lang)
        assert result.exit_code == 1
        assert "cut off" in result.stderr
        assert said in result.stderr

    def test_names_what_it_does_not_hold_once(self, whole: Path) -> None:
        result = run("diagnose", "shpo-1", "--archive", str(whole))
        assert result.exit_code == 2
        assert result.stderr.strip() == (
            "There is no migmigration/shpo-1 on must-gather. Closest: shop-1."
        )

    def test_is_asked_by_names_without_a_control_cluster(self, whole: Path) -> None:
        for command in ("diagnose", "preflight"):
            result = run(command, "shop@wave-1", "--archive", str(whole))
            assert result.exit_code == 2
            assert "Leave out @wave-1" in result.stderr


def test_what_is_redirected_is_not_folded(whole: Path) -> None:
    lines = run("list", "--archive", str(whole)).stdout.splitlines()
    assert len(lines) == 1 + sum(obj["kind"] == "MigMigration" for obj in OBJECTS)


@pytest.mark.parametrize(
    "words",
    [
        ("kb", "list"),
        ("kb", "lint"),
        ("kb", "match", "-"),
        ("kb", "search", "hook"),
        ("diagnose", "shop-1", "--archive", "nothing"),
    ],
)
def test_a_folder_of_entries_that_is_not_there_is_an_error(words: tuple[str, ...]) -> None:
    result = run(*words, "--own", "/no/such/folder")
    assert result.exit_code == 2
    assert "There is no folder /no/such/folder" in result.stderr


def test_an_entry_that_is_left_out_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("id: mine\n")
    result = run("kb", "search", "hook", "--own", str(tmp_path))
    assert result.exit_code == 0
    assert "left out: mine.yaml" in result.stderr


def test_a_language_that_is_not_spoken_is_an_error() -> None:
    result = run("kb", "list", "--lang", "fr")
    assert result.exit_code == 2
    assert "en or zh" in result.stderr


@pytest.mark.parametrize(("typed", "near"), [("store-ful", "store-full"), ("qqqq", "kb list")])
def test_an_entry_that_is_misspelt_is_answered_with_those_spelt_alike(
    typed: str, near: str
) -> None:
    result = run("kb", "show", typed)
    assert result.exit_code == 2
    assert near in result.stderr
