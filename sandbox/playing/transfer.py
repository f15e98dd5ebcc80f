"""A direct volume migration: its phases, its rsync pods, and the ways in which it ends.

An attempt of rsync that fails is made again until the attempts are used up; then MTC itself says
nothing of it (``Failed`` Critical on the transfer, ``Succeeded`` on the migration). Any other
error ends the transfer with ``Failed`` Warn, which the migration does mention.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.clusters import kinds as k
from bot.clusters.port import Json
from sandbox.playing.agenda import Agenda
from sandbox.playing.building import volume_values
from sandbox.playing.lives import Life
from sandbox.playing.names import Values, client_pod, md5
from sandbox.playing.timeline import Phase, timeline
from sandbox.playing.workloads import make_target_namespaces, restore_claims
from sandbox.playing.world import World, clear_conditions, set_condition
from sandbox.scenarios.filling import filled
from sandbox.scenarios.loading import templates
from sandbox.scenarios.schema import App, Run, Volume

ATTEMPT_SECONDS = 6.0
"""How long a rsync that fails at once takes, its pod's start included."""


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
        self._attempt = 0
        self.failure = ""
        """``warned`` or ``silent`` once it has failed."""
        self.ended = False
        self.on_end: Callable[[], None] = lambda: None
        self.on_warning: Callable[[], None] = lambda: None

    @property
    def warning(self) -> str:
        """Return what the controller says of the phase in which the transfer stays."""
        return self.run.transfer.warning.get("message", "") if self._warned else ""

    _warned = False

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
            for source, target, volume in self._claims()
        ]
        made = filled(
            templates("run")["transfer"], {**self.values, "claims": claims, "now": self.world.stamp}
        )
        made["metadata"]["uid"] = self.values["dvm_uid"]
        self.world.make("host", made, {})
        self._enter(0)

    def _claims(self) -> list[tuple[str, str, Volume]]:
        return [(s, t, volume) for s, t in self.app.pairs for volume in self.app.claims]

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
            "CreateRsyncRoute": self._make_routes,
            "EnsureRsyncRouteAdmitted": self._admit_routes,
            "CreatePVProgressCRs": self._make_progress,
            "CreateRsyncTransferPods": self._make_server_pods,
            "WaitForRsyncTransferPodsRunning": self._start_server_pods,
            "RunRsyncOperations": self._start_clients,
            "DeleteRsyncResources": self._delete_resources,
        }.get(phase.name)
        held = self.run.transfer.hold == phase.name
        if doing is not None and not (held and phase.name in _DONE_BY_OTHERS):
            doing()
        if phase.name == self.run.transfer.fails_in:
            self.wait(phase.seconds, lambda: self._fail(phase))
        elif held:
            self._stay_in(phase)
        elif phase.name == "RunRsyncOperations" and self.run.transfer.exit_code is not None:
            self.wait(ATTEMPT_SECONDS, lambda: self._next_attempt(phase))
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

    def _warn(self) -> None:
        self._warned = True
        warning = {"category": "Warn", **self.run.transfer.warning}
        self._update(lambda dvm: set_condition(dvm, self.world.stamp, **warning))
        self.on_warning()

    def _half_way(self, index: int) -> None:
        phase = self._phases[index]
        self._update_progress("48%", "61.20MB/s", "Running")
        self._update(
            lambda dvm: dvm["status"].update(
                runningPods=[
                    {
                        **self._pod_status(source, volume, 1),
                        "lastObservedProgressPercent": "48%",
                        "lastObservedTransferRate": "61.20MB/s",
                    }
                    for source, _, volume in self._claims()
                ]
            )
        )
        self.wait(phase.seconds / 2, lambda: self._copied(index))

    def _copied(self, index: int) -> None:
        def all_copied(dvm: Json) -> None:
            status = dvm["status"]
            status.pop("runningPods", None)
            status["successfulPods"] = [
                {**self._pod_status(source, volume, 1), "lastObservedProgressPercent": "100%"}
                for source, _, volume in self._claims()
            ]
            status["rsyncOperations"] = [
                {**self._operation(source, volume), "currentAttempt": 1, "succeeded": True}
                for source, _, volume in self._claims()
            ]

        self._update_progress("100%", "58.73MB/s", "Succeeded", exit_code=0)
        self._update(all_copied)
        self._enter(index + 1)

    def _next_attempt(self, phase: Phase) -> None:
        code = self.run.transfer.exit_code or 1
        self._update_progress("10%", "1.00MB/s", "Failed", exit_code=code)
        if self._attempt >= self.run.transfer.attempts:
            self._fail(phase)
            return
        self._start_clients()
        self.wait(ATTEMPT_SECONDS, lambda: self._next_attempt(phase))

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
                        **self._pod_status(source, volume, self._attempt),
                        "lastObservedProgressPercent": "10%",
                        "lastObservedTransferRate": "1.00MB/s",
                    }
                    for source, _, volume in self._claims()
                ]
                status["rsyncOperations"] = [
                    {
                        **self._operation(source, volume),
                        "currentAttempt": self._attempt,
                        "failed": True,
                    }
                    for source, _, volume in self._claims()
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

    # What stands on the clusters

    def _make_routes(self) -> None:
        for source, target in self.app.pairs:
            values = {**self.values, "namespace": source, "target_namespace": target}
            self.world.make(self.app.destination, templates("run")["route"], values)

    def _admit_routes(self) -> None:
        admitted = {
            "routerName": "default",
            "conditions": [{"type": "Admitted", "status": "True", "lastTransitionTime": ""}],
        }
        admitted["conditions"][0]["lastTransitionTime"] = self.world.stamp  # type: ignore[index]
        for _, target in self.app.pairs:
            self.world.update(
                self.app.destination,
                k.ROUTE,
                "dvm",
                lambda route: route.update(status={"ingress": [admitted]}),
                target,
            )

    def _make_progress(self) -> None:
        for source, _, volume in self._claims():
            values = {
                **self.values,
                "namespace": source,
                "dvmp": self._progress_name(source, volume),
                "claim_hash": md5(volume.name),
            }
            self.world.make("host", templates("run")["progress"], values)

    def _make_server_pods(self) -> None:
        for source, target in self.app.pairs:
            volumes = [
                {"name": v.name, "persistentVolumeClaim": {"claimName": v.name}}
                for v in self.app.claims
            ]
            values = {
                **self.values,
                "namespace": source,
                "target_namespace": target,
                "pod_volumes": volumes,
            }
            self.world.make(self.app.destination, templates("run")["server_pod"], values)

    def _start_server_pods(self) -> None:
        def run(pod: Json) -> None:
            pod["spec"]["nodeName"] = f"{self.app.destination}-worker-1"
            pod["status"] = {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [
                    {
                        "name": name,
                        "ready": True,
                        "restartCount": 0,
                        "state": {"running": {"startedAt": self.world.stamp}},
                    }
                    for name in ("rsync", "stunnel")
                ],
            }

        logs = templates("logs")
        for _, target in self.app.pairs:
            self.world.update(self.app.destination, k.POD, "rsync-server", run, target)
            for container, lines in (("rsync", "rsync_server"), ("stunnel", "stunnel")):
                place = (target, "rsync-server", container)
                self.world.log_pod(self.app.destination, place, logs[lines])

    def _start_clients(self) -> None:
        """Start the next attempt; the pods of the one before it are deleted."""
        self._attempt += 1
        logs = templates("logs")
        for source, _, volume in self._claims():
            dvm = self.values["dvm"]
            before = client_pod(dvm, volume.name, self._attempt - 1)
            self.world.remove(self.app.source, k.POD, before, source)
            name = client_pod(dvm, volume.name, self._attempt)
            values = {
                **self.values,
                "namespace": source,
                "claim": volume.name,
                "claim_hash": md5(volume.name),
                "pod": name,
                "attempt": str(self._attempt),
            }
            self.world.make(self.app.source, templates("run")["client_pod"], values)
            for container, lines in (("rsync", "rsync_client"), ("stunnel", "stunnel")):
                self.world.log_pod(self.app.source, (source, name, container), logs[lines])

    def _delete_resources(self) -> None:
        for source, target in self.app.pairs:
            self.world.remove(self.app.destination, k.POD, "rsync-server", target)
            self.world.remove(self.app.destination, k.ROUTE, "dvm", target)
            for volume in self.app.claims:
                name = client_pod(self.values["dvm"], volume.name, max(1, self._attempt))
                self.world.remove(self.app.source, k.POD, name, source)

    def _update_progress(
        self, percent: str, rate: str, phase: str, exit_code: int | None = None
    ) -> None:
        for source, _, volume in self._claims():
            pod = client_pod(self.values["dvm"], volume.name, self._attempt)

            def show(dvmp: Json, pod: str = pod) -> None:
                status = dvmp.setdefault("status", {})
                status.update(
                    podName=pod,
                    phase=phase,
                    lastObservedProgressPercent=percent,
                    lastObservedTransferRate=rate,
                    totalProgressPercentage=percent,
                    rsyncElapsedTime=f"{int(ATTEMPT_SECONDS * self._attempt)}s",
                )
                if exit_code is not None:
                    ended = {
                        "podName": pod,
                        "phase": phase,
                        "exitCode": exit_code,
                        "containerElapsedTime": "5s",
                        "creationTimestamp": self.world.stamp,
                    }
                    status.update(exitCode=exit_code, containerElapsedTime="5s")
                    history = [*status.get("rsyncPodStatuses", []), ended]
                    status["rsyncPodStatuses"] = history[-20:]

            self.world.update_mtc(k.DVMP, self._progress_name(source, volume), show)
            if exit_code is not None:
                self._end_client(source, pod, exit_code)

    def _end_client(self, namespace: str, pod: str, exit_code: int) -> None:
        word = "Completed" if exit_code == 0 else "Error"

        def terminate(obj: Json) -> None:
            obj["metadata"]["labels"]["migration.openshift.io/dvmp-done"] = "True"
            ended = {"exitCode": exit_code, "reason": word, "finishedAt": self.world.stamp}
            obj["status"] = {
                "phase": "Succeeded" if exit_code == 0 else "Failed",
                "containerStatuses": [
                    {
                        "name": "rsync",
                        "ready": False,
                        "restartCount": 0,
                        "state": {"terminated": ended},
                    },
                    {
                        "name": "stunnel",
                        "ready": False,
                        "restartCount": 0,
                        "state": {"terminated": {**ended, "exitCode": 0, "reason": "Completed"}},
                    },
                ],
            }

        self.world.update(self.app.source, k.POD, pod, terminate, namespace)

    def _progress_name(self, namespace: str, volume: Volume) -> str:
        return md5(f"{self.values['dvm']}{volume.name}{namespace}")

    def _pod_status(self, namespace: str, volume: Volume, attempt: int) -> Json:
        return {
            "namespace": namespace,
            "name": client_pod(self.values["dvm"], volume.name, attempt),
            "pvcRef": {"namespace": namespace, "name": volume.name},
            "totalElapsedTime": f"{int(ATTEMPT_SECONDS * attempt)}s",
        }

    def _operation(self, namespace: str, volume: Volume) -> Json:
        return {"pvcReference": {"namespace": namespace, "name": volume.name}}

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
