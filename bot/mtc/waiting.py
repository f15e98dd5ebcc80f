"""What MTC waits for in a phase, in words: most of these phases wait without any limit.

Source: mig-controller pkg/controller/migmigration/task.go and directvolumemigration/task.go.
"""

from __future__ import annotations

from knowledge.texts import LocalText


def _both(en: str, zh: str) -> LocalText:
    return LocalText(en=en, zh=zh)


_WAITS: dict[str, LocalText] = {
    "WaitForRefresh": _both(
        "the plan to be validated anew (MigPlan spec.refresh)",
        "计划重新校验完成（MigPlan spec.refresh）",
    ),
    "WaitForStaleStagePodsTerminated": _both(
        "stage pods of an earlier migration to be gone", "之前迁移遗留的 stage pod 被删除"
    ),
    "StagePodsCreated": _both(
        "every stage pod to run, which needs its image, a node and its volumes",
        "所有 stage pod 进入运行状态（需要镜像、节点和卷）",
    ),
    "WaitForVeleroReady": _both(
        "the velero pods of both clusters to be ready", "两个集群的 velero pod 就绪"
    ),
    "WaitForResticReady": _both(
        "the restic pods of the source to be ready", "源集群的 restic pod 就绪"
    ),
    "WaitForRegistriesReady": _both(
        "the migration registries of both clusters to be ready", "两个集群的迁移 registry 就绪"
    ),
    "EnsureCloudSecretPropagated": _both(
        "the store's credentials to reach the velero pods", "存储凭据传到 velero pod 中"
    ),
    "EnsureSrcQuiesced": _both(
        "the source's pods to end after their workloads were scaled down",
        "源集群工作负载缩容后 pod 结束",
    ),
    "EnsureQuiesced": _both(
        "the source's pods to end after their workloads were scaled down",
        "源集群工作负载缩容后 pod 结束",
    ),
    "EnsureDestQuiesced": _both(
        "the destination's pods to end after their workloads were scaled down",
        "目标集群工作负载缩容后 pod 结束",
    ),
    "InitialBackupCreated": _both(
        "Velero on the source to finish the backup of the namespaces' objects",
        "源集群的 Velero 完成命名空间对象的备份",
    ),
    "StageBackupCreated": _both(
        "Velero on the source to finish the backup of the volumes",
        "源集群的 Velero 完成卷的备份",
    ),
    "EnsureInitialBackupReplicated": _both(
        "the destination's Velero to find the backup in the store",
        "目标集群的 Velero 在存储中发现该备份",
    ),
    "EnsureStageBackupReplicated": _both(
        "the destination's Velero to find the volume backup in the store",
        "目标集群的 Velero 在存储中发现卷备份",
    ),
    "StageRestoreCreated": _both(
        "Velero on the destination to finish the restore of the volumes",
        "目标集群的 Velero 完成卷的还原",
    ),
    "FinalRestoreCreated": _both(
        "Velero on the destination to finish the restore of the objects",
        "目标集群的 Velero 完成对象的还原",
    ),
    "WaitForDirectImageMigrationToComplete": _both(
        "the images to be copied from registry to registry", "镜像在两个 registry 之间复制完成"
    ),
    "WaitForDirectVolumeMigrationToComplete": _both(
        "the volumes to be copied by rsync", "rsync 完成卷的复制"
    ),
    "WaitForDirectVolumeMigrationToRollbackComplete": _both(
        "the volumes to be copied back", "卷被复制回源端"
    ),
    "EnsureStagePodsTerminated": _both("the stage pods to be gone", "stage pod 被删除"),
    "EnsureMigratedDeleted": _both(
        "the migrated objects to be gone from the destination (finalizers hold them)",
        "已迁移对象从目标集群删除（可能被 finalizer 阻止）",
    ),
    "Verification": _both("the pods of the destination to be healthy", "目标集群上的 pod 恢复健康"),
    "PreBackupHooks": _both("the hook's job to end", "hook 的 Job 结束"),
    "PostBackupHooks": _both("the hook's job to end", "hook 的 Job 结束"),
    "PreRestoreHooks": _both("the hook's job to end", "hook 的 Job 结束"),
    "PostRestoreHooks": _both("the hook's job to end", "hook 的 Job 结束"),
    "WaitForStaleRsyncResourcesTerminated": _both(
        "rsync pods of an earlier transfer to be gone", "之前传输遗留的 rsync pod 被删除"
    ),
    "DestinationNamespacesCreated": _both(
        "the destination's namespaces to be there and not terminating",
        "目标命名空间已创建且未处于删除状态",
    ),
    "EnsureRsyncRouteAdmitted": _both(
        "a router of the destination to admit the route dvm", "目标集群的路由器接纳 Route dvm"
    ),
    "WaitForRsyncTransferPodsRunning": _both(
        "the pod rsync-server of the destination to run, which needs a node and all target claims",
        "目标集群的 rsync-server pod 运行（需要节点和所有目标 PVC）",
    ),
    "RunRsyncOperations": _both(
        "the rsync pods of the source to copy the files", "源集群的 rsync pod 复制文件"
    ),
    "WaitForRsyncResourcesTerminated": _both("the rsync pods to be gone", "rsync pod 被删除"),
}


def waits_for(phase: str, inner: str = "") -> LocalText | None:
    """Return what a phase waits for; ``inner`` is the transfer's own phase where there is one."""
    return _WAITS.get(inner) or _WAITS.get(phase)
