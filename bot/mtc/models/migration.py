"""MigMigration, MigPlan and what a migration makes on the host cluster."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bot.mtc.models.base import Lenient, Object, Ref, WithConditions
from knowledge.matching.loglines import parse_time


class Step(Lenient):
    """One step of a migration's pipeline."""

    name: str = ""
    phase: str = ""
    message: str = ""
    progress: tuple[str, ...] = ()
    started: str = ""
    completed: str = ""
    failed: bool = False
    skipped: bool = False

    @property
    def ended(self) -> datetime | None:
        """Return when the step ended (UTC)."""
        return parse_time(self.completed)


class MigrationSpec(Lenient):
    """What was asked for."""

    mig_plan_ref: Ref = Ref()
    stage: bool = False
    quiesce_pods: bool = False
    migrate_state: bool = False
    rollback: bool = False
    canceled: bool = False
    verify: bool = False
    keep_annotations: bool = False
    run_as_root: bool | None = None

    @property
    def cutover(self) -> bool:
        """Return whether it is to move the plan for good: no stage, state transfer or rollback."""
        return not (self.stage or self.migrate_state or self.rollback)


class MigrationStatus(WithConditions):
    """Where it stands."""

    itinerary: str = ""
    start_timestamp: str = ""
    pipeline: tuple[Step, ...] = ()

    @property
    def started(self) -> datetime | None:
        """Return when MTC began (UTC)."""
        return parse_time(self.start_timestamp)


class MigMigration(Object):
    """One run of a plan."""

    spec: MigrationSpec = MigrationSpec()
    status: MigrationStatus = MigrationStatus()

    @property
    def carried_out(self) -> bool:
        """Return whether it counts for MTC: after a cutover that does, others are refused.

        One that succeeded with warnings does not bear the condition that counts (HasFinalMigration
        in mig-controller migmigration/validation.go).
        """
        succeeded = self.status.condition("Succeeded") is not None
        return succeeded and self.status.condition("Canceled") is None


class Selection(Lenient):
    """What was chosen for a volume."""

    action: str = ""
    copy_method: str = ""
    storage_class: str = ""
    access_mode: str = ""
    verify: bool = False


class PlanClaim(Lenient):
    """The claim of a volume in a plan; names may read ``source:target``."""

    namespace: str = ""
    name: str = ""
    access_modes: tuple[str, ...] = ()
    volume_mode: str = ""


class PlanVolume(Lenient):
    """One volume in a plan."""

    name: str = ""
    capacity: str = ""
    storage_class: str = ""
    selection: Selection = Selection()
    pvc: PlanClaim = PlanClaim()

    @property
    def claim(self) -> str:
        """Return ``namespace/name`` of the source claim."""
        return f"{self.pvc.namespace.partition(':')[0]}/{self.pvc.name.partition(':')[0]}"


class PlanHook(Lenient):
    """A hook of a plan."""

    reference: Ref = Ref()
    phase: str = ""
    execution_namespace: str = ""
    service_account: str = ""


class PlanSpec(Lenient):
    """What a plan moves, from where to where."""

    namespaces: tuple[str, ...] = ()
    src_mig_cluster_ref: Ref = Ref()
    dest_mig_cluster_ref: Ref = Ref()
    mig_storage_ref: Ref = Ref()
    persistent_volumes: tuple[PlanVolume, ...] = ()
    indirect_image_migration: bool = False
    indirect_volume_migration: bool = False
    hooks: tuple[PlanHook, ...] = ()
    closed: bool = False


class MigPlan(Object):
    """A plan."""

    spec: PlanSpec = PlanSpec()
    status: WithConditions = WithConditions()


class ClaimRef(Lenient):
    """A claim by name."""

    namespace: str = ""
    name: str = ""


class TransferPod(Lenient):
    """A rsync pod in the status of a DirectVolumeMigration."""

    namespace: str = ""
    name: str = ""
    pvc_ref: ClaimRef = ClaimRef()
    last_observed_progress_percent: str = ""
    last_observed_transfer_rate: str = ""
    total_elapsed_time: str = ""


class RsyncOperation(Lenient):
    """The transfer of one claim."""

    pvc_reference: ClaimRef = ClaimRef()
    current_attempt: int = 0
    succeeded: bool = False
    failed: bool = False


class TransferClaim(Lenient):
    """A claim a DirectVolumeMigration copies."""

    namespace: str = ""
    name: str = ""
    target_namespace: str = ""
    target_name: str = ""
    verify: bool = False


class TransferSpec(Lenient):
    """What a DirectVolumeMigration copies."""

    persistent_volume_claims: tuple[TransferClaim, ...] = ()
    src_mig_cluster_ref: Ref = Ref()
    dest_mig_cluster_ref: Ref = Ref()
    migration_type: str = ""


class TransferStatus(WithConditions):
    """Where a DirectVolumeMigration stands."""

    itinerary: str = ""
    phase_description: str = ""
    start_timestamp: str = ""
    rsync_operations: tuple[RsyncOperation, ...] = ()
    failed_pods: tuple[TransferPod, ...] = ()
    successful_pods: tuple[TransferPod, ...] = ()
    running_pods: tuple[TransferPod, ...] = ()
    pending_pods: tuple[TransferPod, ...] = ()


class DirectVolumeMigration(Object):
    """The copying of claims by rsync."""

    spec: TransferSpec = TransferSpec()
    status: TransferStatus = TransferStatus()


class AttemptStatus(Lenient):
    """A dead attempt of one rsync pod."""

    pod_name: str = ""
    phase: str = ""
    exit_code: int | None = None
    container_elapsed_time: str = ""


class ProgressStatus(AttemptStatus):
    """The progress of one claim."""

    conditions: tuple[object, ...] = Field(default=(), exclude=True)
    log_message: str = ""
    last_observed_progress_percent: str = ""
    last_observed_transfer_rate: str = ""
    total_progress_percentage: str = ""
    rsync_elapsed_time: str = ""
    rsync_pod_statuses: tuple[AttemptStatus, ...] = ()


class DirectVolumeMigrationProgress(Object):
    """The progress of one claim's copy; kept after its pods are gone."""

    status: ProgressStatus = ProgressStatus()


class StreamResult(Lenient):
    """One ImageStream of a DirectImageMigration."""

    namespace: str = ""
    name: str = ""
    errors: tuple[str, ...] = ()


class ImageStatus(WithConditions):
    """Where a DirectImageMigration stands."""

    itinerary: str = ""
    failed_i_ss: tuple[StreamResult, ...] = Field(default=(), alias="failedISs")
    successful_i_ss: tuple[StreamResult, ...] = Field(default=(), alias="successfulISs")


class DirectImageMigration(Object):
    """The copying of ImageStreams."""

    status: ImageStatus = ImageStatus()


class DirectImageStreamMigration(Object):
    """The copying of one ImageStream."""

    status: WithConditions = WithConditions()
