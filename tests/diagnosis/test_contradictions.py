"""Evidence that speaks against a finding: less confidence, and it is shown.

In: clusters in memory with a transfer pod that no node takes. Out: the findings.
"""

from __future__ import annotations

import pytest

from bot.cli.rendering import diagnosis_json, diagnosis_page
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis, Finding
from knowledge.authoring import Seen, draft
from knowledge.contradicting import FACTOR
from knowledge.linting import lint
from knowledge.loading import Entries, load_builtin, parse_entry
from knowledge.matching.engine import Engine
from knowledge.schema import Entry
from tests.diagnosis.world import NOW, SHOP_1, Thing, mtc, plan, plane, pod, true

SELECTOR = "3 node(s) didn't match Pod's node affinity/selector"
CPU = "3 Insufficient cpu"


def waiting() -> Thing:
    phase = "WaitForDirectVolumeMigrationToComplete"
    return mtc(
        "MigMigration",
        "shop-1",
        spec={"migPlanRef": {"name": "shop"}},
        status={
            "phase": phase,
            "itinerary": "Final",
            "startTimestamp": "2026-03-01T11:05:00Z",
            "conditions": [
                true("Running", reason=phase),
                true("DirectVolumeMigrationBlocked", "Critical", "not started"),
            ],
        },
    )


def server(message: str) -> Thing:
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": f"0/6 nodes are available: {message}.",
        "lastTransitionTime": "2026-03-01T11:30:00Z",
    }
    owner = {"labels": {"owner": "directvolumemigration"}}
    status = {"phase": "Pending", "conditions": [condition]}
    return pod("rsync-server", "shop", metadata=owner, status=status)


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(Engine(load_builtin().by_id.values()), lambda: NOW)


def selector_finding(found: Diagnosis) -> Finding:
    def below(findings: tuple[Finding, ...]) -> list[Finding]:
        return [each for f in findings for each in (f, *below(f.symptoms))]

    (one,) = [f for f in below(found.findings) if f.entry.id == "dvm-node-selector-missing"]
    return one


def look(diagnoser: Diagnoser, message: str) -> Diagnosis:
    return diagnoser(plane(waiting(), plan(), destination=[server(message)]), SHOP_1)


def test_a_fact_that_speaks_against_it_lowers_the_confidence_and_is_shown(
    diagnoser: Diagnoser,
) -> None:
    sure = selector_finding(look(diagnoser, SELECTOR))
    found = look(diagnoser, f"{CPU}, {SELECTOR}")
    doubted = selector_finding(found)
    assert sure.against == ()
    assert doubted.confidence == pytest.approx(sure.confidence * FACTOR, abs=0.05)
    assert any(CPU in quote.text for quote in doubted.against)
    assert found.root is not None
    assert found.root.entry.id == "unschedulable-insufficient"


def test_both_languages_show_what_speaks_against_it(diagnoser: Diagnoser) -> None:
    found = look(diagnoser, f"{CPU}, {SELECTOR}")
    shown = str(diagnosis_json(found, "en"))
    assert "'against': [{" in shown
    assert "but: " in diagnosis_page(found, "en")
    assert "但是：" in diagnosis_page(found, "zh")


def test_a_contradiction_that_cannot_be_compiled_is_an_error_of_its_entry() -> None:
    page = draft("lattice", Seen("the lattice has inverted"))
    page += "contradicted_by:\n  - signature: {pattern: '(lattice)\\1+'}\n"
    parsed = parse_entry(page, "x")
    assert isinstance(parsed, Entry)
    assert any("compiled" in c.what.en for c in lint(Entries({"lattice": parsed})))
