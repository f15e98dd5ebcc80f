"""The runner: approved plans become effects, each exactly once, whatever dies in between.

One turn takes one approved request (or one whose runner died), goes through its steps and writes
each down before and after. What cannot go on now (a cluster that does not answer, something that
is still waited for) is put off and taken up again; what cannot go on at all ends as failed, with
what was done and what was not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.access.people import Directory
from bot.access.policy import Policy
from bot.clusters.port import ClusterError, ControlPlane, Identity, ObjectRef, Unauthorized
from bot.redaction import redact
from bot.remediation.actions.base import Action
from bot.remediation.executing import StepFailed, perform
from bot.remediation.ground import Ground
from bot.remediation.permitting import NotPermitted, Permits
from bot.remediation.plans import Call, Plan, Wait
from bot.remediation.recorded import not_configured, plan_of
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.remediation.verifying import CHECKS, Checker
from bot.remediation.waiting import Hopeless, come_about
from bot.store.approval_records import Approval
from bot.store.approvals import StoredApprovals

log = logging.getLogger(__name__)

AGAIN = timedelta(seconds=5)
"""After which something that is waited for is looked at again."""
DEADLINE = timedelta(hours=1)
"""For the calls of a plan, from its approval on; waits have deadlines of their own on top."""
_PASSING = ("unreachable", "untrusted", "conflict", "expired")
"""Reasons of a cluster after which a call may be tried again."""


@dataclass(frozen=True)
class _Permit:
    """Whom calls are made as, or why none may be made any more."""

    identity: Identity
    forbidden: str = ""


@dataclass
class _Execution:
    """One request in hand."""

    approval: Approval
    plan: Plan
    ground: Ground
    permit: _Permit | None = None
    """Looked up once a turn, when there is a call to make: waiting needs no rights."""

    @property
    def begun(self) -> frozenset[int]:
        return frozenset(step.number for step in self.approval.steps)

    @property
    def done(self) -> frozenset[int]:
        return frozenset(step.number for step in self.approval.steps if step.state == "done")


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
        actions: Mapping[str, Action[Any]] = ACTIONS,
        checks: Mapping[str, Checker] = CHECKS,
        again: timedelta = AGAIN,
    ) -> None:
        """Take the parts; nothing runs until ``turn`` is called."""
        self._planes = {plane.name: plane for plane in planes}
        self._approvals = approvals
        self._permits = Permits(approvals, actions, policy=policy, directory=directory)
        self._clock = clock
        self._checks = checks
        self._again = again
        self._put_off_here: set[str] = set()

    def turn(self) -> bool:
        """Do what can be done for one request; return whether there was one.

        Nothing that goes wrong with one request reaches the caller: it is logged, and the request
        is put off.
        """
        approval = self._approvals.claim(self._clock(), known=self._put_off_here)
        if approval is None:
            return False
        try:
            self._go_on(approval)
        except ClusterError as error:
            self._put_off(approval, str(error))
        except Exception:
            log.exception("request %s", approval.id)
            self._put_off(approval, "an unexpected error; see the log")
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
        execution = self._taken_up(approval)
        if execution is None:
            return
        for number, step in enumerate(execution.plan.steps):
            if number in execution.done:
                continue
            if self._too_late(execution):
                self._fail(execution, number, "the deadline has passed")
                return
            try:
                if isinstance(step, Wait):
                    if not self._waited(execution, number, step):
                        self._later(approval)
                        return
                else:
                    self._call(execution, number, step)
            except (StepFailed, Hopeless) as failed:
                self._fail(execution, number, str(failed))
                return
        until = self._clock() + timedelta(seconds=execution.plan.verification.deadline_seconds)
        self._approvals.executed(approval.id, until, self._clock())

    def _taken_up(self, approval: Approval) -> _Execution | None:
        """Return the execution; None where it ended as nothing may be done any more."""
        now = self._clock()
        try:
            plan = plan_of(approval)
        except Refused as refused:
            self._approvals.end(approval.id, "stale", str(refused), now, refused.reason.zh)
            return None
        plane = self._planes.get(plan.target.control)
        if plane is None:
            said = not_configured(plan)
            self._approvals.end(approval.id, "failed", said.en, now, said.zh)
            return None
        ground = Ground(plane, ObjectRef(plan.target.kind, plan.target.name), {}, now)
        if approval.steps:
            return _Execution(approval, plan, ground)
        try:
            identity = self._permits.to_begin(approval, plan, plane, ground, now)
        except NotPermitted as why:
            self._approvals.end(approval.id, "stale", str(why), now, why.reason.zh)
            return None
        return _Execution(approval, plan, ground, _Permit(identity))

    def _permit(self, execution: _Execution) -> _Permit:
        if execution.permit is None:
            try:
                identity = self._permits.to_go_on(
                    execution.approval, execution.plan, execution.ground, self._clock()
                )
                execution.permit = _Permit(identity)
            except NotPermitted as why:
                execution.permit = _Permit(Identity(""), str(why))
        return execution.permit

    def _call(self, execution: _Execution, number: int, call: Call) -> None:
        approval, begun = execution.approval, number in execution.begun
        permit = self._permit(execution)
        if not begun:
            if permit.forbidden:
                raise StepFailed(permit.forbidden)
            self._approvals.step_started(
                approval.id, number, self._clock(), verb=call.verb, target=call.where
            )
        try:
            effect = perform(
                call,
                execution.ground,
                approval.id,
                permit.identity,
                maybe_done=begun,
                forbidden=permit.forbidden,
            )
        except ClusterError as error:
            if error.reason in _PASSING or isinstance(error, Unauthorized):
                raise
            raise StepFailed(redact(str(error))) from error
        self._approvals.step_done(approval.id, number, effect.as_json(), self._clock())
        self._approvals.alive(approval.id, self._clock())

    def _waited(self, execution: _Execution, number: int, wait: Wait) -> bool:
        now = self._clock()
        approval = execution.approval
        known = next((s for s in approval.steps if s.number == number), None)
        if known is None:
            self._approvals.step_started(approval.id, number, now, waiting=wait.until)
        since = known.started_at if known is not None else now
        if come_about(wait, execution.ground, since):
            self._approvals.step_done(approval.id, number, {}, now)
            return True
        if now > since + timedelta(seconds=wait.deadline_seconds):
            what = f"{wait.kind.lower()}/{wait.name} on {wait.cluster}: {wait.until}"
            raise Hopeless(f"did not come about in time: {what}")
        return False

    def _fail(self, execution: _Execution, number: int, why: str) -> None:
        """End an execution: what was done stays done, and the record says what."""
        now, approval = self._clock(), execution.approval
        maybe = number in execution.begun and isinstance(execution.plan.steps[number], Call)
        self._approvals.step_started(approval.id, number, now)
        self._approvals.step_failed(approval.id, number, why, now)
        said = f"step {number + 1} of {len(execution.plan.steps)} failed: {why}"
        if maybe:
            said += "; it was begun before, look whether it had an effect"
        if number:
            said += f"; what came before it was done and stays (steps 1 to {number})"
        self._approvals.end(approval.id, "failed", said, now)

    def _too_late(self, execution: _Execution) -> bool:
        waits = [s.deadline_seconds for s in execution.plan.steps if isinstance(s, Wait)]
        return self._clock() > _begun(execution.approval) + DEADLINE + timedelta(seconds=sum(waits))

    def _put_off(self, approval: Approval, why: str) -> None:
        log.warning("request %s is put off: %s", approval.id, redact(why))
        now = self._clock()
        if now > _begun(approval) + DEADLINE and not approval.steps:
            self._approvals.end(approval.id, "failed", redact(why), now)
        else:
            self._later(approval)

    def _later(self, approval: Approval) -> None:
        self._put_off_here.add(approval.id)
        self._approvals.let_go(approval.id, self._clock() + self._again)

    def _verify(self, approval: Approval) -> None:
        plan = plan_of(approval)
        plane = self._planes.get(plan.target.control)
        if plane is None:
            self._seen(approval, not_configured(plan).en)
            return
        verdict = self._checks[plan.verification.check](
            plane, plan.verification.params, self._clock()
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


def _begun(approval: Approval) -> datetime:
    return approval.decided_at or approval.requested_at
