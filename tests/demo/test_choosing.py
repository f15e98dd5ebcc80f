"""Which scenarios a demo plays, and when each begins."""

from __future__ import annotations

import pytest

from sandbox.scenarios.loading import load_scenarios
from sandbox.touring import chosen, load_tour, tours


def test_scenarios_begin_one_after_the_other() -> None:
    assert chosen(["hook-failed", "canceled-in-mid-run"]) == {
        "hook-failed": 0.0,
        "canceled-in-mid-run": 10.0,
    }


def test_one_that_is_about_waiting_has_waited_already() -> None:
    assert chosen(["node-selector-missing"]) == {"node-selector-missing": -420.0}


def test_it_can_be_said_when_one_begins() -> None:
    assert chosen(["hook-failed@-90", "canceled-in-mid-run@2.5"]) == {
        "hook-failed": -90.0,
        "canceled-in-mid-run": 2.5,
    }


@pytest.mark.parametrize("odd", ["nope", "hook-failed@soon", "@5", ""])
def test_what_is_not_there_is_refused(odd: str) -> None:
    with pytest.raises(KeyError):
        chosen([odd])


@pytest.mark.parametrize("tour", tours())
def test_every_tour_is_made_of_scenarios(tour: str) -> None:
    assert set(load_tour(tour)) <= {scenario.id for scenario in load_scenarios()}


def test_a_tour_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        load_tour("../tours/demo")
