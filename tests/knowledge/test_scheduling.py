"""A pod that no node takes: the reason of most nodes is told first."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.matching.scheduling import most_nodes
from knowledge.observing import observe_line
from knowledge.ranking import Ranked, rank
from tests.knowledge.builtin import builtin_engine

MASTERS = "3 node(s) had untolerated taint {node-role.kubernetes.io/master: }"


def first(reasons: str) -> Ranked:
    said = f"0/9 nodes are available: {reasons}. preemption: 9 Insufficient cpu."
    return rank(builtin_engine().match([observe_line(said, "event")]))[0]


@pytest.mark.parametrize(
    ("reasons", "entry"),
    [
        (f"1 Too many pods, 5 Insufficient cpu, {MASTERS}", "unschedulable-insufficient"),
        (f"1 Insufficient cpu, 5 Too many pods, {MASTERS}", "unschedulable-too-many-pods"),
        (
            f"1 node(s) had volume node affinity conflict, 5 Insufficient memory, {MASTERS}",
            "unschedulable-insufficient",
        ),
        (
            f"2 Insufficient memory, 4 node(s) had volume node affinity conflict, {MASTERS}",
            "unschedulable-volume-zone",
        ),
        (f"{MASTERS}, 6 node(s) exceed max volume count", "unschedulable-volume-limit"),
        (
            "1 node(s) had untolerated taint {node.kubernetes.io/network-unavailable: }, "
            "8 node(s) exceed max volume count",
            "unschedulable-volume-limit",
        ),
    ],
)
def test_the_reason_of_most_nodes_leads(reasons: str, entry: str) -> None:
    assert first(reasons).entry.id == entry


def test_what_most_nodes_lack_is_named() -> None:
    assert first("1 Insufficient memory, 5 Insufficient cpu").params["resource"] == "cpu"


def test_what_preemption_would_need_counts_for_nothing() -> None:
    found = most_nodes(
        re.compile("Insufficient cpu"),
        "0/9 nodes are available: 9 Too many pods. preemption: 9 Insufficient cpu.",
    )
    assert found is None


@given(st.text(), st.integers(min_value=0, max_value=999_999))
def test_odd_messages_are_taken_as_they_are(text: str, count: int) -> None:
    said = f"0/6 nodes are available: {text} {count} Too many pods"
    found = most_nodes(re.compile("Too many pods"), said)
    if "preemption: " not in said.lower() and "nodes are available" not in text.lower():
        assert found is not None
        assert found[1] <= 0.95
