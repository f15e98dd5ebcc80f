"""Opening the network for transfer pods, and fetching what Velero keeps of a restore."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import NotFound, NotServed
from bot.diagnosis.dossier import mapping, metadata, text
from bot.diagnosis.gathering import belongs
from bot.remediation.actions.base import Action, Draft, NoParams, Params, create, need_plan
from bot.remediation.ground import Ground
from bot.remediation.plans import Call, Risk, Verification
from bot.remediation.refusals import Refused
from bot.remediation.verifying import effects_hold
from knowledge.texts import LocalText

POLICY_NAME = "mtc-bot-allow-transfer"
_PODS = {
    "matchLabels": {
        "owner": "directvolumemigration",
        "app": "directvolumemigration-rsync-transfer",
    }
}
"""The labels of rsync pods (mig-controller directvolumemigration/rsync.go)."""


class AllowTransferNetwork(Action[NoParams]):
    """Let rsync pods through NetworkPolicies: out of the source, into the destination."""

    id = "allow-transfer-network"
    title = LocalText(
        en="Let transfer pods through network policies", zh="允许传输 pod 通过网络策略"
    )
    risk = Risk.R2
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return one policy a namespace and side, where it is not there yet."""
        del params
        need_plan(ground)
        steps: list[Call] = []
        for here, there in ground.namespaces:
            for cluster, namespace, way in (
                (ground.source, here, "egress"),
                (ground.destination, there, "ingress"),
            ):
                if _wanted(ground, cluster, namespace):
                    steps.append(_policy(cluster, namespace, way))
        if not steps:
            raise Refused(
                "The policies are there already, or the namespaces are not; look for firewalls "
                "between the clusters.",
                "这些策略已存在，或命名空间不存在；请检查集群之间的防火墙。",
            )
        return Draft(
            tuple(steps),
            Verification(check="effects-hold", params=effects_hold(steps), deadline_seconds=60),
            (
                LocalText(
                    en="Opens the network for transfer pods only; the undo removes the policies "
                    "after the migration.",
                    zh="仅对传输 pod 开放网络；迁移后可通过撤销删除这些策略。",
                ),
            ),
            tuple(_removal(call) for call in steps),
        )


def _wanted(ground: Ground, cluster: str, namespace: str) -> bool:
    """Return whether a policy is to be made: the namespace is there, the policy is not."""
    reader = ground.reader(cluster)
    try:
        reader.get(k.NAMESPACE, namespace)
        items = reader.list(k.NETWORKPOLICY, namespace).items
    except (NotFound, NotServed):
        return False
    return not any(metadata(item).get("name") == POLICY_NAME for item in items)


def _removal(made: Call) -> Call:
    """Return the way back; which object it is for is known once it was made."""
    why = LocalText(en="Remove the policy.", zh="删除该策略。")
    return made.model_copy(update={"verb": "delete", "body": None, "why": why})


def _policy(cluster: str, namespace: str, way: str) -> Call:
    spec = {"podSelector": _PODS, way: [{}], "policyTypes": [way.capitalize()]}
    return create(
        k.NETWORKPOLICY,
        {"metadata": {"name": POLICY_NAME, "namespace": namespace}, "spec": spec},
        LocalText(en=f"Allow {way} of transfer pods.", zh=f"允许传输 pod 的 {way}。"),
        cluster=cluster,
    )


class RestoreName(Params):
    """Which restore; empty: the migration's own that did not end well."""

    restore: Annotated[
        str, StringConstraints(pattern=r"^$|^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
    ] = ""


class FetchRestoreResults(Action[RestoreName]):
    """Ask Velero for the warnings and errors of a restore, which it keeps in the object store."""

    id = "fetch-restore-results"
    title = LocalText(en="Fetch a restore's results from Velero", zh="从 Velero 获取恢复结果")
    risk = Risk.R1
    targets = (k.MIGMIGRATION.kind,)
    params = RestoreName

    def propose(self, ground: Ground) -> dict[str, object]:
        """Return the migration's restore that did not end well."""
        if ground.plan is None:
            return {}
        name = text(metadata(ground.migration).get("name"))
        for restore in ground.reader(ground.destination).list(k.RESTORE, MTC_NAMESPACE).items:
            phase = text(mapping(restore, "status").get("phase"))
            if belongs(restore, ground.migration, name) and phase not in ("Completed", ""):
                return {"restore": text(metadata(restore).get("name"))}
        return {}

    def draft(self, ground: Ground, params: RestoreName) -> Draft:
        """Return the making of a DownloadRequest. Raises ``Refused`` where no restore is meant."""
        if not params.restore:
            raise Refused(
                "Name the restore: oc get restore -n openshift-migration",
                "请指定恢复对象：oc get restore -n openshift-migration",
            )
        need_plan(ground)
        cluster = ground.destination
        ground.reader(cluster).get(k.RESTORE, params.restore, MTC_NAMESPACE)
        stamp = f"{int(ground.now.timestamp()):x}"
        name = f"{params.restore[:200]}-bot-{stamp}"
        spec = {"target": {"kind": "RestoreResults", "name": params.restore}}
        return Draft(
            (
                create(
                    k.DOWNLOADREQUEST,
                    {"metadata": {"name": name, "namespace": MTC_NAMESPACE}, "spec": spec},
                    LocalText(en="Ask for the results.", zh="请求恢复结果。"),
                    cluster=cluster,
                ),
            ),
            Verification(
                check="results-ready",
                params={"cluster": cluster, "name": name},
                deadline_seconds=300,
            ),
        )
