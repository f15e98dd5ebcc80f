"""What is recorded of a fix in English is shown in Chinese, sentence by sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

import bot.remediation
from handlers.views.seen_words import seen
from tests.handlers.test_hostile import TEXT

HAN = re.compile(r"[\u4e00-\u9fff]")
MODULES = ("verifying", "waiting", "permitting", "running", "executing")
RECORDED = {
    "Verdict": 1, "NotPermitted": 0, "Hopeless": 0, "StepFailed": 0, "_seen": 1, "_fail": 2,
    "_put_off": 1,
}  # fmt: skip
"""What takes a sentence that is recorded in English, and as which argument."""
OF_MTC = {"1: 1", "1: Canceled", "1: Ready", "dism/1: Completed", "dism/1: 1", "1"}
"""MTC's own words, which are never translated."""


def sentence(node: ast.expr) -> str:
    """Return an example of what an expression may give; empty for one that is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(sentence(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return "1"
    return ""


def recorded() -> Iterator[str]:
    folder = Path(bot.remediation.__file__).parent
    for module in MODULES:
        for node in ast.walk(ast.parse((folder / f"{module}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                place = RECORDED.get(name, 99)
                if place < len(node.args):
                    yield sentence(node.args[place])


SENTENCES = sorted({each for each in recorded() if each} - OF_MTC)


def test_sentences_are_found_where_they_are_recorded() -> None:
    assert len(SENTENCES) > 35


@pytest.mark.parametrize("english", SENTENCES)
def test_each_sentence_is_shown_in_chinese(english: str) -> None:
    assert HAN.search(seen(english, "zh")), english
    assert seen(english, "en") == english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("orders-2: succeeded", "orders-2：成功"),
        ("orders-2: running, StageBackup (9/35)", "orders-2：运行中, StageBackup (9/35)"),
        (
            "orders-2: succeeded, yet dvm/x Failed",
            "orders-2：成功，但 dvm/x Failed",
        ),
        (
            "step 2 of 3 failed: did not come about in time: velero; what came before it was done "
            "and stays (steps 1 to 1)",
            "第 2/3 步失败：未在期限内达到：velero；此前的步骤（1 至 1）已执行并保留",
        ),
        ("not in time: pod/x on host is still there", "未在期限内：pod/x on host 仍存在"),
        (
            "step 1 of 1 failed: the deadline has passed; it was begun before, look whether it "
            "had an effect",
            "第 1/1 步失败：已超过期限；此前已开始执行，请确认是否已生效",
        ),
        ("dial tcp: i/o timeout", "dial tcp: i/o timeout"),
    ],
)
def test_sentences_within_sentences(english: str, chinese: str) -> None:
    assert seen(english, "zh") == chinese


@given(text=TEXT)
def test_any_text_is_shown(text: str) -> None:
    assert isinstance(seen(text, "zh"), str)
