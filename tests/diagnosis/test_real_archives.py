"""Must-gathers made by real controllers: for every object the truth that is known of it.

They lie beside the project, not in it. Where they are absent these tests are skipped; in CI that
is a failure.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from bot.clusters.archive import ArchivePlane, open_archive
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis, Finding
from bot.mtc.outcome_words import Word
from bot.questions.naming import parse_target
from knowledge.matching.engine import Engine
from tests.knowledge.builtin import builtin_engine

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "real"
PLANS, FIRST, SILENT = "plans-and-clusters", "first-migrations", "silent-loss"

HEALTHY = [
    (PLANS, "migcluster/ocp3", Word.READY),
    (PLANS, "migcluster/host", Word.READY),
    (PLANS, "migstorage/good", Word.READY),
    (FIRST, "web-1", Word.SUCCEEDED),
    (FIRST, "ledger-1", Word.SUCCEEDED),
    (FIRST, "widgets-1", Word.SUCCEEDED),
    (SILENT, "web-1", Word.SUCCEEDED),
    (SILENT, "ledger-1", Word.SUCCEEDED),
    (SILENT, "widgets-1", Word.SUCCEEDED),
    (SILENT, "migplan/shop", Word.READY),
    (SILENT, "migplan/media", Word.READY),
    (SILENT, "migcluster/ocp3", Word.READY),
]
WRONG = [
    (PLANS, "migcluster/noca", Word.BLOCKED, "x509-unknown-authority", "unknown authority"),
    (PLANS, "migcluster/badtoken", Word.BLOCKED, "cluster-token-refused", "credentials"),
    (PLANS, "migcluster/weaktoken", Word.BLOCKED, "cluster-token-not-privileged", "privileg"),
    (PLANS, "migcluster/emptytoken", Word.BLOCKED, "migcluster-token-missing", "saToken"),
    (PLANS, "migcluster/nosecret", Word.BLOCKED, "migcluster-secret-missing", "secret"),
    (PLANS, "migstorage/nobucket", Word.BLOCKED, "store-bucket-missing", "NoSuchBucket"),
    (PLANS, "migstorage/nosecret", Word.BLOCKED, "migstorage-secret-missing", "secret"),
    (PLANS, "migplan/missing-ns", Word.BLOCKED, "migplan-namespace-not-on-source", "nope"),
    (PLANS, "migplan/no-ns", Word.BLOCKED, "migplan-namespace-list-empty", "empty"),
    (PLANS, "migplan/clash", Word.BLOCKED, "migplan-conflict", "shop"),
    (PLANS, "migplan/shop", Word.BLOCKED, "migplan-conflict", "clash"),
    (FIRST, "shop-1", Word.NOT_COPIED, "restic-program-missing", "executable file not found"),
    (FIRST, "shop-2", Word.NOT_COPIED, "restic-program-missing", "backuprepository/"),
    (FIRST, "media-1", Word.NOT_COPIED, "controller-configmap-missing", "migration-controller"),
    (SILENT, "media-5", Word.NOT_COPIED, "volumes-not-copied", "media/media"),
    (SILENT, "media-1", Word.NOT_COPIED, "controller-configmap-missing", "migration-controller"),
    (SILENT, "shop-1", Word.NOT_COPIED, "restic-program-missing", "restic"),
    (SILENT, "dvm/media-5-snsbq", Word.FAILED, "rsync-partial-transfer", "exitCode"),
    (SILENT, "dvm/media-1-gjkg5", Word.FAILED, "controller-configmap-missing", "controller"),
]


@cache
def engine() -> Engine:
    return builtin_engine()


@cache
def archive(name: str) -> ArchivePlane:
    path = SAMPLES / f"{name}.tar.gz"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("the real must-gathers are not beside the project", pytrace=False)
        pytest.skip("no real must-gathers beside the project")
    return open_archive(path)


def diagnose(name: str, typed: str) -> Diagnosis:
    target = parse_target(typed)
    assert target is not None
    return Diagnoser(engine())(archive(name), target)


def every(findings: tuple[Finding, ...]) -> list[Finding]:
    return [g for f in findings for g in (f, *every(f.symptoms))]


@pytest.mark.parametrize(("name", "typed", "word"), HEALTHY)
def test_what_is_healthy_raises_nothing(name: str, typed: str, word: Word) -> None:
    found = diagnose(name, typed)
    assert found.outcome.word is word
    assert [f.entry.id for f in every(found.findings) if not f.benign] == []


@pytest.mark.parametrize(("name", "typed", "word", "entry", "proof"), WRONG)
def test_what_is_wrong_is_named_by_its_root_with_proof(
    name: str, typed: str, word: Word, entry: str, proof: str
) -> None:
    found = diagnose(name, typed)
    assert (found.outcome.word, found.root and found.root.entry.id) == (word, entry)
    assert found.root is not None
    quoted = " ".join(f"{q.where} {q.text}" for q in found.root.quotes)
    assert proof.lower() in quoted.lower()


@pytest.mark.parametrize(
    ("name", "typed", "claims"),
    [
        (FIRST, "shop-1", ("shop/orders",)),
        (FIRST, "shop-2", ("shop/orders",)),
        (FIRST, "media-1", ("media/media",)),
        (SILENT, "media-5", ("media/media",)),
    ],
)
def test_a_volume_that_was_not_copied_is_said_so_whatever_mtc_says(
    name: str, typed: str, claims: tuple[str, ...]
) -> None:
    found = diagnose(name, typed)
    assert found.outcome.not_copied == claims
    assert "volumes-not-copied" in {f.entry.id for f in every(found.findings)}


def test_missing_registry_paths_are_told_beside_the_conflict() -> None:
    found = diagnose(PLANS, "migplan/shop")
    assert "migplan-registry-path-missing" in {f.entry.id for f in every(found.findings)}


def test_the_failed_attempts_of_rsync_are_quoted() -> None:
    quotes = " ".join(q.text for f in every(diagnose(SILENT, "media-5").findings) for q in f.quotes)
    assert "20 attempts" in quotes
    assert "RunRsyncOperations" in quotes


def test_what_a_claim_got_over_is_no_longer_told() -> None:
    told = {f.entry.id for f in every(diagnose(SILENT, "media-5").findings)}
    assert "storage-class-without-provisioner" not in told


def test_lines_from_before_a_migration_that_name_nobody_are_not_its_own() -> None:
    told = {f.entry.id for f in every(diagnose(SILENT, "media-5").findings)}
    assert "rsync-privileged-setting-missing" not in told
