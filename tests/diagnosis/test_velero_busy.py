"""Backups that wait, since Velero takes one after the other and is at work on another's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.diagnosis.diagnosing import Diagnoser
from bot.mtc.outcome_words import Word
from tests.diagnosis.world import NOW, SHOP_1, Thing, going, plan, plane, thing
from tests.knowledge.builtin import builtin_engine


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(builtin_engine(), lambda: NOW + timedelta(hours=12))


def backup(name: str, migration: str, **status: str) -> Thing:
    labels = {"migration.openshift.io/migmigration-name": migration}
    return thing("velero.io/v1", "Backup", name, metadata={"labels": labels}, status=status)


OTHER = backup(
    "bank-1-stage-x2k4d", "bank-1", phase="InProgress", startTimestamp="2026-03-01T11:00:00Z"
)


def ids(diagnoser: Diagnoser, *source: Thing) -> list[str]:
    found = diagnoser(plane(going("InitialBackupCreated"), plan(), source=source), SHOP_1)
    assert found.outcome.word is Word.STALLED
    return [f.entry.id for f in found.findings]


def test_a_backup_that_velero_has_not_begun_names_the_one_that_it_is_at_work_on(
    diagnoser: Diagnoser,
) -> None:
    own = backup("shop-1-initial-b7dp2", "shop-1")
    here = plane(going("InitialBackupCreated"), plan(), source=[own, OTHER])
    root = diagnoser(here, SHOP_1).root
    assert root is not None
    assert root.entry.id == "velero-busy"
    assert "bank-1-stage-x2k4d" in root.title("en")
    assert "since 11:00:00Z" in root.quotes[0].text


@pytest.mark.parametrize("phase", ["InProgress", "WaitingForPluginOperations"])
def test_one_that_it_has_begun_waits_for_no_other(diagnoser: Diagnoser, phase: str) -> None:
    own = backup("shop-1-initial-b7dp2", "shop-1", phase=phase)
    assert "velero-busy" not in ids(diagnoser, own, OTHER)


@pytest.mark.parametrize(("minutes", "said"), [(2, []), (4, ["velero-busy"])])
def test_it_is_named_to_who_asks_before_anything_stalls(minutes: int, said: list[str]) -> None:
    made = {"creationTimestamp": "2026-03-01T12:00:00Z"}
    own = backup("shop-1-initial-b7dp2", "shop-1")
    own["metadata"] |= made
    soon = Diagnoser(builtin_engine(), lambda: NOW + timedelta(minutes=minutes))
    found = soon(plane(going("InitialBackupCreated"), plan(), source=[own, OTHER]), SHOP_1)
    assert (found.outcome.word, [f.entry.id for f in found.findings]) == (Word.RUNNING, said)


def test_one_that_waits_alone_waits_for_no_other(diagnoser: Diagnoser) -> None:
    done = backup("bank-0-stage-x2k4d", "bank-0", phase="Completed")
    assert "velero-busy" not in ids(diagnoser, backup("shop-1-initial-b7dp2", "shop-1"), done)
