"""What has passed, and what came later: neither is why a migration ended as it did.

In: objects as mig-controller and the scheduler left them on real clusters. Out: the root cause.
"""

from __future__ import annotations

import pytest

from bot.diagnosis.diagnosing import Diagnoser
from tests.diagnosis.world import NOW, SHOP_1, Thing, going, mtc, plan, plane, thing, true
from tests.knowledge.builtin import builtin_engine

INTERRUPTED = "unable to find running condition"


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def ended(error: str = INTERRUPTED, phase: str = "EnsureRsyncRouteAdmitted") -> list[Thing]:
    """Return a migration that ended at 11:30 without its volume, and its transfer."""
    migration = going(
        "Completed",
        true("DirectVolumeMigrationFailed", "Warn", "DirectVolumeMigration (dvm): ... failed."),
        true("SucceededWithWarnings", message="The migration has completed with warnings."),
    )
    migration["status"]["conditions"].pop(0)
    claim = {"name": "orders", "namespace": "shop"}
    transfer = mtc(
        "DirectVolumeMigration",
        "shop-1-5qpcn",
        metadata=owned("MigMigration", "shop-1"),
        spec={"persistentVolumeClaims": [claim]},
        status={
            "phase": "Completed",
            "errors": [error],
            "conditions": [true("Failed", "Warn", "See: Errors.", phase)],
        },
    )
    return [migration, plan(), transfer]


def owned(kind: str, name: str) -> Thing:
    return {"ownerReferences": [{"kind": kind, "name": name, "uid": f"uid-{kind.lower()}-{name}"}]}


def refused(at: str) -> Thing:
    """Return the record of the transfer's progress, at which MTC looks for ever."""
    condition = true(
        "ReconcileFailed",
        "Critical",
        "Reconcile failed: [the server has asked for the client to provide credentials]. "
        "See controller logs for details.",
    )
    return mtc(
        "DirectVolumeMigrationProgress",
        "94e0921b2d50a5eb48d49fb38e6b53b6",
        metadata=owned("DirectVolumeMigration", "shop-1-5qpcn"),
        status={"conditions": [condition | {"lastTransitionTime": at}]},
    )


def roots(diagnoser: Diagnoser, *host: Thing, source: tuple[Thing, ...] = ()) -> list[str]:
    found = diagnoser(plane(*host, source=source), SHOP_1)
    return [f.entry.id for f in found.findings if not f.benign]


def test_a_transfer_that_lost_its_condition_in_an_outage_is_called_interrupted(
    diagnoser: Diagnoser,
) -> None:
    assert roots(diagnoser, *ended()) == ["dvm-interrupted"]


def test_a_cluster_that_refuses_the_token_after_the_end_is_not_the_cause(
    diagnoser: Diagnoser,
) -> None:
    assert roots(diagnoser, *ended(), refused("2026-03-01T11:50:00Z")) == ["dvm-interrupted"]


def test_one_that_refused_it_before_the_end_is(diagnoser: Diagnoser) -> None:
    assert "cluster-token-refused" in roots(diagnoser, *ended(), refused("2026-03-01T11:20:00Z"))


def event(reason: str, kind: str, message: str, at: str) -> Thing:
    pod = {"kind": "Pod", "name": "shop-cbfb8685f-glhd8", "namespace": "shop", "uid": "uid-gone"}
    parts = {"reason": reason, "type": kind, "message": message, "involvedObject": pod}
    return thing("v1", "Event", f"shop.{reason.lower()}", "shop", lastTimestamp=at, **parts)


WAITED = event(
    "FailedScheduling",
    "Warning",
    "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
    "2026-03-01T11:06:00Z",
)
PLACED = event(
    "Scheduled",
    "Normal",
    "Successfully assigned shop/shop-cbfb8685f-glhd8 to worker-1",
    "2026-03-01T11:06:01Z",
)


def test_a_pod_that_was_placed_and_scaled_away_says_nothing_of_claims(
    diagnoser: Diagnoser,
) -> None:
    assert roots(diagnoser, *ended(), source=(WAITED, PLACED)) == ["dvm-interrupted"]
    assert "unschedulable-unbound-claim" in roots(diagnoser, *ended(), source=(WAITED,))


def test_a_restored_pod_whose_claim_the_quota_refused_comes_after_the_quota(
    diagnoser: Diagnoser,
) -> None:
    refused = (
        'persistentvolumeclaims "orders" is forbidden: exceeded quota: small, requested: '
        "persistentvolumeclaims=1, used: persistentvolumeclaims=0, limited: "
        "persistentvolumeclaims=0"
    )
    waits = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": '0/1 nodes are available: persistentvolumeclaim "orders" not found. not found',
        "lastTransitionTime": "2026-03-01T11:29:00Z",
    }
    status = {"phase": "Pending", "conditions": [waits]}
    restored = thing("v1", "Pod", "shop-69fc4df8df-s6z7z", "shop", status=status)
    here = plane(*ended(refused, "CreateDestinationPVCs"), destination=[restored])
    found = diagnoser(here, SHOP_1)
    assert found.root is not None
    assert found.root.entry.id == "quota-exceeded"
    assert "pod-claim-missing" in {f.entry.id for f in found.root.symptoms}
