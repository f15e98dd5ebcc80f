"""What MTC warns of on something that is ready: told to who asks, and no reason to wake anybody.

In: a plan in memory with conditions as MTC sets them. Out: findings, and what an incident is
made of.
"""

from __future__ import annotations

import pytest

from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.incidents.causes import cause_of
from bot.mtc.outcome_words import Word
from tests.diagnosis.world import NOW, SHOP, SHOP_1, Thing, mtc, plan, plane, true
from tests.knowledge.builtin import builtin_engine

WARNING = true(
    "GVKsIncompatible",
    "Warn",
    "Some namespaces contain GVKs incompatible with destination cluster",
)


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW)


def ready(*more: Thing) -> Thing:
    return plan(conditions=[true("Ready", "Required"), *more])


def told(diagnosis: Diagnosis) -> list[str]:
    return [f.entry.id for f in diagnosis.findings if not f.benign]


def test_a_warning_on_a_plan_that_is_ready_is_told(diagnoser: Diagnoser) -> None:
    found = diagnoser(plane(ready(WARNING)), SHOP)
    assert (found.outcome.word, told(found)) == (Word.READY, ["migplan-gvks-incompatible"])


def test_a_warning_on_a_plan_that_is_ready_makes_no_incident(diagnoser: Diagnoser) -> None:
    assert cause_of(diagnoser(plane(ready(WARNING)), SHOP)) is None


def test_advice_on_a_plan_that_is_ready_is_not_told(diagnoser: Diagnoser) -> None:
    suspended = true("Suspended", message="The controller is suspended.")
    assert told(diagnoser(plane(ready(suspended)), SHOP)) == []


def test_a_migration_that_succeeded_is_quiet_whatever_its_plan_warns_of(
    diagnoser: Diagnoser,
) -> None:
    migration = mtc(
        "MigMigration",
        "shop-1",
        spec={"migPlanRef": {"name": "shop"}},
        status={
            "phase": "Completed",
            "itinerary": "Final",
            "startTimestamp": "2026-03-01T11:05:00Z",
            "conditions": [true("Succeeded", reason="Completed")],
        },
    )
    found = diagnoser(plane(migration, ready(WARNING)), SHOP_1)
    assert (found.outcome.word, told(found)) == (Word.SUCCEEDED, [])
