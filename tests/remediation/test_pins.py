"""What of a patch is there already, as an API server shows it."""

from __future__ import annotations

import pytest

from bot.clusters.port import Json
from bot.remediation.pins import already, taken_back

NOTES = {"metadata": {"annotations": {"note": None}}}


@pytest.mark.parametrize("metadata", [{}, {"annotations": {}}, {"annotations": {"other": "1"}}])
def test_a_field_that_was_removed_is_gone_also_where_its_map_is(metadata: Json) -> None:
    assert already({"metadata": metadata}, NOTES)
    assert not already({"metadata": {"annotations": {"note": "1"}}}, NOTES)


def test_a_field_that_was_set_is_not_there_where_its_map_is_not() -> None:
    assert not already({"spec": {}}, {"spec": {"store": {"bundle": "x"}}})
    assert not already({}, {"metadata": {"labels": {"a": "b"}}})


def test_a_refresh_beside_other_fields_does_not_count_and_alone_it_is_taken_back() -> None:
    bundle = {"spec": {"caBundle": "x", "refresh": True}}
    assert already({"spec": {"caBundle": "x"}}, bundle)
    assert not taken_back(bundle)
    assert taken_back({"spec": {"refresh": True}})
