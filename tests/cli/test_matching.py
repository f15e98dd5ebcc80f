"""``mtc-bot kb match``: what can be piped into it, however large or odd."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.kb_commands import app

HEALTHY = b'time="2026-01-01T00:00:00Z" level=info msg="Backed up 1 items out of 20" backup=m/b\n'
FAILURE = b'level=error msg="x509: certificate signed by unknown authority"\n'
LARGE = 17 << 20


def match(*words: str, typed: bytes = b"", lang: str = "en") -> Result:
    return CliRunner().invoke(app, ["match", *words], input=typed, env={"MTC_BOT_LANG": lang})


def entries(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [finding["entry"] for finding in json.loads(result.stdout)]


class TestALogThatIsTooLargeToBeHeld:
    def test_is_read_to_its_end(self, tmp_path: Path) -> None:
        log = tmp_path / "velero.log"
        log.write_bytes(HEALTHY * (LARGE // len(HEALTHY)) + FAILURE)
        assert entries(match(str(log), "--component", "velero")) == ["x509-unknown-authority"]

    def test_that_fails_at_every_line_is_one_finding(self, tmp_path: Path) -> None:
        log = tmp_path / "velero.log"
        line = b"x" * 1500 + b" " + FAILURE
        log.write_bytes(line * (LARGE // len(line)))
        assert entries(match(str(log))) == ["x509-unknown-authority"]


@pytest.mark.parametrize(
    "beginning", [b"apiVersion: v1\nitems:\n", b'{\n    "apiVersion": "v1",\n']
)
@pytest.mark.parametrize(("lang", "said"), [("en", "of one namespace"), ("zh", "一个命名空间")])
def test_objects_that_are_too_large_are_refused_with_what_to_do(
    beginning: bytes, lang: str, said: str
) -> None:
    result = match(typed=beginning + b"- a: b\n" * (LARGE // 7), lang=lang)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("name", ["", "nothing-here.log"])
def test_what_cannot_be_read_is_said_with_what_to_give(name: str, tmp_path: Path) -> None:
    result = match(str(tmp_path / name))
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
    assert "Give a file, or - for standard input" in " ".join(result.stderr.split())
