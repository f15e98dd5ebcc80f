"""When a must-gather was taken: the clock by which its migrations are judged."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.clusters.archive import open_archive
from knowledge.matching.loglines import parse_time

TAKEN = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
CRS = "must-gather/clusters/host/namespaces/openshift-migration/crs"
PLAN = "must-gather/migplans/migplan-shop/shop.yml"
RUN = "must-gather/migplans/migplan-shop/migmigration-shop-1/migmigration-shop-1.yml"


def thing(kind: str, name: str, spec: Any, status: Any, api: str = "migration.openshift.io") -> str:
    made = f"{TAKEN - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    metadata = {"name": name, "namespace": "openshift-migration", "creationTimestamp": made}
    version = f"{api}/v1alpha1" if api.startswith("migration") else f"{api}/v1"
    return json.dumps(
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec, "status": status}
    )


def said(kind: str, before: timedelta, **more: str) -> dict[str, str]:
    when = f"{TAKEN - before:%Y-%m-%dT%H:%M:%SZ}"
    return {"type": kind, "status": "True", "category": "Advisory", "lastTransitionTime": when} | (
        more
    )


def files(store_seen: timedelta | None = None) -> dict[str, str]:
    phase = "StageBackupCreated"
    running = said("Running", timedelta(minutes=2), reason=phase, message="Step: 20/50")
    at = {"migPlanRef": {"name": "shop", "namespace": "openshift-migration"}}
    found = {
        PLAN: thing("MigPlan", "shop", {}, {"conditions": [said("Ready", timedelta(minutes=30))]}),
        RUN: thing(
            "MigMigration",
            "shop-1",
            at,
            {"phase": phase, "itinerary": "Final", "conditions": [running]},
        ),
    }
    if store_seen is not None:
        seen = {"lastSyncedTime": f"{TAKEN - store_seen:%Y-%m-%dT%H:%M:%SZ}", "phase": "Available"}
        found[f"{CRS}/backupstoragelocations.velero.io/s3-x.yaml"] = thing(
            "BackupStorageLocation", "s3-x", {}, seen, "velero.io"
        )
    return found


def packed(path: Path, content: dict[str, str], modified: datetime) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in content.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(text), int(modified.timestamp())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


def unpacked(root: Path, content: dict[str, str], modified: datetime) -> Path:
    for name, text in content.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
        os.utime(root / name, (modified.timestamp(), modified.timestamp()))
    return root


def test_an_archive_was_taken_when_its_files_were_written(tmp_path: Path) -> None:
    assert open_archive(packed(tmp_path / "a.tar.gz", files(), TAKEN)).taken == TAKEN
    assert open_archive(unpacked(tmp_path / "a", files(), TAKEN)).taken == TAKEN


def test_what_was_packed_anew_was_taken_when_its_stores_were_looked_at(tmp_path: Path) -> None:
    long_ago = datetime(1980, 1, 1, tzinfo=UTC)
    seen = files(store_seen=timedelta(seconds=40))
    archive = open_archive(packed(tmp_path / "a.tar.gz", seen, long_ago))
    assert archive.taken == TAKEN - timedelta(seconds=40)


def test_where_nothing_tells_when_it_was_taken_none_is_guessed(tmp_path: Path) -> None:
    long_ago = datetime(1980, 1, 1, tzinfo=UTC)
    assert open_archive(packed(tmp_path / "a.tar.gz", files(), long_ago)).taken is None


def test_no_archive_is_from_the_future(tmp_path: Path) -> None:
    ahead = datetime.now(UTC) + timedelta(days=400)
    taken = open_archive(packed(tmp_path / "a.tar.gz", files(), ahead)).taken
    assert taken is not None
    assert taken <= datetime.now(UTC)


@pytest.mark.parametrize("odd", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon"])
def test_a_time_that_no_calendar_holds_is_no_time(odd: str, tmp_path: Path) -> None:
    assert parse_time(odd) is None
    content = files()
    content[PLAN] = content[PLAN].replace(
        f"{TAKEN - timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}", odd
    )
    assert open_archive(packed(tmp_path / "a.tar.gz", content, TAKEN)).taken == TAKEN


def test_a_migration_that_was_under_way_is_not_said_to_have_stood_still_since(
    tmp_path: Path,
) -> None:
    archive = packed(tmp_path / "a.tar.gz", files(), TAKEN)
    command = [sys.executable, "-m", "bot.cli", "diagnose", "shop-1", "--archive", str(archive)]
    answer = subprocess.run([*command, "-o", "json"], capture_output=True, check=True)
    diagnosis = orjson.loads(answer.stdout)
    assert diagnosis["findings"] == []
    assert "running" in orjson.dumps(diagnosis["outcome"]).decode()
