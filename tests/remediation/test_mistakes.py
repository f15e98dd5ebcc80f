"""A wrong parameter is said in both languages, whatever is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from bot.remediation.actions.base import Action
from bot.remediation.mistakes import _OTHER, FORMS, Mistake, mistakes
from bot.remediation.registry import ACTIONS

HAN = re.compile(r"[\u4e00-\u9fff]")
ODD: tuple[Any, ...] = (
    None, "", "soon", "x" * 20_000, "-1", -1, 0, 10**30, "9" * 5_000, 1.5, True, "!", [], ["!"],
    ["x" * 400], [0], [1] * 50, {}, "1Mi", "1m", "-----BEGIN PRIVATE KEY-----",
)  # fmt: skip


def wrong(action: Action[Any], given: dict[str, Any]) -> tuple[Mistake, ...]:
    try:
        action.params.model_validate(given)
    except ValidationError as error:
        return mistakes(error)
    return ()


def odd_ones(action: Action[Any]) -> Iterator[dict[str, Any]]:
    yield {}
    yield {"no_such_parameter": 1}
    for name in action.params.model_fields:
        yield from ({name: value} for value in ODD)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))
def test_every_mistake_says_in_both_languages_what_is_wanted(action: Action[Any]) -> None:
    for given in odd_ones(action):
        for mistake in wrong(action, given):
            assert HAN.search(mistake.wanted.zh)
            assert not HAN.search(mistake.wanted.en)
            assert mistake.wanted != _OTHER, (given, mistake)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))
def test_every_parameter_with_a_pattern_has_its_form_described(action: Action[Any]) -> None:
    schema = action.params.model_json_schema()
    patterned = {n for n, part in schema.get("properties", {}).items() if "'pattern'" in str(part)}
    assert patterned <= set(FORMS)


def test_what_was_typed_is_not_repeated() -> None:
    (mistake,) = wrong(ACTIONS["set-restic-timeout"], {"timeout": "sha256~secret"})
    assert "secret" not in str(mistake)
    assert mistake.field == "timeout"


@pytest.mark.parametrize(
    ("action", "given", "en", "zh"),
    [
        ("set-restic-timeout", {"timeout": "soon"}, "as 8h", "如 8h"),
        ("set-restic-supplemental-groups", {"groups": [0]}, "At least 1.", "不得小于 1。"),
        ("set-plan-limits", {"pods": 10**6}, "At most 10000.", "不得大于 10000。"),
        ("rerun-migration", {"run": "x"}, "'stage', 'cutover' or", "'cutover' 或 'state-"),
        ("set-cluster-ca-bundle", {"pem": "x"}, "not certificates", "不是 PEM 格式"),
        ("set-rsync-options", {}, "at least one option", "至少填写一项"),
    ],
)
def test_it_says_what_helps(action: str, given: dict[str, Any], en: str, zh: str) -> None:
    mistake, *_ = wrong(ACTIONS[action], given)
    assert en in mistake.wanted.en
    assert zh in mistake.wanted.zh
