"""Evidence that speaks against a finding: less confidence, and it is shown.

In: clusters in memory with a transfer pod that no node takes. Out: the findings.
"""

from __future__ import annotations

import pytest
import yaml

from bot.cli.rendering import diagnosis_json, diagnosis_page
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis, Finding
from knowledge.authoring import Seen, draft
from knowledge.contradicting import FACTOR
from knowledge.linting import lint
from knowledge.loading import Entries, parse_entry
from knowledge.matching.engine import Match
from knowledge.observations import Observation
from knowledge.ranking import rank
from knowledge.schema import Entry
from tests.diagnosis.world import (
    NOW,
    SHOP_1,
    Thing,
    failed,
    going,
    plan,
    plane,
    pod,
    thing,
    true,
)
from tests.knowledge.builtin import builtin_engine

SELECTOR = "3 node(s) didn't match Pod's node affinity/selector"
CPU = "3 Insufficient cpu"


def waiting() -> Thing:
    blocked = true("DirectVolumeMigrationBlocked", "Critical", "not started")
    return going("WaitForDirectVolumeMigrationToComplete", blocked)


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
    return Diagnoser(builtin_engine(), lambda: NOW)


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


TAINT = "2 node(s) had untolerated taint {dedicated: batch}"
EAST = {"openshift.io/node-selector": "region=east"}


def namespace(**annotations: str) -> Thing:
    return thing("v1", "Namespace", "shop", "", metadata={"annotations": annotations})


def node(**labels: str) -> Thing:
    return thing("v1", "Node", "worker-2", "", metadata={"labels": labels})


def look_at_selectors(diagnoser: Diagnoser, message: str, there: Thing, a_node: Thing) -> Diagnosis:
    destination = [server(message), there, a_node]
    source = [namespace(**EAST)]
    return diagnoser(plane(waiting(), plan(), source=source, destination=destination), SHOP_1)


def test_a_selector_that_fits_nodes_leaves_the_lead_to_what_keeps_the_pod_from_them(
    diagnoser: Diagnoser,
) -> None:
    message = f"{TAINT}, {SELECTOR}"
    found = look_at_selectors(diagnoser, message, namespace(**EAST), node(region="east"))
    assert found.root is not None
    assert found.root.entry.id == "unschedulable-taint"
    doubted = selector_finding(found)
    assert any("worker-2" in quote.text for quote in doubted.against)
    missing = look_at_selectors(diagnoser, message, namespace(), node(region="east"))
    assert missing.root is not None
    assert missing.root.entry.id == "dvm-node-selector-missing"


def test_a_selector_that_fits_no_node_is_named_as_such(diagnoser: Diagnoser) -> None:
    found = look_at_selectors(diagnoser, SELECTOR, namespace(**EAST), node(region="west"))
    assert found.root is not None
    assert found.root.entry.id == "node-selector-matches-no-node"
    assert "dvm-node-selector-missing" in {f.entry.id for f in found.root.symptoms}


def test_what_is_doubted_supersedes_nothing_and_explains_no_surer_cause() -> None:
    base = yaml.safe_load(draft("vague", Seen("the lattice has inverted")))
    sure = Entry.model_validate({**base, "id": "sure", "title": {"en": "s", "zh": "定"}})
    over = {"supersedes": ["sure"], "explains": ["sure"]}
    vague = Entry.model_validate({**base, **over})
    seen = Observation("log", "the lattice has inverted", where="velero:1")
    plain = rank([Match(vague, seen, confidence=0.9), Match(sure, seen, confidence=0.8)])
    assert [r.entry.id for r in plain] == ["vague"]
    doubted = Match(vague, seen, confidence=0.6, doubted=True)
    found = rank([doubted, Match(sure, seen, confidence=0.8)])
    assert [(r.entry.id, r.symptoms) for r in found] == [("sure", ()), ("vague", ())]
    surer = Match(vague, seen, confidence=0.9, doubted=True)
    assert [r.entry.id for r in rank([surer, Match(sure, seen, confidence=0.8)])] == ["vague"]


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


def test_an_image_that_the_application_would_lack_leads_over_no_application_that_is_down(
    diagnoser: Diagnoser,
) -> None:
    stopped = {"annotations": {"migration.openshift.io/preQuiesceReplicas": "1"}}
    web = thing("apps/v1", "Deployment", "web", "shop", metadata=stopped, spec={"replicas": 0})
    image = {"kind": "ImageStreamTag", "namespace": "openshift", "name": "nodejs:8"}
    strategy = {"type": "Source", "sourceStrategy": {"from": image}}
    build = thing(
        "build.openshift.io/v1", "BuildConfig", "web", "shop", spec={"strategy": strategy}
    )
    stream = thing(
        "image.openshift.io/v1",
        "ImageStream",
        "nodejs",
        "openshift",
        status={"tags": [{"tag": "18-ubi8"}]},
    )
    clusters = plane(failed("odd"), plan(), source=[web, build], destination=[stream])
    found = diagnoser(clusters, SHOP_1)
    assert found.root is not None
    assert found.root.entry.id == "source-workloads-scaled-down"
    (missing,) = [f for f in found.findings if f.entry.id == "deprecated-internal-image"]
    assert missing.against
