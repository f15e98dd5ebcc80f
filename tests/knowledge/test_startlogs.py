"""What a program had to wait for at its start is no failure once it came about.

In: lines as control planes, kubelets and OLM write them. Out: the indices of those that are over.
"""

from __future__ import annotations

import pytest

from knowledge.pasting import match_text
from knowledge.ranking import rank
from knowledge.startlogs import came_about
from tests.knowledge.builtin import builtin_engine

REFUSED = "dial tcp 10.0.0.5:6443: connect: connection refused"
LOCK = (
    "E0712 10:02:11.000000       1 leaderelection.go:321] error retrieving resource lock"
    f" kube-system/kube-scheduler: Get https://api-int.ocp4:6443/api/v1: {REFUSED}"
)
ACQUIRED = (
    "I0712 10:02:28.200000       1 leaderelection.go:252] successfully acquired lease"
    " kube-system/kube-scheduler"
)
LIST = (
    "E0712 10:02:11.000000       1 reflector.go:138] k8s.io/client-go: Failed to watch *v1.Node:"
    f' failed to list *v1.Node: Get "https://api-int.ocp4:6443/api/v1/nodes": {REFUSED}'
)
SYNCED = "I0712 10:02:28.200000       1 shared_informer.go:230] Caches are synced for garbage"
REGISTER = (
    'E0712 10:02:11.000000    2101 kubelet_node_status.go:92] "Unable to register node with API'
    f' server" err="Post \\"https://api-int.ocp4:6443/api/v1/nodes\\": {REFUSED}"'
)
REGISTERED = (
    'I0712 10:02:28.200000    2101 kubelet_node_status.go:74] "Successfully registered node"'
    ' node="w1"'
)
NETWORK = (
    'E0712 10:02:11.000000    2101 kubelet.go:2367] "Container runtime network not ready"'
    ' networkReady="NetworkReady=false reason:NetworkPluginNotReady"'
)
NODE_READY = (
    "I0712 10:02:28.200000    2101 kubelet_node_status.go:581]"
    ' "Recording event message for node" node="w1" event="NodeReady"'
)


def catalog(name: str, state: str) -> str:
    return f'level=info msg="state.Key.Name={name} state.State={state}"'


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [
        (LOCK, ACQUIRED),
        (LIST, SYNCED),
        (REGISTER, REGISTERED),
        (NETWORK, NODE_READY),
        (catalog("redhat", "TRANSIENT_FAILURE"), catalog("redhat", "READY")),
    ],
)
def test_what_came_about_later_is_over(failure: str, remedy: str) -> None:
    assert came_about([failure, failure, remedy]) == {0, 1}
    assert came_about([remedy, failure]) == set()
    assert came_about([failure]) == set()


def test_one_catalog_that_is_ready_says_nothing_of_another() -> None:
    lines = [catalog("redhat", "TRANSIENT_FAILURE"), catalog("community", "READY")]
    assert came_about(lines) == set()


def test_a_component_that_got_its_lease_is_healthy_and_one_that_lost_it_is_not() -> None:
    engine = builtin_engine()

    def found(*lines: str) -> list[str]:
        return [f.entry.id for f in rank(match_text(engine, "\n".join(lines).encode()))]

    lost = "F0712 11:00:00.000000       1 server.go:205] leaderelection lost"
    assert found(LOCK, ACQUIRED) == []
    assert found(LOCK, ACQUIRED, lost) == ["controller-leader-lost"]
    assert found(LOCK) == ["controller-leader-lost"]
