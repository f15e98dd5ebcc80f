"""Starting as somebody would who set something up wrongly: a sentence, a next step, exit code 2.

The Slack workspace and the databases are real; the control cluster is an address at which nothing
listens, except where a test asks for a real API server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.cli import starting
from bot.cli.checking import check
from bot.cli.starting import CannotStart, made_ready
from bot.clusters import kinds as k
from bot.clusters.port import ClusterError
from bot.configuration import Configuration, Tokens
from bot.store.database import open_database
from sandbox.slack import SlackSandbox
from tests.apiserver.fixtures import BOT_TOKEN, Server
from tests.apiserver.loading import clear, load, namespace
from tests.apiserver.pairing import pair
from tests.apiserver.process import free_port
from tests.apiserver.rights import bot_token
from tests.store.databases import postgres
from tests.store.postgres import Postgres
from tests.watching.objects import cluster, plan

__all__ = ["postgres"]
ROOT = Path(__file__).parents[2]
ROOM, PRIVATE, OLD, OPEN = "C0MIGRATE1", "C0FINANCE1", "C0OLDMOVE1", "C0GENERAL1"


def kubeconfig(folder: Path, port: int) -> Path:
    path = folder / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "none"}}],
        "contexts": [{"name": "wave-1", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps(content))
    return path


class Setup:
    """What an administrator set, and how the start ends with it."""

    def __init__(self, folder: Path, slack: SlackSandbox) -> None:
        self.folder = folder
        self.slack = slack
        self.tokens = [slack.bot_token, slack.app_token]
        self.api = slack.api_url
        self.raw: dict[str, Any] = {
            "control_clusters": [
                {
                    "name": "wave-1",
                    "context": "wave-1",
                    "kubeconfig": str(kubeconfig(folder, free_port())),
                }
            ],
            "slack": {"channel": ROOM},
            "database": f"sqlite:///{folder}/mtc-bot.sqlite3",
        }

    @property
    def settings(self) -> Configuration:
        return Configuration.model_validate(self.raw)

    @property
    def secrets(self) -> Tokens:
        return Tokens.model_validate({"bot": self.tokens[0], "app": self.tokens[1]})

    def refusal(self) -> str:
        with pytest.raises((CannotStart, ClusterError)) as refused:
            made_ready(self.settings, self.secrets, self.api).stop()
        return str(refused.value)

    def ready(self) -> None:
        made_ready(self.settings, self.secrets, self.api).stop()

    def checked(self) -> dict[str, tuple[str, str]]:
        answers = check(self.settings, self.secrets, self.api).answers
        return {answer.about: (answer.verdict, answer.said) for answer in answers}

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        path = self.folder / "mtc-bot.yaml"
        path.write_text(json.dumps(self.raw))
        command = [sys.executable, "-m", "bot.cli", "run"]
        return subprocess.run(
            [*command, "-c", str(path), "--slack-api", self.api, *options],
            cwd=ROOT,
            env={
                **os.environ,
                "SLACK_BOT_TOKEN": self.tokens[0],
                "SLACK_APP_TOKEN": self.tokens[1],
            },
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox() as running:
        yield running


@pytest.fixture
def setup(tmp_path: Path, slack: SlackSandbox) -> Setup:
    return Setup(tmp_path, slack)


def test_a_refusal_is_a_sentence_on_standard_error_and_exit_code_2(setup: Setup) -> None:
    setup.raw["control_clusters"][0]["context"] = "wave-9"
    done = setup.run()
    assert done.returncode == 2
    assert "wave-9" in done.stderr
    assert "or another context" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_app_token_that_slack_refuses_ends_the_start_with_exit_code_2(setup: Setup) -> None:
    setup.tokens[1] = "xapp-1-revoked"
    done = setup.run()
    assert done.returncode == 2
    assert "Slack does not accept the app token" in done.stderr
    assert "connections:write" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_kubeconfig_is_named(setup: Setup) -> None:
    path = Path(setup.raw["control_clusters"][0]["kubeconfig"])
    path.write_text("clusters: [")
    said = setup.refusal()
    assert str(path) in said
    assert "name another with KUBECONFIG" in said


def test_a_bot_token_that_slack_refuses_is_refused_with_where_to_find_it(setup: Setup) -> None:
    setup.tokens[0] = "xoxb-revoked"
    assert "Copy the token that starts with xoxb-" in setup.refusal()


def test_a_database_that_another_process_has_is_refused_at_once(setup: Setup) -> None:
    held = open_database(setup.settings.database)
    try:
        said = setup.refusal()
    finally:
        held.close()
    assert f"in use by another process ({os.getpid()})" in said
    assert "Stop that one first" in said


def test_a_database_file_in_a_place_that_cannot_be_written_is_refused(setup: Setup) -> None:
    setup.raw["database"] = "sqlite:////proc/mtc-bot.sqlite3"
    assert "cannot be written" in setup.refusal()


@pytest.mark.postgres
def test_a_database_that_does_not_exist_is_refused_at_once(
    setup: Setup, postgres: Postgres
) -> None:
    setup.raw["database"] = postgres.database("there").replace("/there", "/nowhere")
    said = setup.refusal()
    assert 'database "nowhere" does not exist' in said
    assert "Check that it exists" in said


@pytest.mark.postgres
def test_a_database_that_is_away_is_waited_for(setup: Setup, postgres: Postgres) -> None:
    setup.raw["database"] = postgres.database("late")
    postgres.stop()
    back = threading.Timer(1.0, postgres.resume)
    back.start()
    try:
        setup.ready()
    finally:
        back.join()


@pytest.mark.postgres
def test_a_database_that_stays_away_is_refused_in_the_end(
    setup: Setup, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "DATABASE_SECONDS", 0.5)
    setup.raw["database"] = f"postgresql://mtc@127.0.0.1:{free_port()}/mtc"
    said = setup.refusal()
    assert "Check that it exists, is reachable" in said


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (PRIVATE, "invite the bot there with /invite @mtc-bot"),
        ("C0NOWHERE1", "Correct its id"),
        (OLD, "#wave-1-done is archived"),
    ],
)
def test_a_channel_the_bot_cannot_post_to_is_refused(setup: Setup, channel: str, told: str) -> None:
    setup.raw["slack"]["channel"] = channel
    said = setup.refusal()
    assert channel in said
    assert told in said


def test_one_wrong_channel_of_several_is_an_error_in_the_log(
    setup: Setup, caplog: pytest.LogCaptureFixture
) -> None:
    setup.raw["slack"]["routes"] = [{"channel": PRIVATE, "plan": "pay-*"}]
    setup.ready()
    assert f"channel {PRIVATE}: Slack shows no such channel to the bot" in caplog.text


def test_a_public_channel_the_bot_can_join_is_no_trouble(setup: Setup) -> None:
    setup.raw["slack"]["channel"] = OPEN
    setup.ready()


def test_a_slack_that_is_down_does_not_keep_the_bot_from_watching(setup: Setup) -> None:
    setup.api = f"http://127.0.0.1:{free_port()}/api/"
    setup.ready()


class TestCheck:
    def test_all_that_is_wrong_is_told_at_once(self, setup: Setup) -> None:
        setup.raw["slack"]["channel"] = PRIVATE
        setup.tokens[1] = "xapp-1-revoked"
        found = setup.checked()
        assert found["database"][0] == "yes"
        assert found["control cluster wave-1"][0] == "no"
        assert found["Slack bot token"][0] == "yes"
        assert found["Slack app token"][0] == "no"
        assert found[f"channel {PRIVATE}"][0] == "no"

    def test_nothing_is_made(self, setup: Setup) -> None:
        setup.checked()
        assert not (setup.folder / "mtc-bot.sqlite3").exists()

    def test_a_slack_that_is_down_is_neither_yes_nor_no(self, setup: Setup) -> None:
        setup.api = f"http://127.0.0.1:{free_port()}/api/"
        assert setup.checked()["Slack bot token"][0] == "unknown"

    def test_a_database_from_a_newer_version_is_refused(self, setup: Setup) -> None:
        made = open_database(setup.settings.database)
        made.write(lambda s: s.execute(text("UPDATE alembic_version SET version_num = '9999'")))
        made.close()
        verdict, said = setup.checked()["database"]
        assert verdict == "no"
        assert "newer version" in said

    def test_a_policy_that_cannot_be_read_is_named(self, setup: Setup) -> None:
        setup.raw["remediation"] = {"policy": str(setup.folder / "policy.yaml")}
        verdict, said = setup.checked()["policy"]
        assert verdict == "no"
        assert "policy.yaml" in said

    def test_the_exit_code_says_whether_all_is_set(self, setup: Setup) -> None:
        done = setup.run("--check")
        assert done.returncode == 2
        assert "✗ control cluster wave-1" in done.stdout
        assert "Correct what is marked" in done.stdout


@pytest.mark.apiserver
class TestCheckOnARealCluster:
    @pytest.fixture
    def real(self, setup: Setup, control_server: Server) -> Setup:
        clear(control_server.api, (k.MIGCLUSTER, k.MIGPLAN, k.MIGMIGRATION, k.MIGSTORAGE))
        namespace(control_server.api, "openshift-migration")
        mtc = "migration.openshift.io/v1alpha1"
        there = (cluster("host", host=True), cluster("gone"), plan("shop"))
        load(control_server.api, [{"apiVersion": mtc, **each} for each in there])
        self.server = control_server
        self.use(setup, "")
        return setup

    def use(self, setup: Setup, token: str) -> None:
        path = self.server.api.kubeconfig(setup.folder / "real", token, "wave-1")
        setup.raw["control_clusters"][0]["kubeconfig"] = str(path)

    def test_what_is_there_is_told(self, real: Setup) -> None:
        found = real.checked()
        assert found["control cluster wave-1"] == ("yes", "reached, 1 plans, 2 clusters of MTC")
        assert found["rights on control cluster wave-1"][0] == "yes"
        assert found["cluster host of wave-1"][0] == "yes"
        assert found["cluster gone of wave-1"][0] == "unknown"

    def test_an_account_without_rights_is_told_what_to_apply(self, real: Setup) -> None:
        self.use(real, BOT_TOKEN)
        found = real.checked()
        assert found["control cluster wave-1"][0] == "no"
        assert "migclusters" in found["control cluster wave-1"][1]
        assert "Apply deploy/rbac.yaml there" in found["control cluster wave-1"][1]

    def test_fixes_take_the_right_to_act_for_people_on_every_cluster(
        self, real: Setup, source_server: Server
    ) -> None:
        policy = real.folder / "policy.yaml"
        policy.write_text('identity: {user: "{email}", groups: ["S0APPROVERS=approvers"]}')
        real.raw["remediation"] = {"policy": str(policy)}
        pair(self.server.api, source_server.api, bot_token(source_server.api), "far")
        found = real.checked()
        assert found["fixes on control cluster wave-1"][0] == "yes"
        assert "fixes on cluster host of wave-1" not in found
        verdict, said = found["fixes on cluster far of wave-1"]
        assert verdict == "no"
        assert "create subjectaccessreviews, impersonate group approvers" in said
        assert "Apply deploy/rbac-remediation.yaml there" in said
