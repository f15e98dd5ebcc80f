"""Source applications that MTC stopped and never started again.

MTC writes the old value into an annotation before it stops a workload (mig-controller
migmigration/quiesce.go) and takes it away when it starts it again. A failed migration does
neither; here both are done, for each workload by itself.
"""

from __future__ import annotations

from typing import Annotated

import orjson
from pydantic import Field, StringConstraints

from bot.clusters import kinds as k
from bot.clusters.kinds import Kind
from bot.clusters.port import Json, NotServed
from bot.diagnosis.dossier import annotations_of, metadata, text
from bot.remediation.actions.base import (
    Action,
    Draft,
    Params,
    need_plan,
    patch,
    refuse_while_running,
)
from bot.remediation.ground import Ground
from bot.remediation.plans import Call, Risk, Verification
from bot.remediation.refusals import Refused
from knowledge.texts import LocalText

_PREFIX = "migration.openshift.io/preQuiesce"
_KINDS = (
    k.DEPLOYMENT,
    k.DEPLOYMENTCONFIG,
    k.STATEFULSET,
    k.DAEMONSET,
    k.REPLICASET,
    k.CRONJOB,
    k.JOB,
)
Workload = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{1,30} [a-z0-9-]{1,63}/[a-z0-9.-]{1,253}$")
]


class ScaleBackParams(Params):
    """Which workloads; none named means all that MTC left down."""

    only: Annotated[tuple[Workload, ...], Field(max_length=200)] = ()
    """``Kind namespace/name``."""


class ScaleBackSource(Action[ScaleBackParams]):
    """Start the source's applications as they were before the migration."""

    id = "scale-back-source"
    title = LocalText(en="Start the source's applications again", zh="恢复源集群上的应用")
    risk = Risk.R3
    targets = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)
    params = ScaleBackParams

    def draft(self, ground: Ground, params: ScaleBackParams) -> Draft:
        """Return a patch for each workload. Raises ``Refused`` while a migration may need it so."""
        need_plan(ground)
        refuse_while_running(ground)
        steps: list[Call] = []
        for kind in _KINDS:
            for here, _ in ground.namespaces:
                for workload in _stopped(ground, kind, here):
                    called = f"{kind.kind} {here}/{text(metadata(workload).get('name'))}"
                    call = _start(workload, kind, ground.source)
                    if call is not None and (not params.only or called in params.only):
                        steps.append(call)
        if not steps:
            raise Refused(
                "MTC has left no workload of this plan stopped on the source.",
                "源集群上没有被 MTC 停止后遗留的工作负载。",
            )
        names = ", ".join(f"{c.kind} {c.namespace}/{c.name}" for c in steps[:8])
        return Draft(
            tuple(steps),
            Verification(
                check="source-started",
                params={"plan": text(metadata(ground.plan).get("name"))},
                deadline_seconds=900,
            ),
            (
                LocalText(
                    en=f"Starts on the source: {names}. Make sure that users are not sent to the "
                    "destination as well.",
                    zh=f"将在源集群启动：{names}。请确认用户流量没有同时指向目标集群。",
                ),
            ),
        )


def _stopped(ground: Ground, kind: Kind, namespace: str) -> list[Json]:
    try:
        items = ground.reader(ground.source).list(kind, namespace).items
    except NotServed:
        return []
    return [
        item
        for item in items
        if any(key.startswith(_PREFIX) for key in annotations_of(item))
        and not (kind in (k.REPLICASET, k.JOB) and metadata(item).get("ownerReferences"))
    ]


def _start(workload: Json, kind: Kind, cluster: str) -> Call | None:
    """Return the patch; None where MTC's note cannot be read, which then stays for a person."""
    notes = annotations_of(workload)
    spec: Json = {}
    replicas = text(notes.get(f"{_PREFIX}Replicas"))
    if replicas.isdigit() and len(replicas) < 6:
        spec["parallelism" if kind is k.JOB else "replicas"] = int(replicas)
    paused = text(notes.get(f"{_PREFIX}Paused"))
    if paused in ("true", "false"):
        spec["paused"] = paused == "true"
    suspend = text(notes.get(f"{_PREFIX}Suspend"))
    if suspend in ("true", "false"):
        spec["suspend"] = suspend == "true"
    if f"{_PREFIX}NodeSelector" in notes:
        spec["template"] = {"spec": {"nodeSelector": _node_selector(notes)}}
    if kind is k.CRONJOB and "suspend" not in spec:
        spec["suspend"] = False
    if not spec:
        return None
    gone = {key: None for key in notes if key.startswith(_PREFIX)}
    body: Json = {"spec": spec, "metadata": {"annotations": gone}}
    return patch(
        workload,
        kind,
        body,
        LocalText(en="Start it as it was before.", zh="恢复到迁移前的状态。"),
        cluster=cluster,
    )


def _node_selector(notes: Json) -> Json:
    """Return what takes MTC's own selector away and puts the old one back."""
    old: object = {}
    try:
        old = orjson.loads(text(notes.get(f"{_PREFIX}NodeSelector")) or "{}")
    except orjson.JSONDecodeError:
        old = {}
    kept = {str(key): str(value) for key, value in old.items()} if isinstance(old, dict) else {}
    return {"migration.openshift.io/quiesceDaemonSet": None, **kept}
