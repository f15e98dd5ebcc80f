"""Must-gathers of MTC, which leave the applications' namespaces out: what is said without them.

In: small archives laid out as MTC's own. Out: the first finding, and how to get what is missing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clusters.archive import open_archive
from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.mtc.outcome_words import Word
from tests.diagnosis.world import SHOP_1, Thing, mtc, plan, ready, thing, true
from tests.knowledge.builtin import builtin_engine

TAKEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RUN = "migplans/migplan-shop/migmigration-shop-1"
BACKUP = f"{RUN}/backup-shop-1-initial-x1/backup-describe-shop-1-initial-x1.txt"
WAITS = "WaitForDirectVolumeMigrationToComplete"
HOST = "clusters/host/namespaces/openshift-migration"


def since(phase: str, minutes: int) -> Thing:
    at = (TAKEN - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**true("Running", reason=phase), "lastTransitionTime": at}


def run(phase: str) -> Thing:
    ref = {"name": "shop", "namespace": MTC_NAMESPACE}
    conditions = [since(phase, 45)]
    status = {"phase": phase, "itinerary": "Final", "conditions": conditions}
    return mtc("MigMigration", "shop-1", spec={"migPlanRef": ref}, status=status)


def transfer(**status: Any) -> Thing:
    owner = {"kind": "MigMigration", "name": "shop-1", "uid": "uid-migmigration-shop-1"}
    phase = "RunRsyncOperations"
    said = {"phase": phase, "conditions": [since(phase, 40)], **status}
    return mtc(
        "DirectVolumeMigration", "shop-1-t", metadata={"ownerReferences": [owner]}, status=said
    )


def diagnose(tmp_path: Path, files: dict[str, Thing | str]) -> Diagnosis:
    files = {
        f"{HOST}/crs/migclusters.migration.openshift.io/host.yaml": mtc(
            "MigCluster", "host", spec={"isHostCluster": True}, status=ready()
        ),
        "migplans/migplan-shop/shop.yml": plan(),
        **files,
    }
    for name, held in files.items():
        path = tmp_path / "must-gather" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(held if isinstance(held, str) else json.dumps(held))
    return Diagnoser(builtin_engine(), lambda: TAKEN)(open_archive(tmp_path), SHOP_1)


def test_a_pending_rsync_pod_is_named_by_what_the_transfer_says_of_it(tmp_path: Path) -> None:
    pending = transfer(pendingPods=[{"namespace": "shop", "name": "rsync-fhxdn"}])
    found = diagnose(
        tmp_path,
        {f"{RUN}/migmigration-shop-1.yml": run(WAITS), f"{RUN}/dvm-shop-1-t/dvm-t.yml": pending},
    )
    assert found.outcome.word is Word.STALLED
    assert found.root is not None
    assert found.root.entry.id == "rsync-client-pods-pending"
    assert found.root.quotes[0].text == "Pending on ocp3: shop/rsync-fhxdn"
    assert [f.entry.id for f in found.root.symptoms] == ["stalled-rsync"]


def test_a_transfer_without_pending_pods_only_makes_no_progress(tmp_path: Path) -> None:
    found = diagnose(
        tmp_path,
        {f"{RUN}/migmigration-shop-1.yml": run(WAITS), f"{RUN}/dvm-shop-1-t/dvm-t.yml": transfer()},
    )
    assert found.root is not None
    assert found.root.entry.id == "stalled-rsync"


def test_what_an_archive_lacks_comes_with_the_command_that_gathers_it(tmp_path: Path) -> None:
    found = diagnose(tmp_path, {f"{RUN}/migmigration-shop-1.yml": run("StagePodsCreated")})
    assert found.outcome.word is Word.STALLED
    missing = {each.what: each.why for each in found.not_read}
    assert missing["pods in shop on host"].endswith("oc adm inspect ns/shop")


@pytest.mark.parametrize("line", ["velero.io/resource-timeout=10m0s", "HooksFailed:      0"])
def test_a_setting_that_alarms_by_its_name_tells_nothing(tmp_path: Path, line: str) -> None:
    said = "flux converter reports failed inversion of the widget lattice"
    backup = thing(
        "velero.io/v1",
        "Backup",
        "shop-1-initial-x1",
        metadata={
            "labels": {"migration.openshift.io/migmigration-name": "shop-1"},
            "annotations": {"velero.io/resource-timeout": "10m0s"},
        },
    )
    found = diagnose(
        tmp_path,
        {
            f"{RUN}/migmigration-shop-1.yml": run("StagePodsCreated"),
            f"{HOST}/crs/backups.velero.io/shop-1-initial-x1.yaml": backup,
            BACKUP: f"Name:  shop-1-initial-x1\n{line}\n{said}\n",
        },
    )
    assert [quote.text for quote in found.telling] == [said]
