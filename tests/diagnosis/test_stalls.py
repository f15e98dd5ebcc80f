"""How long a phase may last, what is waited for, and when copying will be done.

In: read models of migrations as MTC writes them. Out: limits, outcomes, progress.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mtc.graph import MigrationObjects
from bot.mtc.limits import ENOUGH, Limits, learn
from bot.mtc.models import (
    DirectVolumeMigration,
    MigMigration,
    MigPlan,
    PodVolumeBackup,
    read,
)
from bot.mtc.outcome import outcome
from bot.mtc.outcome_words import Word
from bot.mtc.phases import FINAL, STAGE, VOLUME, limit
from bot.mtc.progress import progress
from bot.mtc.quantities import parse_bytes, show_bytes
from bot.mtc.waiting import waits_for

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def true(kind: str, since: datetime = NOW, **parts: str) -> dict[str, Any]:
    return {"type": kind, "status": "True", "lastTransitionTime": stamp(since), **parts}


def finished(step: str, took: timedelta, **status: Any) -> MigMigration:
    begun = NOW - timedelta(days=1)
    body = {
        "phase": "Completed",
        "itinerary": "Final",
        "conditions": [true("Succeeded")],
        "pipeline": [{"name": step, "started": stamp(begun), "completed": stamp(begun + took)}],
        **status,
    }
    return read(MigMigration, {"metadata": {"creationTimestamp": stamp(begun)}, "status": body})


def going(phase: str, step: str, since: datetime, *lines: str) -> MigMigration:
    body = {
        "phase": phase,
        "itinerary": "Final",
        "conditions": [true("Running", since, reason=phase, message="Step: 20/49")],
        "pipeline": [
            {"name": "Prepare", "started": stamp(NOW), "completed": stamp(NOW)},
            {"name": step, "started": stamp(since), "progress": list(lines)},
        ],
    }
    return read(MigMigration, {"metadata": {"name": "shop-1"}, "status": body})


class TestLearning:
    def test_a_controller_that_is_quick_raises_a_stall_sooner(self) -> None:
        usual = learn([finished("Cleanup", MINUTE)] * ENOUGH)
        since = NOW - timedelta(minutes=6)
        migration = going("EnsureAnnotationsDeleted", "Cleanup", since)
        assert outcome(MigrationObjects(migration), NOW).word is Word.RUNNING
        assert outcome(MigrationObjects(migration, limits=usual), NOW).word is Word.STALLED

    def test_a_controller_that_is_slow_is_given_its_time(self) -> None:
        usual = learn([finished("Prepare", 14 * MINUTE)] * ENOUGH)
        since = NOW - timedelta(minutes=30)
        migration = going("RestartVelero", "Prepare", since)
        assert outcome(MigrationObjects(migration), NOW).word is Word.STALLED
        assert outcome(MigrationObjects(migration, limits=usual), NOW).word is Word.RUNNING

    def test_copies_of_a_day_do_not_lengthen_the_wait_for_a_pod(self) -> None:
        usual = learn([finished("StageBackup", timedelta(hours=20))] * ENOUGH)
        assert usual.of("EnsureStageBackupReplicated", "StageBackup") == limit(
            "EnsureStageBackupReplicated"
        )
        assert usual.of("StageBackupCreated", "StageBackup") > limit("StageBackupCreated")

    def test_too_little_history_teaches_nothing(self) -> None:
        usual = learn([finished("Cleanup", MINUTE)] * (ENOUGH - 1))
        assert usual == Limits()

    @pytest.mark.parametrize(
        "status",
        [
            {"conditions": [true("Failed")]},
            {"conditions": [true("Succeeded"), true("Canceled")]},
            {"itinerary": "Rollback"},
            {"phase": "Verification"},
        ],
    )
    def test_runs_that_did_not_go_well_teach_nothing(self, status: dict[str, Any]) -> None:
        assert learn([finished("Cleanup", MINUTE, **status)] * ENOUGH) == Limits()

    def test_one_slow_day_does_not_hide_stalls(self) -> None:
        runs = [finished("Cleanup", MINUTE)] * 40 + [finished("Cleanup", timedelta(hours=5))]
        assert (
            learn(runs).of("EnsureAnnotationsDeleted", "Cleanup")
            == limit("EnsureAnnotationsDeleted") / 3
        )

    @given(
        st.lists(st.timedeltas(timedelta(0), timedelta(days=30)), min_size=ENOUGH, max_size=20),
        st.sampled_from([*FINAL, *VOLUME, "", "NoSuchPhase"]),
        st.sampled_from(["Prepare", "StageBackup", "Cleanup"]),
    )
    def test_what_is_learned_stays_within_bounds(
        self, spans: list[timedelta], phase: str, step: str
    ) -> None:
        usual = learn(finished(step, span) for span in spans)
        assert limit(phase) / 3 <= usual.of(phase, step) <= limit(phase) * 4


class TestVelero:
    """Of a hang Velero says nothing; MTC says how many objects it has done, and for how long."""

    @pytest.mark.parametrize(
        ("phase", "line", "word"),
        [
            ("FinalRestoreCreated", "Restore m/x: 0 out of {} 0 objects restored (15m56s)", True),
            ("StageRestoreCreated", "Restore m/x: 0 out of {} 9 objects restored (1h0m2s)", True),
            ("InitialBackupCreated", "Backup m/x: 0 out of {} 9 objects backed up (16m)", True),
            ("FinalRestoreCreated", "Restore m/x: 0 out of {} 9 objects restored (14m59s)", False),
            ("FinalRestoreCreated", "Restore m/x: 3 out of {} 9 objects restored (55m)", False),
            ("FinalRestoreCreated", "Restore m/x: 0 out of {} 9 objects restored (soon)", False),
            ("StageBackupCreated", "Backup m/x: 0 out of {} 9 objects backed up (55m)", False),
        ],
    )
    def test_work_without_a_single_object_for_a_quarter_of_an_hour_is_a_stall(
        self, phase: str, line: str, word: bool
    ) -> None:
        since = NOW - timedelta(hours=3)
        migration = going(phase, "Restore", since, line.format("estimated total of"))
        found = outcome(MigrationObjects(migration), NOW)
        assert (found.word is Word.STALLED) is word
        if word:
            assert found.since is not None
            assert found.since > since, "before that it waited for its turn"


def test_every_phase_that_waits_says_for_what_in_both_languages() -> None:
    waiting = [p for p in (*STAGE, *FINAL, *VOLUME) if p.startswith(("WaitFor", "Ensure"))]
    unlimited = {p for p in waiting if not p.startswith("EnsureStagePodsFrom")} - {
        "EnsureInitialBackup",
        "EnsureStageBackup",
        "EnsureStageRestore",
        "EnsureFinalRestore",
        "EnsureStagePodsDeleted",
        "EnsureAnnotationsDeleted",
    }
    for phase in unlimited:
        said = waits_for(phase)
        assert said is not None, phase
        assert said.en != said.zh


def test_the_transfers_own_phase_says_more_than_the_migrations() -> None:
    said = waits_for("WaitForDirectVolumeMigrationToComplete", "WaitForRsyncTransferPodsRunning")
    assert said is not None
    assert "rsync-server" in said.en


class TestProgress:
    def test_bytes_of_volume_backups_give_a_time(self) -> None:
        begun = NOW - timedelta(minutes=10)

        def volume(done: int, total: int) -> PodVolumeBackup:
            told = {"totalBytes": total, "bytesDone": done}
            status = {"progress": told, "startTimestamp": stamp(begun), "phase": "InProgress"}
            return read(PodVolumeBackup, {"status": status})

        migration = going("StageBackupCreated", "StageBackup", begun)
        volumes = (volume(100, 100), volume(150, 400))
        found = progress(MigrationObjects(migration, pvbs=volumes), NOW)
        assert found is not None
        assert (found.percent, found.done_bytes, found.total_bytes) == (50, 250, 500)
        assert found.eta == NOW + timedelta(minutes=10)

    def test_no_time_is_promised_while_a_volume_is_not_measured(self) -> None:
        begun = NOW - timedelta(minutes=10)
        told = {"progress": {"totalBytes": 10, "bytesDone": 5}, "startTimestamp": stamp(begun)}
        volumes = (read(PodVolumeBackup, {"status": told}), read(PodVolumeBackup, {}))
        migration = going("StageBackupCreated", "StageBackup", begun)
        found = progress(MigrationObjects(migration, pvbs=volumes), NOW)
        assert found is not None
        assert found.eta is None

    def test_percent_of_rsync_pods_is_weighed_by_capacity(self) -> None:
        begun = NOW - timedelta(minutes=20)
        transfer = read(
            DirectVolumeMigration,
            {
                "spec": {
                    "persistentVolumeClaims": [
                        {"namespace": "shop", "name": "small"},
                        {"namespace": "shop", "name": "large"},
                    ]
                },
                "status": {
                    "phase": "RunRsyncOperations",
                    "conditions": [true("Running", begun)],
                    "successfulPods": [{"pvcRef": {"namespace": "shop", "name": "small"}}],
                    "runningPods": [
                        {
                            "pvcRef": {"namespace": "shop", "name": "large"},
                            "lastObservedProgressPercent": "50%",
                        }
                    ],
                },
            },
        )
        plan = read(
            MigPlan,
            {
                "spec": {
                    "persistentVolumes": [
                        {"capacity": "10Gi", "pvc": {"namespace": "shop", "name": "small:s2"}},
                        {"capacity": "90Gi", "pvc": {"namespace": "shop", "name": "large"}},
                    ]
                }
            },
        )
        migration = going("WaitForDirectVolumeMigrationToComplete", "DirectVolume", begun)
        found = progress(MigrationObjects(migration, plan, dvms=(transfer,)), NOW)
        assert found is not None
        assert found.percent == 55
        assert found.eta is not None
        assert timedelta(minutes=16) < found.eta - NOW < timedelta(minutes=17)

    @pytest.mark.parametrize(
        ("lines", "percent"),
        [
            (
                [
                    "PodVolumeBackup openshift-migration/a: 1 GB out of 4 GB backed up (5m)",
                    "PodVolumeBackup openshift-migration/b: 1 GB out of 4 GB backed up (5m)",
                ],
                25,
            ),
            (
                [
                    "2 total volumes; 1 successful; 1 running; 0 failed",
                    "[data] shop/rsync-x1: Running - Attempt 1 of 20 40% (Transfer rate 9MB/s)",
                    "[logs] shop/rsync-x2: Completed - Attempt 1 of 20 100% (2m)",
                ],
                70,
            ),
            (
                ["Backup openshift-migration/x: 3 out of estimated total of 9 objects backed up"],
                None,
            ),
            (["nonsense: 1 out of"], None),
        ],
    )
    def test_lines_of_the_pipeline_are_read(self, lines: list[str], percent: int | None) -> None:
        migration = going("StageBackupCreated", "StageBackup", NOW - 5 * MINUTE, *lines)
        found = progress(MigrationObjects(migration), NOW)
        assert (found.percent if found else None) == percent

    @given(st.lists(st.text(max_size=80), max_size=4))
    def test_any_line_is_survived(self, lines: list[str]) -> None:
        migration = going("StageBackupCreated", "StageBackup", NOW - 5 * MINUTE, *lines)
        found = progress(MigrationObjects(migration), NOW)
        assert found is None or 0 <= found.percent <= 100


class TestSizes:
    @pytest.mark.parametrize(
        ("said", "size"),
        [
            ("10Gi", 10 * 2**30),
            ("500M", 500 * 10**6),
            ("1.5 GB", 1_500_000_000),
            ("1e3", 1000),
            (1024, 1024),
            ("1073741824", 2**30),
            ("", None),
            ("ten", None),
            ("10 parsecs", None),
            (None, None),
            (True, None),
        ],
    )
    def test_a_size_is_read(self, said: object, size: int | None) -> None:
        assert parse_bytes(said) == size

    @given(st.text() | st.integers() | st.floats() | st.none())
    def test_any_value_is_a_size_or_none(self, said: object) -> None:
        size = parse_bytes(said)
        assert size is None or size >= 0
        assert show_bytes(size or 0)
