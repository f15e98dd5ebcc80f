"""Restarts and clean-ups of what MTC and Velero left behind.

A restart is a change of the pod template's annotation, as ``oc rollout restart`` makes it, so that
it is rolled out with the workload's own rules. A restart of velero or a node agent loses a backup
or restore that runs, so nothing may run then (guard G1).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import NotFound, NotServed
from bot.diagnosis.dossier import labels, mapping, metadata, text
from bot.remediation.actions.base import (
    Action,
    Draft,
    NoParams,
    Params,
    delete,
    existing,
    need_plan,
    patch,
    refuse_while_running,
)
from bot.remediation.ground import Ground
from bot.remediation.guards import Guard
from bot.remediation.plans import Call, Risk, Verification, Wait
from bot.remediation.refusals import Refused
from bot.remediation.verifying import effects_hold
from knowledge.texts import LocalText

ClusterName = Annotated[str, StringConstraints(pattern=r"^$|^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
MOST = 50
"""Objects that one request deletes at most."""


class OnCluster(Params):
    """Which cluster; empty: the one where it matters most for the action."""

    cluster: ClusterName = ""


class _Restart(Action[OnCluster]):
    """Rolls a workload of MTC's own namespace."""

    risk = Risk.R2
    targets = (
        k.MIGMIGRATION.kind,
        k.MIGPLAN.kind,
        k.MIGCLUSTER.kind,
        k.MIGSTORAGE.kind,
    )
    params = OnCluster
    workloads: ClassVar[tuple[tuple[Kind, str], ...]]
    """Kind and name; the first that exists is restarted."""

    def draft(self, ground: Ground, params: OnCluster) -> Draft:
        """Return the restart and the wait for its roll-out."""
        cluster = params.cluster or self.where(ground)
        _concerned(ground, cluster)
        kind, name = self._found(ground, cluster)
        workload = existing(ground, cluster, kind, name, MTC_NAMESPACE)
        stamp = ground.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        body = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}}}
        why = LocalText(en=f"Restart {name}.", zh=f"重启 {name}。")
        wait = Wait(
            until="workload-rolled-out",
            cluster=cluster,
            kind=kind.kind,
            namespace=MTC_NAMESPACE,
            name=name,
            deadline_seconds=900,
            why=LocalText(en="Its new pods become ready.", zh="等待新的 pod 就绪。"),
        )
        return Draft(
            (patch(workload, kind, body, why, cluster=cluster), wait),
            Verification(
                check="workload-rolled-out",
                params={"cluster": cluster, "kind": kind.kind, "name": name},
                deadline_seconds=900,
            ),
            (
                LocalText(
                    en=f"Restarts the pods of {name} on {cluster}.",
                    zh=f"重启 {cluster} 上 {name} 的 pod。",
                ),
            ),
            clusters=(cluster,),
        )

    def where(self, ground: Ground) -> str:
        """Return the cluster that is meant where none is named."""
        if ground.target.kind == k.MIGCLUSTER.kind:
            return ground.target.name
        return ground.source or ground.host_name

    def _found(self, ground: Ground, cluster: str) -> tuple[Kind, str]:
        for kind, name in self.workloads:
            try:
                ground.reader(cluster).get(kind, name, MTC_NAMESPACE)
            except (NotFound, NotServed):
                continue
            return kind, name
        names = ", ".join(name for _, name in self.workloads)
        raise Refused(f"There is no {names} on {cluster}.", f"{cluster} 上没有 {names}。")


def _concerned(ground: Ground, cluster: str) -> None:
    """Raise ``Refused`` for a cluster that the target has nothing to do with."""
    if ground.target.kind == k.MIGSTORAGE.kind:
        return
    own = {ground.host_name, "host", ground.source, ground.destination}
    if ground.target.kind == k.MIGCLUSTER.kind:
        own = {ground.host_name, "host", ground.target.name}
    if cluster not in own:
        raise Refused(
            f"{ground.target} has nothing to do with cluster {cluster}.",
            f"{ground.target} 与集群 {cluster} 无关。",
        )


class RestartVelero(_Restart):
    """Restart the Velero server."""

    id = "restart-velero"
    title = LocalText(en="Restart Velero", zh="重启 Velero")
    guards = (Guard.NOTHING_RUNNING,)
    workloads = ((k.DEPLOYMENT, "velero"),)


class RestartNodeAgent(_Restart):
    """Restart the pods that copy volumes (restic in MTC 1.7, node-agent in 1.8)."""

    id = "restart-node-agent"
    title = LocalText(en="Restart the node agents", zh="重启节点代理")
    guards = (Guard.NOTHING_RUNNING,)
    workloads = ((k.DAEMONSET, "node-agent"), (k.DAEMONSET, "restic"))


