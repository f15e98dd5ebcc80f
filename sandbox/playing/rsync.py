"""What stands on the clusters for a direct volume migration: routes, rsync pods, progress.

Names, labels and fields: mig-controller pkg/controller/directvolumemigration/rsync.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.clusters import kinds as k
from bot.clusters.port import Json
from sandbox.playing.names import Values, client_pod, md5
from sandbox.playing.world import World
from sandbox.scenarios.loading import templates
from sandbox.scenarios.schema import App, Volume

ATTEMPT_SECONDS = 6.0
"""How long a rsync that fails at once takes, its pod's start included."""


@dataclass(frozen=True, slots=True)
class Rsync:
    """The objects of one transfer."""

    world: World
    app: App
    values: Values

    def claims(self) -> list[tuple[str, str, Volume]]:
        """Return the claims with their source and target namespaces."""
        return [(s, t, volume) for s, t in self.app.pairs for volume in self.app.claims]

    def make_routes(self) -> None:
        """Make the route of each destination namespace; no router has seen it yet."""
        for source, target in self.app.pairs:
            values = {**self.values, "namespace": source, "target_namespace": target}
            self.world.make(self.app.destination, templates("run")["route"], values)

    def admit_routes(self) -> None:
        """Let the router admit the routes."""
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

    def make_progress(self) -> None:
        """Make a DirectVolumeMigrationProgress for each claim."""
        for source, _, volume in self.claims():
            values = {
                **self.values,
                "namespace": source,
                "dvmp": self._progress_name(source, volume),
                "claim_hash": md5(volume.name),
            }
            self.world.make("host", templates("run")["progress"], values)

    def make_server_pods(self) -> None:
        """Make the rsync server pods; no scheduler has seen them yet."""
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

    def start_server_pods(self) -> None:
        """Let the rsync server pods run."""

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

    def start_clients(self, attempt: int) -> None:
        """Start the client pods of an attempt; those of the one before it are deleted."""
        logs = templates("logs")
        for source, _, volume in self.claims():
            dvm = self.values["dvm"]
            before = client_pod(dvm, volume.name, attempt - 1)
            self.world.remove(self.app.source, k.POD, before, source)
            name = client_pod(dvm, volume.name, attempt)
            values = {
                **self.values,
                "namespace": source,
                "claim": volume.name,
                "claim_hash": md5(volume.name),
                "pod": name,
                "attempt": str(attempt),
            }
            self.world.make(self.app.source, templates("run")["client_pod"], values)
            for container, lines in (("rsync", "rsync_client"), ("stunnel", "stunnel")):
                self.world.log_pod(self.app.source, (source, name, container), logs[lines])

    def delete_all(self, attempt: int) -> None:
        """Delete pods and routes."""
        for source, target in self.app.pairs:
            self.world.remove(self.app.destination, k.POD, "rsync-server", target)
            self.world.remove(self.app.destination, k.ROUTE, "dvm", target)
            for volume in self.app.claims:
                name = client_pod(self.values["dvm"], volume.name, attempt)
                self.world.remove(self.app.source, k.POD, name, source)

    def show_progress(
        self, attempt: int, percent: str, rate: str, phase: str, exit_code: int | None = None
    ) -> None:
        """Show how far the clients of an attempt are, and how they ended."""
        for source, _, volume in self.claims():
            pod = client_pod(self.values["dvm"], volume.name, attempt)

            def show(dvmp: Json, pod: str = pod) -> None:
                status = dvmp.setdefault("status", {})
                status.update(
                    podName=pod,
                    phase=phase,
                    lastObservedProgressPercent=percent,
                    lastObservedTransferRate=rate,
                    totalProgressPercentage=percent,
                    rsyncElapsedTime=f"{int(ATTEMPT_SECONDS * attempt)}s",
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

    def pod_status(self, namespace: str, volume: Volume, attempt: int) -> Json:
        """Return a client pod as the transfer's status lists it."""
        return {
            "namespace": namespace,
            "name": client_pod(self.values["dvm"], volume.name, attempt),
            "pvcRef": {"namespace": namespace, "name": volume.name},
            "totalElapsedTime": f"{int(ATTEMPT_SECONDS * attempt)}s",
        }

    def operation(self, namespace: str, volume: Volume) -> Json:
        """Return a claim's operation as the transfer's status lists it."""
        return {"pvcReference": {"namespace": namespace, "name": volume.name}}
