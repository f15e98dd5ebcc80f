"""A process that dies after each of its writes: who comes next sees on the servers what is done.

What API servers make of an object (defaults, maps that became empty, versions) must not hide that.
``MTC_BOT_KILLS=all`` has it tried with all actions.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.clusters.kinds import Kind
from bot.clusters.port import ClusterReader, ClusterWriter, ControlPlane, Json
from bot.remediation.plans import Plan
from bot.remediation.registry import ACTIONS
from tests.remediation.live.site import Site
from tests.remediation.live.test_every_action import ask, declared
from tests.remediation.stories import STORIES
from tests.remediation.world import Killed

pytestmark = pytest.mark.apiserver
Written = tuple[str, str, str, str]
KINDS_OF_WRITES = (
    "allow-transfer-network",
    "cancel-migration",
    "copy-imagestream",
    "copy-namespace-annotations",
    "delete-orphan-repositories",
    "delete-stage-pods",
    "disable-verification",
    "recreate-plan",
    "refresh-cluster",
    "renew-sa-token",
    "restart-node-agent",
    "scale-back-source",
    "set-restic-supplemental-groups",
    "set-storage-ca-bundle",
)
"""Actions among which there is each way to write and each kind of object."""
ACTIONS_THAT_DIE = sorted(ACTIONS) if os.environ.get("MTC_BOT_KILLS") == "all" else KINDS_OF_WRITES


class Deadly:
    """A ``ClusterWriter`` whose process dies once a write of its was made."""

    def __init__(self, cluster: ClusterWriter, written: list[Written]) -> None:
        self._cluster = cluster
        self._written = written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)

    def patch(self, kind: Kind, name: str, namespace: str, body: Json, **more: Any) -> Json:
        answer: Json = self._over("patch", kind, name, (kind, name, namespace, body), more)
        return answer

    def create(self, kind: Kind, namespace: str, body: Json, **more: Any) -> Json:
        name = body["metadata"]["name"]
        answer: Json = self._over("create", kind, name, (kind, namespace, body), more)
        return answer

    def delete(self, kind: Kind, name: str, namespace: str, **more: Any) -> None:
        self._over("delete", kind, name, (kind, name, namespace), more)

    def _over(
        self, verb: str, kind: Kind, name: str, given: tuple[Any, ...], more: dict[str, Any]
    ) -> Any:
        answer = getattr(self._cluster, verb)(*given, **more)
        if more.get("dry_run"):
            return answer
        self._written.append((self._cluster.name, verb, kind.kind, name))
        raise Killed


@dataclass
class DeadlyPlane:
    """A control plane of such clusters."""

    plane: ControlPlane
    written: list[Written] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.plane.name

    @property
    def host(self) -> ClusterReader:
        return self._deadly(self.plane.host)

    def remote(self, migcluster: str) -> ClusterReader:
        return self._deadly(self.plane.remote(migcluster))

    def _deadly(self, cluster: ClusterReader) -> ClusterReader:
        assert isinstance(cluster, ClusterWriter)
        return Deadly(cluster, self.written)


@pytest.mark.parametrize("action", ACTIONS_THAT_DIE)
def test_each_write_is_made_once_and_the_action_comes_to_its_end(site: Site, action: str) -> None:
    story = STORIES[action]
    story.prepare(site)
    site.grant(declared(site, action))
    approval = site.decide(ask(site, action), typed=story.typed)
    site.plane = plane = DeadlyPlane(site.plane)
    site.begin()
    for _ in range(30):
        try:
            site.runner.turn()
        except Killed:
            site.restart()
        story.settle(site)
        site.later(seconds=6)
        if site.read(approval.id).state not in ("approved", "running"):
            break
    done = site.judged(approval)
    assert (done.state, done.verdict) == ("done", "verified"), done.outcome
    calls = Plan.model_validate(done.plan).calls
    assert Counter(plane.written) == Counter((c.cluster, c.verb, c.kind, c.name) for c in calls)
    assert site.audit.verify() == ()
