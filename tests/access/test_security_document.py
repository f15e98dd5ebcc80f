"""``docs/security.md`` names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "security.md"


def test_every_test_it_names_exists() -> None:
    named = re.findall(r"`((?:access|remediation)/test_\w+\.py(?:::\w+)*)`", DOCUMENT.read_text())
    assert len(named) > 30
    for identifier in named:
        file, *parts = identifier.split("::")
        source = (TESTS / file).read_text()
        for part in parts:
            assert re.search(rf"(?:class|def) {part}\b", source), identifier
