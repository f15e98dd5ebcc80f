"""Requests for remediations: ask, approve, reject. Everything here may say no, and tells why.

The order is always the same: who is it, may they by policy, may they by the clusters' own word,
does the plan still fit, and only then the one transaction that counts. Every refusal is audited.
Whether a target exists is told only to those who may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.access.cluster_identity import identity_of, refused_by_clusters
from bot.access.deciding import decide, needed, sees
from bot.access.people import Directory, DirectoryUnreachable, Person
from bot.access.policy import Policy
from bot.clusters.port import ClusterError, ControlPlane, NotFound, ObjectRef
from bot.redaction import redact
from bot.remediation.actions.base import Action
from bot.remediation.ground import Ground, look
from bot.remediation.permissions import permissions_of
from bot.remediation.permitting import same_person, who_on_clusters
from bot.remediation.planning import draft_plan, rehearse_plan
from bot.remediation.plans import Plan
from bot.remediation.recorded import not_configured, over, plan_of, question_of
from bot.remediation.refusals import Refused
from bot.remediation.staleness import no_longer_fits
from bot.remediation.undoing import undo_plan
from bot.store.approval_records import Approval, NewApproval
from bot.store.approvals import NotPending, StoredApprovals, VotedAlready
from bot.store.audit import Audit
from bot.store.columns import clean_json
from knowledge.texts import LocalText

REMIND_BEFORE = timedelta(minutes=10)
MAX_REASON = 500


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
        try:
            person, policy = self._person(asked.person), self._policy()
            action = self._actions.get(asked.action)
            if action is None:
                raise Refused(
                    f"There is no action {redact(asked.action[:60])}. See: /mtc help",
                    f"没有名为 {redact(asked.action[:60])} 的操作。请看：/mtc help",
                )
            ground = self._seen(person, policy, asked.control, asked.target, now)
            plan = draft_plan(
                action, asked.params, ground, incident=asked.incident, entry=asked.entry
            )
            return self._stored(plan, ground, person, policy, asked.channel, now)
        except (Refused, ClusterError) as error:
            where = f"{asked.control}:{asked.target}"
            self._refuse(now, asked.person, "request", where, str(error), asked.action)
            raise

    def request_undo(self, person_id: str, approval_id: str, channel: str) -> Approval:
        """Store a request to put back what another one did, and return it.

        Raises ``Refused`` or ``ClusterError``.
        """
        now = self._clock()
        try:
            person, policy = self._person(person_id), self._policy()
            done = self._known(approval_id)
            plan = plan_of(done)
            target = ObjectRef(plan.target.kind, plan.target.name)
            ground = self._seen(person, policy, plan.target.control, target, now)
            back = undo_plan(done, plan, ground)
            return self._stored(back, ground, person, policy, channel, now)
        except (Refused, ClusterError) as error:
            self._refuse(now, person_id, "undo", approval_id, str(error))
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
            person, policy = self._person(person_id), self._policy()
            approval = self._known(approval_id)
            plan = self._intact(approval, now)
            self._may_approve(policy, approval, plan, person, now)
            if approval.state != "pending":
                raise over(approval.state)
            self._compared(plan, typed)
            if now < approval.expires_at:
                self._still_fits(approval, plan, now)
            return self._vote(approval_id, person_id, "approve", reason, now)
        except (Refused, ClusterError) as error:
            self._refuse(now, person_id, "approve", approval_id, str(error))
            raise

    def reject(self, person_id: str, approval_id: str, reason: str = "") -> Approval:
        """Reject a request; the requester may take back their own. Raises ``Refused``."""
        now = self._clock()
        try:
            person, policy = self._person(person_id), self._policy()
            approval = self._known(approval_id)
            plan = self._intact(approval, now)
            if person_id != approval.requester:
                self._may_approve(policy, approval, plan, person, now)
            if approval.state != "pending":
                raise over(approval.state)
            return self._vote(approval_id, person_id, "reject", reason, now)
        except Refused as refused:
            self._refuse(now, person_id, "reject", approval_id, str(refused))
            raise

    def visible(self, person_id: str) -> tuple[Approval, ...]:
        """Return the open requests that this person may see. Raises ``Refused``."""
        person = self._person(person_id)
        policy = self._policy()
        return tuple(
            approval
            for approval in self._approvals.open()
            if approval.requester == person_id
            or sees(
                policy,
                person,
                approval.control,
                approval.plan_name,
                tuple(approval.plan.get("target", {}).get("namespaces", ())),
            )
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
                "Slack 无法确认您的身份；不会为陌生人执行任何操作。",
            ) from None
        except DirectoryUnreachable:
            raise Refused(
                "Slack does not say who you are at the moment; nothing was done. Try again.",
                "Slack 目前无法确认您的身份，未执行任何操作。请重试。",
            ) from None

    def _known(self, approval_id: str) -> Approval:
        approval = self._approvals.get(approval_id)
        if approval is None:
            raise Refused(
                "There is no such request. See the open ones with: /mtc approvals",
                "没有这样的申请。查看未决申请：/mtc approvals",
            )
        return approval

    def _seen(
        self, person: Person, policy: Policy, control: str, target: ObjectRef, now: datetime
    ) -> Ground:
        """Return the ground for a target. Raises ``Refused`` for one the person may not see."""
        plane = self._planes.get(control)
        if plane is None or not sees(policy, person, control, ""):
            raise Refused(
                "You have no role on that control cluster, or there is none of that name. Ask an "
                "administrator of this bot.",
                "您在该控制集群上没有任何角色，或没有该名称的控制集群。请联系本机器人的管理员。",
            )
        try:
            ground = look(plane, target, now)
        except NotFound:
            raise _not_there(target) from None
        about = ground.as_target()
        if not sees(policy, person, control, about.plan, about.namespaces):
            raise _not_there(target)
        return ground

    def _stored(
        self,
        plan: Plan,
        ground: Ground,
        person: Person,
        policy: Policy,
        channel: str,
        now: datetime,
    ) -> Approval:
        """Return the request for a plan, after all that may be said against it."""
        identity = identity_of(person, policy.identity)
        if identity is None:
            raise Refused(
                "It is not known who you are on the clusters. An administrator of this bot adds "
                "you under identity in the policy.",
                "无法确定您在集群上的用户身份。请管理员在策略文件的 identity 部分添加。",
            )
        question = question_of(plan)
        decision = decide(policy, person, "request", question, now)
        if not decision.allowed:
            raise Refused(decision.reason.en, decision.reason.zh)
        denied = refused_by_clusters(identity, permissions_of(plan), ground.reader)
        if denied:
            en = "; ".join(each.en for each in denied[:3])
            zh = "；".join(each.zh for each in denied[:3])
            raise Refused(
                f"The cluster itself does not let you do this: {en}",
                f"集群自身的权限不允许您执行此操作：{zh}",
            )
        rehearsed = rehearse_plan(plan, ground, identity)
        needs = needed(policy, question)
        return self._approvals.add(
            NewApproval(
                plan=_without_secrets(rehearsed),
                plan_hash=rehearsed.hash,
                action=plan.action,
                risk=int(plan.risk),
                control=plan.target.control,
                target=str(ground.target),
                plan_name=plan.target.plan,
                incident_id=plan.incident,
                requester=person.id,
                cluster_user=identity.user,
                cluster_groups=identity.groups,
                expires_at=now + timedelta(minutes=policy.expiry_minutes),
                people_needed=needs.people,
                requester_may=needs.requester_may,
                channel=channel,
            ),
            now,
        )

    def _intact(self, approval: Approval, now: datetime) -> Plan:
        try:
            return plan_of(approval)
        except Refused as refused:
            self._approvals.withdraw(approval.id, refused.reason, now)
            raise

    def _may_approve(
        self, policy: Policy, approval: Approval, plan: Plan, person: Person, now: datetime
    ) -> None:
        decision = decide(policy, person, "approve", question_of(plan), now)
        if not decision.allowed:
            raise Refused(decision.reason.en, decision.reason.zh)
        requester = self._person(approval.requester)
        alone = approval.requester_may and needed(policy, question_of(plan)).requester_may
        if not alone and same_person(policy, person, requester):
            raise Refused(
                "You asked for this yourself; somebody else must approve it.",
                "这是您自己提出的申请；必须由其他人批准。",
            )
        before = [self._person(each) for each in approval.approvers if each != person.id]
        if who_on_clusters(policy, person) in {who_on_clusters(policy, p) for p in before}:
            raise Refused(
                "Somebody with the same cluster user as yours has approved this already.",
                "与您使用同一集群用户的人已批准该申请。",
            )

    def _compared(self, plan: Plan, typed: str) -> None:
        wanted = {_plain(value) for value in plan.compare}
        given = {_plain(value) for value in typed.replace(",", " ").split()}
        if wanted and not wanted <= given:
            raise Refused(
                "Type the fingerprint that you got from the owner of the certificate by another "
                "way; what was typed is not the one in this plan.",
                "请输入您通过其他途径从证书所有者处取得的指纹；输入的内容与计划中的不一致。",
            )

    def _still_fits(self, approval: Approval, plan: Plan, now: datetime) -> None:
        plane = self._planes.get(plan.target.control)
        said: LocalText | None
        if plane is None:
            said = not_configured(plan)
        else:
            said = no_longer_fits(plan, plane, self._actions, now)
        if said:
            self._approvals.withdraw(approval.id, said, now)
            raise Refused(
                f"This request is stale: {said.en}. Ask again: /mtc fix {plan.target.name}",
                f"该申请已过时：{said.zh}。请重新申请：/mtc fix {plan.target.name}",
            )

    def _vote(
        self,
        approval_id: str,
        person_id: str,
        verdict: Literal["approve", "reject"],
        reason: str,
        now: datetime,
    ) -> Approval:
        try:
            return self._approvals.vote(approval_id, person_id, verdict, reason[:MAX_REASON], now)
        except NotPending as gone:
            raise over(gone.state) from None
        except VotedAlready:
            raise Refused(
                "You have had your say on this request; it waits for somebody else.",
                "您已对该申请表态；正在等待其他人。",
            ) from None

    def _refuse(
        self, now: datetime, who: str, what: str, subject: str, why: str, action: str = ""
    ) -> None:
        self._audit.note(now, who, f"{what}-refused", subject, reason=why, action=action)


def _not_there(target: ObjectRef) -> Refused:
    return Refused(
        f"There is no {target} that you may see. Look with: /mtc list",
        f"没有您可见的 {target}。请查看：/mtc list",
    )


def _without_secrets(plan: Plan) -> dict[str, Any]:
    """Return the plan as it is stored. Raises ``Refused`` where redaction would change it."""
    data = plan.model_dump(mode="json")
    if clean_json(data) != data:
        raise Refused(
            "This plan would hold something that looks like a secret, and is not stored. "
            "Put secrets into a Secret on the cluster, never into parameters.",
            "该计划中含有疑似机密的内容，不予保存。请把机密放入集群上的 Secret，而不是参数。",
        )
    return data


def _plain(fingerprint: str) -> str:
    return fingerprint.replace(":", "").strip().lower()
