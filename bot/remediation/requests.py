"""Requests for remediations: ask, approve, reject. Everything here may say no, and tells why.

The order is always the same: who is it, may they by policy, may they by the clusters' own word,
does the plan still fit, and only then the one transaction that counts. Every refusal is audited.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from bot.access.cluster_identity import identity_of, refused_by_clusters
from bot.access.deciding import Question, decide, needed, sees
from bot.access.people import Directory, Person
from bot.access.policy import Policy
from bot.clusters.port import ClusterError, ControlPlane, Identity, ObjectRef
from bot.redaction import redact
from bot.remediation.actions.base import Action
from bot.remediation.ground import Ground, look
from bot.remediation.permissions import permissions_of
from bot.remediation.planning import draft_plan, rehearse_plan
from bot.remediation.plans import Plan
from bot.remediation.refusals import Refused
from bot.remediation.staleness import moved_on
from bot.store.approval_records import Approval, NewApproval
from bot.store.approvals import NotPending, StoredApprovals, VotedAlready
from bot.store.audit import Audit
from bot.store.columns import clean_json

REMIND_BEFORE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for."""

    person: str
    """Slack user id, from the payload Slack itself vouches for."""
    action: str
    control: str
    target: ObjectRef
    params: Mapping[str, Any]
    channel: str
    incident: str = ""
    entry: str = ""
    found: Mapping[str, str] | None = None
    """Values of the finding that led here; proposals come from them."""


