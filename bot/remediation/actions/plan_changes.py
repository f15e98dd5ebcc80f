"""Changes of a plan: verification off, images through the registry, a plan made anew.

A merge patch replaces lists whole, so a change of one volume carries the whole list that was read;
the plan's digest makes sure that it is still the one that was looked at.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Annotated

from pydantic import Field, StringConstraints

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import AccessRequest
from bot.diagnosis.dossier import dicts, mapping, metadata, text
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
from bot.remediation.actions.lifecycle import rollback
from bot.remediation.ground import Ground
from bot.remediation.guards import Guard
from bot.remediation.plans import Risk, Verification, Wait
from bot.remediation.refusals import Refused
from knowledge.texts import LocalText

_NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
_TARGETS = (k.MIGMIGRATION.kind, k.MIGPLAN.kind)


def _plan_ready(ground: Ground, name: str = "") -> Verification:
    plan = name or text(metadata(ground.plan).get("name"))
    return Verification(
        check="object-ready",
        params={"kind": k.MIGPLAN.kind, "name": plan},
        deadline_seconds=900,
    )


class VerificationOff(Params):
    """Which volumes; none named means all."""

    volumes: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=_NAME)], ...], Field(max_length=200)
    ] = ()


class DisableVerification(Action[VerificationOff]):
    """Copy without comparing every file afterwards."""

    id = "disable-verification"
    title = LocalText(en="Turn the verification of volumes off", zh="关闭卷的校验")
    risk = Risk.R2
    targets = _TARGETS
    params = VerificationOff

    def draft(self, ground: Ground, params: VerificationOff) -> Draft:
        """Return the patch of the plan. Raises ``Refused`` where no volume is verified."""
        plan = need_plan(ground)
        volumes = deepcopy(list(dicts(spec_of(plan).get("persistentVolumes"))))
        turned: list[str] = []
        for volume in volumes:
            name = text(volume.get("name"))
            selection = volume.get("selection")
            if not isinstance(selection, dict) or selection.get("verify") is not True:
                continue
            if not params.volumes or name in params.volumes:
                selection["verify"] = False
                turned.append(name)
        if not turned:
            raise Refused("No volume of this plan is verified.", "该计划没有启用校验的卷。")
        why = LocalText(en="Turn verification off.", zh="关闭校验。")
        old = spec_of(plan).get("persistentVolumes")
        return Draft(
            (patch(plan, k.MIGPLAN, {"spec": {"persistentVolumes": volumes}}, why),),
            _plan_ready(ground),
            (
                LocalText(
                    en=f"Copies of {', '.join(turned[:5])} are no longer compared file by file.",
                    zh=f"不再逐个文件比较以下卷的副本：{'、'.join(turned[:5])}。",
                ),
            ),
            (patch(plan, k.MIGPLAN, {"spec": {"persistentVolumes": old}}, why),),
        )


class UseIndirectImages(Action[NoParams]):
    """Move images through the replication repository instead of from registry to registry."""

    id = "use-indirect-images"
    title = LocalText(en="Move images through the repository", zh="通过复制仓库迁移镜像")
    risk = Risk.R2
    targets = _TARGETS

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return the patch of the plan."""
        del params
        plan = need_plan(ground)
        if not mapping(plan, "spec", "migStorageRef").get("name"):
            raise Refused(
                "This plan has no replication repository; give it one first.",
                "该计划没有复制仓库；请先为其指定。",
            )
        why = LocalText(en="Move images indirectly.", zh="改用间接方式迁移镜像。")
        old = spec_of(plan).get("indirectImageMigration")
        return Draft(
            (patch(plan, k.MIGPLAN, {"spec": {"indirectImageMigration": True}}, why),),
            _plan_ready(ground),
            undo=(patch(plan, k.MIGPLAN, {"spec": {"indirectImageMigration": old}}, why),),
        )


_KEPT = (
    "namespaces",
    "srcMigClusterRef",
    "destMigClusterRef",
    "migStorageRef",
    "persistentVolumes",
    "indirectImageMigration",
    "indirectVolumeMigration",
    "hooks",
    "includedResources",
    "labelSelector",
    "liveMigrate",
)


