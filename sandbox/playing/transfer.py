"""A direct volume migration: its phases, its rsync pods, and the ways in which it ends.

An attempt of rsync that fails is made again until the attempts are used up; then MTC itself says
nothing of it (``Failed`` Critical on the transfer, ``Succeeded`` on the migration). Any other
error ends the transfer with ``Failed`` Warn, which the migration does mention.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.clusters import kinds as k
from bot.clusters.port import Json
from sandbox.playing.agenda import Agenda
from sandbox.playing.building import volume_values
from sandbox.playing.lives import Life
from sandbox.playing.names import Values
from sandbox.playing.rsync import ATTEMPT_SECONDS, Rsync
from sandbox.playing.timeline import Phase, timeline
from sandbox.playing.workloads import make_target_namespaces, restore_claims
from sandbox.playing.world import World, clear_conditions, set_condition
from sandbox.scenarios.filling import filled
from sandbox.scenarios.loading import templates
from sandbox.scenarios.schema import App, Run


class TransferLife(Life):
    """One DirectVolumeMigration."""

    def __init__(
        self,
        world: World,
        agenda: Agenda,
        app: App,
        run: Run,
        values: Values,
        on_phase: Callable[[str], None],
    ) -> None:
        """Prepare a transfer; ``on_phase`` is told of every phase that is entered."""
        super().__init__(world, agenda)
        self.app, self.run, self.values = app, run, values
        self._on_phase = on_phase
        self._phases = timeline("VolumeMigration", app, run, run.transfer.seconds)
        self._rsync = Rsync(world, app, values)
        self._attempt = 0
        self._warned = False
        self.failure = ""
        """``warned`` or ``silent`` once it has failed."""
        self.ended = False
        self.on_end: Callable[[], None] = lambda: None
        self.on_warning: Callable[[], None] = lambda: None

    @property
    def warning(self) -> str:
        """Return what the controller says of the phase in which the transfer stays."""
        return str(self._warning().get("message", "")) if self._warned else ""

    def begin(self) -> None:
        """Make the DirectVolumeMigration and enter its first phase."""
        claims = [
            filled(
                templates("run")["transfer_claim"],
                {
                    **volume_values(self.app, source, volume),
                    "namespace": source,
                    "target_namespace": target,
                },
            )
            for source, target, volume in self._rsync.claims()
        ]
        made = filled(
            templates("run")["transfer"], {**self.values, "claims": claims, "now": self.world.stamp}
        )
        made["metadata"]["uid"] = self.values["dvm_uid"]
        self.world.make("host", made, {})
        self._enter(0)

    def _enter(self, index: int) -> None:
        phase = self._phases[index]
        self._update(lambda dvm: self._show(dvm, phase))
        self.world.log("host", "controller", [self._line(phase)])
        self._on_phase(f"dvm:{phase.name}")
        if phase.name == "Completed":
            self._end("Completed")
            return
        doing = {
            "CreateDestinationNamespaces": lambda: make_target_namespaces(self.world, self.app),
            "CreateDestinationPVCs": lambda: restore_claims(self.world, self.app, self.values),
            "CreateRsyncRoute": self._rsync.make_routes,
            "EnsureRsyncRouteAdmitted": self._rsync.admit_routes,
            "CreatePVProgressCRs": self._rsync.make_progress,
            "CreateRsyncTransferPods": self._rsync.make_server_pods,
            "WaitForRsyncTransferPodsRunning": self._rsync.start_server_pods,
            "RunRsyncOperations": self._start_attempt,
            "DeleteRsyncResources": self._delete_resources,
        }.get(phase.name)
        held = self.run.transfer.hold == phase.name
        fails = self.run.transfer.fails_in == phase.name
        if doing is not None and not fails and not (held and phase.name in _DONE_BY_OTHERS):
            doing()
        if fails:
            self.wait(phase.seconds, lambda: self._fail(phase))
        elif held:
            self._stay_in(phase)
        elif phase.name == "RunRsyncOperations" and self.run.transfer.exit_code is not None:
            self.wait(ATTEMPT_SECONDS, lambda: self._next_attempt(index))
        elif phase.name == "RunRsyncOperations":
            self.wait(phase.seconds / 2, lambda: self._half_way(index))
        else:
            self.wait(phase.seconds, lambda: self._enter(index + 1))

    def _show(self, dvm: Json, phase: Phase) -> None:
        status = dvm.setdefault("status", {})
        status["phase"] = phase.name
        status["phaseDescription"] = phase.says
        if phase.name != "Completed":
            set_condition(
                dvm,
                self.world.stamp,
                type="Running",
                category="Advisory",
                reason=phase.name,
                message=f"Step: {phase.number}/{phase.total}",
            )

    def _stay_in(self, phase: Phase) -> None:
        self.stay()
        warning = self.run.transfer.warning
        if self.run.transfer.warns_after is not None and warning:
            self.wait(self.run.transfer.warns_after, self._warn)

    def _warning(self) -> dict[str, Any]:
        return dict(filled(self.run.transfer.warning, self.values))

    def _warn(self) -> None:
        self._warned = True
        warning = {"category": "Warn", **self._warning()}
        self._update(lambda dvm: set_condition(dvm, self.world.stamp, **warning))
        self.on_warning()

    def _half_way(self, index: int) -> None:
        phase = self._phases[index]
        self._rsync.show_progress(self._attempt, "48%", "61.20MB/s", "Running")
        self._update(
            lambda dvm: dvm["status"].update(
                runningPods=[
                    {
                        **self._rsync.pod_status(source, volume, self._attempt),
                        "lastObservedProgressPercent": "48%",
                        "lastObservedTransferRate": "61.20MB/s",
                    }
                    for source, _, volume in self._rsync.claims()
                ]
            )
        )
        self.wait(phase.seconds / 2, lambda: self._copied(index))

    def _copied(self, index: int) -> None:
        def all_copied(dvm: Json) -> None:
            status = dvm["status"]
            status.pop("runningPods", None)
            status["successfulPods"] = [
                {
                    **self._rsync.pod_status(source, volume, self._attempt),
                    "lastObservedProgressPercent": "100%",
                }
                for source, _, volume in self._rsync.claims()
            ]
            status["rsyncOperations"] = [
                {
                    **self._rsync.operation(source, volume),
                    "currentAttempt": self._attempt,
                    "succeeded": True,
                }
                for source, _, volume in self._rsync.claims()
            ]

        self._rsync.show_progress(self._attempt, "100%", "58.73MB/s", "Succeeded", exit_code=0)
        self._update(all_copied)
        self._enter(index + 1)

    def _next_attempt(self, index: int) -> None:
        code, phase = self.run.transfer.exit_code or 1, self._phases[index]
        self._rsync.show_progress(self._attempt, "10%", "1.00MB/s", "Failed", exit_code=code)
        last = self._attempt >= self.run.transfer.attempts
        if last and not self.run.transfer.succeeds:
            self._fail(phase)
            return
        self._start_attempt()
        if last:
            self.wait(phase.seconds / 2, lambda: self._half_way(index))
        else:
            self.wait(ATTEMPT_SECONDS, lambda: self._next_attempt(index))

    def _fail(self, phase: Phase) -> None:
        silent = phase.name == "RunRsyncOperations" and self.run.transfer.exit_code is not None
        self.failure = "silent" if silent else "warned"

        def failed(dvm: Json) -> None:
            status = dvm["status"]
            clear_conditions(dvm, "Running", "Ready")
            set_condition(
                dvm,
                self.world.stamp,
                type="Failed",
                category="Critical" if silent else "Warn",
                durable=True,
                reason=phase.name,
                message="The migration has failed.  See: Errors.",
            )
            if silent:
                status["phase"] = "MigrationFailed"
                status["failedPods"] = [
                    {
                        **self._rsync.pod_status(source, volume, self._attempt),
                        "lastObservedProgressPercent": "10%",
                        "lastObservedTransferRate": "1.00MB/s",
                    }
                    for source, _, volume in self._rsync.claims()
                ]
                status["rsyncOperations"] = [
                    {
                        **self._rsync.operation(source, volume),
                        "currentAttempt": self._attempt,
                        "failed": True,
                    }
                    for source, _, volume in self._rsync.claims()
                ]
            else:
                status.update(
                    phase="Completed",
                    phaseDescription="Complete",
                    itinerary="VolumeMigrationFailed",
                    errors=[filled(self.run.transfer.error, self.values)],
                )

        self._update(failed)
        self._finish()

    def _end(self, reason: str) -> None:
        def succeeded(dvm: Json) -> None:
            clear_conditions(dvm, "Running", "Ready")
            set_condition(
                dvm,
                self.world.stamp,
                type="Succeeded",
                category="Advisory",
                durable=True,
                reason=reason,
                message="The migration has succeeded",
            )

        self._update(succeeded)
        self._finish()

    def _finish(self) -> None:
        self.stay()
        self.ended = True
        self.on_end()

    def abandon(self) -> None:
        """Stop and take away what was made for it, as a cancel does."""
        self.stay()
        self.ended = True
        self._delete_resources()

    def _start_attempt(self) -> None:
        self._attempt += 1
        self._rsync.start_clients(self._attempt)

    def _delete_resources(self) -> None:
        self._rsync.delete_all(self._attempt)

    def _update(self, change: Callable[[Json], None]) -> None:
        self.world.update_mtc(k.DVM, self.values["dvm"], change)

    def _line(self, phase: Phase) -> str:
        return (
            '{"level":"info","ts":0,"logger":"directvolume","msg":"[RUN] (Step '
            f'{phase.number}/{phase.total}) {phase.says}","dvm":"{self.values["dvm"]}",'
            f'"migMigration":"{self.run.name}","phase":"{phase.name}"}}'
        )


_DONE_BY_OTHERS = frozenset({"EnsureRsyncRouteAdmitted", "WaitForRsyncTransferPodsRunning"})
"""Phases in which a router or a scheduler acts, which it does not where the phase is held."""
