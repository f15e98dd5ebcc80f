"""The lines around a line that could be anybody's tell whose it is.

In: pieces of the output of programs. Out: the first finding of the built-in entries.
"""

from __future__ import annotations

import pytest

from knowledge.pasting import match_text
from knowledge.programs import spoken_by
from knowledge.ranking import rank
from tests.knowledge.builtin import builtin_engine

REFUSED = "error: lstat /data/secret: permission denied\n"


@pytest.mark.parametrize(
    "around",
    [
        "snapshot 8ec6f57a saved\n",
        "repository f8688a4c opened (version 2, compression level auto)\n",
        "Warning: at least one source file could not be read\n",
    ],
)
def test_what_restic_was_refused_is_told_from_what_an_application_was(around: str) -> None:
    assert spoken_by(around) == "restic"
    found = rank(match_text(builtin_engine(), f"{around}{REFUSED}".encode()))
    assert found[0].entry.id == "restic-file-permission-denied"


@pytest.mark.parametrize(
    ("text", "component"),
    [
        ("TASK [create the claim] ***\nfatal: [localhost]: FAILED!\n", "hook"),
        ("snapshot created\nrepository opened\n", ""),
        (REFUSED, ""),
    ],
)
def test_a_program_is_known_by_its_own_words_alone(text: str, component: str) -> None:
    assert spoken_by(text) == component
