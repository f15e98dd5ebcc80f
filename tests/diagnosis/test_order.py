"""What leads: causes before what they cost, and what is critical before mere warnings.

In: matches of entries that differ in role and severity. Out: the findings, in order.
"""

from __future__ import annotations

import pytest
import yaml

from knowledge.authoring import Seen, draft
from knowledge.matching.engine import Match
from knowledge.observations import Observation
from knowledge.ranking import Ranked, rank
from knowledge.schema import Entry


def match(id: str, role: str, severity: str, confidence: float = 0.9) -> Match:
    told = yaml.safe_load(draft(id, Seen(f"the {id} has spoken")))
    entry = Entry.model_validate({**told, "role": role, "severity": severity})
    return Match(entry, Observation("log", f"the {id} has spoken", where=id), confidence=confidence)


def shown(found: tuple[Ranked, ...]) -> list[tuple[str, list[str]]]:
    return [(one.entry.id, [below.entry.id for below in one.symptoms]) for one in found]


DOWN = match("down", "symptom", "critical")


@pytest.mark.parametrize("severity", ["error", "critical"])
def test_what_a_failure_cost_stands_beneath_its_cause(severity: str) -> None:
    assert shown(rank([DOWN, match("why", "cause", severity)])) == [("why", ["down"])]


def test_what_is_critical_comes_before_a_cause_that_is_but_a_warning() -> None:
    found = rank([match("aside", "cause", "warning"), DOWN, match("vague", "symptom", "error")])
    assert shown(found) == [("down", []), ("aside", ["vague"])]


def test_a_hint_gathers_nothing_that_is_worse_than_itself() -> None:
    hint, vague, slight = (
        match("hint", "cause", "info"),
        match("vague", "symptom", "error"),
        match("slight", "symptom", "info"),
    )
    assert shown(rank([hint, DOWN, vague])) == [("down", []), ("vague", []), ("hint", [])]
    assert shown(rank([hint, slight])) == [("hint", ["slight"])]


def test_what_is_critical_leads_where_only_guesses_and_symptoms_are_left() -> None:
    others = [match("guess", "cause", "error", 0.4), match("vague", "symptom", "error")]
    assert [id for id, _ in shown(rank([*others, DOWN]))] == ["down", "vague", "guess"]
