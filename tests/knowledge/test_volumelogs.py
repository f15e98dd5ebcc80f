"""A volume that came right in the end is no failure, however often it was tried.

In: lines as kubelets and the controller manager write them. Out: the indices of those over.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.volumelogs import settled

HEAD = "E0709 18:35:52.303979       1 operation_generator.go:360] "
MULTI = (
    HEAD + 'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to node n2'
)
ATTACH = HEAD + 'AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = Internal'
MOUNT = HEAD + 'Error: MountVolume.SetUp failed for volume "pvc-1" : mount failed: exit status 32'
ATTACHED = HEAD + 'AttachVolume.Attach succeeded for volume "pvc-1" from node "n1"'
MOUNTED = HEAD + 'MountVolume.SetUp succeeded for volume "pvc-1" pod "web-0"'
STAGED = HEAD + 'MountVolume.MountDevice succeeded for volume "pvc-1" device mount path'


def test_what_failed_before_the_volume_was_attached_is_over() -> None:
    assert settled([MULTI, ATTACH, ATTACHED]) == {0, 1}


def test_what_fails_after_a_success_is_not_over() -> None:
    assert settled([ATTACHED, ATTACH]) == set()


def test_a_volume_that_is_attached_is_not_mounted_yet() -> None:
    assert settled([MOUNT, ATTACHED]) == set()
    assert settled([MOUNT, STAGED]) == set()
    assert settled([MOUNT, ATTACHED, MOUNTED]) == {0}


def test_another_volume_proves_nothing() -> None:
    assert settled([ATTACH, ATTACHED.replace("pvc-1", "pvc-2")]) == set()


def test_the_lines_of_a_node_s_journal_count_too() -> None:
    journal = "Jan 22 21:59:30 node1 hyperkube[35042]: "
    assert settled([journal + MOUNT, journal + MOUNTED]) == {0}


def test_rows_of_events_are_left_to_those_that_know_their_ages() -> None:
    rows = [line.removeprefix(HEAD) for line in (ATTACH, ATTACHED)]
    assert settled(rows) == set()


@given(st.lists(st.sampled_from([MULTI, ATTACH, MOUNT, ATTACHED, MOUNTED, STAGED]) | st.text()))
def test_only_failures_are_ever_over(lines: list[str]) -> None:
    assert all(lines[index] in {MULTI, ATTACH, MOUNT} for index in settled(lines))
