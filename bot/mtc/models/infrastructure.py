"""MigCluster, MigStorage, MigHook, MigAnalytic and MigrationController."""

from __future__ import annotations

from pydantic import Field

from bot.mtc.models.base import Lenient, Object, Ref, WithConditions


class ClusterSpec(Lenient):
    """How a cluster is reached. The token itself is in the secret, never here."""

    is_host_cluster: bool = False
    url: str = ""
    service_account_secret_ref: Ref = Ref()
    ca_bundle: str = Field(default="", repr=False)
    insecure: bool = False
    exposed_registry_path: str = ""
    restart_restic: bool | None = None


class ClusterStatus(WithConditions):
    """What MTC found out about the cluster."""

    registry_path: str = ""
    operator_version: str = ""


class MigCluster(Object):
    """A cluster that MTC knows."""

    spec: ClusterSpec = ClusterSpec()
    status: ClusterStatus = ClusterStatus()


class StorageConfig(Lenient):
    """Where the object store is."""

    creds_secret_ref: Ref = Ref()
    aws_bucket_name: str = ""
    aws_region: str = ""
    aws_s3_url: str = Field(default="", alias="awsS3Url")
    insecure: bool = False


class StorageSpec(Lenient):
    """The object store's provider and settings."""

    backup_storage_provider: str = ""
    backup_storage_config: StorageConfig = StorageConfig()


class MigStorage(Object):
    """A replication repository."""

    spec: StorageSpec = StorageSpec()
    status: WithConditions = WithConditions()


class HookSpec(Lenient):
    """What a hook runs; the playbook is base64."""

    custom: bool = False
    image: str = ""
    playbook: str = Field(default="", repr=False)
    target_cluster: str = ""
    active_deadline_seconds: int = 0


class MigHook(Object):
    """A hook."""

    spec: HookSpec = HookSpec()
    status: WithConditions = WithConditions()


class AnalyticVolume(Lenient):
    """Use of one volume as measured."""

    name: str = ""
    requested_capacity: str = ""
    actual_capacity: str = ""
    usage_percentage: int = 0
    proposed_capacity: str = ""
    comment: str = ""


class AnalyticNamespace(Lenient):
    """Volumes of one namespace."""

    namespace: str = ""
    persistent_volumes: tuple[AnalyticVolume, ...] = ()


class Analytics(Lenient):
    """Results of an analysis."""

    percent_complete: int = 0
    namespaces: tuple[AnalyticNamespace, ...] = ()


class AnalyticStatus(WithConditions):
    """Where an analysis stands."""

    analytics: Analytics = Analytics()


class MigAnalytic(Object):
    """An analysis of a plan's volumes."""

    status: AnalyticStatus = AnalyticStatus()


class MigrationController(Object):
    """The operator's settings of one cluster; its spec is free-form."""

    spec: dict[str, object] = Field(default_factory=dict)
    status: WithConditions = WithConditions()
