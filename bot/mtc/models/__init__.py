"""Read models of MTC's and Velero's kinds."""

from bot.mtc.models.base import Condition, Meta, Object, parse, read
from bot.mtc.models.infrastructure import (
    MigAnalytic,
    MigCluster,
    MigHook,
    MigrationController,
    MigStorage,
)
from bot.mtc.models.migration import (
    DirectImageMigration,
    DirectImageStreamMigration,
    DirectVolumeMigration,
    DirectVolumeMigrationProgress,
    MigMigration,
    MigPlan,
)
from bot.mtc.models.velero import (
    Backup,
    BackupRepository,
    BackupStorageLocation,
    PodVolumeBackup,
    PodVolumeRestore,
    Restore,
)

__all__ = [
    "Backup",
    "BackupRepository",
    "BackupStorageLocation",
    "Condition",
    "DirectImageMigration",
    "DirectImageStreamMigration",
    "DirectVolumeMigration",
    "DirectVolumeMigrationProgress",
    "Meta",
    "MigAnalytic",
    "MigCluster",
    "MigHook",
    "MigMigration",
    "MigPlan",
    "MigStorage",
    "MigrationController",
    "Object",
    "PodVolumeBackup",
    "PodVolumeRestore",
    "Restore",
    "parse",
    "read",
]
