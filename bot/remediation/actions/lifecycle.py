"""Actions on migrations themselves: run again, roll back, cancel, remove what never started.

A run is never repeated on the same object: MTC never looks at a Completed migration again, so
each is a new MigMigration. Names are fixed when the plan is made; a second execution of the same
plan finds the name taken.
"""

from __future__ import annotations

from typing import Literal

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from bot.diagnosis.dossier import mapping, metadata, text
from bot.remediation.actions.base import (
    Action,
    Draft,
    NoParams,
    Params,
    create,
    delete,
    need_plan,
    patch,
    spec_of,
)
from bot.remediation.ground import Ground, ended, holds, started
from bot.remediation.guards import Guard, check, critical
from bot.remediation.plans import Call, Risk, Verification
from bot.remediation.refusals import Refused
from bot.remediation.verifying import effects_hold
from knowledge.texts import LocalText

Run = Literal["stage", "cutover", "state-transfer"]
DAY = 24 * 3600
_KEPT = ("keepAnnotations", "verify", "runAsRoot", "runAsUser", "runAsGroup")
"""Settings of the failed migration that the next one takes over."""


class RerunParams(Params):
    """What kind of run."""

    run: Run = "cutover"
    run_as_root: bool | None = None
    quiesce: bool | None = None
    """Stop the source's applications; None: as the kind of run does by itself."""


class Rerun(Action[RerunParams]):
    """Run the plan again, by a new MigMigration."""

    id = "rerun-migration"
    title = LocalText(en="Run the migration again", zh="重新运行迁移")
    risk = Risk.R3
    guards = (Guard.PLAN_READY,)
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)
    params = RerunParams

    def propose(self, ground: Ground) -> dict[str, object]:
        """Return the kind of run that the failed migration was."""
        spec = mapping(ground.migration, "spec")
        if spec.get("stage"):
            return {"run": "stage"}
        return {"run": "state-transfer" if spec.get("migrateState") else "cutover"}

    def draft(self, ground: Ground, params: RerunParams) -> Draft:
        """Return the making of the next migration. Raises ``Refused`` where MTC would block it."""
        plan = need_plan(ground)
        if mapping(ground.migration, "spec").get("rollback"):
            raise Refused(
                f"{ground.target.name} was a rollback. Roll back again, or name the plan.",
                f"{ground.target.name} 是一次回滚。请再次回滚，或指定计划来运行。",
            )
        if params.run == "stage":
            check(Guard.QUEUE_FREE, ground, ())
        _nothing_queued(ground)
        _allowed_next(ground, params.run)
        stage = params.run == "stage"
        quiesce = params.quiesce if params.quiesce is not None else params.run == "cutover"
        spec: Json = {
            "migPlanRef": {
                "name": text(metadata(plan).get("name")),
                "namespace": MTC_NAMESPACE,
            },
            "stage": stage,
            "quiescePods": quiesce and not stage,
            "migrateState": params.run == "state-transfer",
            "rollback": False,
        }
        before = spec_of(ground.migration or {})
        spec |= {key: before[key] for key in _KEPT if before.get(key) is not None}
        if params.run_as_root is not None:
            spec["runAsRoot"] = params.run_as_root
        name = next_name(ground, "stage" if stage else "migration")
        why = LocalText(en="Start the next run of the plan.", zh="启动该计划的下一次运行。")
        effects = [_SOURCE_STOPS] if spec["quiescePods"] else []
        effects += [_AS_ROOT] if spec.get("runAsRoot") else []
        return Draft(
            (create(k.MIGMIGRATION, _migration(name, spec), why),),
            Verification(
                check="migration-succeeded", params={"migration": name}, deadline_seconds=DAY
            ),
            tuple(effects),
            risk=Risk.R3 if spec["quiescePods"] or spec.get("runAsRoot") else Risk.R2,
        )


