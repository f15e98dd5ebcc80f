"""Plans that wait for more than one thing, with the conditions that mig-controller sets on them.

In: a migration that waits for its plan, and the plan's conditions word for word. Out: what leads.
"""

from __future__ import annotations

import pytest

from bot.diagnosis.diagnosing import Diagnoser
from tests.diagnosis.world import NOW, SHOP_1, Thing, mtc, plan, plane, true
from tests.knowledge.builtin import builtin_engine

CONFLICT = true(
    "PlanConflict", "Error", "The migration plan is in conflict with [other].", "Conflict"
)


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def waiting() -> Thing:
    blocked = true(
        "PlanNotReady",
        "Critical",
        "The referenced `migPlanRef` does not have a `Ready` condition, subject: "
        "openshift-migration/shop.",
    )
    reference = {"migPlanRef": {"name": "shop", "namespace": "openshift-migration"}}
    return mtc("MigMigration", "shop-1", spec=reference, status={"conditions": [blocked]})


@pytest.mark.parametrize(
    ("kind", "reason", "message", "leads"),
    [
        (
            "InvalidStorageRef",
            "NotFound",
            "The `spec.migStorageRef` must reference a valid `migstorage`, subject: "
            "openshift-migration/absent.",
            "migplan-storage-ref-invalid",
        ),
        (
            "NamespaceNotFoundOnSourceCluster",
            "NotFound",
            "Namespaces [shop] not found on the source cluster.",
            "migplan-namespace-not-on-source",
        ),
        (
            "DuplicateNamespaceOnSourceCluster",
            "DuplicateNamespaces",
            "Duplicate source cluster namespaces [shop] in migplan.",
            "migplan-duplicate-namespaces",
        ),
    ],
)
def test_what_is_critical_in_a_plan_leads_its_quarrel_with_another_plan(
    diagnoser: Diagnoser, kind: str, reason: str, message: str, leads: str
) -> None:
    critical = true(kind, "Critical", message, reason)
    found = diagnoser(plane(waiting(), plan(conditions=[CONFLICT, critical])), SHOP_1)
    causes = [f.entry.id for f in found.findings if f.entry.role == "cause"]
    assert causes == [leads, "migplan-conflict"]


def test_a_quarrel_alone_leads(diagnoser: Diagnoser) -> None:
    found = diagnoser(plane(waiting(), plan(conditions=[CONFLICT])), SHOP_1)
    assert found.root is not None
    assert found.root.entry.id == "migplan-conflict"
