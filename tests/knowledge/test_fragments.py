"""Pieces of objects tell what the whole objects would.

In: what people cut out of a screen, without its braces or the object around it. Out: the first
finding of the built-in entries, or none for what is in order.
"""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.fragments import closed, whole
from knowledge.matching.engine import Engine
from knowledge.pasting import match_text
from knowledge.ranking import rank
from tests.knowledge.builtin import builtin_engine


@cache
def engine() -> Engine:
    return builtin_engine()


def first(text: str, kind: str = "") -> str:
    findings = rank(match_text(engine(), text.encode(), kind))
    return findings[0].entry.id if findings else ""


MEMBERS = """\
"lastState": {
    "terminated": {"exitCode": 137, "reason": "OOMKilled"}
},
"name": "restic",
"""
AFTER_ITS_BRACE = """\
    "conditions": [
        {"message": "0/3 nodes are available: 3 Insufficient memory.",
         "reason": "Unschedulable", "status": "False", "type": "PodScheduled"}
    ],
    "phase": "Pending"
}
"""
SEVERAL = """\
{"name": "a", "state": {"running": {}}},
{"name": "b", "state": {"waiting": {"reason": "CreateContainerConfigError"}}},
"""
YAML = """\
terminated:
  exitCode: 2
  reason: Error
"""
DESCRIBED = """\
    State:          Terminated
      Reason:       Error
      Exit Code:    1
      Started:      Mon, 02 Jan 2023 10:00:00 +0000
"""


@pytest.mark.parametrize(
    ("piece", "entry"),
    [
        (MEMBERS, "container-out-of-memory"),
        (AFTER_ITS_BRACE, "unschedulable-insufficient"),
        (SEVERAL, "container-config-error"),
        (YAML, "container-failed"),
        ("status:\n  state:\n    waiting: {reason: RunContainerError}\n", "container-cannot-start"),
        (DESCRIBED, "container-failed"),
        (DESCRIBED.replace("State:", "Last State:"), "container-failed"),
    ],
)
def test_a_piece_tells_what_the_object_would(piece: str, entry: str) -> None:
    assert first(piece) == entry


def test_how_a_container_ended_before_is_no_failure_while_it_runs() -> None:
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    assert first(json.dumps({"state": {"running": {}}, "lastState": ended})) == ""
    described = DESCRIBED.replace("State:", "Last State:")
    for kind in ("", "pod-status"):
        assert first(f"    State:          Running\n{described}", kind) == ""


def test_what_ended_well_is_no_failure() -> None:
    assert first("terminated:\n  exitCode: 0\n  reason: Completed\n") == ""


FAILED = """\
conditions:
- {category: Advisory, message: 'The migration has failed.  See: Errors.', status: "True",
   type: Failed}
"""


@pytest.mark.parametrize(
    ("field", "entries"),
    [
        ("failedPods: [{name: a-rsync-transfer, namespace: shop}]", ["dvm-failed"]),
        ("failedISs: [{name: web, namespace: shop}]", ["dim-failed"]),
        ("pipeline: [{name: Backup, phase: Completed}]", ["migmigration-failed"]),
    ],
)
def test_fields_of_a_status_tell_what_it_is_the_status_of(field: str, entries: list[str]) -> None:
    status = f"{FAILED}{field}\n"
    for text in (status, "status:\n" + "".join(f"  {line}\n" for line in status.splitlines())):
        found = rank(match_text(engine(), text.encode()))
        assert [finding.entry.id for finding in found] == entries


@pytest.mark.parametrize(
    ("piece", "entry"),
    [
        (
            "status:\n  phase: PartiallyFailed\n  progress: {itemsBackedUp: 9}\n",
            "velero-backup-failed",
        ),
        ("phase: PartiallyFailed\nprogress: {itemsRestored: 9}\n", "velero-restore-failed"),
        ("status:\n  phase: Completed\n  progress: {itemsRestored: 9}\n", ""),
        ("phase: Unavailable\nlastValidationTime: '2024-10-25T08:34:26Z'\n", "bsl-unavailable"),
        (
            "status:\n  conditions:\n  - {type: Reconciled, status: 'False', message: odd}\n",
            "dpa-not-reconciled",
        ),
        (
            "  Message:  odd\n  Reason:   Error\n  Status:   False\n  Type:     Reconciled\n",
            "dpa-not-reconciled",
        ),
        ("  Message:  fine\n  Status:   True\n  Type:     Reconciled\n", ""),
        (
            "status:\n  conditions:\n  - {type: Reconciled, status: 'False',\n"
            "     message: 'Secret \"cloud-credentials\" not found'}\n",
            "store-credentials-missing",
        ),
    ],
)
def test_what_velero_and_oadp_say_of_themselves_is_known_by_its_fields(
    piece: str, entry: str
) -> None:
    assert first(piece) == entry


def test_a_pipeline_of_something_else_is_no_migration() -> None:
    piece = {"pipeline": {"agent": "any"}, "kind": "Jenkinsfile"}
    assert whole(piece) == piece
    assert whole({"pipeline": [], "stages": []}) == {"pipeline": [], "stages": []}


@given(
    st.dictionaries(
        st.text(alphabet="abcdef", min_size=1),
        st.recursive(
            st.integers() | st.text(),
            lambda v: st.lists(v) | st.dictionaries(st.text(), v),
            max_leaves=6,
        ),
        min_size=1,
    )
)
def test_json_without_its_braces_is_made_whole(members: dict[str, object]) -> None:
    text = json.dumps(members)
    assert json.loads(closed(text[1:-1])) == members
    assert json.loads(closed(text[1:])) == members
    assert json.loads(closed(text)) == members


@given(st.text(alphabet='{}[]",: \\ab1\n', max_size=80))
def test_odd_text_does_no_harm(text: str) -> None:
    assert isinstance(closed(text), str)
    match_text(engine(), text.encode())


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda v: (
            st.lists(v)
            | st.dictionaries(st.sampled_from(["state", "lastState", "terminated", "kind", "x"]), v)
        ),
    )
)
def test_odd_values_do_no_harm(value: object) -> None:
    whole(value)
