"""A migration as mig-controller runs it, phase by phase.

Every phase that MTC would pass through is written to the MigMigration, with what MTC and Velero
do in it on the three clusters. A plan that is not ready stops the clock of its migrations; they
go on by themselves once it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from sandbox.playing import pipeline as steps
from sandbox.playing.agenda import Agenda
from sandbox.playing.lives import Life
from sandbox.playing.names import Values
from sandbox.playing.standing import (
    BLOCKING,
    show_blocked,
    show_canceling,
    show_completed,
    show_failed,
    show_phase,
    show_ready,
    show_running,
    show_warning,
)
from sandbox.playing.timeline import ITINERARY, timeline
from sandbox.playing.transfer import TransferLife
from sandbox.playing.velero import Velero
from sandbox.playing.workloads import delete_migrated, quiesce, unquiesce
from sandbox.playing.world import World, clear_conditions, set_condition
from sandbox.scenarios.filling import filled
from sandbox.scenarios.loading import templates
from sandbox.scenarios.schema import App, Run, VeleroEnd

_FATAL = ("Failed", "FailedValidation")
OnPhase = Callable[[Run, str], None]


class MigrationLife(Life):
    """One MigMigration."""

    def __init__(
        self, world: World, agenda: Agenda, app: App, run: Run, values: Values, on_phase: OnPhase
    ) -> None:
        """Prepare a run; ``on_phase`` is told of every phase that it or its transfer enters."""
        super().__init__(world, agenda)
        self.app, self.run, self.values = app, run, values
        self.ended = False
        self.started = False
        self._on_phase = on_phase
        self._itinerary = ITINERARY[run.kind]
        self._phases = timeline(self._itinerary, app, run, run.seconds)
        self._index = -1
        self._velero = Velero(world, app, run, values)
        self._transfer: TransferLife | None = None

    @property
    def canceling(self) -> bool:
        """Return whether it was canceled."""
        return self._itinerary == "Cancel"

    @property
    def phase(self) -> str:
        """Return the phase it is in; empty before the first."""
        return self._phases[self._index].name if self.started else ""

    def create(self) -> None:
        """Make the MigMigration, as a person or the console does."""
        made = filled(templates("run")["migration"], self.values)
        made["metadata"]["uid"] = self.values["migration_uid"]
        made["metadata"]["creationTimestamp"] = self.world.stamp
        self.world.make("host", made, {})

    def begin(self) -> None:
        """Let the controller take it up."""
        self.started = True

        def start(migration: Json) -> None:
            spec = json.dumps(migration["spec"], sort_keys=True).encode()
            migration["status"] = {
                "conditions": [],
                "itinerary": self._itinerary,
                "observedDigest": hashlib.sha256(spec).hexdigest(),
                "startTimestamp": self.world.stamp,
                "pipeline": steps.begun(self._phases),
            }
            show_ready(migration, self.world.stamp)

        self._update(start)
        self._log_line('"msg":"Marking MigMigration as started."')
        noise = filled(templates("logs")["controller_noise"], self.values)
        self.world.log("host", "controller", noise)
        self._enter(0)

    # What stands in its way

    def block(self, condition: Json) -> None:
        """Stop the clock and say why, the way MTC does: ``Running`` and ``Ready`` go."""
        self.freeze()
        if self._transfer is not None:
            self._transfer.freeze()
        self._update(lambda m: show_blocked(m, condition, self.world.stamp))

    def release(self) -> None:
        """Let the clock go on, if it was stopped."""
        if not self.frozen:
            return

        def released(migration: Json) -> None:
            clear_conditions(migration, *BLOCKING)
            if self.started:
                show_ready(migration, self.world.stamp)
                show_running(migration, self._phases[self._index], self.world.stamp)

        self._update(released)
        self.thaw()
        if self._transfer is not None:
            self._transfer.thaw()

    # Phases

    def _enter(self, index: int) -> None:
        self._index = index
        phase = self._phases[index]
        if phase.name == "Completed":
            self._complete()
            return
        self._update(lambda m: show_phase(m, phase, self.world.stamp))
        self._log_line(
            f'"msg":"[RUN] (Step {phase.number}/{phase.total}) {phase.says}"', phase.name
        )
        self._do(phase.name)
        self._on_phase(self.run, phase.name)
        if self.run.cancel_in == phase.name:
            self.wait(phase.seconds / 2, self.cancel)
        elif self.run.fails_in == phase.name:
            self.wait(phase.seconds, lambda: self.fail(self.run.reason or phase.name))
        elif self.run.hold == phase.name:
            self.stay()
        elif phase.name == "WaitForDirectVolumeMigrationToComplete":
            self._await_transfer()
        else:
            self.wait(phase.seconds, lambda: self._leave(index))

    def _leave(self, index: int) -> None:
        phase = self._phases[index]
        self._log_line('"msg":"Phase completed"', phase.name)
        if self._finish(phase.name):
            self._enter(index + 1)

    def _do(self, phase: str) -> None:
        velero, app = self._velero, self.app
        actions: dict[str, Callable[[], None]] = {
            "CreateDirectVolumeMigrationStage": self._begin_transfer,
            "EnsureInitialBackup": lambda: velero.start_backup("initial"),
            "QuiesceSourceApplications": lambda: self._on_source(quiesce),
            "StagePodsCreated": self._make_stage_pods,
            "EnsureStageBackup": lambda: velero.start_backup("stage"),
            "StageBackupCreated": velero.start_volume_backups,
            "EnsureStageRestore": lambda: velero.start_restore("stage"),
            "StageRestoreCreated": velero.start_volume_restores,
            "EnsureStagePodsDeleted": self._delete_stage_pods,
            "EnsureFinalRestore": lambda: velero.start_restore("final"),
            "UnQuiesceDestApplications": lambda: self._on_destination(unquiesce),
            "UnQuiesceSrcApplications": lambda: self._on_source(unquiesce),
            "DeleteMigrated": lambda: delete_migrated(self.world, app, self.values),
            "DeleteDirectVolumeMigrationResources": self._abandon_transfer,
        }
        if phase in actions:
            actions[phase]()

    def _finish(self, phase: str) -> bool:
        """Do what ends a phase; return whether the run goes on."""
        velero = self._velero
        if phase == "InitialBackupCreated":
            return self._velero_ended(
                "Backup", "initial_backup", velero.end_backup("initial"), "Initial"
            )
        if phase == "StageBackupCreated":
            velero.end_volume_copies("backup")
            return self._velero_ended("Backup", "stage_backup", velero.end_backup("stage"), "Stage")
        if phase == "StageRestoreCreated":
            velero.end_volume_copies("restore")
            return self._velero_ended(
                "Restore", "stage_restore", velero.end_restore("stage"), "Stage"
            )
        if phase == "FinalRestoreCreated":
            return self._velero_ended(
                "Restore", "final_restore", velero.end_restore("final"), "Final"
            )
        if phase == "EnsureInitialBackupReplicated":
            velero.replicate_backup("initial")
        elif phase == "EnsureStageBackupReplicated":
            velero.replicate_backup("stage")
        return True

    def _velero_ended(self, kind: str, which: str, end: VeleroEnd, stage: str) -> bool:
        name = f"{MTC_NAMESPACE}/{self.values[which]}"
        step = self._phases[self._index].step
        items = self.values["items"]
        done = "backed up" if kind == "Backup" else "restored"
        partly = "partially failed. " if end.phase == "PartiallyFailed" else ""
        counted = f"{items} out of estimated total of {items} objects {done} (1s)"
        progress = f"{kind} {name}: {partly}{counted}"
        self._update(lambda m: steps.note(m["status"]["pipeline"], step, [progress]))
        if end.phase in _FATAL:
            self.fail(f"{stage}{kind}Failed", [f"{kind} {name}: failed."])
            return False
        if end.phase == "PartiallyFailed":
            side = "source" if kind == "Backup" else "destination"
            label = kind if stage == "Initial" else f"{stage} {kind}"
            self._warn(
                f"Velero{stage}{kind}PartiallyFailed",
                f"{label} {name}: partially failed on {side} cluster",
            )
        return True

    # Direct volume migration

    def _begin_transfer(self) -> None:
        self._transfer = TransferLife(
            self.world,
            self._agenda,
            self.app,
            self.run,
            self.values,
            lambda phase: self._on_phase(self.run, phase),
        )
        self._transfer.on_end = self._transfer_ended
        self._transfer.on_warning = self._show_block
        self._transfer.begin()

    def _await_transfer(self) -> None:
        self.stay()
        if self._transfer is not None and self._transfer.ended:
            self._transfer_ended()
        else:
            self._show_block()

    def _transfer_ended(self) -> None:
        if self.phase != "WaitForDirectVolumeMigrationToComplete" or self._transfer is None:
            return
        if self._transfer.failure == "warned":
            self._warn(
                "DirectVolumeMigrationFailed",
                f"DirectVolumeMigration (dvm): {MTC_NAMESPACE}/{self.values['dvm']} failed. "
                "See in dvm status.Errors",
            )
        self._update(lambda m: clear_conditions(m, "DirectVolumeMigrationBlocked"))
        self.wait(0.5, lambda: self._leave(self._index))

    def _show_block(self) -> None:
        """Repeat the transfer's warning on the migration, once it waits for the transfer."""
        warning = self._transfer.warning if self._transfer is not None else ""
        if warning and self.phase == "WaitForDirectVolumeMigrationToComplete":
            self._update(
                lambda m: set_condition(
                    m,
                    self.world.stamp,
                    type="DirectVolumeMigrationBlocked",
                    category="Warn",
                    reason="NotReady",
                    message=warning,
                )
            )

    def _abandon_transfer(self) -> None:
        if self._transfer is not None and not self._transfer.ended:
            self._transfer.abandon()

    # Ends

    def fail(self, reason: str, errors: list[str] | None = None) -> None:
        """Fail for good. Nothing is cleaned up: what was scaled to zero stays so."""
        self.stay()
        step = self._phases[self._index].step
        told = errors if errors is not None else filled(list(self.run.errors), self.values)

        self._update(lambda m: show_failed(m, reason, step, told, self.world.stamp))
        self.ended = True
        self._on_phase(self.run, "Failed")

    def cancel(self) -> None:
        """Turn round: take away what was made, start what was stopped."""
        self._update(lambda migration: migration["spec"].update(canceled=True))
        self._itinerary = "Cancel"
        self._phases = timeline("Cancel", self.app, self.run, self.run.seconds)
        self._update(lambda m: show_canceling(m, self._phases, self.world.stamp))
        self._enter(0)

    def _complete(self) -> None:
        canceled = self._itinerary == "Cancel"

        for warning in self.run.warns:
            told = filled(warning, self.values)
            self._warn(told["type"], told["message"])
        self._update(lambda m: show_completed(m, canceled, self.world.stamp))
        self._log_line('"msg":"[COMPLETED]"', "Completed")
        self.stay()
        self.ended = True
        self._on_phase(self.run, "Completed")

    # Writing

    def _warn(self, type_: str, message: str) -> None:
        self._update(lambda m: show_warning(m, type_, message, self.world.stamp))

    def _on_source(self, act: Callable[[World, str, str, App], None]) -> None:
        for source, _ in self.app.pairs:
            act(self.world, self.app.source, source, self.app)

    def _on_destination(self, act: Callable[[World, str, str, App], None]) -> None:
        for _, target in self.app.pairs:
            act(self.world, self.app.destination, target, self.app)

    def _make_stage_pods(self) -> None:
        values = {**self.values, "pod": self.values["stage_pod"], "place": self.app.pairs[0][0]}
        values["node"] = f"{self.app.source}-worker-1"
        self.world.make(self.app.source, templates("run")["stage_pod"], values)

    def _delete_stage_pods(self) -> None:
        self.world.remove(self.app.source, k.POD, self.values["stage_pod"], self.app.pairs[0][0])

    def _update(self, change: Callable[[Json], None]) -> None:
        self.world.update_mtc(k.MIGMIGRATION, self.run.name, change)

    def _log_line(self, message: str, phase: str = "") -> None:
        where = f',"phase":"{phase}"' if phase else ""
        self.world.log(
            "host",
            "controller",
            [
                f'{{"level":"info","ts":0,"logger":"migration",{message},'
                f'"migMigration":"{self.run.name}"{where}}}'
            ],
        )
