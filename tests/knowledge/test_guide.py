"""docs/knowledge.md does what it says: its entry is written, its commands are run as printed.

Every ``console`` block is a command line and the lines that its output must hold; ``yaml`` without
a word after it is the entry, ``yaml matcher`` a matcher, ``yaml settings`` a part of the settings.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli.app import app
from bot.configuration import Configuration
from bot.store.database import open_database
from knowledge.matching.engine import Engine
from knowledge.schema import Entry, Matcher
from knowledge.texts import LocalText

GUIDE = Path(__file__).parents[2] / "docs" / "knowledge.md"
BLOCK = re.compile(r"^```(?P<kind>[a-z]+)(?: (?P<what>[a-z]+))?\n(?P<body>.*?)^```$", re.M | re.S)


def blocks(kind: str, what: str = "") -> list[str]:
    page = GUIDE.read_text(encoding="utf-8")
    found = (m for m in BLOCK.finditer(page) if m["kind"] == kind and (m["what"] or "") == what)
    return [match["body"] for match in found]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with what the reader of the guide has before them."""
    (failure,) = blocks("text")
    (tmp_path / "failure.log").write_text(failure, encoding="utf-8")
    open_database(f"sqlite:///{tmp_path}/votes.sqlite3").close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str) -> str:
    program, *words = shlex.split(command)
    assert program == "mtc-bot"
    done = CliRunner().invoke(app, words, env={"MTC_BOT_LANG": "en"})
    assert done.exit_code == 0, f"{command}: {done.output}"
    return done.stdout


def test_the_commands_print_what_the_guide_shows(desk: Path) -> None:
    (entry,) = blocks("yaml")
    consoles = blocks("console")
    assert len(consoles) >= 5
    for console in consoles:
        command, *expected = console.strip().splitlines()
        printed = run(command.removeprefix("$ "))
        for line in expected:
            assert line.strip() in printed, f"{command} does not print {line!r}:\n{printed}"
        if "kb new" in command:
            (path,) = (desk / "mtc-knowledge").glob("*.yaml")
            assert yaml.safe_load(entry)["id"] == path.stem
            path.write_text(entry, encoding="utf-8")


@pytest.mark.parametrize("block", blocks("yaml", "matcher"))
def test_every_way_to_recognise_a_failure_is_a_matcher(block: str) -> None:
    matcher = Matcher.model_validate(yaml.safe_load(block))
    (whole,) = blocks("yaml")
    entry = Entry.model_validate(yaml.safe_load(whole))
    Engine([entry.model_copy(update={"matchers": (matcher,)})])


def test_every_kind_of_matcher_is_explained() -> None:
    shown = {key for block in blocks("yaml", "matcher") for key in yaml.safe_load(block)}
    assert shown == set(Matcher.model_fields) - {"probe"}


def test_the_settings_are_settings() -> None:
    (block,) = blocks("yaml", "settings")
    assert set(yaml.safe_load(block)) <= set(Configuration.model_fields)


def test_fields_that_decide_the_order_are_explained_and_exist() -> None:
    page = GUIDE.read_text(encoding="utf-8")
    for name in ("role", "explains", "supersedes", "contradicted_by"):
        assert f"`{name}`" in page
        assert name in Entry.model_fields
    assert LocalText.model_fields.keys() == {"en", "zh"}