class RestartController(_Restart):
    """Restart the MTC controller; its state is in its objects, migrations go on."""

    id = "restart-controller"
    title = LocalText(en="Restart the MTC controller", zh="重启 MTC 控制器")
    workloads = ((k.DEPLOYMENT, "migration-controller"),)

    def where(self, ground: Ground) -> str:
        """Return the control cluster."""
        return ground.host_name


class DeleteOrphanRepositories(Action[NoParams]):
    """Delete repository objects whose storage location is gone; they only make noise."""

    id = "delete-orphan-repositories"
    title = LocalText(en="Delete orphaned repository objects", zh="删除孤立的仓库对象")
    risk = Risk.R1
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind, k.MIGSTORAGE.kind)

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return the deletions on every cluster of the plan."""
        del params
        steps: list[Call] = []
        for cluster in dict.fromkeys((ground.source or "host", ground.destination or "host")):
            reader = ground.reader(cluster)
            locations = {
                text(metadata(o).get("name")) for o in reader.list(k.BSL, MTC_NAMESPACE).items
            }
            for kind in (k.BACKUPREPOSITORY, k.RESTICREPOSITORY):
                try:
                    items = reader.list(kind, MTC_NAMESPACE).items
                except NotServed:
                    continue
                for item in items:
                    location = text(mapping(item, "spec").get("backupStorageLocation"))
                    if location and location not in locations:
                        steps.append(
                            delete(
                                item,
                                kind,
                                LocalText(en="Its location is gone.", zh="其存储位置已不存在。"),
                                cluster=cluster,
                            )
                        )
        return _deletions(steps, "orphaned repository object", "孤立的仓库对象")


class DeleteStagePods(Action[NoParams]):
    """Delete stage pods that a failed migration left on the source and the destination."""

    id = "delete-stage-pods"
    title = LocalText(en="Delete leftover stage pods", zh="删除遗留的 stage pod")
    risk = Risk.R2
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return the deletions. Raises ``Refused`` while a migration of the plan runs."""
        del params
        need_plan(ground)
        refuse_while_running(ground)
        steps = []
        for side, cluster in enumerate((ground.source, ground.destination)):
            for pair in ground.namespaces:
                for pod in ground.reader(cluster).list(k.POD, pair[side]).items:
                    if labels(pod).get("migration.openshift.io/is-stage-pod") == "True":
                        why = LocalText(en="A leftover stage pod.", zh="遗留的 stage pod。")
                        steps.append(delete(pod, k.POD, why, cluster=cluster))
        return _deletions(steps, "leftover stage pod", "遗留的 stage pod")


class DeleteLeftoverVelero(Action[NoParams]):
    """Delete finished Velero backups and restores of migrations that exist no more."""

    id = "delete-leftover-velero"
    title = LocalText(en="Delete leftover Velero objects", zh="删除遗留的 Velero 对象")
    risk = Risk.R3
    destroys_data = True
    targets = (k.MIGPLAN.kind, k.MIGMIGRATION.kind)

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return the deletions on source and destination."""
        del params
        need_plan(ground)
        known = {text(metadata(m).get("uid")) for m in ground.host_list(k.MIGMIGRATION)}
        plan = text(metadata(ground.plan).get("uid"))
        steps = []
        for cluster in dict.fromkeys((ground.source, ground.destination)):
            for kind in (k.BACKUP, k.RESTORE):
                for item in ground.reader(cluster).list(kind, MTC_NAMESPACE).items:
                    own = labels(item)
                    migration = own.get("migration.openshift.io/migrated-by-migmigration")
                    ours = own.get("migration.openshift.io/migrated-by-migplan") == plan
                    busy = mapping(item, "status").get("phase") in ("InProgress", "New", "")
                    if ours and migration and migration not in known and not busy:
                        why = LocalText(en="Its migration is gone.", zh="其迁移已不存在。")
                        steps.append(delete(item, kind, why, cluster=cluster))
        return _deletions(steps, "leftover Velero object", "遗留的 Velero 对象")


def _deletions(steps: list[Call], what: str, zh: str) -> Draft:
    if not steps:
        raise Refused(f"There is no {what}.", f"没有{zh}。")
    steps = steps[:MOST]
    return Draft(
        tuple(steps),
        Verification(check="effects-hold", params=effects_hold(steps), deadline_seconds=300),
        (
            LocalText(
                en=f"Deletes {len(steps)} {what}(s): "
                + ", ".join(f"{c.name} on {c.cluster}" for c in steps[:5]),
                zh=f"删除 {len(steps)} 个{zh}：" + "、".join(c.name for c in steps[:5]),
            ),
        ),
    )
