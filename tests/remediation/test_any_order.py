"""Requests, approvals, expiries, edits, outages, deaths and restarts in any order.

What is held up against the truth is what the clusters were actually written: never a write
without a valid approval behind it, never two for one, and the audit whole all the time.
"""

from __future__ import annotations

import contextlib
import copy
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from bot.access.people import Person
from bot.access.policy import parse_policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ClusterError, Unreachable
from bot.remediation.plans import Plan
from bot.remediation.refusals import Refused
from bot.store.database import open_database
from tests.remediation import stories, things
from tests.remediation.stories import STORIES
from tests.remediation.world import (
    AMIR,
    ANNA,
    FAILED,
    GUEST,
    OLIVIA,
    PEOPLE,
    POLICY,
    VERA,
    Killed,
    World,
    Write,
    migration,
)

EVERYBODY = (OLIVIA, AMIR, ANNA, VERA, GUEST)
SOME = (
    "refresh-plan",
    "rerun-migration",
    "rollback-migration",
    "remove-unstarted-migration",
    "rsync-privileged",
    "set-restic-timeout",
    "set-rsync-options",
    "restart-velero",
    "recreate-plan",
    "scale-back-source",
    "allow-transfer-network",
    "disable-verification",
    "renew-sa-token",
)
POLICIES = (
    POLICY,
    POLICY.replace("[U0OLIVIA01]", "[U0NOBODY01]"),
    POLICY.replace("[S0APPROVE1]", "[S0NOBODY01]"),
    POLICY + "windows: [{name: frozen, kind: freeze, risks: [R1, R2, R3], timezone: UTC}]\n",
)
MAY_APPROVE = {AMIR, ANNA}


