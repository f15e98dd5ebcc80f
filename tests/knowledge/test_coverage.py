"""How much of the known messages has an entry.

In: tables as CSV and entries. Out: which rows are covered, and why the others are not; the
command's exit code. The engine is the real one.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli.kb_commands import app
from knowledge.coverage import (
    CONDITION_COLUMNS,
    condition_coverage,
    read_table,
    signature_coverage,
)
from knowledge.loading import parse_entry
from knowledge.matching.engine import Engine
from knowledge.sampling import sample_texts
from knowledge.schema import Entry

TEXTS = """
title: {en: A title, zh: 标题}
cause: {en: A cause, zh: 原因}
severity: error
source: [here]
steps: [{text: {en: Do it, zh: 处理}}]
examples:
  match: [{text: aaa}, {text: bbb}, {text: ccc}]
  no_match: [{text: ddd}, {text: eee}]
"""


def entry(entry_id: str, matchers: str, role: str = "cause") -> Entry:
    parsed = parse_entry(
        f"id: {entry_id}\nrole: {role}\nmatchers: {matchers}\n{TEXTS}", f"{entry_id}.yaml"
    )
    assert isinstance(parsed, Entry), parsed
    return parsed


ENGINE = Engine(
    [
        entry("pod-lost", "[{signature: {pattern: 'pod (lost|gone) in namespace [a-z]+'}}]"),
        entry("plan-broken", "[{condition: {kind: MigPlan, type: Broken, reason: Split}}]"),
        entry("retried", "[{signature: {text: will be retried}}]", "benign"),
        entry("gave-up", "[{object: {kind: [DirectVolumeMigrationProgress],"
              " when: 'object.status.exitCode == 1 && object.status.phase == \"Failed\"'}}]"),
    ]
)  # fmt: skip


def condition(**row: str) -> dict[str, str]:
    return {
        "kind": "MigPlan",
        "type": "Broken",
        "category": "Critical",
        "reason": "Split",
        "message_template": "The plan %s is broken: [].",
        **row,
    }


def signature(pattern: str, match: str = "regex", severity: str = "error") -> dict[str, str]:
    return {"component": "velero", "match": match, "pattern": pattern, "severity": severity}


def test_a_condition_with_an_entry_is_covered() -> None:
    assert condition_coverage(ENGINE, [condition()]).share == 1


@pytest.mark.parametrize("other", [{"type": "Bent"}, {"reason": "Split|Cut"}, {"kind": "MigHook"}])
def test_a_condition_without_one_is_named_with_its_message(other: dict[str, str]) -> None:
    [missing] = condition_coverage(ENGINE, [condition(**other)]).missing
    assert "no entry for: The plan shop is broken: [shop]." in missing.why_not


@pytest.mark.parametrize("category", ["Advisory", "Required"])
def test_a_condition_that_tells_of_progress_needs_no_entry(category: str) -> None:
    assert not condition_coverage(ENGINE, [condition(type="Ready", category=category)]).missing


def test_a_condition_that_never_stands_needs_no_entry() -> None:
    assert not condition_coverage(ENGINE, [condition(type="Bent", status="False")]).missing


def test_every_alternative_of_a_pattern_must_be_known() -> None:
    known = signature(r"pod (lost|gone) in namespace \S+")
    half = signature(r"pod (lost|eaten) in namespace \S+")
    assert not signature_coverage(ENGINE, [known]).missing
    [missing] = signature_coverage(ENGINE, [half]).missing
    assert missing.why_not == "no entry for: pod eaten in namespace shop"


def test_a_substring_is_known_with_what_follows_it() -> None:
    assert not signature_coverage(ENGINE, [signature("pod lost in namespace", "substring")]).missing


def test_a_harmless_text_must_not_raise_an_alarm() -> None:
    assert not signature_coverage(ENGINE, [signature("will be retried", severity="benign")]).missing
    alarming = signature("pod gone in namespace shop", severity="benign")
    [missing] = signature_coverage(ENGINE, [alarming]).missing
    assert "harmless, but raises pod-lost" in missing.why_not


def test_a_rule_over_fields_is_asked_as_an_object() -> None:
    rule = "DVMP.status.phase=Failed AND exitCode=1 AND the log is empty"
    assert not signature_coverage(ENGINE, [signature(rule, "rule")]).missing
    other = "DVMP.status.phase=Failed AND exitCode=2"
    assert signature_coverage(ENGINE, [signature(other, "rule")]).missing


@pytest.mark.parametrize("pattern", ["(", "(?<=a)b", "(?!a)b", "rule of thumb"])
def test_a_pattern_that_cannot_be_asked_is_missing_not_a_crash(pattern: str) -> None:
    match = "rule" if pattern.startswith("rule") else "regex"
    [missing] = signature_coverage(ENGINE, [signature(pattern, match)]).missing
    assert missing.why_not


@pytest.mark.filterwarnings("ignore::FutureWarning")  # re warns of odd sets such as [[
@given(st.text(max_size=40))
def test_any_pattern_gives_matching_texts_or_a_value_error(pattern: str) -> None:
    try:
        texts = sample_texts(pattern)
    except ValueError:
        return
    assert texts
    assert all(re.search(pattern, text) for text in texts)


@given(
    st.from_regex(r"([a-c]|\(a\|b\)|\\[dwSs]|\[a-c\]|\.\*|x\?|y\{2,3\}|\\\[){1,8}", fullmatch=True)
)
def test_plain_patterns_give_texts_that_they_match(pattern: str) -> None:
    assert all(re.search(pattern, text) for text in sample_texts(pattern))


def written(path: Path, head: str, *rows: str) -> str:
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return str(path)


SIGNATURES = "component,match,pattern,severity"


def test_the_command_prints_shares_and_ends_well_where_nothing_is_missing(tmp_path: Path) -> None:
    file = written(tmp_path / "s.csv", SIGNATURES, "velero,substring,NoSuchBucket: gone,error")
    result = CliRunner().invoke(app, ["coverage", "--signatures", file])
    assert result.exit_code == 0, result.output


def test_the_command_fails_where_a_row_has_no_entry(tmp_path: Path) -> None:
    file = written(tmp_path / "s.csv", SIGNATURES, "velero,substring,all is quite well,error")
    assert CliRunner().invoke(app, ["coverage", "--signatures", file]).exit_code == 1


@pytest.mark.parametrize("content", ["", "kind,type\nMigPlan,Broken\n"])
def test_a_table_without_its_columns_is_refused_in_words(tmp_path: Path, content: str) -> None:
    file = tmp_path / "c.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the columns"):
        read_table(file, CONDITION_COLUMNS)
    assert CliRunner().invoke(app, ["coverage", "--conditions", str(file)]).exit_code == 2


def test_without_a_table_the_command_says_what_to_give() -> None:
    assert CliRunner().invoke(app, ["coverage"]).exit_code == 2
