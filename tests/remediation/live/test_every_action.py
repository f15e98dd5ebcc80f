"""Every action on two real API servers: refused, planned, done and put back by their own word."""

from __future__ import annotations

import pytest

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import AccessRequest, ObjectRef
from bot.diagnosis.dossier import annotations_of
from bot.remediation.executing import APPROVAL_ANNOTATION
from bot.remediation.ground import look
from bot.remediation.permissions import permissions_of
from bot.remediation.pins import already, taken_back
from bot.remediation.planning import draft_plan
from bot.remediation.plans import Call, Plan
from bot.remediation.refusals import Refused
from bot.remediation.registry import ACTIONS
from bot.remediation.undoing import undo_plan
from bot.store.approval_records import Approval
from tests.remediation.live.site import Site, essence, versions
from tests.remediation.stories import STORIES

pytestmark = pytest.mark.apiserver
CONTROLLERS = {(cluster, "Deployment", MTC_NAMESPACE, "velero") for cluster in ("host", "ocp3")}
"""What the played operators change by themselves."""
UNDOS = (
    "allow-transfer-network",
    "copy-namespace-annotations",
    "disable-verification",
    "rsync-privileged",
    "set-cluster-ca-bundle",
    "set-restic-timeout",
)
"""One of each way in which something is put back; all are, in memory."""
EVERY = pytest.mark.parametrize("action", sorted(ACTIONS))


def declared(site: Site, action: str) -> tuple[tuple[str, AccessRequest], ...]:
    """Return the rights that an action says it needs, by cluster."""
    story = STORIES[action]
    kind, name = story.target
    ground = look(site.plane, ObjectRef(kind, name), site.now)
    plan = draft_plan(ACTIONS[action], story.params, ground)
    for call in plan.calls:
        site.clusters[call.cluster].kinds.add(call.kind_of)
    return permissions_of(plan)


def ask(site: Site, action: str) -> Approval:
    story = STORIES[action]
    kind, name = story.target
    return site.ask(action, name, kind, params=story.params)


def done(site: Site, approval: Approval, action: str, typed: str = "") -> Plan:
    """Have a request approved and executed; return its plan when it is verified and recorded."""
    approval = site.decide(approval, typed=typed)
    assert approval.state == "approved"
    executed = site.carry_out(approval, lambda: STORIES[action].settle(site))
    assert executed.state == "done", executed.outcome
    found = site.judged(executed)
    assert found.verdict == "verified", found.outcome
    plan = Plan.model_validate(found.plan)
    told = [(r.what, r.data["step"]) for r in site.audit.records(found.id) if "step" in r.data]
    steps = range(len(plan.steps))
    assert sorted(told) == sorted((w, n) for w in ("step-started", "step-done") for n in steps)
    assert site.audit.verify() == ()
    return plan


def holds(site: Site, call: Call, approval: Approval) -> bool:
    """Return whether the effect of a call is on its server."""
    obj = site.clusters[call.cluster].find(call.kind_of, call.name, call.namespace)
    if call.verb == "delete":
        return obj is None or obj["metadata"]["uid"] != call.uid
    assert obj is not None
    body = call.body or {}
    if call.verb == "create" or taken_back(body):
        return annotations_of(obj).get(APPROVAL_ANNOTATION) == approval.id
    if call.secrets:
        return all(obj["data"][path.rpartition(".")[2]] for path in call.secrets)
    return already(obj, body)


@EVERY
def test_it_is_refused_for_want_of_each_right_and_done_with_exactly_those_it_declares(
    site: Site, action: str
) -> None:
    story = STORIES[action]
    story.prepare(site)
    rights = declared(site, action)
    before = site.content()
    for cluster, right in rights:
        with pytest.raises(Refused) as refused:
            ask(site, action)
        assert f"{site.user} may not {right.verb} {right.resource}" in str(refused.value)
        assert f"on {cluster}" in str(refused.value)
        site.grant([(cluster, right)])
    approval = ask(site, action)
    assert versions(site.content()) == versions(before)
    assert tuple(c.verb for c in Plan.model_validate(approval.plan).calls) == story.verbs

    plan = done(site, approval, action, story.typed)
    assert [call.where for call in plan.calls if not holds(site, call, approval)] == []
    was, now = essence(before), essence(site.content())
    changed = {place for place in was.keys() | now.keys() if was.get(place) != now.get(place)}
    assert changed - {call.place for call in plan.calls} <= CONTROLLERS


@pytest.mark.parametrize("action", UNDOS)
def test_its_undo_puts_everything_back_with_exactly_the_rights_it_declares(
    site: Site, action: str
) -> None:
    story = STORIES[action]
    story.prepare(site)
    site.grant(declared(site, action))
    before = essence(site.content())
    approval = ask(site, action)
    plan = done(site, approval, action, story.typed)
    back = undo_plan(
        site.read(approval.id), plan, look(site.plane, ObjectRef(*story.target), site.now)
    )
    site.grant(right for right in permissions_of(back) if right not in permissions_of(plan))
    done(site, site.undo(approval), action)
    now = essence(site.content())
    assert {p: o for p, o in now.items() if p not in CONTROLLERS} == {
        p: o for p, o in before.items() if p not in CONTROLLERS
    }