class AnyOrder(RuleBasedStateMachine):
    approvals = Bundle("approvals")

    @initialize()
    def begin(self) -> None:
        self.database = open_database("sqlite://")
        self.world = World(self.database)
        for prepare in (
            stories.namespaces,
            stories.controllers,
            stories.unstarted,
            stories.stopped,
            stories.volumes,
            stories.token,
        ):
            prepare(self.world)
        self.world.host.take_away(k.MIGMIGRATION, "shop-2", MTC_NAMESPACE)
        self.accounted = 0

    # What people do ------------------------------------------------------------------------

    @rule(
        target=approvals,
        action=st.sampled_from(SOME),
        person=st.sampled_from(EVERYBODY),
    )
    def ask(self, action: str, person: str) -> Any:
        kind, name = STORIES[action].target
        try:
            return self.world.ask(
                action, name, kind, person=person, params=STORIES[action].params
            ).id
        except (Refused, ClusterError):
            return multiple()

    @rule(target=approvals, approval=approvals, person=st.sampled_from(EVERYBODY))
    def undo(self, approval: str, person: str) -> Any:
        try:
            return self.world.undo(self.world.read(approval), person).id
        except (Refused, ClusterError):
            return multiple()

    @rule(approval=approvals, person=st.sampled_from(EVERYBODY), clicks=st.integers(1, 3))
    def approve(self, approval: str, person: str, clicks: int) -> None:
        for _ in range(clicks):
            try:
                self.world.requests.approve(person, approval)
            except (Refused, ClusterError):
                continue

    @rule(
        target=approvals,
        action=st.sampled_from(SOME),
        moment=st.sampled_from(("", "before", "after")),
        turns=st.integers(0, 3),
    )
    def ask_and_approve_as_it_should_be(self, action: str, moment: str, turns: int) -> Any:
        self.all_is_well_again()
        kind, name = STORIES[action].target
        params = STORIES[action].params
        try:
            approval = self.world.ask(action, name, kind, params=params)
        except (Refused, ClusterError):
            return multiple()
        self.approve_as_it_should_be(approval.id)
        if moment:
            self.die_at_the_next_write(moment, "host")
        self.run(turns)
        return approval.id

    @rule(approval=approvals)
    def approve_as_it_should_be(self, approval: str) -> None:
        for person in (AMIR, ANNA):
            self.approve(approval, person, 1)

    @rule(approval=consumes(approvals), person=st.sampled_from(EVERYBODY))
    def reject(self, approval: str, person: str) -> None:
        with contextlib.suppress(Refused, ClusterError):
            self.world.requests.reject(person, approval, "no")

    @rule(forged=st.text(max_size=30), person=st.sampled_from(EVERYBODY))
    def forge(self, forged: str, person: str) -> None:
        try:
            self.world.requests.approve(person, forged)
        except Refused:
            return
        raise AssertionError("an id that was never given out was approved")

    # What the world does -------------------------------------------------------------------

    @rule(
        what=st.sampled_from(("policy", "member", "rights", "outage")),
        policy=st.sampled_from(POLICIES),
        person=st.sampled_from((OLIVIA, AMIR)),
        verb=st.sampled_from(("create", "patch", "delete")),
        where=st.sampled_from(("host", "ocp3")),
    )
    def trouble(self, what: str, policy: str, person: str, verb: str, where: str) -> None:
        if what == "policy":
            self.world.policy = parse_policy(policy)
        elif what == "member":
            known = PEOPLE[person]
            gone = Person(person, known.email, known.groups, trusted=False)
            self.world.people[person] = gone
        elif what == "rights":
            self.world.denied.add(("olivia@example.com", verb))
        else:
            self.world.plane.clusters[where].fail_with(Unreachable("no route to host"))

    @rule()
    def all_is_well_again(self) -> None:
        self.world.policy = parse_policy(POLICY)
        self.world.people.update(PEOPLE)
        self.world.denied.clear()
        for cluster in self.world.plane.clusters.values():
            cluster.fail_with(None)
        self.controllers_work()

    @rule(minutes=st.sampled_from((0.1, 1, 20, 40, 90)))
    def time_passes(self, minutes: float) -> None:
        self.world.later(minutes=minutes)
        self.world.requests.tick()

    @rule(what=st.sampled_from(("plan", "namespace", "workload", "queued", "recreated")))
    def edit(self, what: str) -> None:
        host = self.world.host
        if what == "plan":
            plan = host.find(k.MIGPLAN, "shop", MTC_NAMESPACE)
            if plan is not None:
                plan["spec"]["indirectVolumeMigration"] = not plan["spec"].get(
                    "indirectVolumeMigration"
                )
                host.put(plan)
        elif what == "namespace":
            host.put(things.namespace("shop", {"edited": str(host.revision)}))
        elif what == "workload":
            stories.stopped(self.world)
        elif what == "queued":
            host.put(migration("shop-2"))
        else:
            host.take_away(k.MIGMIGRATION, "shop-1", MTC_NAMESPACE)
            host.put(copy.deepcopy(FAILED))

    @rule()
    def controllers_work(self) -> None:
        stories.all_ready(self.world)
        stories.operators_settle(self.world)

    # What the bot does ---------------------------------------------------------------------

    @rule(turns=st.integers(1, 3))
    def run(self, turns: int) -> None:
        for _ in range(turns):
            self.world.runner.turn()
            self.world.later(seconds=6)
        self.world.runner.verify()

    @rule(moment=st.sampled_from(("before", "after")), where=st.sampled_from(("host", "ocp3")))
    def die_at_the_next_write(self, moment: str, where: str) -> None:
        cluster = self.world.host if where == "host" else self.world.source
        cluster.dying = moment
        with contextlib.suppress(Killed):
            self.world.runner.turn()
        cluster.dying = ""
        self.world.restart()

    @rule()
    def restart(self) -> None:
        self.world.restart()

    # What must hold ------------------------------------------------------------------------

    @invariant()
    def every_write_has_a_valid_approval(self) -> None:
        writes = self.world.writes
        if len(writes) == self.accounted:
            return
        self.accounted = len(writes)
        with self.database.reading() as session:
            from bot.store.remediation_schema import ApprovalRow

            ids = [row.id for row in session.query(ApprovalRow)]
        allowed: dict[tuple[str, str, str, str], int] = {}
        for approval in (self.world.read(i) for i in ids):
            begun = {step.number for step in approval.steps}
            plan = Plan.model_validate(approval.plan)
            if not begun:
                continue
            assert approval.state in ("running", "done", "failed")
            assert plan.hash == approval.plan_hash
            counted = [p for p in approval.approvers if p in MAY_APPROVE or plan.risk < 2]
            if plan.risk == 3 or plan.destroys_data:
                counted = [p for p in counted if p != approval.requester]
            assert len(counted) >= (2 if plan.destroys_data else 1)
            assert all(v.at < approval.expires_at for v in approval.votes)
            assert approval.decided_at is not None
            assert approval.decided_at - approval.requested_at <= timedelta(minutes=30)
            for number, step in enumerate(plan.steps):
                if step.step == "call" and number in begun:
                    key = (step.cluster, step.verb, step.kind, step.name)
                    allowed[key] = allowed.get(key, 0) + 1
        done: dict[tuple[str, str, str, str], int] = {}
        for write in writes:
            done[_key(write)] = done.get(_key(write), 0) + 1
            assert write.user in ("olivia@example.com", "amir@example.com", "anna@example.com")
            assert write.groups in ((), ("migration-approvers",))
        too_many = {key: n for key, n in done.items() if n > allowed.get(key, 0)}
        assert not too_many, too_many

    @invariant()
    def the_audit_is_whole(self) -> None:
        assert self.world.audit.verify() == ()

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()


def _key(write: Write) -> tuple[str, str, str, str]:
    return (write.cluster, write.verb, write.kind, write.name)


AnyOrder.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestAnyOrder = AnyOrder.TestCase
