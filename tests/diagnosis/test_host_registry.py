"""The control cluster's own MigCluster, where its internal registry cannot be found out.

In: the condition word for word. Out: that nothing is said of pods, whose errors read alike.
"""

from __future__ import annotations

from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import ObjectRef
from bot.diagnosis.diagnosing import Diagnoser
from tests.diagnosis.world import NOW, Thing, mtc, plane, true
from tests.knowledge.builtin import builtin_engine


def cluster(error: str) -> Thing:
    message = f"Reconcile failed: [{error}]. See controller logs for details."
    conditions = [true("ReconcileFailed", "Critical", message)]
    return mtc(
        "MigCluster", "host", spec={"isHostCluster": True}, status={"conditions": conditions}
    )


def found(error: str) -> list[str]:
    diagnoser = Diagnoser(builtin_engine(), lambda: NOW)
    said = diagnoser(plane(cluster(error)), ObjectRef("MigCluster", "host", MTC_NAMESPACE))
    return [each.entry.id for each in said.findings]


def test_a_missing_config_of_the_api_server_is_named_for_what_it_is() -> None:
    assert found('configmaps "config" not found') == ["cluster-registry-host-unknown"]


def test_another_thing_that_is_missing_is_not_taken_for_a_pods() -> None:
    assert found('secrets "odd" not found') == ["reconcile-failed"]
