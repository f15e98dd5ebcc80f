"""Answers of probes: which entry one leads to, and what it gathers.

In: observations of kind ``probe`` as the diagnosis makes them. Out: ranked findings.
"""

from __future__ import annotations

import pytest

from knowledge.matching.engine import Engine
from knowledge.observations import Observation
from knowledge.ranking import Ranked, rank
from tests.knowledge.builtin import builtin_engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return builtin_engine()


def answers(engine: Engine, *fields: dict[str, str]) -> tuple[Ranked, ...]:
    return rank(
        engine.match(
            Observation("probe", each.get("text", ""), where=str(number), fields=each)
            for number, each in enumerate(fields)
        )
    )


@pytest.mark.parametrize(
    ("phase", "waiting_for", "entry"),
    [
        ("EnsureSrcQuiesced", "", "stalled-quiesce"),
        ("EnsureQuiesced", "", "stalled-quiesce"),
        ("EnsureStageBackupReplicated", "", "stalled-backup-sync"),
        ("StagePodsCreated", "", "stalled-stage-pods"),
        (
            "WaitForDirectVolumeMigrationToComplete",
            "WaitForRsyncTransferPodsRunning",
            "stalled-transfer-pod",
        ),
        ("WaitForDirectVolumeMigrationToComplete", "EnsureRsyncRouteAdmitted", "stalled-route"),
        (
            "WaitForDirectVolumeMigrationToComplete",
            "WaitForRsyncClientPodsCompleted",
            "stalled-rsync",
        ),
        ("CleanStaleAnnotations", "", "phase-stalled"),
    ],
)
def test_a_stalled_phase_says_what_it_waits_for(
    engine: Engine, phase: str, waiting_for: str, entry: str
) -> None:
    found = answers(
        engine,
        {"name": "stalled-phase", "phase": phase, "waiting_for": waiting_for, "minutes": "9"},
    )
    assert [f.entry.id for f in found] == [entry]
    assert found[0].params["phase"] == phase


def test_a_selector_that_differs_explains_the_stall(engine: Engine) -> None:
    found = answers(
        engine,
        {
            "name": "stalled-phase",
            "phase": "WaitForDirectVolumeMigrationToComplete",
            "waiting_for": "WaitForRsyncTransferPodsRunning",
        },
        {"name": "node-selector-differs", "selector": "region=east", "target_namespace": "shop"},
    )
    assert [f.entry.id for f in found] == ["dvm-node-selector-missing"]
    assert [s.entry.id for s in found[0].symptoms] == ["stalled-transfer-pod"]


def test_the_text_of_an_answer_is_searched_too(engine: Engine) -> None:
    found = answers(
        engine,
        {
            "name": "cluster-unreadable",
            "role": "source",
            "text": "x509: certificate signed by unknown authority",
        },
    )
    assert [f.entry.id for f in found] == ["x509-unknown-authority"]
    assert [s.entry.id for s in found[0].symptoms] == ["cluster-unreadable"]


def test_lost_volumes_come_before_every_lesser_trouble(engine: Engine) -> None:
    found = answers(
        engine,
        {"name": "uid-range-collision", "target_namespace": "shop"},
        {"name": "volumes-not-copied", "volumes": "shop/db", "said": "Succeeded"},
    )
    assert found[0].entry.id == "volumes-not-copied"
    assert found[0].entry.severity == "critical"