_SOURCE_STOPS = LocalText(
    en="A cutover scales the source's applications to zero.",
    zh="切换(cutover)会把源集群上的应用缩容到零。",
)
_AS_ROOT = LocalText(
    en="Transfer pods run as root in the plan's namespaces.",
    zh="传输 pod 会在该计划的命名空间中以 root 运行。",
)


def _nothing_queued(ground: Ground) -> None:
    """Raise ``Refused`` where a migration of the plan has not ended: the next would wait for it.

    MTC works off the stages first, then the others by age, and passes over none, also not one
    that is blocked (mig-controller pkg/controller/migmigration/validation.go).
    """
    for migration in ground.siblings():
        if ended(migration):
            continue
        name = text(metadata(migration).get("name"))
        if started(migration):
            raise Refused(
                f"{name} of this plan is still running. Wait for its end, or cancel it first.",
                f"该计划的 {name} 仍在运行。请等待其结束，或先取消。",
            )
        raise Refused(
            f"{name} of this plan waits and never started; what comes after it would wait behind "
            "it for ever. Remove it first (remove-unstarted-migration).",
            f"该计划的 {name} 在等待且从未启动；其后的迁移会一直排在它后面。"
            "请先删除它（remove-unstarted-migration）。",
        )


def _allowed_next(ground: Ground, run: Run) -> None:
    """Raise ``Refused`` where MTC would answer with HasFinalMigration (validateFinalMigration)."""
    finals = [
        m
        for m in ground.siblings()
        if not any(mapping(m, "spec").get(f) for f in ("stage", "migrateState", "canceled"))
    ]
    finals.sort(key=lambda m: text(metadata(m).get("creationTimestamp")))
    if finals and mapping(finals[-1], "spec").get("rollback") and holds(finals[-1], "Succeeded"):
        return
    for m in finals:
        if mapping(m, "spec").get("rollback"):
            continue
        name = text(metadata(m).get("name"))
        if holds(m, "Succeeded"):
            raise Refused(
                f"{name} has succeeded already; MTC refuses another run. Roll back first, or "
                "make a new plan.",
                f"{name} 已经成功；MTC 会拒绝再次运行。请先回滚，或新建计划。",
            )
        if run == "stage" and (holds(m, "Running") or holds(m, "Failed")):
            raise Refused(
                f"{name} was a cutover that has run or failed; MTC refuses a stage after it. "
                "Run a cutover, or roll back first.",
                f"{name} 是运行中或失败的切换；MTC 拒绝其后的 stage。请运行切换，或先回滚。",
            )


def next_name(ground: Ground, kind: str) -> str:
    """Return a name for the plan's next migration that nothing has yet, the same each time."""
    taken = {text(metadata(m).get("name")) for m in ground.host_list(k.MIGMIGRATION)}
    plan = text(metadata(ground.plan).get("name"))[:40].rstrip("-.")
    for number in range(1, len(taken) + 2):
        name = f"{plan}-{kind}-bot{number}"
        if name not in taken:
            return name
    raise AssertionError("one more name than there are migrations is always free")


def _migration(name: str, spec: Json) -> Json:
    return {"metadata": {"name": name, "namespace": MTC_NAMESPACE}, "spec": spec}


def rollback(ground: Ground) -> Call:
    """Return the making of a rollback of the target's plan. Raises ``Refused`` where MTC waits."""
    plan = need_plan(ground)
    _nothing_queued(ground)
    spec = {
        "migPlanRef": {"name": text(metadata(plan).get("name")), "namespace": MTC_NAMESPACE},
        "stage": False,
        "quiescePods": False,
        "migrateState": False,
        "rollback": True,
    }
    why = LocalText(en="Roll the plan back.", zh="回滚该计划。")
    return create(k.MIGMIGRATION, _migration(next_name(ground, "rollback"), spec), why)


