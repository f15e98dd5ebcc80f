"""What ``deploy/`` gives: to the bot no right to write, to people what actions ask of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.clusters.kinds import WATCHED_KINDS
from bot.clusters.port import AccessRequest, Json, ObjectRef
from bot.remediation.ground import look
from bot.remediation.permissions import permissions_of
from bot.remediation.planning import draft_plan
from bot.remediation.registry import ACTIONS
from bot.store.database import open_database
from tests.apiserver.rights import documents
from tests.remediation.stories import STORIES
from tests.remediation.world import World
from tests.store.databases import blank

PEOPLE = "rbac-people.example.yaml"
APPLICATIONS = "mtc-remediation-applications"


def rules(file: str) -> Iterator[tuple[str, Json]]:
    """Yield the rules of a manifest, each with its namespace; empty for a cluster role."""
    for found in documents(file):
        for rule in found.get("rules", ()):
            yield found["metadata"].get("namespace", ""), rule


def covers(where: str, rule: Json, right: AccessRequest) -> bool:
    """Return whether a rule gives a right; a cluster role is bound where applications are."""
    return (
        right.namespace.startswith(where or ("shop", "pay"))
        and right.verb in rule["verbs"]
        and right.group in rule["apiGroups"]
        and right.resource in rule["resources"]
        and right.name in rule.get("resourceNames", [right.name])
    )


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_the_example_for_people_has_every_right_that_an_action_and_its_undo_ask_for(
    action: str, tmp_path: Path
) -> None:
    database = open_database(blank(tmp_path / "bot.sqlite3"))
    world = World(database)
    STORIES[action].prepare(world)
    kind, name = STORIES[action].target
    ground = look(world.plane, ObjectRef(kind, name), world.now)
    plan = draft_plan(ACTIONS[action], STORIES[action].params, ground)
    database.close()
    asked = [right for _, right in permissions_of(plan)] + [call.permission for call in plan.undo]
    given = list(rules(PEOPLE))
    assert [r for r in asked if not any(covers(where, rule, r) for where, rule in given)] == []


def test_nothing_for_people_is_wider_than_it_says() -> None:
    for where, rule in rules(PEOPLE):
        assert "*" not in (*rule["apiGroups"], *rule["resources"], *rule["verbs"])
        assert set(rule["verbs"]) <= {"create", "patch", "delete", "get"}
        if "get" in rule["verbs"]:
            assert (where, rule["resourceNames"]) == ("openshift-migration", ["new-token"])
    bound = {
        (found["roleRef"]["kind"], found["roleRef"]["name"], found["metadata"]["namespace"])
        for found in documents(PEOPLE)
        if found["kind"] == "RoleBinding"
    }
    assert ("ClusterRole", APPLICATIONS, "shop") in bound
    assert not [found for found in documents(PEOPLE) if found["kind"] == "ClusterRoleBinding"]


def test_only_what_is_watched_may_be_watched() -> None:
    given = {
        r for _, rule in rules("rbac.yaml") if "watch" in rule["verbs"] for r in rule["resources"]
    }
    assert given == {kind.plural for kind in WATCHED_KINDS}


def test_the_bot_is_given_no_verb_that_writes_but_to_ask_and_to_act_for_others() -> None:
    for file in ("rbac.yaml", "rbac-remediation.yaml"):
        for _, rule in rules(file):
            beyond = set(rule["verbs"]) - {"get", "list", "watch"}
            if beyond:
                assert file == "rbac-remediation.yaml"
                assert (rule["resources"], beyond) in (
                    (["subjectaccessreviews"], {"create"}),
                    (["users"], {"impersonate"}),
                    (["groups"], {"impersonate"}),
                )
            if rule["resources"] == ["groups"]:
                assert "system:masters" not in rule["resourceNames"]
