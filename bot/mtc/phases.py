"""MTC's itineraries as data: phases in order, and how long one may last.

Order: mig-controller pkg/controller/migmigration/task.go and directvolumemigration/task.go
(1.8 line); phases behind a flag are left out of a run whose flag is off. The limits are the
bot's own policy, not MTC's: most of these phases wait for ever.
"""

from __future__ import annotations

from datetime import timedelta

_OPENING = (
    "Started StartRefresh WaitForRefresh CleanStaleAnnotations CleanStaleResticCRs "
    "CleanStaleVeleroCRs RestartVelero CleanStaleStagePods WaitForStaleStagePodsTerminated"
)
_STAGE_COPY = (
    "EnsureStageBackup StageBackupCreated EnsureStageBackupReplicated "
    "EnsureStageRestore StageRestoreCreated"
)

STAGE: tuple[str, ...] = tuple(
    f"{_OPENING} CreateRegistries CreateDirectImageMigration QuiesceSourceApplications "
    "EnsureSrcQuiesced CreateDirectVolumeMigrationStage EnsureStagePodsFromRunning "
    "EnsureStagePodsFromTemplates EnsureStagePodsFromOrphanedPVCs StagePodsCreated RestartRestic "
    "AnnotateResources WaitForVeleroReady WaitForResticReady WaitForRegistriesReady "
    f"EnsureCloudSecretPropagated {_STAGE_COPY} WaitForDirectImageMigrationToComplete "
    "WaitForDirectVolumeMigrationToComplete SwapPVCReferences DeleteRegistries "
    "EnsureStagePodsDeleted EnsureStagePodsTerminated EnsureAnnotationsDeleted Completed".split()
)
FINAL: tuple[str, ...] = tuple(
    f"{_OPENING} CreateRegistries WaitForVeleroReady WaitForRegistriesReady "
    "EnsureCloudSecretPropagated PreBackupHooks CreateDirectImageMigration "
    "CreateDirectVolumeMigrationStage EnsureInitialBackup InitialBackupCreated "
    "QuiesceSourceApplications EnsureSrcQuiesced EnsureStagePodsFromRunning "
    "EnsureStagePodsFromTemplates EnsureStagePodsFromOrphanedPVCs StagePodsCreated RestartRestic "
    f"AnnotateResources WaitForResticReady CreateDirectVolumeMigrationFinal {_STAGE_COPY} "
    "EnsureStagePodsDeleted EnsureStagePodsTerminated EnsureAnnotationsDeleted "
    "WaitForDirectImageMigrationToComplete WaitForDirectVolumeMigrationToComplete "
    "PostBackupHooks PreRestoreHooks EnsureInitialBackupReplicated EnsureFinalRestore "
    "FinalRestoreCreated UnQuiesceDestApplications PostRestoreHooks SwapPVCReferences "
    "DeleteRegistries Verification Completed".split()
)
CANCEL: tuple[str, ...] = (
    "Canceling",
    "DeleteBackups",
    "DeleteRestores",
    "DeleteRegistries",
    "DeleteHookJobs",
    "DeleteDirectVolumeMigrationResources",
    "DeleteDirectImageMigrationResources",
    "EnsureStagePodsDeleted",
    "EnsureAnnotationsDeleted",
    "UnQuiesceSrcApplications",
    "Canceled",
    "Completed",
)
ROLLBACK: tuple[str, ...] = (
    "Rollback",
    "DeleteBackups",
    "DeleteRestores",
    "DeleteRegistries",
    "EnsureStagePodsDeleted",
    "EnsureAnnotationsDeleted",
    "QuiesceDestinationApplications",
    "EnsureDestQuiesced",
    "SwapPVCReferences",
    "CreateDirectVolumeMigrationRollback",
    "WaitForDirectVolumeMigrationToRollbackComplete",
    "DeleteMigrated",
    "EnsureMigratedDeleted",
    "UnQuiesceSrcApplications",
    "Completed",
)
VOLUME: tuple[str, ...] = (
    "Started",
    "Prepare",
    "CleanStaleRsyncResources",
    "WaitForStaleRsyncResourcesTerminated",
    "VerifyVMs",
    "CreateDestinationNamespaces",
    "DestinationNamespacesCreated",
    "CreateDestinationPVCs",
    "DeleteStaleVirtualMachineInstanceMigrations",
    "CreateRsyncRoute",
    "EnsureRsyncRouteAdmitted",
    "CreateRsyncConfig",
    "CreateStunnelConfig",
    "CreatePVProgressCRs",
    "CreateRsyncTransferPods",
    "WaitForRsyncTransferPodsRunning",
    "RunRsyncOperations",
    "DeleteRsyncResources",
    "WaitForRsyncResourcesTerminated",
    "CleanupStaleVirtHandlerPods",
    "Completed",
)

COPYING = frozenset(
    [
        "StageBackupCreated",
        "StageRestoreCreated",
        "InitialBackupCreated",
        "FinalRestoreCreated",
        "WaitForDirectVolumeMigrationToComplete",
        "WaitForDirectImageMigrationToComplete",
        "WaitForDirectVolumeMigrationToRollbackComplete",
        "RunRsyncOperations",
        "WaitForRsyncClientPodsCompleted",
    ]
)
"""Phases that may rightly last for hours: only the absence of progress tells."""

DEFAULT_LIMIT = timedelta(minutes=15)
LIMITS: dict[str, timedelta] = {
    "": timedelta(minutes=5),
    "WaitForRefresh": timedelta(minutes=5),
    "WaitForStaleStagePodsTerminated": timedelta(minutes=10),
    "StagePodsCreated": timedelta(minutes=10),
    "WaitForVeleroReady": timedelta(minutes=5),
    "WaitForResticReady": timedelta(minutes=5),
    "WaitForRegistriesReady": timedelta(minutes=5),
    "EnsureCloudSecretPropagated": timedelta(minutes=5),
    "EnsureSrcQuiesced": timedelta(minutes=10),
    "EnsureDestQuiesced": timedelta(minutes=10),
    "EnsureQuiesced": timedelta(minutes=10),
    "EnsureInitialBackupReplicated": timedelta(minutes=5),
    "EnsureStageBackupReplicated": timedelta(minutes=5),
    "EnsureStagePodsTerminated": timedelta(minutes=10),
    "EnsureMigratedDeleted": timedelta(minutes=10),
    "Verification": timedelta(minutes=10),
    "PreBackupHooks": timedelta(minutes=30),
    "PostBackupHooks": timedelta(minutes=30),
    "PreRestoreHooks": timedelta(minutes=30),
    "PostRestoreHooks": timedelta(minutes=30),
    "EnsureRsyncRouteAdmitted": timedelta(minutes=3),
    "WaitForRsyncTransferPodsRunning": timedelta(minutes=3),
    "WaitForStaleRsyncResourcesTerminated": timedelta(minutes=10),
    "WaitForRsyncResourcesTerminated": timedelta(minutes=10),
}
COPYING_LIMIT = timedelta(hours=12)
"""For copying phases in which no transfer says how far it is."""


def limit(phase: str) -> timedelta:
    """Return how long a phase may last before it counts as stalled."""
    if phase in COPYING:
        return COPYING_LIMIT
    return LIMITS.get(phase, DEFAULT_LIMIT)
