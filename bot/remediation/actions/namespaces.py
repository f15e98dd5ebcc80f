"""Annotations and labels of namespaces: the node selector a copy lacks, Pod Security for rsync.

MTC copies a namespace's annotations only when it creates the namespace (mig-controller
directvolumemigration); one that was there before keeps its own. A node selector is copied only
where a schedulable node fits it, since otherwise it would only trade one pending pod for another.
A change does not reach pods that exist: the migration is canceled and run again afterwards.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from bot.clusters import kinds as k
from bot.clusters.port import Json, NotFound
from bot.diagnosis.dossier import (
    annotations_of,
    dicts,
    labels,
    mapping,
    text,
)
from bot.remediation.actions.base import (
    Action,
    Draft,
    NoParams,
    Params,
    existing,
    need_plan,
    patch,
)
from bot.remediation.ground import Ground
from bot.remediation.plans import Call, Risk, Verification
from bot.remediation.refusals import Refused
from bot.remediation.verifying import effects_hold
from knowledge.texts import LocalText

NODE_SELECTOR = "openshift.io/node-selector"
Selector = Annotated[
    str,
    StringConstraints(
        pattern=r"^$|^[A-Za-z0-9./_-]{1,253}=[A-Za-z0-9._-]{0,63}(,[A-Za-z0-9./_-]{1,253}=[A-Za-z0-9._-]{0,63}){0,9}$"
    ),
]
"""``key=value`` pairs joined by commas; empty means any node."""
_RUN_AGAIN = LocalText(
    en="Pods that exist keep their node selector: cancel the migration and run it again "
    "afterwards.",
    zh="已存在的 pod 不受影响：之后请取消迁移并重新运行。",
)


class NodeSelector(Params):
    """The selector for one destination namespace."""

    namespace: Annotated[str, StringConstraints(max_length=63)] = ""
    """Destination namespace, one of the plan's; empty: all that lack the source's selector."""
    selector: Selector | None = None
    """None: the value of the source's namespace."""


class CopyNamespaceAnnotations(Action[NodeSelector]):
    """Give destination namespaces the node selector of their source."""

    id = "copy-namespace-annotations"
    title = LocalText(
        en="Set the node selector of the destination namespace",
        zh="设置目标命名空间的 node-selector 注解",
    )
    risk = Risk.R2
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)
    params = NodeSelector

    def draft(self, ground: Ground, params: NodeSelector) -> Draft:
        """Return a patch for each namespace that differs. Raises ``Refused`` where no node fits."""
        need_plan(ground)
        pairs = [p for p in ground.namespaces if params.namespace in ("", p[1])]
        if not pairs:
            raise Refused(
                f"{params.namespace} is no destination namespace of this plan.",
                f"{params.namespace} 不是该计划的目标命名空间。",
            )
        steps: list[Call] = []
        undo: list[Call] = []
        for here, there in pairs:
            target = existing(ground, ground.destination, k.NAMESPACE, there, "")
            wanted: object = params.selector
            if wanted is None:
                source = existing(ground, ground.source, k.NAMESPACE, here, "")
                wanted = annotations_of(source).get(NODE_SELECTOR)
            now = annotations_of(target).get(NODE_SELECTOR)
            if now == wanted:
                continue
            _some_node_fits(ground, text(wanted))
            steps.append(_annotate(target, wanted, ground.destination))
            undo.append(_annotate(target, now, ground.destination))
        if not steps:
            raise Refused(
                "The destination namespaces have that node selector already.",
                "目标命名空间已具有该 node-selector。",
            )
        return Draft(
            tuple(steps),
            Verification(check="effects-hold", params=effects_hold(steps), deadline_seconds=120),
            (_RUN_AGAIN,),
            tuple(undo),
        )


def _annotate(namespace: Json, value: object, cluster: str) -> Call:
    return patch(
        namespace,
        k.NAMESPACE,
        {"metadata": {"annotations": {NODE_SELECTOR: value}}},
        LocalText(en="Set the node selector.", zh="设置 node-selector。"),
        cluster=cluster,
    )


def _some_node_fits(ground: Ground, selector: str) -> None:
    """Raise ``Refused`` unless a node that takes pods has the labels."""
    wanted = dict(part.split("=", 1) for part in selector.split(",") if "=" in part)
    nodes = ground.reader(ground.destination).list(k.NODE).items
    for node in nodes:
        own = labels(node)
        if schedulable(node) and all(own.get(key) == value for key, value in wanted.items()):
            return
    raise Refused(
        f"No schedulable node of {ground.destination} has the labels {selector!r}; choose a "
        "selector that fits one there, or an empty one for any node.",
        f"{ground.destination} 上没有可调度的节点具有标签 {selector!r}；"
        "请选择当地适用的选择器，或留空表示任意节点。",
    )


def schedulable(node: Json) -> bool:
    """Return whether a node takes ordinary pods: ready, not cordoned, without a taint."""
    ready = [
        c
        for c in dicts(mapping(node, "status").get("conditions"))
        if c.get("type") == "Ready" and c.get("status") != "True"
    ]
    if ready:
        return False
    spec = mapping(node, "spec")
    if spec.get("unschedulable") is True:
        return False
    return not any(
        t.get("effect") in ("NoSchedule", "NoExecute") for t in dicts(spec.get("taints"))
    )


PRIVILEGED = {
    "pod-security.kubernetes.io/enforce": "privileged",
    "pod-security.kubernetes.io/audit": "privileged",
    "pod-security.kubernetes.io/warn": "privileged",
    "security.openshift.io/scc.podSecurityLabelSync": "false",
}
"""What lets rsync pods run as root in a namespace from Kubernetes 1.24 on."""


class AllowPrivilegedRsync(Action[NoParams]):
    """Let rsync run as root in the plan's namespaces; the undo puts the old labels back."""

    id = "rsync-privileged"
    title = LocalText(en="Let rsync run as root", zh="允许 rsync 以 root 运行")
    risk = Risk.R3
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return a patch for each namespace on source and destination that there is."""
        del params
        need_plan(ground)
        steps: list[Call] = []
        undo: list[Call] = []
        for here, there in ground.namespaces:
            for cluster, name in ((ground.source, here), (ground.destination, there)):
                try:
                    namespace = existing(ground, cluster, k.NAMESPACE, name, "")
                except NotFound:
                    continue  # MTC makes it, with the labels of the source's
                old = {key: labels(namespace).get(key) for key in PRIVILEGED}
                if old != PRIVILEGED:
                    steps.append(_label(namespace, PRIVILEGED, cluster))
                    undo.append(_label(namespace, old, cluster))
        if not steps:
            raise Refused(
                "Every namespace of the plan that exists has these labels already.",
                "该计划现有的命名空间均已具有这些标签。",
            )
        return Draft(
            tuple(steps),
            Verification(check="effects-hold", params=effects_hold(steps), deadline_seconds=120),
            (
                LocalText(
                    en="Weakens Pod Security in these namespaces until it is undone; then run the "
                    "migration again with run_as_root: true.",
                    zh="在撤销之前会降低这些命名空间的 Pod Security；"
                    "之后请以 run_as_root: true 重新运行。",
                ),
            ),
            tuple(undo),
        )


def _label(namespace: Json, values: dict[str, object] | dict[str, str], cluster: str) -> Call:
    return patch(
        namespace,
        k.NAMESPACE,
        {"metadata": {"labels": dict(values)}},
        LocalText(en="Set the Pod Security labels.", zh="设置 Pod Security 标签。"),
        cluster=cluster,
    )
