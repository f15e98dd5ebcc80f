"""The catalogue of sentences: whole in both languages, and all of it used."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import handlers
from bot.mtc.outcome_words import Word
from handlers.views.words import CATALOGUE, name_of, say

SOURCES = Path(handlers.__file__).parent
HAN = re.compile(r"[\u4e00-\u9fff]")
SAME_IN_BOTH = {"in_brackets", "story.forgotten.title", "labelled", "preflight.open"}
NAMED = (
    "outcome",
    "severity",
    "step",
    "cluster",
    "param",
    "risk",
    "step_state",
    "request",
    "role",
    "hint",
    "verdict",
    "masked",
)
"""Groups whose words are found by a value of the application."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", CATALOGUE)
def test_sentence_has_the_same_placeholders_in_both_languages(key: str) -> None:
    english, chinese = CATALOGUE[key]
    assert placeholders(english) == placeholders(chinese)


@pytest.mark.parametrize("key", sorted(set(CATALOGUE) - SAME_IN_BOTH))
def test_chinese_sentence_is_chinese(key: str) -> None:
    english, chinese = CATALOGUE[key]
    assert HAN.search(chinese)
    assert not HAN.search(english)


def test_every_sentence_is_used_somewhere() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in SOURCES.rglob("*.py"))
    for words in ("words.py", "remedy_words.py", "trouble_words.py"):
        code = code.replace((SOURCES / "views" / words).read_text(encoding="utf-8"), "")
    named = r"""f["']{}\.\{{"""
    unused = [
        key
        for key in CATALOGUE.keys() - {"labelled"}  # by ``pair``
        if f'"{key}"' not in code
        and f"'{key}'" not in code
        and not re.search(named.format(re.escape(key.partition(".")[0])), code)
        and key.split(".")[0] not in NAMED
    ]
    assert unused == []


def test_every_outcome_has_a_word() -> None:
    assert all(f"outcome.{word}" in CATALOGUE for word in Word)


def test_value_without_a_word_stays_as_it_is() -> None:
    assert name_of("zh", "outcome", "exploded") == "exploded"


def test_values_are_never_taken_as_templates() -> None:
    assert say("en", "unknown.name", name="{lang.__class__}") == (
        "Nothing here is called {lang.__class__}."
    )