class RecreatePlan(Action[NoParams]):
    """Roll a plan back, remove it and make it anew with the choices made for its volumes."""

    id = "recreate-plan"
    title = LocalText(
        en="Roll back and make the plan anew, its volume choices kept",
        zh="回滚并重建计划，保留卷的选择",
    )
    risk = Risk.R3
    destroys_data = True
    guards = (Guard.PLAN_READY,)
    targets = _TARGETS

    def draft(self, ground: Ground, params: NoParams) -> Draft:
        """Return rollback, deletion and making; the plan's spec of now is in the request."""
        del params
        plan = need_plan(ground)
        name = text(metadata(plan).get("name"))
        first = rollback(ground)
        kept = {key: value for key, value in spec_of(plan).items() if key in _KEPT}
        metadata_of_new = {"name": name, "namespace": MTC_NAMESPACE}
        return Draft(
            (
                first,
                _wait("migration-succeeded", k.MIGMIGRATION.kind, first.name, 4 * 3600),
                delete(plan, k.MIGPLAN, LocalText(en="Remove the plan.", zh="删除计划。")),
                _wait("object-gone", k.MIGPLAN.kind, name, 900),
                create(
                    k.MIGPLAN,
                    {"metadata": metadata_of_new, "spec": kept},
                    LocalText(en="Make it anew.", zh="重新创建计划。"),
                ),
            ),
            _plan_ready(ground, name),
            (
                LocalText(
                    en="Deletes on the destination what this plan migrated, volume claims and "
                    "their data included; starts the source's applications again; removes the "
                    "plan with its history of migrations.",
                    zh="删除目标集群上该计划迁移的所有对象，包括卷声明及其数据；"
                    "恢复源集群的应用；删除该计划及其迁移记录。",
                ),
            ),
        )


def _wait(until: str, kind: str, name: str, seconds: int) -> Wait:
    return Wait.model_validate(
        {
            "until": until,
            "cluster": "host",
            "kind": kind,
            "namespace": MTC_NAMESPACE,
            "name": name,
            "deadline_seconds": seconds,
            "why": {"en": f"{name}: {until}.", "zh": f"等待 {name}：{until}。"},
        }
    )


class ImageStreamParams(Params):
    """Which image stream of the source's namespace ``openshift`` (or another)."""

    name: Annotated[str, StringConstraints(pattern=_NAME)]
    namespace: Annotated[str, StringConstraints(pattern=_NAME, max_length=63)] = "openshift"


class CopyImageStream(Action[ImageStreamParams]):
    """Copy an image stream to the destination, by MTC's own image migration."""

    id = "copy-imagestream"
    title = LocalText(en="Copy an image stream to the destination", zh="将镜像流复制到目标集群")
    risk = Risk.R2
    guards = (Guard.PLAN_READY,)
    targets = _TARGETS
    params = ImageStreamParams

    def rights(self, ground: Ground) -> tuple[tuple[str, AccessRequest], ...]:
        """Return the right to make a DirectImageStreamMigration."""
        del ground
        return (("host", AccessRequest("create", k.DISM.group, k.DISM.plural, MTC_NAMESPACE)),)

    def draft(self, ground: Ground, params: ImageStreamParams) -> Draft:
        """Return the making of a DirectImageStreamMigration."""
        plan = need_plan(ground)
        if params.namespace not in ("openshift", *(here for here, _ in ground.namespaces)):
            raise Refused(
                f"{params.namespace} is neither openshift nor a namespace of this plan.",
                f"{params.namespace} 既不是 openshift，也不是该计划的命名空间。",
            )
        ground.reader(ground.source).get(k.IMAGESTREAM, params.name, params.namespace)
        there = dict(ground.namespaces).get(params.namespace, params.namespace)
        name = _copy_name(ground, f"{text(metadata(plan).get('name'))[:30]}-{params.name[:20]}")
        spec = {
            "srcMigClusterRef": spec_of(plan).get("srcMigClusterRef"),
            "destMigClusterRef": spec_of(plan).get("destMigClusterRef"),
            "imageStreamRef": {"name": params.name, "namespace": params.namespace},
            "destNamespace": there,
        }
        return Draft(
            (
                create(
                    k.DISM,
                    {"metadata": {"name": name, "namespace": MTC_NAMESPACE}, "spec": spec},
                    LocalText(en="Copy the images.", zh="复制镜像。"),
                ),
            ),
            Verification(check="images-copied", params={"name": name}, deadline_seconds=3600),
            (
                LocalText(
                    en=f"Writes image stream {params.namespace}/{params.name} on the destination.",
                    zh=f"在目标集群写入镜像流 {params.namespace}/{params.name}。",
                ),
            ),
            namespaces=(params.namespace, there),
        )


def _copy_name(ground: Ground, stem: str) -> str:
    taken = {text(metadata(o).get("name")) for o in ground.host_list(k.DISM)}
    names = (f"{stem.strip('-.')}-bot{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
