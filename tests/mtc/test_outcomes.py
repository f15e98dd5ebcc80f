"""One word for each end MTC has, and for the two it never tells.

In go objects as MTC writes them, out comes the outcome. Statuses follow what real controllers
wrote; nothing is mocked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.mtc.graph import MigrationObjects, sibling
from bot.mtc.models import Backup, DirectVolumeMigration, MigMigration, MigPlan, read
from bot.mtc.outcome import outcome
from bot.mtc.outcome_words import Word

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def condition(type_: str, category: str = "Advisory", **more: Any) -> dict[str, Any]:
    since = more.pop("since", NOW - timedelta(minutes=1))
    return {
        "type": type_,
        "status": "True",
        "category": category,
        "lastTransitionTime": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **more,
    }


def migration(
    *conditions: dict[str, Any],
    name: str = "shop-1",
    phase: str = "Completed",
    itinerary: str = "Final",
    spec: dict[str, Any] | None = None,
    **status: Any,
) -> MigMigration:
    return read(
        MigMigration,
        {
            "kind": "MigMigration",
            "metadata": {
                "name": name,
                "uid": f"uid-{name}",
                "creationTimestamp": "2026-03-01T11:00:00Z",
            },
            "spec": {"migPlanRef": {"name": "shop"}, "stage": False, **(spec or {})},
            "status": {
                "phase": phase,
                "itinerary": itinerary,
                "conditions": list(conditions),
                **status,
            },
        },
    )


def transfer(status: dict[str, Any], claims: tuple[str, ...] = ("db",)) -> DirectVolumeMigration:
    claim_list = [{"namespace": "shop", "name": name} for name in claims]
    return read(
        DirectVolumeMigration,
        {
            "kind": "DirectVolumeMigration",
            "metadata": {"name": "shop-1-x", "uid": "uid-dvm"},
            "spec": {"persistentVolumeClaims": claim_list},
            "status": status,
        },
    )


SUCCEEDED = condition("Succeeded", reason="Completed")
FAILED = condition("Failed", reason="PreBackupHooksFailed", durable=True)
QUIESCED = {
    "kind": "Deployment",
    "metadata": {
        "namespace": "shop",
        "name": "web",
        "annotations": {"migration.openshift.io/preQuiesceReplicas": "3"},
    },
    "spec": {"replicas": 0},
}


def judge(one: MigMigration, **parts: Any) -> Any:
    parts["siblings"] = tuple(map(sibling, parts.get("siblings", (one,))))
    return outcome(MigrationObjects(one, **parts), NOW)


class TestWhatMtcSays:
    def test_running_has_phase_step_and_since_when(self) -> None:
        since = NOW - timedelta(seconds=40)
        running = condition(
            "Running", reason="InitialBackupCreated", message="Step: 21/50", since=since
        )
        got = judge(migration(running, phase="InitialBackupCreated"))
        assert (got.word, got.phase, got.step, got.since) == (
            Word.RUNNING,
            "InitialBackupCreated",
            (21, 50),
            since,
        )

    def test_succeeded(self) -> None:
        assert judge(migration(SUCCEEDED)).word is Word.SUCCEEDED

    def test_succeeded_with_warnings(self) -> None:
        warned = condition("SucceededWithWarnings", reason="Completed")
        restore = condition("VeleroFinalRestorePartiallyFailed", "Warn")
        assert judge(migration(warned, restore)).word is Word.SUCCEEDED_WITH_WARNINGS

    def test_failed_names_the_phase_that_failed_and_its_errors(self) -> None:
        got = judge(migration(FAILED, itinerary="Failed", errors=["Hook job x failed."]))
        assert (got.word, got.phase) == (Word.FAILED, "PreBackupHooksFailed")
        assert got.errors == ("Hook job x failed.",)

    def test_canceled_wins_over_succeeded_beside_it(self) -> None:
        canceled = condition("Canceled", reason="Cancel")
        got = judge(migration(SUCCEEDED, canceled, itinerary="Cancel"))
        assert got.word is Word.CANCELED

    def test_a_rollback_that_succeeded_is_rolled_back(self) -> None:
        done = migration(SUCCEEDED, itinerary="Rollback", spec={"rollback": True})
        assert judge(done).word is Word.ROLLED_BACK

    def test_postponed_waits_behind_the_first_of_the_plans_queue(self) -> None:
        first = migration(condition("Running"), name="shop-1", phase="StageRestoreCreated")
        second = migration(condition("Postponed", "Critical"), name="shop-2", phase="")
        got = judge(second, siblings=(first, second))
        assert (got.word, got.behind) == (Word.WAITING, "shop-1")

    def test_blocked_names_what_blocks(self) -> None:
        got = judge(migration(condition("PlanNotReady", "Critical"), phase="WaitForVeleroReady"))
        assert (got.word, got.behind) == (Word.BLOCKED, "PlanNotReady")

    def test_blocked_beats_postponed(self) -> None:
        got = judge(
            migration(
                condition("Postponed", "Critical"), condition("PlanNotReady", "Critical"), phase=""
            )
        )
        assert (got.word, got.behind) == (Word.BLOCKED, "PlanNotReady")

    def test_conditions_that_are_not_true_do_not_count(self) -> None:
        gone = {**condition("PlanNotReady", "Critical"), "status": "False"}
        running = condition("Running", reason="StagePodsCreated", message="Step: 3/40")
        assert judge(migration(gone, running, phase="StagePodsCreated")).word is Word.RUNNING


class TestWhatMtcDoesNotSay:
    def test_succeeded_over_a_transfer_that_used_up_its_attempts_was_not_copied(self) -> None:
        failed = transfer(
            {
                "phase": "MigrationFailed",
                "errors": [],
                "conditions": [condition("Failed", "Critical", reason="RunRsyncOperations")],
                "rsyncOperations": [
                    {
                        "pvcReference": {"namespace": "shop", "name": "db"},
                        "currentAttempt": 20,
                        "failed": True,
                    }
                ],
            }
        )
        got = judge(migration(SUCCEEDED), dvms=(failed,))
        assert (got.word, got.not_copied) == (Word.NOT_COPIED, ("shop/db",))

    @pytest.mark.parametrize(
        ("said", "spec", "refused"),
        [
            (SUCCEEDED, {}, True),
            (condition("SucceededWithWarnings"), {}, False),
            (SUCCEEDED, {"stage": True}, False),
            (SUCCEEDED, {"migrateState": True}, False),
        ],
    )
    def test_mtc_takes_a_cutover_that_it_calls_succeeded_for_the_last_of_its_plan(
        self, said: dict[str, Any], spec: dict[str, Any], refused: bool
    ) -> None:
        assert judge(migration(said, spec=spec)).cut_over is refused

    def test_a_transfer_that_failed_before_rsync_lost_all_its_claims(self) -> None:
        failed = transfer(
            {
                "phase": "Completed",
                "itinerary": "VolumeMigrationFailed",
                "conditions": [condition("Failed", "Warn", reason="CreateRsyncTransferPods")],
            },
            ("db", "files"),
        )
        got = judge(migration(condition("SucceededWithWarnings")), dvms=(failed,))
        assert (got.word, got.not_copied) == (Word.NOT_COPIED, ("shop/db", "shop/files"))

    def test_a_stage_backup_that_failed_in_part_lost_the_copied_volumes(self) -> None:
        plan = read(
            MigPlan,
            {
                "spec": {
                    "indirectVolumeMigration": True,
                    "persistentVolumes": [
                        {
                            "pvc": {"namespace": "shop", "name": "orders"},
                            "selection": {"action": "copy"},
                        },
                        {
                            "pvc": {"namespace": "shop", "name": "tmp"},
                            "selection": {"action": "skip"},
                        },
                    ],
                }
            },
        )
        backup = read(
            Backup,
            {
                "metadata": {"name": "shop-1-stage-abcde"},
                "status": {"phase": "PartiallyFailed", "errors": 1},
            },
        )
        got = judge(migration(condition("SucceededWithWarnings")), plan=plan, backups=(backup,))
        assert (got.word, got.not_copied) == (Word.NOT_COPIED, ("shop/orders",))

    def test_a_failed_one_that_left_workloads_down_says_so(self) -> None:
        got = judge(migration(FAILED, itinerary="Failed"), source_workloads=(QUIESCED,))
        assert got.word is Word.FAILED
        assert got.scaled_down == ("Deployment shop/web",)

    def test_a_canceled_one_that_left_workloads_down_is_called_by_that(self) -> None:
        canceled = migration(SUCCEEDED, condition("Canceled"), itinerary="Cancel")
        got = judge(canceled, source_workloads=(QUIESCED,))
        assert got.word is Word.LEFT_SCALED_DOWN

    def test_after_a_cutover_that_succeeded_the_source_is_down_as_wanted(self) -> None:
        assert judge(migration(SUCCEEDED), source_workloads=(QUIESCED,)).scaled_down == ()

    def test_while_another_run_goes_on_nothing_is_left_behind_yet(self) -> None:
        failed = migration(FAILED, itinerary="Failed")
        going = migration(condition("Running"), name="shop-2", phase="StageBackupCreated")
        got = judge(failed, siblings=(failed, going), source_workloads=(QUIESCED,))
        assert got.scaled_down == ()

    @pytest.mark.parametrize(
        ("phase", "minutes", "word"),
        [
            ("StagePodsCreated", 5, Word.RUNNING),
            ("StagePodsCreated", 30, Word.STALLED),
            ("EnsureSrcQuiesced", 30, Word.STALLED),
            ("StageBackupCreated", 30, Word.RUNNING),
        ],
    )
    def test_phases_that_wait_for_ever_are_stalled_after_their_limit(
        self, phase: str, minutes: int, word: Word
    ) -> None:
        since = NOW - timedelta(minutes=minutes)
        running = condition("Running", reason=phase, message="Step: 9/50", since=since)
        assert judge(migration(running, phase=phase)).word is word

    def test_a_route_that_is_never_admitted_stalls_the_migration(self) -> None:
        long_ago = NOW - timedelta(hours=1)
        waiting = transfer(
            {
                "phase": "EnsureRsyncRouteAdmitted",
                "conditions": [condition("Running", message="Step: 12/22", since=long_ago)],
            }
        )
        running = condition("Running", message="Step: 39/50", since=long_ago)
        got = judge(
            migration(running, phase="WaitForDirectVolumeMigrationToComplete"), dvms=(waiting,)
        )
        assert (got.word, got.behind) == (Word.STALLED, "EnsureRsyncRouteAdmitted")

    @pytest.mark.parametrize("phase", ["RunRsyncOperations", "WaitForRsyncClientPodsCompleted"])
    def test_a_transfer_that_copies_for_an_hour_goes_on(self, phase: str) -> None:
        since = NOW - timedelta(hours=1)
        pod = {"name": "rsync-1", "namespace": "shop", "lastObservedProgressPercent": "40%"}
        copying = transfer(
            {
                "phase": phase,
                "conditions": [condition("Running", message="Step: 18/22", since=since)],
                "runningPods": [pod],
            }
        )
        running = condition("Running", message="Step: 39/50", since=since)
        got = judge(
            migration(running, phase="WaitForDirectVolumeMigrationToComplete"), dvms=(copying,)
        )
        assert got.word is Word.RUNNING
