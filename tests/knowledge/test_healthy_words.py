"""What healthy programs and objects say, in which nothing is to be found.

In: logs, tables and objects of an ordinary day as a person pastes them, with words in them that
name a failure elsewhere. Out: no finding that is not benign; and beside each kind of them a text
that differs in one fact and does name a failure.
"""

from __future__ import annotations

import pytest

from knowledge.matching.engine import Engine
from knowledge.pasting import match_text
from knowledge.ranking import rank
from tests.knowledge.builtin import builtin_engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return builtin_engine()


def alarms(engine: Engine, text: str) -> list[str]:
    return [f.entry.id for f in rank(match_text(engine, text.encode())) if not f.entry.benign]


@pytest.mark.parametrize(
    "text",
    [
        '[{"State": {"Status": "running", "OOMKilled": false, "ExitCode": 0}}]',
        '        "OOMKilled": false,\n        "Dead": false,\n        "ExitCode": 0,',
        "*  SSL certificate verify result: self signed certificate in certificate chain (19),"
        " continuing anyway.\n< HTTP/1.1 200 OK",
        "*  SSL certificate verify result: unable to get local issuer certificate (20),"
        " continuing anyway.\n< HTTP/2 200",
        "  --tls-cert-file string  If HTTPS serving is enabled, and --tls-cert-file and"
        " --tls-private-key-file are not provided, a self-signed certificate and key are generated",
        "E0120 11:42:15.327691    4787 aws_credentials.go:77] while getting AWS credentials"
        " NoCredentialProviders: no valid providers in chain. Deprecated.",
        "E0712 10:02:16.000000    2101 upgradeaware.go:440] Error proxying data from backend to"
        " client: read tcp 10.0.0.7:41000->10.0.0.8:10010: read: connection reset by peer",
        'E1022 16:45:57.722243    2101 reflector.go:138] object-"shop"/"tls": Failed to watch'
        ' *v1.Secret: failed to list *v1.Secret: secrets "tls" is forbidden: User'
        ' "system:node:worker-0" cannot list resource "secrets" in API group "" in the namespace'
        " \"shop\": no relationship found between node 'worker-0' and this object",
        "E1025 16:06:05.795853       1 leaderelection.go:332] error retrieving resource lock"
        " kube-system/kube-controller-manager: leases.coordination.k8s.io"
        ' "kube-controller-manager" is forbidden: User "system:kube-controller-manager" cannot get'
        ' resource "leases" in API group "coordination.k8s.io" in the namespace "kube-system"',
        'fatal: [localhost]: FAILED! => {"changed": false, "msg": "none"}\n...ignoring\n',
        "W1025 16:06:37.615567       1 cmd.go:204] Using insecure, self-signed certificates",
        'E0712 10:02:11.0 1 controller.go:116] loading OpenAPI spec for "v1beta1.metrics.k8s.io"'
        " failed with: OpenAPI spec does not exist",
    ],
)
def test_a_word_that_names_a_failure_elsewhere_is_none_here(engine: Engine, text: str) -> None:
    assert alarms(engine, text) == []


NODE_EVENTS = """Events:
  Type     Reason         Age   From     Message
  ----     ------         ----  ----     -------
  Warning  Rebooted       2d    kubelet  Node worker-0 has been rebooted, boot id: 0a1b
  Normal   NodeNotReady   2d    kubelet  Node worker-0 status is now: NodeNotReady
"""
READY_AGAIN = "  Normal   NodeReady      2d    kubelet  Node worker-0 status is now: NodeReady\n"


def test_a_node_that_is_ready_again_is_no_failure(engine: Engine) -> None:
    assert alarms(engine, NODE_EVENTS + READY_AGAIN) == []
    assert alarms(engine, NODE_EVENTS)[0] == "node-not-ready"


def listed(probe_age: str) -> str:
    return (
        "LAST SEEN   TYPE      REASON      OBJECT          MESSAGE\n"
        "57m         Normal    Started     pod/mysql-1-x   Started container mysql\n"
        f"{probe_age}         Warning   Unhealthy   pod/mysql-1-x   Readiness probe failed:"
        " HTTP probe failed with statuscode: 503\n"
    )


def test_a_pod_that_was_not_ready_right_after_its_start_is_no_failure(engine: Engine) -> None:
    assert alarms(engine, listed("56m")) == []
    assert alarms(engine, listed("20m")) == ["container-readiness-failed"]


def check(reachable: str) -> str:
    return f"""
apiVersion: controlplane.operator.openshift.io/v1alpha1
kind: PodNetworkConnectivityCheck
metadata: {{name: to-apiserver, namespace: openshift-network-diagnostics}}
status:
  conditions:
  - {{type: Reachable, status: "{reachable}", message: "tcp connection to 10.0.0.4:6443"}}
  failures:
  - message: "dial tcp 10.0.0.4:6443: connect: connection refused"
    success: false
"""


def test_the_failures_of_a_check_that_passes_now_are_history(engine: Engine) -> None:
    assert alarms(engine, check("True")) == []
    assert alarms(engine, check("False")) == ["cluster-connection-refused"]


def workload(replicas: int) -> str:
    return f"""
kind: DeploymentConfig
metadata: {{name: mysql, namespace: shop}}
spec: {{replicas: {replicas}}}
status:
  conditions:
  - type: Available
    status: "False"
    message: Deployment config does not have minimum availability.
"""


def test_a_workload_that_was_scaled_to_nothing_lacks_nothing(engine: Engine) -> None:
    assert alarms(engine, workload(0)) == []
    assert alarms(engine, workload(1)) == ["workload-rollout-failed"]


def operator(reason: str) -> str:
    return f"""
kind: InsightsOperator
metadata: {{name: cluster}}
status:
  conditions:
  - type: DataGathered
    status: "True"
    reason: {reason}
    message: 'Created 16 records. Error: configmaps "insights-config" not found'
"""


def test_a_condition_that_is_as_expected_is_no_failure(engine: Engine) -> None:
    assert alarms(engine, operator("AsExpected")) == []
    assert alarms(engine, operator("GatherFailed")) == ["pod-config-missing"]
