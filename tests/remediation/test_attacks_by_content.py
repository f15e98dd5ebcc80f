"""Attacks through what is asked for: parameters, targets, and rights that change meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.access.people import DirectoryUnreachable, Person
from bot.access.policy import parse_policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ClusterError, ObjectRef, Unreachable
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.remediation.requests import Asked
from tests.remediation import things as t
from tests.remediation.attacking import nothing_came_of
from tests.remediation.stories import STORIES, controllers, namespaces, token
from tests.remediation.world import (
    AMIR,
    CHANNEL,
    MTC,
    OLIVIA,
    PEOPLE,
    POLICY,
    World,
)


class TestParameters:
    @pytest.mark.parametrize(
        ("action", "params"),
        [
            ("copy-namespace-annotations", {"namespace": "kube-system"}),
            ("copy-namespace-annotations", {"namespace": "shop\nkube-system"}),
            ("copy-namespace-annotations", {"selector": "region=east\nevil: true"}),
            ("copy-namespace-annotations", {"selector": "region=east,}{"}),
            ("copy-namespace-annotations", {"selector": "x" * 100_000}),
            ("copy-namespace-annotations", {"selector": {"$ref": "x"}}),
            ("set-restic-timeout", {"timeout": "4h; rm -rf /"}),
            ("set-restic-timeout", {"timeout": "4h\n"}),
            ("set-restic-timeout", {"timeout": "!!python/object/apply:os.system [id]"}),
            ("set-restic-timeout", {"timeout": "4h", "migration_rsync_super_privileged": True}),
            ("set-restic-timeout", {"timeout": "4h", "spec": {"version": "0"}}),
            ("set-restic-supplemental-groups", {"groups": [5555, "0"]}),
            ("set-restic-memory", {"limit": "999999999Gi"}),
            ("set-rsync-options", {"bandwidth_kb_per_s": 10**30}),
            ("set-rsync-options", {"rsync_opt_extras": "--rsync-path=/bin/sh"}),
            ("set-endpoint-type", {"type": "LoadBalancer"}),
            ("copy-imagestream", {"name": "../../secrets/x"}),
            ("copy-imagestream", {"name": "php", "namespace": "kube-system"}),
            ("copy-imagestream", {"name": "<!channel>"}),
            ("restart-velero", {"cluster": "../prod"}),
            ("restart-velero", {"cluster": "prod"}),
            ("rerun-migration", {"run": "rollback"}),
            ("rerun-migration", {"name": "evil", "namespace": "kube-system"}),
            ("scale-back-source", {"only": ["Deployment kube-system/coredns"]}),
            ("fetch-restore-results", {"restore": "a/../../b"}),
        ],
    )
    def test_that_reach_for_more(self, world: World, action: str, params: dict[str, Any]) -> None:
        controllers(world)
        namespaces(world)
        with pytest.raises((Refused, ClusterError)):
            world.ask(action, params=params)
        assert world.approvals.open() == ()
        assert world.writes == []

    @pytest.mark.parametrize(
        "secret",
        [
            "sha256~" + "a" * 43,
            "AKIAABCDEFGHIJKLMNOP",
            "xoxb-12345678-abcdef",
            "eyJhbGciOiJ.eyJzdWIiOiIx.abc",
        ],
    )
    def test_a_secret_in_a_parameter_is_neither_stored_nor_repeated(
        self, world: World, secret: str
    ) -> None:
        namespaces(world)
        world.host.put(t.node("w2", {"x": secret}))
        with pytest.raises(Refused) as refused:
            world.ask("copy-namespace-annotations", params={"selector": f"x={secret}"})
        assert secret not in str(refused.value)
        assert secret not in str(world.audit.records())

    def test_a_secret_that_stands_in_an_object_does_not_get_into_a_plan(self, world: World) -> None:
        plan = world.host.get(k.MIGPLAN, "shop", MTC_NAMESPACE)
        plan["spec"]["hooks"] = [{"token": "sha256~" + "a" * 43}]
        world.host.put(plan)
        with pytest.raises(Refused, match="looks like a secret"):
            world.ask("recreate-plan", "shop", "MigPlan")
        assert world.approvals.open() == ()

    @given(params=st.dictionaries(st.text(max_size=20), st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ), max_size=4), action=st.sampled_from(sorted(ACTIONS)))  # fmt: skip
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_whatever_stands_in_them_nothing_breaks(
        self, world: World, params: dict[str, Any], action: str
    ) -> None:
        kind, name = STORIES[action].target
        try:
            world.ask(action, name, kind, params=params)
        except (Refused, ClusterError):
            return


class TestTargets:
    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            ("Secret", "ocp3"),
            ("Namespace", "shop"),
            ("Pod", "web-1"),
            ("NoSuchKind", "x"),
            ("MigPlan", "../secrets/ocp3"),
            ("MigPlan", "shop?dryRun=None"),
            ("MigPlan", "shop\n"),
            ("MigPlan", ""),
            ("MigPlan", "x" * 10_000),
        ],
    )
    def test_that_are_none(self, world: World, kind: str, name: str) -> None:
        with pytest.raises(Refused):
            world.ask("refresh-plan", name, kind)

    def test_an_object_of_the_same_name_in_a_namespace_of_ones_own(self, world: World) -> None:
        world.host.put(
            {
                "apiVersion": MTC,
                "kind": "MigPlan",
                "metadata": {"name": "mine", "namespace": "evil"},
                "spec": {"namespaces": ["kube-system"]},
            }
        )
        ref = ObjectRef("MigPlan", "mine", "evil")
        with pytest.raises(Refused, match="There is no"):
            world.requests.request(Asked(OLIVIA, "refresh-plan", "wave-1", ref, {}, CHANNEL))

    def test_another_control_cluster(self, world: World) -> None:
        with pytest.raises(Refused, match="no role on that control cluster"):
            world.ask(control="wave-2")

    def test_what_is_there_and_not_ones_own_looks_like_what_is_not_there(
        self, world: World
    ) -> None:
        world.policy = parse_policy(POLICY.replace("[U0OLIVIA01]", "[U0OLIVIA01], plans: [pay]"))
        said = []
        for name in ("shop-1", "absent-1"):
            with pytest.raises(Refused) as refused:
                world.ask(target=name)
            said.append(str(refused.value).replace(name, "X"))
        assert said[0] == said[1]

    def test_an_action_for_another_kind_of_object(self, world: World) -> None:
        with pytest.raises(Refused, match="is for MigPlan"):
            world.ask("refresh-plan", "shop-1")

    def test_an_action_that_does_not_exist(self, world: World) -> None:
        for action in ("delete-everything", "", "__class__", "rerun-migration\n"):
            with pytest.raises(Refused, match="There is no action"):
                world.ask(action)


class TestRightsThatChange:
    @pytest.mark.parametrize(
        "change",
        [
            lambda w: setattr(w, "policy", parse_policy("bindings: []")),
            lambda w: setattr(
                w, "policy", parse_policy(POLICY.replace("S0APPROVE1]", "S0OTHERS01]"))
            ),
            lambda w: w.people.pop(AMIR),
            lambda w: w.people.pop(OLIVIA),
            lambda w: w.people.update({AMIR: Person(AMIR, "amir@example.com")}),
            lambda w: w.people.update({OLIVIA: Person(OLIVIA, "boss@example.com")}),
            lambda w: w.people.update(
                {OLIVIA: Person(OLIVIA, "olivia@example.com", trusted=False)}
            ),
            lambda w: w.denied.add(("olivia@example.com", "create")),
            lambda w: setattr(
                w,
                "policy",
                parse_policy(POLICY + "windows: [{name: night, kind: freeze}]\n"),
            ),
        ],
    )
    def test_between_approval_and_execution(self, world: World, change: Any) -> None:
        approval = world.ask()
        world.requests.approve(AMIR, approval.id)
        change(world)
        nothing_came_of(world, approval)
        assert world.read(approval.id).state == "stale"

    def test_between_two_steps_stop_what_is_left(self, world: World) -> None:
        controllers(world)
        world.later(minutes=5)
        approval = world.decide(world.ask("set-restic-timeout", params={"timeout": "4h"}))
        world.runner.turn()
        world.policy = parse_policy("bindings: []")
        from tests.remediation.stories import operators_settle

        done = world.carry_out(approval, lambda: operators_settle(world))
        assert (done.state, len(world.writes)) == ("failed", 1)
        assert "may not any more" in done.outcome

    def test_a_member_list_that_does_not_answer_is_no_yes(self, world: World) -> None:
        approval = world.ask()
        down = True

        def directory(person: str) -> Person:
            if down:
                raise DirectoryUnreachable("503")
            return PEOPLE[person]

        world.person = directory  # type: ignore[method-assign,assignment]
        world.requests, world.runner = world.new_requests(), world.new_runner()
        with pytest.raises(Refused, match="Try again"):
            world.requests.approve(AMIR, approval.id)
        down = False
        world.requests.approve(AMIR, approval.id)
        down = True
        world.runner.turn()
        assert (world.writes, world.read(approval.id).state) == ([], "running")
        down = False
        assert world.carry_out(approval).state == "done"

    def test_a_cluster_that_does_not_answer_is_no_yes(self, world: World) -> None:
        approval = world.ask()
        world.host.fail_with(Unreachable("no route"))
        with pytest.raises(Unreachable):
            world.requests.approve(AMIR, approval.id)
        assert world.read(approval.id).votes == ()

    def test_an_approval_that_waited_too_long_is_worth_nothing(self, world: World) -> None:
        approval = world.decide(world.ask())
        world.later(hours=3)
        nothing_came_of(world, approval)


def test_a_renewed_token_is_asked_for_with_the_right_to_read_it(world: World) -> None:
    token(world)
    world.denied.add(("olivia@example.com", "get"))
    with pytest.raises(Refused, match="may not get secrets"):
        world.ask("renew-sa-token", "ocp3", "MigCluster", params={"secret": "new-token"})
