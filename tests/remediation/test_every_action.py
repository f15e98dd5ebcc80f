"""Every action there is, lived through: planned, approved, executed, verified, put back."""

from __future__ import annotations

import pytest

from bot.clusters.port import Json
from bot.remediation.offers import Offer
from bot.remediation.plans import Plan
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.remediation.undoing import can_undo
from bot.store.approval_records import Approval
from tests.remediation.stories import STORIES
from tests.remediation.world import AMIR, ANNA, GUEST, OLIVIA, VERA, World

EVERY = pytest.mark.parametrize("action", sorted(ACTIONS))


def asked(world: World, action: str, person: str = OLIVIA) -> Approval:
    story = STORIES[action]
    story.prepare(world)
    kind, name = story.target
    return world.ask(action, name, kind, person=person, params=story.params)


def lived(world: World, action: str) -> Approval:
    story = STORIES[action]
    approval = world.decide(asked(world, action), typed=story.typed)
    done = world.carry_out(approval, lambda: story.settle(world))
    world.runner.verify()
    return world.read(done.id)


def essence(world: World) -> dict[tuple[str, ...], Json]:
    """Return what objects say, without what servers and controllers write."""
    found: dict[tuple[str, ...], Json] = {}
    for cluster in (world.host, world.source):
        for obj in cluster.content()[0]:
            meta = obj["metadata"]
            key = (cluster.name, obj["kind"], meta.get("namespace", ""), meta["name"])
            spec = {k: v for k, v in obj.get("spec", {}).items() if k != "refresh"}
            found[key] = {
                "spec": spec,
                "labels": meta.get("labels") or {},
                "annotations": meta.get("annotations") or {},
            }
    return found


def test_there_is_a_story_for_each() -> None:
    assert set(STORIES) == set(ACTIONS)


@EVERY
def test_asking_changes_nothing_and_shows_every_call_with_its_diff(
    world: World, action: str
) -> None:
    STORIES[action].prepare(world)
    before = [cluster.revision for cluster in (world.host, world.source)]
    kind, name = STORIES[action].target
    approval = world.ask(action, name, kind, params=STORIES[action].params)
    assert [cluster.revision for cluster in (world.host, world.source)] == before
    plan = Plan.model_validate(approval.plan)
    assert tuple(call.verb for call in plan.calls) == STORIES[action].verbs
    assert all(call.changes for call in plan.calls)
    assert plan.hash == approval.plan_hash


@EVERY
def test_it_is_executed_to_the_letter_as_the_requester_and_verified(
    world: World, action: str
) -> None:
    done = lived(world, action)
    assert (done.state, done.verdict) == ("done", "verified"), done.outcome
    plan = Plan.model_validate(done.plan)
    made = sorted((w.cluster, w.verb, w.kind, w.name) for w in world.writes)
    assert made == sorted((c.cluster, c.verb, c.kind, c.name) for c in plan.calls)
    assert {w.user for w in world.writes} == {"olivia@example.com"}
    assert world.audit.verify() == ()


@EVERY
def test_where_the_answer_to_a_write_is_lost_it_is_looked_for_and_not_made_again(
    world: World, action: str
) -> None:
    story = STORIES[action]
    approval = world.decide(asked(world, action), typed=story.typed)
    for number in range(1, len(story.verbs) + 1):
        world.host.dying = world.source.dying = "lost"
        world.runner.turn()
        world.host.dying = world.source.dying = ""
        assert len(world.writes) == number
        assert world.read(approval.id).state == "running"
        story.settle(world)
        world.later(seconds=6)
    done = world.carry_out(approval, lambda: story.settle(world))
    world.runner.verify()
    assert (done.state, world.read(done.id).verdict) == ("done", "verified"), done.outcome
    made = sorted((w.cluster, w.verb, w.kind, w.name) for w in world.writes)
    plan = Plan.model_validate(done.plan)
    assert made == sorted((c.cluster, c.verb, c.kind, c.name) for c in plan.calls)


