"""Velero's part of a run: backups on the source, restores on the destination, their volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.clusters import kinds as k
from bot.clusters.port import Json
from sandbox.playing.building import volume_values
from sandbox.playing.names import Values, pod_name, volume_copy
from sandbox.playing.workloads import restore_claims, restore_objects
from sandbox.playing.world import World
from sandbox.scenarios.filling import filled
from sandbox.scenarios.loading import templates
from sandbox.scenarios.schema import App, Run, VeleroEnd

Which = Literal["initial", "stage", "final"]


@dataclass(frozen=True, slots=True)
class Velero:
    """The backups and restores of one run."""

    world: World
    app: App
    run: Run
    values: Values

    def start_backup(self, which: Which) -> None:
        """Make the backup on the source; it is in progress."""
        name = self.values[f"{which}_backup"]
        values = {**self.values, "name": name, "which": which, "bsl": self.values["source_bsl"]}
        self.world.make(self.app.source, templates("run")["backup"], values)
        logs = templates("logs")
        self.world.log(self.app.source, "velero", filled(logs["noise"], values))
        self._log(self.app.source, "backup_started", f"Backup/{name}", values)

    def end_backup(self, which: Which) -> VeleroEnd:
        """End the backup on the source, and return how."""
        end = self.run.initial_backup if which == "initial" else self.run.stage_backup
        name = self.values[f"{which}_backup"]
        self.world.update_mtc(
            k.BACKUP, name, lambda b: self._ended(b, end, "itemsBackedUp"), self.app.source
        )
        self._log(self.app.source, "backup_ended", f"Backup/{name}", {**self.values, "name": name})
        return end

    def replicate_backup(self, which: Which) -> None:
        """Show the backup on the destination, as Velero's sync from the bucket does."""
        name = self.values[f"{which}_backup"]
        made = self.world.cluster(self.app.source).find(k.BACKUP, name, k.MTC_NAMESPACE)
        if made is None or self.app.source == self.app.destination:
            return
        bsl = self.values["destination_bsl"]
        made["spec"]["storageLocation"] = bsl
        meta = made["metadata"]
        labels = {**meta["labels"], "velero.io/storage-location": bsl}
        kept = {key: meta[key] for key in ("name", "namespace", "annotations")}
        made["metadata"] = {**kept, "labels": labels, "creationTimestamp": self.world.stamp}
        self.world.cluster(self.app.destination).put(made)

    def start_volume_backups(self) -> None:
        """Make a PodVolumeBackup for each claim."""
        backup = self.values["stage_backup"]
        made = self.world.cluster(self.app.source).find(k.BACKUP, backup, k.MTC_NAMESPACE) or {}
        self._start_copies(
            self.app.source,
            "volume_backup",
            backup,
            {
                "backup": backup,
                "backup_uid": made.get("metadata", {}).get("uid", ""),
                "bsl": self.values["source_bsl"],
            },
        )

    def start_restore(self, which: Which) -> None:
        """Make the restore on the destination; it is in progress."""
        name = self.values[f"{which}_restore"]
        backup = self.values["stage_backup" if which == "stage" else "initial_backup"]
        values = {**self.values, "name": name, "which": which, "backup": backup}
        self.world.make(self.app.destination, templates("run")["restore"], values)
        noise = {**values, "bsl": self.values["destination_bsl"]}
        self.world.log(self.app.destination, "velero", filled(templates("logs")["noise"], noise))
        self._log(self.app.destination, "restore_started", f"Restore/{name}", values)
        if which == "stage":
            restore_claims(self.world, self.app, self.values, name)
        else:
            restore_objects(self.world, self.app, self.values, name)

    def start_volume_restores(self) -> None:
        """Make a PodVolumeRestore for each claim."""
        restore = self.values["stage_restore"]
        made = self.world.cluster(self.app.destination).find(k.RESTORE, restore, k.MTC_NAMESPACE)
        self._start_copies(
            self.app.destination,
            "volume_restore",
            restore,
            {
                "restore": restore,
                "restore_uid": (made or {}).get("metadata", {}).get("uid", ""),
                "bsl": self.values["destination_bsl"],
            },
        )

    def end_restore(self, which: Which) -> VeleroEnd:
        """End the restore on the destination, and return how."""
        end = self.run.stage_restore if which == "stage" else self.run.final_restore
        name = self.values[f"{which}_restore"]
        self.world.update_mtc(
            k.RESTORE, name, lambda r: self._ended(r, end, "itemsRestored"), self.app.destination
        )
        values = {**self.values, "name": name}
        self._log(self.app.destination, "restore_ended", f"Restore/{name}", values)
        return end

    def end_volume_copies(self, kind: Literal["backup", "restore"]) -> None:
        """End the PodVolumeBackups or PodVolumeRestores."""
        backups = kind == "backup"
        end = self.run.volume_backups if backups else self.run.volume_restores
        owner = self.values["stage_backup" if backups else "stage_restore"]
        cluster = self.app.source if backups else self.app.destination

        def finish(copy: Json) -> None:
            status = copy["status"]
            total = status["progress"]["totalBytes"]
            status["progress"]["bytesDone"] = int(total * end.share)
            status["phase"] = end.phase
            if end.message:
                status["message"] = end.message
            if end.phase not in ("InProgress", "New"):
                status["completionTimestamp"] = self.world.stamp
            if end.phase == "Completed" and backups:
                status["snapshotID"] = "4f0c11d2"

        for volume in self.app.claims:
            name = volume_copy(owner, volume.name)
            self.world.update_mtc(k.PVB if backups else k.PVR, name, finish, cluster)

    def _start_copies(
        self,
        cluster: str,
        template: Literal["volume_backup", "volume_restore"],
        owner: str,
        names: Values,
    ) -> None:
        for source, target in self.app.pairs:
            for volume in self.app.claims:
                copy = volume_copy(owner, volume.name)
                values = {
                    **self.values,
                    **volume_values(self.app, source, volume),
                    **names,
                    "namespace": source,
                    "target_namespace": target,
                    "suffix": copy.rsplit("-", 1)[1],
                    "pod": pod_name(self.app.name, source, 0)
                    if not self.values["quiesce"]
                    else self.values["stage_pod"],
                    "name": copy,
                }
                self.world.make(cluster, templates("run")[template], values)
                lines = filled(templates("logs")[f"{template}_started"], values)
                self.world.log(cluster, "agent", lines)

    def _ended(self, obj: Json, end: VeleroEnd, counter: str) -> None:
        status = obj["status"]
        status["phase"] = end.phase
        status["completionTimestamp"] = self.world.stamp
        status["progress"][counter] = status["progress"]["totalItems"]
        for field in ("errors", "warnings"):
            if count := getattr(end, field):
                status[field] = count
        if end.message:
            status["failureReason"] = end.message

    def _log(self, cluster: str, which: str, kept_with: str, values: Values) -> None:
        self.world.log(cluster, "velero", filled(templates("logs")[which], values), kept_with)
