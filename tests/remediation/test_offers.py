"""What is offered for a diagnosis: to whom, with which values, and how often."""

from __future__ import annotations

from typing import Any

import pytest

from bot.access.policy import parse_policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ObjectRef, Unreachable
from bot.diagnosis.findings import Diagnosis, Finding
from bot.mtc.outcome_words import Outcome, Word
from bot.remediation.ground import look
from bot.remediation.offers import Offer, Offers
from bot.remediation.permissions import permissions_of
from bot.remediation.planning import draft_plan
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.remediation.requests import Asked
from knowledge.loading import load_builtin
from tests.remediation import things as t
from tests.remediation.stories import (
    STORIES,
    all_ready,
    controllers,
    namespaces,
    running,
    unstarted,
)
from tests.remediation.world import (
    AMIR,
    ANNA,
    CHANNEL,
    GUEST,
    OLIVIA,
    POLICY,
    VERA,
    Desk,
    World,
    true,
)

RUN = ObjectRef("MigMigration", "shop-1", MTC_NAMESPACE)


def offers(world: Desk) -> Offers:
    return Offers(
        [world.plane],
        world.approvals,
        policy=lambda: world.policy,
        directory=world.person,
        actions=ACTIONS,
        clock=lambda: world.now,
    )


def diagnosis(*findings: Finding, target: ObjectRef = RUN) -> Diagnosis:
    return Diagnosis(target, "wave-1", Outcome(Word.FAILED), findings, plan="shop")


def finding(entry: str, subject: ObjectRef = RUN, **params: str) -> Finding:
    return Finding(load_builtin().by_id[entry], subject, params=params)


def by_action(found: tuple[Offer, ...]) -> dict[str, Offer]:
    return {offer.action: offer for offer in found}


class TestWhatIsOffered:
    def test_the_fixes_of_the_findings_come_first_then_what_belongs_to_a_run(
        self, world: World
    ) -> None:
        found = offers(world)(
            OLIVIA,
            diagnosis(finding("cluster-token-refused", ObjectRef("MigCluster", "ocp3"))),
        )
        actions = [offer.action for offer in found]
        assert actions[0] in ("renew-sa-token", "refresh-cluster")
        assert actions[-2:] == ["rerun-migration", "rollback-migration"]
        assert by_action(found)["refresh-cluster"].target == ObjectRef(
            "MigCluster", "ocp3", MTC_NAMESPACE
        )

    def test_what_mends_comes_before_a_run_that_the_cause_itself_names(self, world: World) -> None:
        namespaces(world)
        found = offers(world)(
            OLIVIA,
            diagnosis(
                finding("hook-playbook-failed"),
                finding("dvm-node-selector-missing", target_namespace="shop"),
            ),
        )
        actions = [offer.action for offer in found]
        assert actions.index("copy-namespace-annotations") < actions.index("rerun-migration")

    def test_values_come_from_the_finding_and_from_what_is_seen(self, world: World) -> None:
        namespaces(world)
        found = by_action(
            offers(world)(
                OLIVIA, diagnosis(finding("dvm-node-selector-missing", target_namespace="shop"))
            )
        )
        offer = found["copy-namespace-annotations"]
        assert (offer.params, offer.allowed, offer.entry) == (
            {"namespace": "shop"},
            True,
            "dvm-node-selector-missing",
        )

    def test_limits_are_proposed_as_high_as_the_plan_needs_them(self, world: World) -> None:
        controllers(world)
        plan = world.host.get(k.MIGPLAN, "shop", MTC_NAMESPACE)
        plan["status"]["conditions"] = [
            true("NamespaceLimitExceeded", message="Namespace limit: 10 exceeded, found:14."),
            true("PodLimitExceeded", message="Pod limit: 100 exceeded, found: 140."),
            true("PvLimitExceeded", message="odd"),
        ]
        world.host.put(plan)
        subject = ObjectRef("MigPlan", "shop", MTC_NAMESPACE)
        found = diagnosis(finding("migplan-namespace-limit-exceeded", subject), target=subject)
        offer = by_action(offers(world)(OLIVIA, found))["set-plan-limits"]
        assert (offer.params, offer.complete) == ({"namespaces": 14, "pods": 140}, True)
        plan["status"]["conditions"] = []
        world.host.put(plan)
        offer = by_action(offers(world)(OLIVIA, found))["set-plan-limits"]
        assert (offer.params, offer.complete, offer.allowed) == ({}, False, True)

    def test_what_a_person_must_still_fill_in_is_offered_with_its_schema(
        self, world: World
    ) -> None:
        controllers(world)
        found = by_action(offers(world)(OLIVIA, diagnosis(finding("podvolumebackup-timeout"))))
        offer = found["set-restic-timeout"]
        assert (offer.complete, offer.allowed) == (False, True)
        assert offer.schema["properties"]["timeout"]["pattern"]

    @pytest.mark.parametrize(
        ("prepare", "target", "wanted"),
        [
            (running, "shop-2", {"cancel-migration"}),
            (unstarted, "shop-2", {"remove-unstarted-migration"}),
            (lambda world: None, "shop-1", {"rerun-migration", "rollback-migration"}),
        ],
    )
    def test_a_run_gets_what_fits_its_state(
        self, world: World, prepare: Any, target: str, wanted: set[str]
    ) -> None:
        prepare(world)
        ref = ObjectRef("MigMigration", target, MTC_NAMESPACE)
        assert set(by_action(offers(world)(OLIVIA, diagnosis(target=ref)))) == wanted

    def test_what_stands_in_the_way_is_said(self, world: World) -> None:
        running(world)
        found = by_action(offers(world)(OLIVIA, diagnosis()))
        rerun = found["rerun-migration"]
        assert not rerun.allowed
        assert rerun.reason is not None
        assert "still running" in rerun.reason.en

    def test_each_offer_can_be_asked_for_as_it_is_exactly_if_it_says_so(self, world: World) -> None:
        controllers(world)
        namespaces(world)
        entries = [e for e in load_builtin().by_id.values() if e.remediation]
        for offer in offers(world)(OLIVIA, diagnosis(*(Finding(e, RUN) for e in entries))):
            asked = Asked(
                OLIVIA, offer.action, offer.control, offer.target, offer.params, CHANNEL,
                entry=offer.entry,
            )  # fmt: skip
            if offer.allowed and offer.complete:
                assert world.requests.request(asked).state == "pending"
            else:
                with pytest.raises(Refused):
                    world.requests.request(asked)

    def test_every_action_that_knowledge_names_exists(self) -> None:
        named = {r.action for e in load_builtin().by_id.values() for r in e.remediation}
        assert named <= set(ACTIONS)


