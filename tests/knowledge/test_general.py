"""Errors that no entry knows are told by what sort they are, and only in what people paste.

In: texts of a program that does not exist. Out: ranked findings of the built-in entries.
"""

from __future__ import annotations

from functools import cache

import pytest

from knowledge.matching.engine import Engine
from knowledge.observing import observe_line
from knowledge.pasting import match_text
from knowledge.ranking import rank
from tests.knowledge.builtin import builtin_engine

UNHEARD = "widgetd: keep the lattice in {where}: {errno}"


@cache
def engine() -> Engine:
    return builtin_engine()


def led(text: str) -> list[str]:
    return [finding.entry.id for finding in rank(match_text(engine(), text.encode()))]


@pytest.mark.parametrize(
    ("errno", "entry"),
    [
        ("Permission denied", "general-file-refused"),
        ("Connection refused", "general-connection-failed"),
        ("No such device", "general-storage-refused"),
        ("context deadline exceeded", "general-no-answer-in-time"),
        ("Address already in use", "general-already-there"),
    ],
)
def test_an_error_is_told_by_its_sort_whoever_says_it(errno: str, entry: str) -> None:
    assert led(UNHEARD.format(where="store", errno=errno)) == [entry]


def test_a_program_that_says_so_in_passing_says_nothing() -> None:
    assert led(f'level=info msg="{UNHEARD.format(where="store", errno="Permission denied")}"') == []


def test_what_an_entry_knows_is_not_told_by_its_sort_as_well() -> None:
    known = "dial tcp 10.0.0.5:8080: connect: connection refused"
    assert led(f"{UNHEARD.format(where='store', errno='Permission denied')}\n{known}") == [
        "network-connection-refused"
    ]


def test_logs_and_objects_of_a_migration_are_not_looked_through_for_it() -> None:
    said = UNHEARD.format(where="store", errno="Permission denied")
    assert list(engine().scan([f"{said}\n".encode()])) == []
    assert engine().match([observe_line(said)]) == []
    assert led(f"kind: Pod\nmetadata: {{name: web}}\nstatus: {{message: '{said}'}}\n") == []
