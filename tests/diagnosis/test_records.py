"""Records of several lines in a shared log: the first names the object, the second the trouble."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.clusters import kinds as k
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.questions.naming import parse_target
from knowledge.matching.engine import Engine
from sandbox.clusters.plane import MemoryPlane
from sandbox.playing import Player, build_plane
from sandbox.scenarios.loading import load_scenarios
from tests.knowledge.builtin import builtin_engine

START = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return builtin_engine()


def failed() -> tuple[MemoryPlane, str, str, datetime]:
    """Return a migration that failed: plane, name, its backup, and a time in its midst."""
    scenario = next(s for s in load_scenarios() if s.id == "podvolumebackup-timeout")
    plane = build_plane([scenario])
    player = Player(plane, [scenario], START)
    player.advance(player.length)
    [backup, *_] = (
        obj
        for cluster in plane.clusters.values()
        for obj in cluster.list(k.BACKUP, k.MTC_NAMESPACE).items
    )
    at = datetime.fromisoformat(backup["status"]["startTimestamp"])
    return plane, scenario.expect.target, backup["metadata"]["name"], at


def diagnose(engine: Engine, said: str) -> Diagnosis:
    """Return what is found of a migration in whose source's Velero log something was said."""
    plane, name, backup, at = failed()
    source = next(
        cluster
        for cluster in plane.clusters.values()
        if cluster.list(k.BACKUP, k.MTC_NAMESPACE).items
    )
    [pod] = (
        obj["metadata"]["name"]
        for obj in source.list(k.POD, k.MTC_NAMESPACE).items
        if obj["metadata"]["name"].startswith("velero")
    )
    body = said.format(at=at.strftime("%Y-%m-%dT%H:%M:%SZ"), backup=backup)
    source.append_log(k.MTC_NAMESPACE, pod, "velero", body.encode())
    target = parse_target(name)
    assert target is not None
    return Diagnoser(engine, lambda: START)(plane, target)


def entries(diagnosis: Diagnosis) -> set[str]:
    return {finding.entry.id for finding in diagnosis.findings if not finding.entry.benign}


def test_the_second_line_is_about_what_the_first_names(engine: Engine) -> None:
    said = (
        'time="{at}" level=error msg="error uploading" backup=openshift-migration/{backup} '
        'error="exit status 1, stderr=\n'
        'client.PutObject: NoSuchBucket: The specified bucket does not exist"\n'
    )
    found = diagnose(engine, said)
    assert "store-bucket-missing" in entries(found)


def test_the_second_line_of_somebody_elses_record_is_not_ours(engine: Engine) -> None:
    said = (
        'time="{at}" level=error msg="error uploading" backup=openshift-migration/another-one '
        'error="exit status 1, stderr=\n'
        'client.PutObject: NoSuchBucket: The specified bucket does not exist"\n'
    )
    assert "store-bucket-missing" not in entries(diagnose(engine, said))


def test_the_second_line_is_as_old_as_the_first(engine: Engine) -> None:
    said = (
        'time="2020-01-01T00:00:00Z" level=error msg="x" backup=openshift-migration/{backup}\n'
        'client.PutObject: NoSuchBucket: The specified bucket does not exist"\n'
    )
    assert "store-bucket-missing" not in entries(diagnose(engine, said))
