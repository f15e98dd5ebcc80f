"""What Kubernetes says in the namespaces of a migration, and what it leads to.

In: event rows, pod statuses and log lines as a person pastes them, none of them an example of
an entry. Out: the first finding that is not benign. Nothing is replaced; the entries are those
that come with the bot.
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


def first(engine: Engine, text: str, kind: str = "") -> str:
    findings = rank(match_text(engine, text.encode(), kind))
    return next((f.entry.id for f in findings if not f.entry.benign), "")


SCHEDULED = "Warning  FailedScheduling  pod/{pod}  0/6 nodes are available: {why}"
MASTERS = "3 node(s) had untolerated taint {node-role.kubernetes.io/master: }"


@pytest.mark.parametrize(
    ("pod", "why", "entry"),
    [
        ("api-1", "6 node(s) had untolerated taint {storage: only}.", "unschedulable-taint"),
        ("api-1", f"3 Insufficient cpu, {MASTERS}.", "unschedulable-insufficient"),
        (
            "api-1",
            f"3 node(s) didn't match Pod's node affinity/selector, {MASTERS}.",
            "unschedulable-node-selector",
        ),
        ("api-1", f"3 node(s) were unschedulable, {MASTERS}.", "unschedulable-cordoned"),
        (
            "api-1",
            f"3 node(s) had volume node affinity conflict, {MASTERS}.",
            "unschedulable-volume-zone",
        ),
        ("api-1", f"3 Too many pods, {MASTERS}.", "unschedulable-too-many-pods"),
        (
            "api-1",
            f"3 node(s) had untolerated taint {{node.kubernetes.io/unreachable: }}, {MASTERS}.",
            "node-not-ready",
        ),
        (
            "api-1",
            "pod has unbound immediate PersistentVolumeClaims.",
            "unschedulable-unbound-claim",
        ),
        (
            "rsync-server",
            "6 node(s) didn't match Pod's node affinity/selector.",
            "dvm-node-selector-missing",
        ),
        (
            "rsync-server",
            f"3 node(s) had volume node affinity conflict, {MASTERS}.",
            "volumes-in-several-zones",
        ),
    ],
)
def test_the_scheduler_names_the_filter_that_decided(
    engine: Engine, pod: str, why: str, entry: str
) -> None:
    assert first(engine, SCHEDULED.format(pod=pod, why=why), "event") == entry


REFUSED = (
    'Warning  FailedCreate  replicaset/api-6d9  Error creating: pods "api-6d9-" is forbidden: '
)


@pytest.mark.parametrize(
    ("why", "entry"),
    [
        (
            "exceeded quota: small, requested: pods=1, used: pods=9, limited: pods=9",
            "quota-exceeded",
        ),
        ("failed quota: small: must specify requests.memory for: api", "quota-needs-limits"),
        ("minimum cpu usage per Container is 200m, but request is 10m", "limit-range-exceeded"),
        (
            "unable to validate against any security context constraint: [fsGroup: Invalid value]",
            "scc-denied",
        ),
        ('violates PodSecurity "restricted:v1.28": seccompProfile', "pod-security-denied"),
        ("no PriorityClass with name gold was found", "cluster-scoped-resources-missing"),
        ("something nobody has seen", "pod-create-refused"),
    ],
)
def test_a_refused_pod_is_traced_to_what_forbids_it(engine: Engine, why: str, entry: str) -> None:
    assert first(engine, REFUSED + why, "event") == entry


PULL = 'Warning  Failed  pod/api-1  Failed to pull image "reg.example.org/a/b:7": rpc error: '


@pytest.mark.parametrize(
    ("why", "entry"),
    [
        ("code = NotFound desc = reg.example.org/a/b:7: not found", "image-pull-not-found"),
        ("code = Unknown desc = denied: you may not", "image-pull-unauthorized"),
        (
            'code = Unknown desc = Get "https://reg.example.org/v2/": dial tcp: i/o timeout',
            "image-pull-registry-unreachable",
        ),
        (
            'code = Unknown desc = Get "https://reg.example.org/v2/": tls: failed to verify '
            "certificate: x509: certificate signed by unknown authority",
            "image-pull-tls",
        ),
        ("code = Unknown desc = odd", "image-pull-failed"),
    ],
)
def test_a_failed_pull_is_traced_to_the_answer_of_the_registry(
    engine: Engine, why: str, entry: str
) -> None:
    assert first(engine, PULL + why, "event") == entry


@pytest.mark.parametrize(
    "text",
    [
        "Normal  Scheduled  pod/api-1  Successfully assigned shop/api-1 to w2",
        "Normal  Pulled  pod/api-1  Successfully pulled image "
        '"image-registry.openshift-image-registry.svc:5000/openshift/php:8" in 2s',
        "Normal  WaitForFirstConsumer  persistentvolumeclaim/db  waiting for first consumer to be "
        "created before binding",
        '{"level":"info","logger":"directvolume","msg":"Rsync Transfer Routes have failed to be '
        "admitted within 3 minutes on destination cluster. Errors: [no status condition available "
        'for the route]"}',
        "kind: Pod\nmetadata: {name: api}\nstatus: {phase: Running, containerStatuses: [{name: a, "
        'state: {running: {startedAt: "2026-01-02T03:04:05Z"}}}]}',
        "kind: PersistentVolumeClaim\nmetadata: {name: db}\nstatus: {phase: Pending}",
        'kind: Node\nmetadata: {name: w1}\nstatus: {conditions: [{type: Ready, status: "True"}, '
        '{type: DiskPressure, status: "False"}]}',
    ],
)
def test_what_is_normal_raises_nothing(engine: Engine, text: str) -> None:
    assert first(engine, text) == ""


CHANGED = (
    "type: 'Normal' reason: 'OperatorStatusChanged' Status for clusteroperator/{operator} changed: "
    'Degraded message changed from "{was}" to "{now}"'
)
EXPIRED = "RouteHealthDegraded: x509: certificate has expired or is not yet valid"


@pytest.mark.parametrize(
    ("was", "now", "entry"),
    [
        (EXPIRED, "", ""),
        (EXPIRED, "All is well", ""),
        ("", EXPIRED, "clusteroperator-degraded"),
        ("RouteStatusDegraded: route is not available", EXPIRED, "clusteroperator-degraded"),
    ],
)
def test_an_operator_is_taken_at_what_it_says_now(
    engine: Engine, was: str, now: str, entry: str
) -> None:
    assert first(engine, CHANGED.format(operator="console", was=was, now=now)) == entry
