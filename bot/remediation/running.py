"""The runner: approved plans become effects, each exactly once, whatever dies in between.

One turn takes one approved request (or one whose runner died), goes through its steps and writes
each down before and after. What cannot go on now (a cluster that does not answer, something that
is still waited for) is put off and taken up again; what cannot go on at all ends as failed, with
what was done and what was not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.access.cluster_identity import identity_of, refused_by_clusters
from bot.access.deciding import decide, in_window
from bot.access.people import Directory
from bot.access.policy import Policy
from bot.clusters.port import ClusterError, ControlPlane, Identity, ObjectRef, Unauthorized
from bot.redaction import redact
from bot.remediation.executing import StepFailed, perform
from bot.remediation.ground import Ground, look
from bot.remediation.permissions import permissions_of
from bot.remediation.plans import Call, Plan, Wait
from bot.remediation.refusals import Refused
from bot.remediation.requests import plan_of, question_of
from bot.remediation.staleness import moved_on
from bot.remediation.verifying import CHECKS, Checker
from bot.remediation.waiting import come_about
from bot.store.approval_records import Approval
from bot.store.approvals import StoredApprovals

log = logging.getLogger(__name__)

AGAIN = timedelta(seconds=5)
"""After which something that is waited for is looked at again."""
DEADLINE = timedelta(hours=1)
"""For the calls of a plan, from its approval on; waits have deadlines of their own on top."""


class Runner:
    """Executes what was approved, then verifies it. One per process; replicas take turns."""

    def __init__(
        self,
        planes: Sequence[ControlPlane],
        approvals: StoredApprovals,
        *,
        policy: Callable[[], Policy],
        directory: Directory,
        clock: Callable[[], datetime],
        checks: Mapping[str, Checker] = CHECKS,
        again: timedelta = AGAIN,
    ) -> None:
        """Take the parts; nothing runs until ``turn`` is called."""
        self._planes = {plane.name: plane for plane in planes}
        self._approvals = approvals
        self._policy = policy
        self._directory = directory
        self._clock = clock
        self._checks = checks
        self._again = again

    def turn(self) -> bool:
        """Do what can be done for one request; return whether there was one."""
        approval = self._approvals.claim(self._clock())
        if approval is None:
            return False
        try:
            self._go_on(approval)
        except ClusterError as error:
            self._put_off(approval, str(error))
        return True

    def verify(self) -> None:
        """Look once at everything that was executed and is not yet known to have helped."""
        for approval in self._approvals.verifying():
            try:
                self._verify(approval)
            except ClusterError as error:
                self._seen(approval, redact(str(error)))
            except Exception:
                log.exception("verification of request %s", approval.id)
                self._seen(approval, "the check itself failed; see the log")

    # ----------------------------------------------------------------------------------------

    def _go_on(self, approval: Approval) -> None:
        try:
            plan = plan_of(approval)
        except Refused as refused:
            self._approvals.end(approval.id, "stale", str(refused), self._clock(), "bot")
            return
        ground = self._ground(plan)
        done = frozenset(s.number for s in approval.steps if s.state == "done")
        begun = frozenset(s.number for s in approval.steps)
        if not begun:
            refused_why = self._still_allowed(approval, plan, ground)
            if refused_why:
                self._approvals.end(approval.id, "stale", refused_why, self._clock(), "bot")
                return
        identity = Identity(approval.cluster_user, approval.cluster_groups)
        for number, step in enumerate(plan.steps):
            if number in done:
                continue
            if self._too_late(approval, plan):
                self._fail(approval, number, "the deadline has passed", plan)
                return
            if isinstance(step, Wait):
                if not self._waited(approval, number, step, ground, plan):
                    return
            elif not self._called(approval, number, step, ground, identity, plan, number in begun):
                return
        until = self._clock() + timedelta(seconds=plan.verification.deadline_seconds)
        self._approvals.executed(approval.id, until, self._clock())

    def _still_allowed(self, approval: Approval, plan: Plan, ground: Ground) -> str:
        """Return why it may no longer be done; asked once more before the first effect."""
        now = self._clock()
        policy = self._policy()
        question = question_of(plan)
        try:
            requester = self._directory(approval.requester)
            approvers = [self._directory(person) for person in approval.approvers]
        except LookupError:
            return "one of those who decided is no longer a member of the workspace"
        wanted = decide(policy, requester, "request", question, now)
        if not wanted.allowed:
            return f"the requester may not any more: {wanted.reason.en}"
        for person in approvers:
            if not decide(policy, person, "approve", question, now).allowed:
                return f"an approver may not approve it any more ({person.id})"
        closed = in_window(policy, question, now)
        if not closed.allowed:
            return closed.reason.en
        identity = identity_of(requester, policy.identity)
        if identity is None or identity.user != approval.cluster_user:
            return "the requester is somebody else on the clusters now"
        denied = refused_by_clusters(identity, permissions_of(plan), ground.reader)
        if denied:
            return redact(denied[0])
        return moved_on(plan, ground)

    def _called(
        self,
        approval: Approval,
        number: int,
        call: Call,
        ground: Ground,
        identity: Identity,
        plan: Plan,
        begun: bool,
    ) -> bool:
        if not begun:
            self._approvals.step_started(
                approval.id, number, self._clock(), verb=call.verb, target=call.where
            )
        try:
            effect = perform(call, ground, approval.id, identity, maybe_done=begun)
        except StepFailed as failed:
            self._fail(approval, number, str(failed), plan)
            return False
        except ClusterError as error:
            if error.reason in ("unreachable", "untrusted", "conflict", "expired"):
                raise
            if isinstance(error, Unauthorized):
                raise
            self._fail(approval, number, redact(str(error)), plan)
            return False
        self._approvals.step_done(approval.id, number, effect.as_json(), self._clock())
        self._approvals.alive(approval.id, self._clock())
        return True

    def _waited(
        self, approval: Approval, number: int, wait: Wait, ground: Ground, plan: Plan
    ) -> bool:
        now = self._clock()
        known = next((s for s in approval.steps if s.number == number), None)
        if known is None:
            self._approvals.step_started(approval.id, number, now, waiting=wait.until)
        if come_about(wait, ground):
            self._approvals.step_done(approval.id, number, {}, now)
            return True
        since = known.started_at if known is not None else now
        if now > since + timedelta(seconds=wait.deadline_seconds):
            what = f"{wait.kind.lower()}/{wait.name} on {wait.cluster}: {wait.until}"
            self._fail(approval, number, f"did not come about in time: {what}", plan)
            return False
        self._approvals.let_go(approval.id, now + self._again)
        return False

    def _fail(self, approval: Approval, number: int, why: str, plan: Plan) -> None:
        """End an execution: what was done stays done, and the record says what."""
        now = self._clock()
        begun = {s.number for s in approval.steps}
        if number not in begun:
            self._approvals.step_started(approval.id, number, now)
        self._approvals.step_failed(approval.id, number, why, now)
        said = f"step {number + 1} of {len(plan.steps)} failed: {why}"
        if number:
            said += f"; steps 1 to {number} were done and stay"
        self._approvals.end(approval.id, "failed", said, now, "bot")

    def _too_late(self, approval: Approval, plan: Plan) -> bool:
        waits = sum(s.deadline_seconds for s in plan.steps if isinstance(s, Wait))
        begun = approval.decided_at or approval.requested_at
        return self._clock() > begun + DEADLINE + timedelta(seconds=waits)

    def _put_off(self, approval: Approval, why: str) -> None:
        log.warning("request %s is put off: %s", approval.id, redact(why))
        now = self._clock()
        begun = approval.decided_at or approval.requested_at
        if now > begun + DEADLINE and not approval.steps:
            self._approvals.end(approval.id, "failed", redact(why), now, "bot")
            return
        self._approvals.let_go(approval.id, now + self._again)

    def _verify(self, approval: Approval) -> None:
        plan = plan_of(approval)
        verdict = self._checks[plan.verification.check](
            self._planes[plan.target.control], plan.verification.params, self._clock()
        )
        if verdict.state == "yes":
            self._approvals.judged(approval.id, "verified", verdict.seen, self._clock())
        elif verdict.state == "no":
            self._approvals.judged(approval.id, "not-fixed", verdict.seen, self._clock())
        else:
            self._seen(approval, verdict.seen)

    def _seen(self, approval: Approval, seen: str) -> None:
        now = self._clock()
        if approval.verify_until is not None and now > approval.verify_until:
            self._approvals.judged(approval.id, "not-fixed", f"not in time: {seen}", now)
        else:
            self._approvals.progressed(approval.id, seen, now)

    def _ground(self, plan: Plan) -> Ground:
        target = ObjectRef(plan.target.kind, plan.target.name)
        return look(self._planes[plan.target.control], target, self._clock())
