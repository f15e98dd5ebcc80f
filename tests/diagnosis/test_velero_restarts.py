"""Backups and restores that fail because their Velero was stopped while it worked.

What they say of it themselves is what broke first, mostly the plugin that died with Velero.
"""

from __future__ import annotations

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.diagnosing import Diagnoser
from tests.diagnosis.world import NOW, SHOP_1, Thing, failed, plan, plane, pod, thing
from tests.knowledge.builtin import builtin_engine

PLUGIN = (
    'rpc error: code = Unavailable desc = connection error: desc = "transport: error while '
    'dialing: dial unix /tmp/plugin2523798702: connect: connection refused"'
)


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def backup() -> Thing:
    return thing(
        "velero.io/v1",
        "Backup",
        "shop-1-stage-xlhgn",
        metadata={"labels": {"migration.openshift.io/migmigration-name": "shop-1"}},
        status={
            "phase": "Failed",
            "failureReason": PLUGIN,
            "startTimestamp": "2026-03-01T11:15:43Z",
        },
    )


def velero(started: str) -> Thing:
    state = {"running": {"startedAt": f"2026-03-01T{started}Z"}}
    status = {"phase": "Running", "containerStatuses": [{"name": "velero", "state": state}]}
    labels = {"component": "velero", "deploy": "velero"}
    return pod("velero-76799bf97f-6269p", metadata={"labels": labels}, status=status)


def first(diagnoser: Diagnoser, *source: Thing) -> str:
    ended = failed("Backup openshift-migration/shop-1-stage-xlhgn: failed.")
    ended["status"]["conditions"][0]["reason"] = "StageBackupCreated"
    found = diagnoser(plane(ended, plan(), source=source), SHOP_1)
    assert found.root is not None
    return found.root.entry.id


@pytest.mark.parametrize("started", ["11:15:50", "11:30:20"])
def test_a_velero_that_started_in_its_time_leads_over_the_plugin_that_died_with_it(
    diagnoser: Diagnoser, started: str
) -> None:
    assert first(diagnoser, backup(), velero(started)) == "velero-restarted"


@pytest.mark.parametrize("started", ["09:00:00", "11:50:00"])
def test_one_that_ran_before_or_started_long_after_is_not_blamed(
    diagnoser: Diagnoser, started: str
) -> None:
    assert first(diagnoser, backup(), velero(started)) == "velero-plugin-crashed"


def test_the_pod_of_another_program_is_not_taken_for_velero(diagnoser: Diagnoser) -> None:
    other = velero("11:15:50")
    other["status"]["containerStatuses"][0]["name"] = "node-agent"
    assert other["metadata"]["namespace"] == MTC_NAMESPACE
    assert first(diagnoser, backup(), other) == "velero-plugin-crashed"