class TestForWhom:
    def test_nobody_but_members_with_a_role(self, world: World) -> None:
        assert offers(world)(GUEST, diagnosis()) == ()
        assert offers(world)("U0STRANGER", diagnosis()) == ()
        world.policy = parse_policy("bindings: []")
        assert offers(world)(OLIVIA, diagnosis()) == ()

    def test_a_viewer_sees_what_there_is_and_why_not_for_them(self, world: World) -> None:
        for offer in offers(world)(VERA, diagnosis()):
            assert not offer.allowed
            assert offer.reason is not None
            assert "None of your roles" in offer.reason.en

    def test_names_of_targets_that_are_not_theirs_do_not_appear(self, world: World) -> None:
        world.policy = parse_policy(POLICY.replace("[U0OLIVIA01]", "[U0OLIVIA01], plans: [pay]"))
        assert offers(world)(OLIVIA, diagnosis()) == ()

    def test_what_the_cluster_denies_is_said(self, world: World) -> None:
        world.denied.add(("olivia@example.com", "create"))
        rerun = by_action(offers(world)(OLIVIA, diagnosis()))["rerun-migration"]
        assert rerun.reason is not None
        assert "may not create migmigrations" in rerun.reason.en

    def test_it_is_said_before_anybody_fills_in_what_is_missing(self, world: World) -> None:
        controllers(world)
        slow = diagnosis(finding("podvolumebackup-timeout"))
        assert by_action(offers(world)(OLIVIA, slow))["set-restic-timeout"].allowed
        world.denied.add(("olivia@example.com", "patch"))
        offer = by_action(offers(world)(OLIVIA, slow))["set-restic-timeout"]
        assert (offer.complete, offer.allowed) == (False, False)
        assert offer.reason is not None
        assert "may not patch migrationcontrollers" in offer.reason.en

    @pytest.mark.parametrize("action", [a for a, s in sorted(STORIES.items()) if s.params])
    def test_what_is_needed_without_parameters_is_needed_with_them(
        self, world: World, action: str
    ) -> None:
        STORIES[action].prepare(world)
        kind, name = STORIES[action].target
        ground = look(world.plane, ObjectRef(kind, name), world.now)
        plan = draft_plan(ACTIONS[action], STORIES[action].params, ground)
        beforehand = ACTIONS[action].rights(ground)
        assert beforehand
        assert set(beforehand) <= set(permissions_of(plan))

    def test_a_cluster_that_does_not_answer_is_no_yes(self, world: World) -> None:
        namespaces(world)
        world.source.fail_with(Unreachable("no route to host"))
        found = by_action(offers(world)(OLIVIA, diagnosis(finding("dvm-node-selector-missing"))))
        offer = found["copy-namespace-annotations"]
        assert not offer.allowed
        assert offer.reason is not None
        assert "no route" in offer.reason.en


class TestHowOften:
    def test_for_one_plan_and_cause_the_bot_proposes_twice(self, world: World) -> None:
        entry = "dvm-node-selector-missing"
        namespaces(world)
        seen = []
        for selector in ("region=east", "", "region=east"):
            offer = by_action(offers(world)(OLIVIA, diagnosis(finding(entry))))[
                "copy-namespace-annotations"
            ]
            why = offer.reason.en if offer.reason else ""
            seen.append((offer.allowed, offer.suggested, why.partition(" for")[0]))
            approval = world.requests.request(
                Asked(
                    OLIVIA, offer.action, "wave-1", RUN,
                    {"namespace": "shop", "selector": selector}, CHANNEL, entry=entry,
                )
            )  # fmt: skip
            world.decide(approval, AMIR, ANNA)
            world.carry_out(approval, lambda: all_ready(world))
            world.host.put(t.namespace("shop", {}))
        assert seen == [
            (True, True, ""), (True, True, "Tried"), (True, False, "Tried 2 times")
        ]  # fmt: skip