class Requests:
    """The desk at which remediations are asked for and decided."""

    def __init__(
        self,
        planes: Sequence[ControlPlane],
        approvals: StoredApprovals,
        audit: Audit,
        *,
        policy: Callable[[], Policy],
        directory: Directory,
        actions: Mapping[str, Action[Any]],
        clock: Callable[[], datetime],
    ) -> None:
        """Take the parts; ``policy`` is asked for anew at each decision."""
        self._planes = {plane.name: plane for plane in planes}
        self._approvals = approvals
        self._audit = audit
        self._policy = policy
        self._directory = directory
        self._actions = actions
        self._clock = clock

    def request(self, asked: Asked) -> Approval:
        """Store a request for approval and return it. Raises ``Refused`` or ``ClusterError``."""
        now = self._clock()
        where = f"{asked.control}:{asked.target}"
        try:
            person = self._person(asked.person)
            policy = self._policy()
            plan, identity, question = self._planned(asked, person, policy, now)
            return self._approvals.add(self._new(asked, plan, identity, policy, question, now), now)
        except Refused as refused:
            self._refuse(now, asked.person, "request", where, str(refused), asked.action)
            raise
        except ClusterError as error:
            self._refuse(now, asked.person, "request", where, str(error), asked.action)
            raise

    def approve(
        self, person_id: str, approval_id: str, *, typed: str = "", reason: str = ""
    ) -> Approval:
        """Give one person's approval and return the request as it then is.

        ``typed`` is what the approver compared out of band, where the plan asks for it. Raises
        ``Refused`` or ``ClusterError``.
        """
        now = self._clock()
        try:
            approval, person, plan = self._open(person_id, approval_id)
            policy = self._policy()
            self._may_approve(policy, approval, plan, person, now)
            self._compared(plan, typed)
            self._still_fits(approval, plan, now)
            return self._vote(approval_id, person_id, "approve", reason, now)
        except (Refused, ClusterError) as error:
            self._refuse(now, person_id, "approve", approval_id, str(error))
            raise

    def reject(self, person_id: str, approval_id: str, reason: str = "") -> Approval:
        """Reject a request; the requester may take back their own. Raises ``Refused``."""
        now = self._clock()
        try:
            approval, person, plan = self._open(person_id, approval_id)
            if person_id != approval.requester:
                self._may_approve(self._policy(), approval, plan, person, now)
            return self._vote(approval_id, person_id, "reject", reason, now)
        except Refused as refused:
            self._refuse(now, person_id, "reject", approval_id, str(refused))
            raise

    def visible(self, person_id: str) -> tuple[Approval, ...]:
        """Return the open requests that this person may see."""
        person = self._person(person_id)
        policy = self._policy()
        return tuple(
            approval
            for approval in self._approvals.open()
            if approval.requester == person_id
            or sees(policy, person, approval.control, approval.plan_name)
        )

    def tick(self) -> None:
        """Expire what nobody decided, and remind of what soon will."""
        now = self._clock()
        self._approvals.expire(now)
        self._approvals.remind(REMIND_BEFORE, now)

    # ----------------------------------------------------------------------------------------

    def _person(self, person_id: str) -> Person:
        try:
            return self._directory(person_id)
        except LookupError:
            raise Refused(
                "Slack does not know who you are; nothing is done for strangers.",
                "Slack 无法确认你的身份；不会为陌生人执行任何操作。",
            ) from None

    def ground(self, control: str, target: ObjectRef, found: Mapping[str, str]) -> Ground:
        """Return the ground for a target. Raises ``Refused`` for an unknown control cluster."""
        plane = self._planes.get(control)
        if plane is None:
            raise Refused(
                f"There is no control cluster {control}.", f"没有名为 {control} 的控制集群。"
            )
        return look(plane, target, self._clock(), **dict(found))

    def _planned(
        self, asked: Asked, person: Person, policy: Policy, now: datetime
    ) -> tuple[Plan, Identity, Question]:
        action = self._actions.get(asked.action)
        if action is None:
            raise Refused(
                f"There is no action {asked.action}. See: /mtc fix {asked.target.name}",
                f"没有名为 {asked.action} 的操作。请看：/mtc fix {asked.target.name}",
            )
        if not sees(policy, person, asked.control, ""):
            raise Refused(
                "You have no role on that control cluster. Ask an administrator of this bot.",
                "你在该控制集群上没有任何角色。请联系本机器人的管理员。",
            )
        ground = self.ground(asked.control, asked.target, asked.found or {})
        identity = self._identity(person, policy)
        plan = draft_plan(action, asked.params, ground, incident=asked.incident, entry=asked.entry)
        question = question_of(plan)
        decision = decide(policy, person, "request", question, now)
        if not decision.allowed:
            raise Refused(decision.reason.en, decision.reason.zh)
        self._clusters_allow(plan, ground, identity)
        return rehearse_plan(plan, ground, identity), identity, question

    def _identity(self, person: Person, policy: Policy) -> Identity:
        identity = identity_of(person, policy.identity)
        if identity is None:
            raise Refused(
                "It is not known who you are on the clusters. An administrator of this bot adds "
                "you under identity in the policy.",
                "无法确定你在集群上的用户身份。请管理员在策略文件的 identity 部分添加。",
            )
        return identity

    def _clusters_allow(self, plan: Plan, ground: Ground, identity: Identity) -> None:
        denied = refused_by_clusters(identity, permissions_of(plan), ground.reader)
        if denied:
            said = redact("; ".join(denied[:3]))
            raise Refused(
                f"The cluster itself does not let you do this: {said}",
                f"集群自身的权限不允许你执行此操作：{said}",
            )

    def _new(
        self,
        asked: Asked,
        plan: Plan,
        identity: Identity,
        policy: Policy,
        question: Question,
        now: datetime,
    ) -> NewApproval:
        data = plan.model_dump(mode="json")
        if clean_json(data) != data:
            raise Refused(
                "This plan would hold something that looks like a secret, and is not stored. "
                "Put secrets into a Secret on the cluster, never into parameters.",
                "该计划中含有疑似机密的内容，不予保存。请把机密放入集群上的 Secret，而不是参数。",
            )
        needs = needed(policy, question)
        return NewApproval(
            plan=data,
            plan_hash=plan.hash,
            action=plan.action,
            risk=int(plan.risk),
            control=asked.control,
            target=str(asked.target),
            plan_name=plan.target.plan,
            incident_id=asked.incident,
            requester=asked.person,
            cluster_user=identity.user,
            cluster_groups=identity.groups,
            expires_at=now + timedelta(minutes=policy.expiry_minutes),
            people_needed=needs.people,
            requester_may=needs.requester_may,
            channel=asked.channel,
        )

    def _open(self, person_id: str, approval_id: str) -> tuple[Approval, Person, Plan]:
        approval = self._approvals.get(approval_id)
        if approval is None:
            raise Refused(
                "There is no such request. See the open ones with: /mtc approvals",
                "没有这样的申请。查看未决申请：/mtc approvals",
            )
        person = self._person(person_id)
        if approval.state != "pending":
            raise _over(approval.state)
        return approval, person, self._intact(approval)

    def _intact(self, approval: Approval) -> Plan:
        try:
            return plan_of(approval)
        except Refused as refused:
            self._approvals.end(approval.id, "stale", str(refused), self._clock(), "bot")
            raise

    def _may_approve(
        self, policy: Policy, approval: Approval, plan: Plan, person: Person, now: datetime
    ) -> None:
        decision = decide(policy, person, "approve", question_of(plan), now)
        if not decision.allowed:
            raise Refused(decision.reason.en, decision.reason.zh)
        if person.id == approval.requester and not approval.requester_may:
            raise Refused(
                "You asked for this yourself; somebody else must approve it.",
                "这是你自己提出的申请；必须由其他人批准。",
            )

    def _compared(self, plan: Plan, typed: str) -> None:
        wanted = {_plain(value) for value in plan.compare}
        given = {_plain(value) for value in typed.replace(",", " ").split()}
        if wanted and not wanted <= given:
            raise Refused(
                "Type the fingerprint that you got from the owner of the certificate by another "
                "way; what was typed is not the one in this plan.",
                "请输入你通过其他途径从证书所有者处取得的指纹；输入的内容与计划中的不一致。",
            )

    def _still_fits(self, approval: Approval, plan: Plan, now: datetime) -> None:
        target = ObjectRef(plan.target.kind, plan.target.name)
        said = moved_on(plan, self.ground(approval.control, target, {}))
        if said:
            self._approvals.end(approval.id, "stale", said, now, "bot")
            raise Refused(
                f"This request is stale: {said}. Ask again: /mtc fix {plan.target.name}",
                f"该申请已过时：{said}。请重新申请：/mtc fix {plan.target.name}",
            )

    def _vote(
        self, approval_id: str, person_id: str, verdict: Any, reason: str, now: datetime
    ) -> Approval:
        try:
            return self._approvals.vote(approval_id, person_id, verdict, reason[:500], now)
        except NotPending as over:
            raise _over(over.state) from None
        except VotedAlready:
            raise Refused(
                "You have had your say on this request; it waits for somebody else.",
                "你已对该申请表态；正在等待其他人。",
            ) from None

    def _refuse(
        self, now: datetime, who: str, what: str, subject: str, why: str, action: str = ""
    ) -> None:
        self._audit.note(now, who, f"{what}-refused", subject, reason=why, action=action)


