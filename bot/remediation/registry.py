"""Every action there is, by id. Knowledge entries name these ids."""

from __future__ import annotations

from typing import Any

from bot.remediation.actions.base import Action
from bot.remediation.actions.lifecycle import (
    CancelMigration,
    RemoveUnstarted,
    Rerun,
    RollbackMigration,
)
from bot.remediation.actions.namespaces import AllowPrivilegedRsync, CopyNamespaceAnnotations
from bot.remediation.actions.operator_settings import (
    SetEndpointType,
    SetPlanLimits,
    SetResticMemory,
    SetResticSupplementalGroups,
    SetResticTimeout,
    SetRsyncOptions,
)
from bot.remediation.actions.plan_changes import (
    CopyImageStream,
    DisableVerification,
    RecreatePlan,
    UseIndirectImages,
)
from bot.remediation.actions.pods import (
    DeleteLeftoverVelero,
    DeleteOrphanRepositories,
    DeleteStagePods,
    RestartController,
    RestartNodeAgent,
    RestartVelero,
)
from bot.remediation.actions.refreshing import RefreshCluster, RefreshPlan, RefreshStorage
from bot.remediation.actions.transfers import AllowTransferNetwork, FetchRestoreResults
from bot.remediation.actions.trust import RenewToken, SetClusterCaBundle, SetStorageCaBundle
from bot.remediation.actions.workloads import ScaleBackSource

_ALL: tuple[Action[Any], ...] = (
    RefreshCluster(),
    RefreshStorage(),
    RefreshPlan(),
    Rerun(),
    RollbackMigration(),
    CancelMigration(),
    RemoveUnstarted(),
    CopyNamespaceAnnotations(),
    AllowPrivilegedRsync(),
    SetResticTimeout(),
    SetResticSupplementalGroups(),
    SetResticMemory(),
    SetPlanLimits(),
    SetRsyncOptions(),
    SetEndpointType(),
    SetClusterCaBundle(),
    SetStorageCaBundle(),
    RenewToken(),
    RestartVelero(),
    RestartNodeAgent(),
    RestartController(),
    DeleteOrphanRepositories(),
    DeleteStagePods(),
    DeleteLeftoverVelero(),
    DisableVerification(),
    UseIndirectImages(),
    RecreatePlan(),
    CopyImageStream(),
    AllowTransferNetwork(),
    FetchRestoreResults(),
    ScaleBackSource(),
)

ACTIONS: dict[str, Action[Any]] = {action.id: action for action in _ALL}
