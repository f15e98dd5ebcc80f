"""``mtc-bot access explain`` and ``mtc-bot audit``: what they print, and how they exit."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.cli.app import app
from bot.store.database import open_database, read_database
from tests.remediation.world import POLICY, World

runner = CliRunner()


def bend(url: str, statement: str) -> None:
    database = read_database(url)
    with database.engine.begin() as connection:
        connection.execute(text(statement))
    database.close()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    return file


def explain(policy: Path, *more: str) -> tuple[int, str]:
    asked = ["access", "explain", "--policy", str(policy), *more]
    result = runner.invoke(app, asked, env={"MTC_BOT_LANG": "en"})
    return result.exit_code, result.output


class TestExplaining:
    def test_why_somebody_may(self, policy: Path) -> None:
        code, said = explain(
            policy, "--user", "U0OLIVIA01", "--action", "rerun-migration", "--plan", "shop",
            "--email", "olivia@example.com",
        )  # fmt: skip
        assert code == 0
        assert "request: allowed" in said
        assert "binding 1 (operator): grants it" in said
        assert "approve: denied" in said
        assert "approvals needed: 1 (not the requester)" in said
        assert "on the clusters: olivia@example.com" in said

    def test_why_somebody_may_not(self, policy: Path) -> None:
        code, said = explain(policy, "--user", "U0VERA0001", "--action", "rerun-migration")
        assert code == 1
        assert "lets request up to none, this is R3" in said

    def test_groups_count(self, policy: Path) -> None:
        code, said = explain(
            policy, "--user", "U0AMIR0001", "--action", "rollback-migration", "--group",
            "S0APPROVE1",
        )  # fmt: skip
        assert (code, "approve: allowed" in said, "approvals needed: 2" in said) == (0, True, True)

    def test_what_cannot_be_answered_is_said(self, policy: Path, tmp_path: Path) -> None:
        assert explain(policy, "--user", "U0VERA0001", "--action", "fly")[0] == 2
        broken = tmp_path / "broken.yaml"
        broken.write_text("bindings: [")
        assert explain(broken, "--user", "U0VERA0001", "--action", "refresh-plan")[0] == 2


class TestAudit:
    @pytest.fixture
    def url(self, tmp_path: Path) -> Iterator[str]:
        url = f"sqlite:///{tmp_path}/bot.sqlite3"
        database = open_database(url)
        world = World(database)
        world.carry_out(world.decide(world.ask()))
        yield url
        database.close()

    def test_a_whole_one_is_verified_beside_the_running_bot(self, url: str) -> None:
        result = runner.invoke(app, ["audit", "verify", "--database", url])
        assert (result.exit_code, "whole" in result.output) == (0, True)

    def test_the_export_is_one_object_a_line_and_can_be_counted_again(self, url: str) -> None:
        result = runner.invoke(app, ["audit", "export", "--database", url])
        records = [json.loads(line) for line in result.stdout.splitlines() if line[:1] == "{"]
        assert [r["what"] for r in records][:2] == ["requested", "approved"]
        assert all(b["before_hash"] == a["hash"] for a, b in itertools.pairwise(records))

    def test_tampering_is_said_and_exits_with_one(self, url: str) -> None:
        bend(url, "UPDATE audit SET who = 'x' WHERE number = 2")
        result = runner.invoke(app, ["audit", "verify", "--database", url])
        assert (result.exit_code, "record 2 was altered" in result.output) == (1, True)

    def test_an_end_that_was_cut_off_is_found_by_a_hash_kept_elsewhere(self, url: str) -> None:
        exported = runner.invoke(app, ["audit", "export", "--database", url]).stdout
        last = json.loads([x for x in exported.splitlines() if x[:1] == "{"][-1])["hash"]
        bend(url, f"DELETE FROM audit WHERE hash = '{last}'")
        verify = ["audit", "verify", "--database", url]
        assert runner.invoke(app, verify).exit_code == 0
        result = runner.invoke(app, [*verify, "--last", last])
        assert (result.exit_code, "records are missing" in result.output) == (1, True)

    def test_a_database_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/absent.sqlite3"
        assert runner.invoke(app, ["audit", "verify", "--database", url]).exit_code == 2
        assert not (tmp_path / "absent.sqlite3").exists()
