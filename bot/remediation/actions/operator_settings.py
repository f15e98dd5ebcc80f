"""Parameters of the MTC operator: one patch on each cluster's MigrationController, then patience.

The operator is Ansible: it carries a parameter through to ConfigMaps, Deployments or OADP's
DataProtectionApplication, and restarts what reads them. A misspelt key is silently ignored, so
keys are fixed here. Routes and types: mig-operator roles/migrationcontroller (defaults and
templates).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import AccessRequest
from bot.diagnosis.dossier import dicts, mapping, text
from bot.remediation.actions.base import Action, Draft, Params, existing, need_plan, patch
from bot.remediation.ground import Ground
from bot.remediation.guards import Guard
from bot.remediation.mistakes import WrongValue
from bot.remediation.plans import Call, Risk, Step, Verification, Wait
from knowledge.matching.loglines import parse_time
from knowledge.texts import LocalText

CONTROLLER = "migration-controller"
Duration = Annotated[str, StringConstraints(pattern=r"^([1-9]\d?)h$")]
"""Whole hours, 1h to 99h."""
GroupId = Annotated[int, Field(ge=1, le=4_294_967_294)]
Memory = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,5}(Mi|Gi)$")]
Cpu = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,4}m?$")]
_VELERO_RESTARTS = LocalText(
    en="Velero and its node agents restart on the clusters concerned; a backup or restore that "
    "runs then would be lost.",
    zh="相关集群上的 Velero 及节点代理会重启；届时正在运行的备份或恢复会丢失。",
)
_CONTROLLER_RESTARTS = LocalText(
    en="The MTC controller restarts; running migrations go on afterwards.",
    zh="MTC 控制器会重启；正在运行的迁移随后会继续。",
)


def settings_call(ground: Ground, cluster: str, values: Mapping[str, Any]) -> tuple[Call, Call]:
    """Return the patch of a cluster's MigrationController, and the patch that undoes it."""
    controller = existing(ground, cluster, k.MIGRATIONCONTROLLER, CONTROLLER, MTC_NAMESPACE)
    before = mapping(controller, "spec")
    names = ", ".join(values)
    return (
        patch(
            controller,
            k.MIGRATIONCONTROLLER,
            {"spec": dict(values)},
            LocalText(en=f"Set {names} on {cluster}.", zh=f"在 {cluster} 上设置 {names}。"),
            cluster=cluster,
        ),
        patch(
            controller,
            k.MIGRATIONCONTROLLER,
            {"spec": {key: before.get(key) for key in values}},
            LocalText(en=f"Put {names} back on {cluster}.", zh=f"在 {cluster} 上恢复 {names}。"),
            cluster=cluster,
        ),
    )


def settled(cluster: str) -> Wait:
    """Return the wait for the operator of a cluster to have carried its parameters through."""
    return Wait(
        until="operator-settled",
        cluster=cluster,
        kind=k.MIGRATIONCONTROLLER.kind,
        namespace=MTC_NAMESPACE,
        name=CONTROLLER,
        deadline_seconds=1800,
        why=LocalText(en="The operator carries it through.", zh="等待 operator 完成设置。"),
    )


class _OperatorSetting(Action[Any]):
    """Sets parameters on some of the plan's clusters."""

    risk = Risk.R2
    guards: ClassVar[tuple[Guard, ...]] = (Guard.NOTHING_RUNNING,)
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)
    effect: ClassVar[LocalText] = _VELERO_RESTARTS

    def values(self, params: Any) -> dict[str, Any]:
        """Return the operator's parameters and their values."""
        raise NotImplementedError

    def verification(self, params: Any, clusters: tuple[str, ...]) -> Verification:
        """Return how it is seen that the setting has arrived."""
        del params
        return Verification(
            check="operator-settled",
            params={"clusters": ",".join(clusters)},
            deadline_seconds=1800,
        )

    def clusters(self, ground: Ground) -> tuple[str, ...]:
        """Return the clusters that are set: source and destination, unless said otherwise."""
        need_plan(ground)
        return tuple(dict.fromkeys((ground.source, ground.destination)))

    def rights(self, ground: Ground) -> tuple[tuple[str, AccessRequest], ...]:
        """Return the right to patch each cluster's MigrationController."""
        kind = k.MIGRATIONCONTROLLER
        right = AccessRequest("patch", kind.group, kind.plural, MTC_NAMESPACE, CONTROLLER)
        return tuple((ground.called(cluster), right) for cluster in self.clusters(ground))

    def draft(self, ground: Ground, params: Any) -> Draft:
        """Return a patch and a wait for each cluster."""
        values = self.values(params)
        steps: list[Step] = []
        undo: list[Call] = []
        clusters = self.clusters(ground)
        for cluster in clusters:
            call, back = settings_call(ground, cluster, values)
            steps += [call, settled(cluster)]
            undo.append(back)
        return Draft(
            tuple(steps),
            self.verification(params, clusters),
            (self.effect,),
            tuple(undo),
            clusters=clusters,
        )


