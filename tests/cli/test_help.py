"""What the command line says of itself: whole sentences, the nearest command, its version."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words, env={"MTC_BOT_LANG": "en", "COLUMNS": "80"})


@pytest.mark.parametrize("words", [(), ("kb",), ("access",), ("audit",)])
def test_help_cuts_no_sentence_off(words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert "..." not in result.stdout.partition("Commands:")[2]


@pytest.mark.parametrize(
    ("words", "near"), [(("diagnos", "x"), "'diagnose'"), (("kb", "serch", "x"), "'search'")]
)
def test_a_misspelt_command_is_answered_with_the_nearest(words: tuple[str, ...], near: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert f"Did you mean {near}?" in result.stderr


def test_the_version_is_told() -> None:
    assert run("--version").stdout.strip() == f"mtc-bot {version('mtc-bot')}"


def test_a_search_shows_what_bears_the_word_before_what_only_holds_it() -> None:
    lines = run("kb", "search", "hook").stdout.splitlines()[1:]
    assert lines
    assert not any("webhook" in line.split()[0] for line in lines)
    assert "{job}" not in "".join(lines)
