"""A look ahead: would a migration of this plan go well if it were started now?

The plan's own conditions, and questions that cross objects and clusters, each answered pass, warn
or fail with the fix, or *not checked* with the reason: a question is only answered from what was
read, and what could not be read is never taken for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE, Kind
from bot.clusters.port import ControlPlane, Json, ObjectRef
from bot.diagnosis.dossier import Dossier, RoleName, mapping, ref_name, text
from bot.diagnosis.evidence import upstream
from bot.diagnosis.findings import Finding
from bot.diagnosis.gathering import gather
from bot.diagnosis.probes import controller, dependencies, placement, readiness, room
from bot.diagnosis.probes.agents import old_agents
from bot.diagnosis.probes.answers import NoData
from bot.diagnosis.probes.images import images_missing
from bot.diagnosis.probes.namespaces import uid_range_collision
from bot.diagnosis.probes.resources import cluster_scoped_missing
from bot.diagnosis.reporting import finding
from bot.diagnosis.surveying import Survey, survey
from bot.diagnosis.verdicts import unreadable_clusters
from bot.mtc.models import read
from bot.mtc.models.base import WithConditions
from bot.mtc.outcome import object_outcome
from bot.mtc.outcome_words import Outcome, Word
from bot.redaction import Tally
from knowledge.matching.engine import Engine
from knowledge.observations import Observation
from knowledge.observing import observe
from knowledge.ranking import rank
from knowledge.texts import LocalText


class Result(StrEnum):
    """The answer to one question."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    FAIL = "fail"
    NOT_CHECKED = "not checked"