def plan_of(approval: Approval) -> Plan:
    """Return the stored plan. Raises ``Refused`` where it is not the one that was hashed."""
    try:
        plan = Plan.model_validate(approval.plan)
    except ValidationError:
        plan = None
    if plan is None or plan.hash != approval.plan_hash:
        raise Refused(
            "The stored plan is not the one that was asked for; it was altered and is void.",
            "存储的计划与申请时不一致；已被篡改，作废。",
        )
    return plan


def question_of(plan: Plan) -> Question:
    """Return what policy is asked about a plan."""
    return Question(
        plan.action,
        int(plan.risk),
        plan.target.control,
        plan.target.plan,
        plan.target.namespaces,
        plan.destroys_data,
    )


def _over(state: str) -> Refused:
    words = {
        "approved": ("approved already", "已批准"),
        "running": ("being executed", "正在执行"),
        "done": ("done", "已完成"),
        "failed": ("over: it failed", "已结束：执行失败"),
        "rejected": ("over: it was rejected", "已结束：被拒绝"),
        "expired": ("over: nobody decided in time", "已结束：超时未决"),
        "stale": ("over: its target has changed", "已结束：目标已变化"),
    }
    en, zh = words.get(state, (state, state))
    return Refused(f"This request is {en}.", f"该申请{zh}。")


def _plain(fingerprint: str) -> str:
    return fingerprint.replace(":", "").strip().lower()
