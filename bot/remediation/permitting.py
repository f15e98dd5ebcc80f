"""May an approved plan still be carried out? Asked at each turn of the runner, never remembered.

Rights count as they are now: policy, membership, groups, the cluster's own word. Nothing is taken
from the row that was stored with the request but what the audit bears out. Before the first
effect the windows and the plan's fit are asked too; afterwards only rights are, since a fix that
is half done is best finished.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.access.cluster_identity import identity_of, refused_by_clusters
from bot.access.deciding import decide, in_window, needed
from bot.access.people import Directory, Person
from bot.access.policy import Policy
from bot.clusters.port import ControlPlane, Identity
from bot.remediation.actions.base import Action
from bot.remediation.ground import Ground
from bot.remediation.permissions import permissions_of
from bot.remediation.plans import Plan
from bot.remediation.recorded import question_of
from bot.remediation.refusals import Refused
from bot.remediation.staleness import no_longer_fits
from bot.store.approval_records import Approval
from bot.store.approvals import StoredApprovals


class NotPermitted(Refused):
    """It must not be done, or not go on; ``str()`` says why, in English."""


class Permits:
    """Rights and reasons behind approved requests, looked up anew each time."""

    def __init__(
        self,
        approvals: StoredApprovals,
        actions: Mapping[str, Action[Any]],
        *,
        policy: Callable[[], Policy],
        directory: Directory,
    ) -> None:
        """Take where rights are looked up."""
        self._approvals = approvals
        self._actions = actions
        self._policy = policy
        self._directory = directory

    def to_begin(
        self, approval: Approval, plan: Plan, plane: ControlPlane, ground: Ground, now: datetime
    ) -> Identity:
        """Return whom the calls are made as. Raises ``NotPermitted`` or ``ClusterError``."""
        identity = self.to_go_on(approval, plan, ground, now)
        closed = in_window(self._policy(), question_of(plan), now)
        if not closed.allowed:
            raise NotPermitted(closed.reason.en, closed.reason.zh)
        said = no_longer_fits(plan, plane, self._actions, now)
        if said:
            raise NotPermitted(said.en, said.zh)
        return identity

    def to_go_on(self, approval: Approval, plan: Plan, ground: Ground, now: datetime) -> Identity:
        """Return whom the calls are made as. Raises ``NotPermitted`` or ``ClusterError``."""
        said = self._approvals.unvouched(approval)
        if said:
            raise NotPermitted(said.en, said.zh)
        policy = self._policy()
        requester, *approvers = self._people(approval)
        self._by_policy(policy, plan, requester, approvers, now)
        identity = identity_of(requester, policy.identity)
        if identity is None or identity.user != approval.cluster_user:
            raise NotPermitted(
                "the requester is somebody else on the clusters now",
                "申请人在集群上的身份已变化",
            )
        denied = refused_by_clusters(identity, permissions_of(plan), ground.reader)
        if denied:
            raise NotPermitted(denied[0].en, denied[0].zh)
        return identity

    def _people(self, approval: Approval) -> list[Person]:
        try:
            return [self._directory(p) for p in (approval.requester, *approval.approvers)]
        except LookupError:
            raise NotPermitted(
                "one of those who decided is no longer a member of the workspace",
                "参与决定的人员中有人已不在工作区",
            ) from None

    def _by_policy(
        self,
        policy: Policy,
        plan: Plan,
        requester: Person,
        approvers: list[Person],
        now: datetime,
    ) -> None:
        question = question_of(plan)
        asking = decide(policy, requester, "request", question, now, windows=False)
        if not asking.allowed:
            raise NotPermitted(
                f"the requester may not any more: {asking.reason.en}",
                f"申请人已无权执行：{asking.reason.zh}",
            )
        needs = needed(policy, question)
        counted = {
            who_on_clusters(policy, person)
            for person in approvers
            if needs.requester_may or not same_person(policy, person, requester)
        }
        for person in approvers:
            if not decide(policy, person, "approve", question, now).allowed:
                raise NotPermitted(
                    f"an approver may not approve it any more ({person.id})",
                    f"批准人 {person.id} 已无权批准",
                )
        if len(counted) < needs.people:
            raise NotPermitted(
                f"policy asks for {needs.people} approval(s), there are {len(counted)} that count",
                f"策略要求 {needs.people} 个批准，有效的只有 {len(counted)} 个",
            )


def who_on_clusters(policy: Policy, person: Person) -> str:
    """Return what tells people apart: their cluster user, else their Slack id."""
    identity = identity_of(person, policy.identity)
    return identity.user if identity is not None else person.id


def same_person(policy: Policy, one: Person, other: Person) -> bool:
    """Return whether two Slack users are one: the same id, or the same cluster user."""
    return one.id == other.id or who_on_clusters(policy, one) == who_on_clusters(policy, other)
