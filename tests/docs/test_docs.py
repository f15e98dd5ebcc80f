"""What the documentation names is there: tests by their ids, files by their paths."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_ID = re.compile(r"`((?:\w+/)*\w+\.py(?:::\w+)*)`")
DOCUMENTS = ("reliability.md", "security.md")


def ids(document: str) -> list[str]:
    return sorted(set(_ID.findall((ROOT / "docs" / document).read_text(encoding="utf-8"))))


def names(path: Path) -> set[str]:
    """Return the tests of a file, those of classes with their class."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{m.name}" for m in node.body if isinstance(m, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_is_named_is_there(document: str) -> None:
    named = ids(document)
    assert len(named) > 10
    missing = []
    for each in named:
        file, _, test = each.partition("::")
        path = ROOT / "tests" / file
        if not path.is_file() or (test and test not in names(path)):
            missing.append(each)
    assert missing == []


@pytest.mark.parametrize("document", sorted(p.name for p in (ROOT / "docs").glob("*.md")))
def test_every_link_to_a_file_leads_somewhere(document: str) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
