"""Velero's objects, of the versions MTC 1.6 to 1.8 bring.

Verify errors of restic restores stand in status fields (MTC up to 1.6), in annotations (1.7),
or nowhere (1.8); ``verify_errors`` hides the difference.
"""

from __future__ import annotations

from pydantic import Field

from bot.mtc.models.base import Lenient, Object


class Progress(Lenient):
    """Counts of items, or of bytes."""

    items_backed_up: int = 0
    items_restored: int = 0
    total_items: int = 0
    total_bytes: int = 0
    bytes_done: int = 0


class VeleroStatus(Lenient):
    """The status fields Velero's kinds share."""

    phase: str = ""
    message: str = ""
    failure_reason: str = ""
    validation_errors: tuple[str, ...] = ()
    errors: int = 0
    warnings: int = 0
    progress: Progress = Progress()
    start_timestamp: str = ""
    completion_timestamp: str = ""


class BackupSpec(Lenient):
    """What a backup takes."""

    included_namespaces: tuple[str, ...] = ()
    storage_location: str = ""


class Backup(Object):
    """A backup."""

    spec: BackupSpec = BackupSpec()
    status: VeleroStatus = VeleroStatus()


class RestoreSpec(Lenient):
    """What a restore brings back."""

    backup_name: str = ""


class ListedError(Lenient):
    """A PodVolumeRestore named in a Restore of MTC 1.6."""

    name: str = ""


class RestoreStatus(VeleroStatus):
    """A restore's status; the lists are of MTC 1.6."""

    pod_volume_restore_errors: tuple[ListedError, ...] = ()
    pod_volume_restore_verify_errors: tuple[ListedError, ...] = ()


class Restore(Object):
    """A restore."""

    spec: RestoreSpec = RestoreSpec()
    status: RestoreStatus = RestoreStatus()

    @property
    def verify_errors(self) -> tuple[str, ...]:
        """Return the names of volume restores with verify errors."""
        listed = self.metadata.annotations.get("velero.io/restore-pvr-verify-errors", "")
        names = [name.strip() for name in listed.split(",") if name.strip()]
        names += [item.name for item in self.status.pod_volume_restore_verify_errors]
        return tuple(dict.fromkeys(names))


class PodRef(Lenient):
    """The pod whose volume is meant."""

    namespace: str = ""
    name: str = ""


class PodVolumeSpec(Lenient):
    """One volume of one pod."""

    node: str = ""
    pod: PodRef = PodRef()
    volume: str = ""
    backup_storage_location: str = ""
    uploader_type: str = "restic"


class PodVolumeBackup(Object):
    """The backup of one volume."""

    spec: PodVolumeSpec = PodVolumeSpec()
    status: VeleroStatus = VeleroStatus()


class PodVolumeRestoreStatus(VeleroStatus):
    """A volume restore's status; the last two are of MTC 1.6."""

    verify_errors: int = 0
    restic_pod: str = ""


class PodVolumeRestore(Object):
    """The restore of one volume."""

    spec: PodVolumeSpec = PodVolumeSpec()
    status: PodVolumeRestoreStatus = PodVolumeRestoreStatus()

    @property
    def restic_pod(self) -> str:
        """Return the restic pod that did it, where the version says."""
        return self.status.restic_pod or self.metadata.annotations.get(
            "velero.io/pvr-restic-pod", ""
        )


class LocationSpec(Lenient):
    """Where a storage location is; settings are not needed here."""

    provider: str = ""
    config: dict[str, str] = Field(default_factory=dict, repr=False)


class BackupStorageLocation(Object):
    """An object store as Velero sees it."""

    spec: LocationSpec = LocationSpec()
    status: VeleroStatus = VeleroStatus()


class RepositorySpec(Lenient):
    """A restic repository of one namespace."""

    volume_namespace: str = ""
    backup_storage_location: str = ""
    repository_type: str = ""


class BackupRepository(Object):
    """A BackupRepository (MTC 1.8) or ResticRepository (1.7 and before)."""

    spec: RepositorySpec = RepositorySpec()
    status: VeleroStatus = VeleroStatus()