class ResticTimeout(Params):
    """How long Velero waits for volume backups and restores."""

    timeout: Duration


class SetResticTimeout(_OperatorSetting):
    """Give Velero longer to copy volumes."""

    id = "set-restic-timeout"
    title = LocalText(en="Give Velero longer to copy volumes", zh="延长 Velero 复制卷的超时时间")
    params = ResticTimeout

    def propose(self, ground: Ground) -> dict[str, object]:
        """Return 1.5 times what the slowest copy would take at its observed rate, in hours."""
        hours = hours_needed(ground)
        return {"timeout": f"{hours}h"} if hours else {}

    def values(self, params: Any) -> dict[str, Any]:
        """Return the operator's parameter."""
        return {"restic_timeout": params.timeout}

    def verification(self, params: Any, clusters: tuple[str, ...]) -> Verification:
        """Return the check of Velero's own arguments: the operator's word is not enough."""
        return Verification(
            check="velero-timeout",
            params={"clusters": ",".join(clusters), "timeout": params.timeout},
            deadline_seconds=1800,
        )


def hours_needed(ground: Ground) -> int:
    """Return the hours a time-out must allow, from the volume backups there are; 0: not known.

    Rate = bytesDone / time so far; needed = totalBytes / rate x 1.5, rounded up to hours.
    """
    slowest = 0.0
    items = ground.reader(ground.source).list(k.PVB, MTC_NAMESPACE).items
    for item in items:
        progress = mapping(item, "status", "progress")
        total, done = progress.get("totalBytes"), progress.get("bytesDone")
        began = _moment(mapping(item, "status").get("startTimestamp"))
        ended = _moment(mapping(item, "status").get("completionTimestamp"))
        if not isinstance(total, int) or not isinstance(done, int) or began is None or done <= 0:
            continue
        taken = ((ended or ground.now) - began).total_seconds()
        if taken > 0:
            slowest = max(slowest, total / (done / taken) * 1.5)
    return min(99, -int(-slowest // 3600)) if slowest else 0


def _moment(value: object) -> datetime | None:
    return parse_time(value) if isinstance(value, str) else None


class SupplementalGroups(Params):
    """Groups of the node agents' pods, as numbers; they replace those set before."""

    groups: Annotated[tuple[GroupId, ...], Field(min_length=1, max_length=20)]


class SetResticSupplementalGroups(_OperatorSetting):
    """Let restic read volumes of an NFS server that squashes root."""

    id = "set-restic-supplemental-groups"
    title = LocalText(
        en="Give the node agents supplemental groups",
        zh="为节点代理设置附加组(supplemental groups)",
    )
    params = SupplementalGroups

    def values(self, params: Any) -> dict[str, Any]:
        """Return the operator's parameter; a list, also for one group."""
        return {"restic_supplemental_groups": list(params.groups)}


class AgentMemory(Params):
    """Memory of each node agent."""

    limit: Memory


class SetResticMemory(_OperatorSetting):
    """Give the node agents more memory."""

    id = "set-restic-memory"
    title = LocalText(en="Give the node agents more memory", zh="增加节点代理的内存")
    params = AgentMemory

    def values(self, params: Any) -> dict[str, Any]:
        """Return the operator's parameter."""
        return {"restic_limits_memory": params.limit}


class _HostSetting(_OperatorSetting):
    """Parameters that act on the control cluster's controller."""

    guards = ()
    effect = _CONTROLLER_RESTARTS

    def clusters(self, ground: Ground) -> tuple[str, ...]:
        """Return the control cluster."""
        return (ground.host_name,)


class PlanLimits(Params):
    """How much one plan may hold."""

    namespaces: Annotated[int, Field(ge=1, le=1000)] | None = None
    volumes: Annotated[int, Field(ge=1, le=10000)] | None = None
    pods: Annotated[int, Field(ge=1, le=10000)] | None = None

    @model_validator(mode="after")
    def _something(self) -> PlanLimits:
        if not self.model_dump(exclude_none=True):
            raise WrongValue("Give at least one limit.", "请至少填写一项上限。")
        return self


_LIMITS = {
    "NamespaceLimitExceeded": "namespaces",
    "PvLimitExceeded": "volumes",
    "PodLimitExceeded": "pods",
}
"""Conditions of a plan (mig-controller pkg/controller/migplan/validation.go, pvlist.go)."""
_FOUND = re.compile(r"exceeded, found: ?(\d{1,5})\b")


class SetPlanLimits(_HostSetting):
    """Raise what one plan may hold."""

    id = "set-plan-limits"
    title = LocalText(en="Raise the limits of a plan", zh="提高计划的上限")
    params = PlanLimits

    def propose(self, ground: Ground) -> dict[str, object]:
        """Return as much as the plan holds, for each limit that it exceeds."""
        proposed: dict[str, object] = {}
        for condition in dicts(mapping(ground.plan, "status").get("conditions")):
            limit = _LIMITS.get(text(condition.get("type")))
            found = _FOUND.search(text(condition.get("message")))
            if limit and found and condition.get("status") == "True":
                proposed[limit] = int(found[1])
        return proposed

    def values(self, params: Any) -> dict[str, Any]:
        """Return the operator's parameters; strings of digits."""
        named = {
            "mig_namespace_limit": params.namespaces,
            "mig_pv_limit": params.volumes,
            "mig_pod_limit": params.pods,
        }
        return {key: str(value) for key, value in named.items() if value is not None}


class RsyncOptions(Params):
    """How direct volume migrations copy. What is None stays as it is."""

    bandwidth_kb_per_s: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    attempts: Annotated[int, Field(ge=1, le=100)] | None = None
    delete_extra_files: bool | None = None
    """Whether files that are only on the target are deleted there."""
    resize_volumes: bool | None = None
    client_memory: Memory | None = None
    server_memory: Memory | None = None
    client_cpu: Cpu | None = None
    server_cpu: Cpu | None = None

    @model_validator(mode="after")
    def _something(self) -> RsyncOptions:
        if not self.model_dump(exclude_none=True):
            raise WrongValue("Give at least one option.", "请至少填写一项。")
        for memory in (self.client_memory, self.server_memory):
            if memory is not None and memory.endswith("Mi") and int(memory[:-2]) < 1024:
                raise WrongValue(
                    "Give at least 1Gi: with less than the pods request they would not start.",
                    "内存至少 1Gi：少于 pod 的请求值则无法启动。",
                )
        for cpu in (self.client_cpu, self.server_cpu):
            if cpu is not None and cpu.endswith("m") and int(cpu[:-1]) < 100:
                raise WrongValue(
                    "Give at least 100m: with less than the pods request they would not start.",
                    "CPU 至少 100m：少于 pod 的请求值则无法启动。",
                )
        return self


class SetRsyncOptions(_HostSetting):
    """Change how direct volume migrations copy."""

    id = "set-rsync-options"
    title = LocalText(en="Change how rsync copies", zh="调整 rsync 的复制方式")
    params = RsyncOptions
    keys: ClassVar[dict[str, str]] = {
        "bandwidth_kb_per_s": "rsync_opt_bwlimit",
        "attempts": "rsync_backoff_limit",
        "delete_extra_files": "rsync_opt_delete",
        "resize_volumes": "enable_dvm_pv_resizing",
        "client_memory": "source_rsync_pod_memory_limits",
        "server_memory": "target_rsync_pod_memory_limits",
        "client_cpu": "source_rsync_pod_cpu_limits",
        "server_cpu": "target_rsync_pod_cpu_limits",
    }

    def values(self, params: Any) -> dict[str, Any]:
        """Return the operator's parameters."""
        given = params.model_dump(exclude_none=True)
        return {self.keys[name]: value for name, value in given.items()}


class EndpointType(Params):
    """How the source reaches the rsync server."""

    type: Literal["Route", "ClusterIP", "NodePort"]


class SetEndpointType(_OperatorSetting):
    """Change how the source reaches the rsync server on the destination."""

    id = "set-endpoint-type"
    title = LocalText(en="Change the endpoint of the transfer", zh="更改传输端点的类型")
    params = EndpointType
    effect = _CONTROLLER_RESTARTS

    def clusters(self, ground: Ground) -> tuple[str, ...]:
        """Return the destination."""
        need_plan(ground)
        return (ground.destination,)

    def values(self, params: Any) -> dict[str, Any]:
        """Return the operator's parameter."""
        return {"rsync_endpoint_type": params.type}