@EVERY
def test_its_title_and_reasons_are_in_both_languages(world: World, action: str) -> None:
    plan = Plan.model_validate(asked(world, action).plan)
    texts = [ACTIONS[action].title, *plan.effects, *(step.why for step in plan.steps)]
    assert all(text.en != text.zh and text.zh.strip() for text in texts)


@EVERY
def test_a_guest_a_viewer_and_the_cluster_are_heeded(world: World, action: str) -> None:
    story = STORIES[action]
    story.prepare(world)
    kind, name = story.target
    for person in (GUEST, VERA):
        with pytest.raises(Refused):
            world.ask(action, name, kind, person=person, params=story.params)
    world.denied.update(("olivia@example.com", verb) for verb in story.verbs)
    with pytest.raises(Refused, match="does not let you"):
        world.ask(action, name, kind, params=story.params)
    assert world.writes == []
    assert world.approvals.open() == ()


@EVERY
def test_an_approval_is_worth_nothing_once_rights_are_gone(world: World, action: str) -> None:
    approval = world.decide(asked(world, action), typed=STORIES[action].typed)
    world.denied.update(("olivia@example.com", verb) for verb in STORIES[action].verbs)
    world.runner.turn()
    assert world.read(approval.id).state == "stale"
    assert world.writes == []


@EVERY
def test_separation_of_duties_follows_its_risk(world: World, action: str) -> None:
    approval = asked(world, action, person=AMIR)
    plan = Plan.model_validate(approval.plan)
    if plan.risk < 3 and not plan.destroys_data:
        assert world.decide(approval, AMIR, typed=STORIES[action].typed).state == "approved"
        return
    with pytest.raises(Refused, match="somebody else"):
        world.requests.approve(AMIR, approval.id, typed=STORIES[action].typed)
    first = world.requests.approve(ANNA, approval.id, typed=STORIES[action].typed)
    assert first.state == ("pending" if plan.destroys_data else "approved")


@pytest.mark.parametrize("action", [a for a, s in STORIES.items() if s.undo])
def test_the_undo_is_asked_for_and_approved_as_any_other_and_puts_everything_back(
    world: World, action: str
) -> None:
    story = STORIES[action]
    story.prepare(world)
    before = essence(world)
    kind, name = story.target
    approval = world.ask(action, name, kind, params=story.params)
    done = world.carry_out(world.decide(approval, typed=story.typed), lambda: story.settle(world))
    assert can_undo(done)
    assert essence(world) != before
    back = world.undo(done)
    assert back.state == "pending"
    assert (back.plan["undoes"], back.risk) == (done.id, done.risk)
    undone = world.carry_out(world.decide(back), lambda: story.settle(world))
    world.runner.verify()
    assert world.read(back.id).verdict == "verified", undone.outcome
    kept = {key: value for key, value in essence(world).items() if key in before}
    assert kept == before
    assert set(essence(world)) == set(before)
    assert not can_undo(world.read(back.id))


@pytest.mark.parametrize("action", [a for a, s in STORIES.items() if s.undo])
def test_nothing_is_put_back_that_somebody_else_changed_since(world: World, action: str) -> None:
    story = STORIES[action]
    done = lived(world, action)
    call = Plan.model_validate(done.plan).calls[0]
    cluster = world.host if call.cluster == "host" else world.source
    if call.verb == "create":
        cluster.take_away(call.kind_of, call.name, call.namespace)
    else:
        found = cluster.get(call.kind_of, call.name, call.namespace)
        found["spec"] = {}
        found["metadata"].update(labels={}, annotations={})
        cluster.put(found)
    with pytest.raises(Refused, match=r"by hand|gone"):
        world.undo(done)
    assert story.undo


def test_what_has_no_way_back_offers_none(world: World) -> None:
    done = lived(world, "rollback-migration")
    assert not can_undo(done)
    with pytest.raises(Refused, match="nothing to put back"):
        world.undo(done)


def test_an_offer_knows_all_that_a_form_needs() -> None:
    fields = set(Offer.__dataclass_fields__)
    assert {"action", "title", "risk", "target", "params", "schema", "allowed", "reason"} <= fields
