"""One fix from the command in Slack to Verified, by ``mtc-bot run`` on two real API servers.

The bot is a process of its own with a kubeconfig, the rights of ``deploy/``, a policy and a
database; Slack is the sandbox. It is killed right after the approval, and started again.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import AccessRequest, Json
from bot.store.audit import Audit
from bot.store.database import read_database
from handlers.views.actions import Form, RequestAction
from sandbox.roles import DEMO_POLICY
from sandbox.slack import APPROVER, OPERATOR, SlackSandbox
from tests.apiserver.running import run_bot
from tests.handlers.checking import shown
from tests.remediation.live.site import PATIENCE, Site
from tests.remediation.stories import ended_well

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(300)]
ROOM = "C0MIGRATE1"
MAY_RUN = AccessRequest("create", k.MIGMIGRATION.group, k.MIGMIGRATION.plural, MTC_NAMESPACE)


class Bot:
    """``mtc-bot run``, which can be killed and started again."""

    def __init__(self, folder: Path, site: Site, slack: SlackSandbox) -> None:
        self.slack = slack
        self.database = f"sqlite:///{folder / 'mtc-bot.sqlite3'}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        kubeconfig = site.host.api.kubeconfig(folder / "kubeconfig", site.token, "wave-1")
        (folder / "policy.yaml").write_text(DEMO_POLICY)
        settings = {
            "control_clusters": [
                {"name": "wave-1", "context": "wave-1", "kubeconfig": str(kubeconfig)}
            ],
            "slack": {"channel": ROOM},
            "database": self.database,
            "remediation": {"policy": str(folder / "policy.yaml")},
        }
        (folder / "mtc-bot.yaml").write_text(yaml.safe_dump(settings))

    def start(self) -> None:
        self._process = run_bot(self._folder, self.slack)
        self.slack.wait_connected(timeout=2 * PATIENCE)  # it may compile all signatures first

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.slack.wait_for(lambda: not self.slack.connections, PATIENCE)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE)


@pytest.fixture
def bot(tmp_path: Path, site: Site) -> Iterator[Bot]:
    slack = SlackSandbox()
    slack.start()
    made = Bot(tmp_path, site, slack)
    try:
        yield made
    finally:
        made.stop()
        slack.stop()


def view(slack: SlackSandbox, words: str) -> dict[str, Any]:
    """Return what the operator sees in a modal once it holds these words."""

    def look() -> dict[str, Any] | None:
        return next((v for v in slack.views(OPERATOR.id) if words in shown(v)), None)

    found = slack.wait_for(look, PATIENCE)
    assert found is not None
    return found


def card(slack: SlackSandbox, words: str) -> dict[str, Any]:
    """Return the request's card once it holds these words."""

    def look() -> dict[str, Any] | None:
        cards = [m for m in slack.messages(ROOM) if "Asked for by" in shown(m)]
        return next((m for m in cards if words in shown(m)), None)

    found = slack.wait_for(look, PATIENCE)
    assert found is not None
    return found


def runs(site: Site) -> list[Json]:
    found = site.host.find_all(k.MIGMIGRATION, MTC_NAMESPACE)
    return [run for run in found if run["metadata"]["name"] != "shop-1"]


def test_a_migration_is_run_again_from_slack_once_whatever_dies(bot: Bot, site: Site) -> None:
    slack = bot.slack
    bot.start()
    slack.run_command(OPERATOR.id, ROOM, "/mtc rerun shop-1")
    denied = view(slack, f"{OPERATOR.email} may not create migmigrations in {MTC_NAMESPACE}")
    slack.close_view(OPERATOR.id, denied["id"], whole_stack=True)

    site.host.grant(OPERATOR.email, MAY_RUN)
    slack.run_command(OPERATOR.id, ROOM, "/mtc rerun shop-1")
    form = view(slack, "Run the migration again")
    assert form["callback_id"] == Form.PARAMS.value
    assert not slack.submit_view(OPERATOR.id, form["id"], {}).errors
    pending = card(slack, "Approval needed: Run the migration again")
    assert runs(site) == []
    slack.click(APPROVER.id, ROOM, pending["ts"], RequestAction.APPROVE)
    slack.wait_for(lambda: slack.ephemerals(APPROVER.id), PATIENCE)
    bot.kill()
    bot.start()
    slack.wait_for(lambda: runs(site), PATIENCE)
    ended_well(site)
    card(slack, "Verified")
    assert [run["metadata"]["name"] for run in runs(site)] == ["shop-migration-bot1"]
    bot.stop()
    database = read_database(bot.database)
    audit = Audit(database)
    told = [record.what for record in audit.records()]
    assert [told.count(what) for what in ("approved", "step-done", "executed")] == [1, 1, 1]
    assert audit.verify() == ()
    database.close()