class RollbackMigration(Action[NoParams]):
    """Undo a cutover: delete what was migrated, start the source again."""

    id = "rollback-migration"
    title = LocalText(en="Roll the migration back", zh="回滚迁移")
    risk = Risk.R3
    destroys_data = True
    guards = (Guard.PLAN_READY,)
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return the making of a rollback. Raises ``Refused`` while something of the plan runs."""
        del params
        call = rollback(ground)
        places = ", ".join(there for _, there in ground.namespaces)
        return Draft(
            (call,),
            Verification(
                check="migration-succeeded", params={"migration": call.name}, deadline_seconds=DAY
            ),
            (
                LocalText(
                    en=f"Deletes on the destination everything this plan migrated into {places}, "
                    "volume claims and their data included.",
                    zh=f"删除目标集群上该计划迁移到 {places} 的所有对象，包括卷声明及其数据。",
                ),
                LocalText(
                    en="Scales the source's applications up again.",
                    zh="把源集群上的应用恢复到原副本数。",
                ),
            ),
        )


class CancelMigration(Action[NoParams]):
    """Cancel a migration that is running."""

    id = "cancel-migration"
    title = LocalText(en="Cancel the migration", zh="取消迁移")
    risk = Risk.R3
    targets = (k.MIGMIGRATION.kind,)

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return the cancellation. Raises ``Refused`` where MTC would not heed it."""
        del params
        subject = ground.subject
        if ended(subject):
            raise Refused(
                f"{ground.target.name} has ended; there is nothing to cancel.",
                f"{ground.target.name} 已结束，无需取消。",
            )
        if not started(subject):
            raise Refused(
                f"{ground.target.name} never started; remove it instead "
                "(remove-unstarted-migration).",
                f"{ground.target.name} 从未启动；请改为删除它（remove-unstarted-migration）。",
            )
        if spec_of(subject).get("canceled") is True:
            raise Refused(
                f"{ground.target.name} is being canceled already.",
                f"{ground.target.name} 已在取消中。",
            )
        blocked = critical(subject)
        if blocked:
            raise Refused(
                f"{ground.target.name} is blocked ({blocked}): MTC does not heed a cancel then. "
                f"Fix the plan first: /mtc diagnose {ground.target.name}",
                f"{ground.target.name} 被阻塞（{blocked}）：此时 MTC 不会处理取消。"
                f"请先修复计划：/mtc diagnose {ground.target.name}",
            )
        why = LocalText(en="Ask MTC to cancel.", zh="请求 MTC 取消。")
        stage = bool(spec_of(subject).get("stage"))
        effect = LocalText(
            en="MTC deletes this run's backups and restores, and scales the source up again, "
            "even where the applications run on the destination already.",
            zh="MTC 会删除本次运行的备份与恢复，并把源集群应用恢复到原副本数，"
            "即使应用已在目标集群运行。",
        )
        return Draft(
            (patch(subject, k.MIGMIGRATION, {"spec": {"canceled": True}}, why),),
            Verification(
                check="migration-canceled",
                params={"migration": ground.target.name},
                deadline_seconds=1800,
            ),
            () if stage else (effect,),
            risk=Risk.R2 if stage else Risk.R3,
        )


class RemoveUnstarted(Action[NoParams]):
    """Delete a migration that never started and blocks its plan's queue."""

    id = "remove-unstarted-migration"
    title = LocalText(en="Remove the migration that never started", zh="删除从未启动的迁移")
    risk = Risk.R1
    targets = (k.MIGMIGRATION.kind,)

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return the deletion. Raises ``Refused`` once MTC has begun with it."""
        del params
        if started(ground.subject):
            raise Refused(
                f"{ground.target.name} has started; cancel it instead (cancel-migration).",
                f"{ground.target.name} 已经启动；请改为取消（cancel-migration）。",
            )
        why = LocalText(en="Take it out of the queue.", zh="将其移出队列。")
        call = delete(ground.subject, k.MIGMIGRATION, why, only_if="never-started")
        return Draft(
            (call,),
            Verification(check="effects-hold", params=effects_hold((call,)), deadline_seconds=300),
        )