RESULT_WORDS = {
    Result.PASS: LocalText(en="pass", zh="通过"),
    Result.WARN: LocalText(en="warn", zh="警告"),
    Result.FAIL: LocalText(en="fail", zh="未通过"),
    Result.NOT_CHECKED: LocalText(en="not checked", zh="未检查"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer."""

    id: str
    title: LocalText
    result: Result
    findings: tuple[Finding, ...] = ()
    """What is wrong, with proof and fix; empty for pass."""
    why: LocalText | None = None
    """Why it could not be checked, or what MTC says where no entry knows it."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """The answers for one plan, in the order they were asked."""

    target: ObjectRef
    control: str
    checks: tuple[Check, ...]
    masked: dict[str, int] = field(default_factory=dict)
    """How many values were masked in what this says, by rule."""

    @property
    def result(self) -> Result:
        """Return the worst answer; what was not checked counts less than a warning."""
        order = (Result.FAIL, Result.WARN, Result.NOT_CHECKED)
        seen = {check.result for check in self.checks}
        return next((each for each in order if each in seen), Result.PASS)


Need = tuple[RoleName, Kind]
Ask = Callable[[Survey, Outcome], Iterable[Observation]]


@dataclass(frozen=True, slots=True)
class _Question:
    id: str
    title: LocalText
    ask: Ask
    needs: tuple[Need, ...] = ()
    state: Callable[[Survey], Iterable[Json]] | None = None
    """Objects whose own state answers the question, besides the observations."""


def preflight(plane: ControlPlane, target: ObjectRef, engine: Engine, now: datetime) -> Preflight:
    """Return the answers for a plan.

    Raises ``NotFound`` where there is no such plan, and the ``ClusterError`` of a control cluster
    that cannot be read at all.
    """
    plan = ObjectRef(k.MIGPLAN.kind, target.name, target.namespace or MTC_NAMESPACE)
    known = survey(gather(plane, plan, now))
    status = read(WithConditions, mapping(known.dossier.subject, "status"))
    outcome = object_outcome(plan.kind, status, now)
    mask = Tally()
    checks = tuple(_answer(question, known, outcome, engine, mask) for question in QUESTIONS)
    return Preflight(plan, plane.name, checks, dict(mask.masked))


def _answer(
    question: _Question, known: Survey, outcome: Outcome, engine: Engine, mask: Tally
) -> Check:
    missing = _masked(_missing(question.needs, known.dossier), mask)
    if missing is not None:
        return Check(question.id, question.title, Result.NOT_CHECKED, why=missing)
    try:
        seen = list(question.ask(known, outcome))
    except NoData as no_data:
        return Check(
            question.id, question.title, Result.NOT_CHECKED, why=_masked(no_data.why, mask)
        )
    except (TypeError, ValueError, KeyError, AttributeError) as odd:
        too_odd = LocalText(
            en=f"an object is too odd to judge ({type(odd).__name__})",
            zh=f"有对象内容异常，无法判断（{type(odd).__name__}）",
        )
        return Check(question.id, question.title, Result.NOT_CHECKED, why=too_odd)
    ranked = [r for r in rank(engine.match(seen)) if not r.entry.benign]
    found = tuple(finding(r, known.dossier, mask) for r in ranked if r.entry.severity != "info")
    if found:
        grave = any(f.severity in ("critical", "error") for f in found)
        result = Result.FAIL if grave else Result.WARN
        return Check(question.id, question.title, result, found)
    if question.state is not None and (said := _unwell(question.state(known))) is not None:
        return Check(question.id, question.title, Result.FAIL, why=_masked(said, mask))
    return Check(question.id, question.title, Result.PASS)


def _missing(needs: Iterable[Need], dossier: Dossier) -> LocalText | None:
    """Return what a question needs and could not be read, the first of it; None for nothing."""
    for role, kind in needs:
        scene = dossier.scenes.get(role)
        if scene is None or scene.reader is None:
            why = next((u.why for u in dossier.unread if u.what.startswith(f"{role} cluster ")), "")
            return LocalText(
                en=f"the {role} cluster could not be read: {why or 'no reason given'}",
                zh=f"未能读取{_ROLES[role]}集群：{why or '原因不明'}",
            )
        if kind.kind in scene.absent:
            why = scene.absent[kind.kind]
            return LocalText(
                en=f"{kind.plural} of {scene.cluster} could not be read: {why}",
                zh=f"未能读取 {scene.cluster} 的 {kind.plural}：{why}",
            )
        if kind.kind in NEVER_EMPTY and not scene.all(kind):
            return LocalText(
                en=f"there are no {kind.plural} in what was read of {scene.cluster}",
                zh=f"在 {scene.cluster} 已读取的内容中没有 {kind.plural}",
            )
    return None


NEVER_EMPTY = frozenset(
    kind.kind for kind in (k.NAMESPACE, k.NODE, k.STORAGECLASS, k.CLUSTERROLEBINDING, k.IMAGESTREAM)
)
"""Kinds of which every cluster has some: none at all means that they were not collected."""
_ROLES = {"host": "控制", "source": "源", "destination": "目标"}


def _unwell(objects: Iterable[Json]) -> LocalText | None:
    """Return what MTC says of the first object that is not as it should be."""
    for obj in objects:
        status = read(WithConditions, mapping(obj, "status"))
        judged = object_outcome(text(obj.get("kind")), status, datetime.min)
        if judged.word is Word.READY:
            continue
        told = status.of_category("Critical", "Error")
        said = f"{told[0].type}: {told[0].message}" if told else judged.behind
        name = f"{text(obj.get('kind')).lower()}/{text(mapping(obj, 'metadata').get('name'))}"
        return LocalText(en=f"{name} is not ready: {said}", zh=f"{name} 未就绪：{said}")
    return None


def _masked(said: LocalText | None, mask: Tally) -> LocalText | None:
    return None if said is None else LocalText(en=mask(said.en), zh=mask(said.zh))


def _plan(known: Survey) -> Iterator[Json]:
    if known.dossier.subject is not None:
        yield known.dossier.subject


def _upstream(*wanted: Kind) -> Callable[[Survey], Iterator[Json]]:
    kinds = {kind.kind for kind in wanted}

    def chosen(known: Survey) -> Iterator[Json]:
        return (obj for obj, _ in upstream(known.dossier) if obj.get("kind") in kinds)

    return chosen


def _observed(objects: Callable[[Survey], Iterable[Json]]) -> Ask:
    def ask(known: Survey, outcome: Outcome) -> Iterator[Observation]:
        del outcome
        cluster = known.dossier.scene("host").cluster
        for obj in objects(known):
            for seen in observe(obj, cluster):
                if seen.kind == "object" or seen.fields.get("category", "") in _GRAVE:
                    yield seen

    return ask


_GRAVE = ("Critical", "Error", "Warn", "")


def _clusters(known: Survey, outcome: Outcome) -> Iterator[Observation]:
    yield from _observed(_upstream(k.MIGCLUSTER))(known, outcome)
    yield from unreadable_clusters(known.dossier, outcome)


def _surveyed(*probes: Callable[[Survey], Iterator[Observation]]) -> Ask:
    def ask(known: Survey, outcome: Outcome) -> Iterator[Observation]:
        del outcome
        for probe in probes:
            yield from probe(known)

    return ask


def _expiring(known: Survey, outcome: Outcome) -> Iterator[Observation]:
    del outcome
    found = list(readiness.credentials_expire(known))
    if not found and known.not_examined:
        first = known.not_examined[0]
        raise NoData(first.en, first.zh)
    yield from found


def _storage(known: Survey) -> Iterator[Json]:
    if ref_name(known.dossier.plan, "migStorageRef"):
        yield from _upstream(k.MIGSTORAGE)(known)


def _both(*kinds: Kind) -> tuple[Need, ...]:
    roles: tuple[RoleName, ...] = ("source", "destination")
    return tuple((role, kind) for kind in kinds for role in roles)


def _there(*kinds: Kind) -> tuple[Need, ...]:
    return tuple(("destination", kind) for kind in kinds)


def _title(en: str, zh: str) -> LocalText:
    return LocalText(en=en, zh=zh)


QUESTIONS: tuple[_Question, ...] = (
    _Question(
        "plan",
        _title("The plan is ready", "计划已就绪"),
        lambda known, outcome: (*_observed(_plan)(known, outcome), *readiness.plan_refused(known)),
        state=_plan,
    ),
    _Question(
        "clusters",
        _title("Source and destination are ready and can be read", "源集群和目标集群就绪且可读取"),
        _clusters,
        state=_upstream(k.MIGCLUSTER),
    ),
    _Question(
        "storage",
        _title("The replication repository is ready", "复制仓库已就绪"),
        lambda known, outcome: (
            *_observed(_storage)(known, outcome),
            *readiness.store_unavailable(known),
            *controller.store_unanswering(known.dossier, outcome),
        ),
        state=_storage,
    ),
    _Question(
        "hooks",
        _title("The hooks are ready", "钩子已就绪"),
        _observed(_upstream(k.MIGHOOK)),
        state=_upstream(k.MIGHOOK),
    ),
    _Question(
        "credentials",
        _title("No token or certificate is about to expire", "令牌和证书均未临近到期"),
        _expiring,
    ),
    _Question(
        "queue",
        _title("No other migration of the plan is in the way", "没有该计划的其他迁移妨碍"),
        _surveyed(readiness.plan_unfinished, readiness.plan_already_migrated),
        (("host", k.MIGMIGRATION),),
    ),
    _Question(
        "leftovers",
        _title("Velero has nothing left over", "Velero 没有残留任务"),
        lambda known, outcome: (
            *_surveyed(readiness.velero_leftovers)(known, outcome),
            *old_agents(known.dossier),
        ),
        _both(k.BACKUP, k.RESTORE, k.PVB, k.PVR),
    ),
    _Question(
        "namespaces",
        _title(
            "Target namespaces schedule pods as the source does", "目标命名空间的调度设置与源端一致"
        ),
        _surveyed(placement.namespace_settings_differ),
        _both(k.NAMESPACE),
    ),
    _Question(
        "nodes",
        _title("Nodes fit the namespaces' node selectors", "有节点符合命名空间的节点选择器"),
        _surveyed(placement.node_selector_matches_no_node),
        (*_both(k.NAMESPACE), *_there(k.NODE)),
    ),
    _Question(
        "identities",
        _title(
            "UID ranges and SELinux levels are free on the destination",
            "UID 范围和 SELinux 级别在目标集群上未被占用",
        ),
        lambda known, outcome: (
            *uid_range_collision(known.dossier, outcome),
            *placement.selinux_level_collision(known),
        ),
        _both(k.NAMESPACE),
    ),
    _Question(
        "images",
        _title("Images of namespace openshift are there", "openshift 命名空间的镜像齐全"),
        lambda known, outcome: images_missing(known.dossier, outcome),
        (
            ("source", k.BUILDCONFIG),
            ("source", k.DEPLOYMENTCONFIG),
            ("source", k.POD),
            ("destination", k.IMAGESTREAM),
        ),
    ),
    _Question(
        "kinds",
        _title("The destination serves every kind that is used", "目标集群支持所用的全部资源类型"),
        lambda known, outcome: cluster_scoped_missing(known.dossier, outcome),
    ),
    _Question(
        "dependencies",
        _title(
            "What the application needs outside its namespaces is there",
            "应用所需的集群范围资源齐全",
        ),
        _surveyed(dependencies.dependencies_missing),
        _both(k.CLUSTERROLEBINDING, k.SCC, k.PRIORITYCLASS),
    ),
    _Question(
        "storage-classes",
        _title("The chosen storage classes are there", "所选存储类存在"),
        _surveyed(dependencies.storage_class_missing),
    ),
    _Question(
        "zones",
        _title(
            "Volumes of a namespace can be mounted by one pod", "同一命名空间的卷可由一个 pod 挂载"
        ),
        _surveyed(placement.volumes_may_cross_zones),
        _there(k.NODE, k.STORAGECLASS),
    ),
    _Question(
        "quota",
        _title("Quotas have room for the volumes", "配额足够容纳这些卷"),
        _surveyed(room.quota_too_small),
        _there(k.RESOURCEQUOTA, k.PVC),
    ),
    _Question(
        "capacity",
        _title("No volume is nearly full", "没有接近写满的卷"),
        _surveyed(room.volumes_nearly_full),
        (("host", k.MIGANALYTIC),),
    ),
    _Question(
        "timeouts",
        _title("Time-outs fit the sizes of the volumes", "超时设置与卷大小相符"),
        _surveyed(room.restic_timeout_too_short),
        (("source", k.PVB), ("source", k.MIGRATIONCONTROLLER)),
    ),
)
"""Every question, in the order in which a person would ask them."""
