"""What must hold before an action: guards G1, G3 and G4 as questions to the clusters.

G2 (a roll-out is done) is a ``Wait`` within plans; G5 (one fix, two re-runs) is that of
``offers``. Reasons name migrations of the target's own plan only: who may see one plan need not
be told of another.
"""

from __future__ import annotations

from enum import StrEnum

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json, NotServed
from bot.diagnosis.dossier import dicts, mapping, metadata, ref_name, text
from bot.remediation.ground import Ground, ended, holds, started
from bot.remediation.refusals import Refused


class Guard(StrEnum):
    """A condition under which an action may be planned and executed."""

    NOTHING_RUNNING = "G1"
    """No migration, backup or restore runs on the clusters concerned."""
    PLAN_READY = "G3"
    """The plan is Ready and has no Critical or Error condition."""
    QUEUE_FREE = "G4"
    """No stage is made while a cutover of the plan is unfinished: both would deadlock."""


def check(guard: Guard, ground: Ground, clusters: tuple[str, ...]) -> None:
    """Return when the guard holds. Raises ``Refused`` with what stands in the way."""
    if guard is Guard.NOTHING_RUNNING:
        _nothing_running(ground, clusters)
    elif guard is Guard.PLAN_READY:
        _plan_ready(ground)
    else:
        _queue_free(ground)


_BUSY = frozenset(
    {
        "InProgress",
        "WaitingForPluginOperations",
        "WaitingForPluginOperationsPartiallyFailed",
        "Finalizing",
        "FinalizingPartiallyFailed",
        "Uploading",
        "UploadingPartiallyFailed",
    }
)
"""Phases of backups and restores that a restart of Velero ends (velero pkg/apis/velero/v1)."""


def _nothing_running(ground: Ground, clusters: tuple[str, ...]) -> None:
    plans = {
        text(metadata(plan).get("name")): {
            ref_name(plan, "srcMigClusterRef"),
            ref_name(plan, "destMigClusterRef"),
        }
        for plan in ground.host_list(k.MIGPLAN)
    }
    concerned = {ground.host_name if c in ("", "host") else c for c in clusters}
    own_plan = text(metadata(ground.plan).get("name"))
    running = [
        m
        for m in ground.host_list(k.MIGMIGRATION)
        if started(m)
        and not ended(m)
        and plans.get(ref_name(m, "migPlanRef"), concerned) & concerned
    ]
    if running:
        own = [m for m in running if own_plan and ref_name(m, "migPlanRef") == own_plan]
        name = text(metadata(own[0]).get("name")) if own else ""
        raise Refused(
            f"A migration is running ({name or 'of another plan'}); this would break it. "
            "Wait for its end, or cancel it.",
            f"有迁移正在运行（{name or '属于其他计划'}），此操作会破坏它。请等待其结束，或先取消。",
        )
    for cluster in clusters:
        for kind in (k.BACKUP, k.RESTORE):
            try:
                items = ground.reader(cluster).list(kind, MTC_NAMESPACE).items
            except NotServed:
                continue
            if any(text(mapping(o, "status").get("phase")) in _BUSY for o in items):
                raise Refused(
                    f"A {kind.singular} is in progress on {cluster}; Velero must not restart now. "
                    f"Wait for its end: oc get {kind.crd_name} -n {MTC_NAMESPACE}",
                    f"{cluster} 上有 {kind.singular} 正在进行，此时不能重启 Velero。"
                    f"请等待其完成：oc get {kind.crd_name} -n {MTC_NAMESPACE}",
                )


def _plan_ready(ground: Ground) -> None:
    plan = ground.plan
    name = text(metadata(plan).get("name"))
    bad = critical(plan, "Critical", "Error")
    if bad or not holds(plan, "Ready"):
        why = bad or "Ready is absent"
        raise Refused(
            f"Plan {name} is not ready ({why}). Fix that first: /mtc diagnose migplan/{name}",
            f"计划 {name} 未就绪（{why}）。请先解决：/mtc diagnose migplan/{name}",
        )


def critical(obj: Json | None, *categories: str) -> str:
    """Return the conditions in force of some categories (Critical, if none is named), joined.

    MTC runs no code of a migration's task while one is Critical, not even that of a cancel
    (mig-controller pkg/controller/migmigration/migmigration_controller.go).
    """
    return ", ".join(
        text(c.get("type"))
        for c in dicts(mapping(obj, "status").get("conditions"))
        if c.get("status") == "True" and c.get("category") in (categories or ("Critical",))
    )


def _queue_free(ground: Ground) -> None:
    waiting = [
        text(metadata(m).get("name"))
        for m in ground.siblings()
        if not ended(m) and not mapping(m, "spec").get("stage")
    ]
    if waiting:
        raise Refused(
            f"{waiting[0]} of the same plan has not ended; a stage now would deadlock both. "
            "Wait for it, or cancel it.",
            f"同一计划的 {waiting[0]} 尚未结束；此时创建 stage 迁移会使两者互相等待。"
            "请等待或先取消它。",
        )
