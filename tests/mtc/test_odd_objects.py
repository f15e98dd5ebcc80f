"""Objects with missing, wrong-typed or enormous fields: defaults, never an exception."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.mtc import models
from bot.mtc.graph import MigrationObjects, scaled_down, sibling
from bot.mtc.models import parse, read
from bot.mtc.models.base import Object
from bot.mtc.outcome import outcome

KINDS: list[type[Object]] = [
    getattr(models, name)
    for name in models.__all__
    if isinstance(getattr(models, name), type) and issubclass(getattr(models, name), Object)
]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

KEYS = st.sampled_from(
    [
        "kind",
        "metadata",
        "name",
        "uid",
        "labels",
        "annotations",
        "ownerReferences",
        "spec",
        "status",
        "conditions",
        "type",
        "phase",
        "pipeline",
        "errors",
        "rsyncOperations",
        "failedPods",
        "pvcReference",
        "migPlanRef",
        "persistentVolumes",
        "selection",
        "namespaces",
        "creationTimestamp",
        "lastTransitionTime",
        "currentAttempt",
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(max_size=40),
    st.sampled_from(["True", "Completed", "Failed", "2026-03-01T11:00:00Z", "9" * 5000]),
)
ODD = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=30,
)


@pytest.mark.parametrize("model", KINDS, ids=lambda m: m.__name__)
@settings(max_examples=60, deadline=None)
@given(obj=ODD)
def test_anything_can_be_read_as_any_kind(model: type[Object], obj: Any) -> None:
    assert isinstance(read(model, obj), model)


@settings(max_examples=300, deadline=None)
@given(migration=ODD, plan=ODD, transfer=ODD, workloads=st.lists(ODD, max_size=3))
def test_anything_has_an_outcome(
    migration: Any, plan: Any, transfer: Any, workloads: list[Any]
) -> None:
    one = read(models.MigMigration, migration)
    objects = MigrationObjects(
        one,
        read(models.MigPlan, plan),
        (sibling(one),),
        (read(models.DirectVolumeMigration, transfer),),
        source_workloads=tuple(w for w in workloads if isinstance(w, dict)),
    )
    assert outcome(objects, NOW).word


@given(st.lists(ODD, max_size=3))
def test_any_workload_can_be_asked_whether_it_is_down(workloads: list[Any]) -> None:
    found = scaled_down([w for w in workloads if isinstance(w, dict)])
    assert all(isinstance(name, str) for name in found)


def test_one_wrong_field_costs_only_itself() -> None:
    got, problems = parse(
        models.MigMigration,
        {
            "metadata": {"name": "shop-1", "labels": ["not", "a", "mapping"]},
            "spec": {"stage": "perhaps", "migPlanRef": {"name": "shop"}},
            "status": {"phase": "Completed", "conditions": [{"type": "Failed"}, 7, None]},
        },
    )
    assert (got.name, got.spec.mig_plan_ref.name, got.status.phase) == (
        "shop-1",
        "shop",
        "Completed",
    )
    assert [c.type for c in got.status.conditions] == ["Failed"]
    assert any("labels" in problem for problem in problems)
    assert any("stage" in problem for problem in problems)
