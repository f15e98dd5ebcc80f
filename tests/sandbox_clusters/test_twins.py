"""Look-alikes: told as their twins are, one fact apart, and with another right answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.scenarios.loading import folder, parse_scenario
from sandbox.scenarios.schema import Scenario
from tests.sandbox_clusters.conftest import SCENARIOS, scenario

LOOK_ALIKES = [story for story in SCENARIOS if story.twin is not None]
TWIN = """
id: first
title: {en: one, zh: 一}
because: nothing
apps: [{name: shop}]
runs: [{name: shop-1}]
changes:
- {at: 1, logs: [{component: velero, lines: ['shop: no space left, workshop']}]}
passes: true
expect: {target: shop-1, finding: store-full, outcome: failed, mended: [shop-2]}
"""
LIKE = """
id: second
like: first
title: {en: two, zh: 二}
because: something
names: {shop: store}
instead: {no space left: access denied}
changes:
- {at: 2, logs: [{component: velero, lines: ['{app} again']}]}
expect: {target: store-1, finding: null, outcome: succeeded}
"""


def told(folder: Path, like: str = LIKE, twin: str = TWIN) -> Scenario:
    (folder / "first.yaml").write_text(twin, encoding="utf-8")
    path = folder / "second.yaml"
    path.write_text(like, encoding="utf-8")
    return parse_scenario(path)


@pytest.mark.parametrize("story", LOOK_ALIKES, ids=lambda story: str(story.id))
def test_a_look_alike_has_another_root_cause_than_its_twin(story: Scenario) -> None:
    assert story.expect.finding != scenario(str(story.twin)).expect.finding


def test_there_are_enough_look_alikes_and_healthy_ones_among_them() -> None:
    assert len(LOOK_ALIKES) >= 30
    healthy = [story for story in LOOK_ALIKES if story.expect.finding is None]
    assert len(healthy) >= 4


def test_names_are_given_as_whole_words_and_texts_wherever_they_stand(tmp_path: Path) -> None:
    story = told(tmp_path)
    assert (story.twin, story.apps[0].name, story.runs[0].name) == ("first", "store", "store-1")
    lines = [log.lines for change in story.changes for log in change.logs]
    assert lines == [("store: access denied, workshop",), ("{app} again",)]


def test_how_a_twin_ends_well_is_not_taken_over(tmp_path: Path) -> None:
    story = told(tmp_path)
    assert not story.passes
    assert story.expect.mended == ()


@pytest.mark.parametrize(
    ("like", "why"),
    [
        (LIKE.replace("shop: store", "barn: store"), "barn"),
        (LIKE.replace("no space left", "no room left"), "no room left"),
        (LIKE.replace("like: first", "like: nobody"), "nobody"),
        (LIKE.replace("like: first", "like: second"), "look-alike itself"),
        ("- a list", "no scenario"),
    ],
)
def test_what_its_twin_does_not_have_is_an_error_that_names_the_file(
    tmp_path: Path, like: str, why: str
) -> None:
    with pytest.raises(ValueError, match=rf"second\.yaml(?s:.*){why}"):
        told(tmp_path, like)


def test_every_twin_is_a_scenario_of_its_own() -> None:
    known = {story.id for story in SCENARIOS if story.twin is None}
    assert {story.twin for story in LOOK_ALIKES} <= known
    assert all((folder() / f"{story.id}.yaml").exists() for story in LOOK_ALIKES)
