"""Lines of the controller's log that name nobody, while several migrations go on at once.

In: lines word for word as mig-controller writes them, and the objects it wrote the same errors to.
Out: at whose door they are laid.
"""

from __future__ import annotations

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.diagnosis.diagnosing import Diagnoser
from tests.diagnosis.world import NOW, SHOP_1, Thing, failed, mtc, plan, plane, pod, true
from tests.knowledge.builtin import builtin_engine

CONTROLLER = "migration-controller-68bff565b6-ck5nm"
SETTING = (
    "RSYNC_SUPER_PRIVILEGED boolean does not exist. "
    "Verify source and destination clusters operators are up to date"
)
TRANSFER = (
    '{"level":"info","ts":1772363522.4,"logger":"directvolume","msg":"Phase execution failed.",'
    '"phase":"CreateRsyncTransferPods","phaseDescription":"Creating Rsync daemon pods on the '
    f'target cluster","error":"{SETTING}"}}\n'
)
PLAN = (
    '{"level":"info","ts":1772363523.1,"logger":"plan","msg":"",'
    '"error":"source cluster not found"}\n'
)
LOGS = {(MTC_NAMESPACE, CONTROLLER, "mtc"): (TRANSFER + PLAN).encode()}


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def bank(*errors: str) -> Thing:
    status = {"phase": "Completed", "errors": list(errors)}
    return mtc("DirectVolumeMigration", "bank-1-mkw29", status=status)


def nowhere() -> Thing:
    message = "Reconcile failed: [source cluster not found]. See controller logs for details."
    conditions = [true("ReconcileFailed", "Critical", message)]
    return mtc("MigPlan", "nowhere", status={"conditions": conditions})


def ids(diagnoser: Diagnoser, *host: Thing) -> set[str]:
    here = plane(failed("odd thing"), plan(), pod(CONTROLLER), *host, logs=LOGS)
    return {f.entry.id for f in diagnoser(here, SHOP_1).findings}


def test_an_error_that_another_object_has_told_is_not_laid_at_this_ones_door(
    diagnoser: Diagnoser,
) -> None:
    theirs = ids(diagnoser, bank(SETTING), nowhere())
    assert not theirs & {"rsync-privileged-setting-missing", "migplan-cluster-ref-invalid"}


def test_an_error_that_nobody_else_has_told_may_be_this_ones(diagnoser: Diagnoser) -> None:
    assert "rsync-privileged-setting-missing" in ids(diagnoser, bank("another thing"))


def test_an_error_that_both_have_told_stays(diagnoser: Diagnoser) -> None:
    here = plane(failed(SETTING), plan(), pod(CONTROLLER), bank(SETTING), logs=LOGS)
    found = diagnoser(here, SHOP_1)
    assert found.root is not None
    assert found.root.entry.id == "rsync-privileged-setting-missing"
