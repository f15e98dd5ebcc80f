"""What texts of stores, registries, operators, hooks and the controller lead to.

In: lines and conditions as they are met, in the wrappings of the programs that write them. Out:
the first finding of the entries that come with the bot; nothing but noise for healthy lines.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from knowledge.matching.engine import Engine
from knowledge.matching.loglines import head
from knowledge.pasting import match_text
from knowledge.ranking import rank
from tests.knowledge.builtin import builtin_engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return builtin_engine()


STORE_ERRORS = {
    "AccessDenied: Access Denied": "store-access-denied",
    "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.": (
        "store-invalid-access-key"
    ),
    "SignatureDoesNotMatch: The request signature we calculated does not match": (
        "store-signature-mismatch"
    ),
    "NoSuchBucket: The specified bucket does not exist": "store-bucket-missing",
    "RequestTimeTooSkewed: The difference between the request time and the current time is too "
    "large.": "store-clock-skew",
    "SlowDown: Please reduce your request rate.": "store-throttled",
    "ExpiredToken: The provided token has expired.": "store-token-expired",
    "storage: bucket doesn't exist": "store-bucket-missing",
    "googleapi: Error 403: a@b.iam.gserviceaccount.com does not have storage.objects.list access "
    "to the Google Cloud Storage bucket., forbidden": "store-gcs-forbidden",
    "ErrorCode=AuthenticationFailed, ErrorMessage=Server failed to authenticate the request.": (
        "store-azure-login-failed"
    ),
    "RESPONSE 404: 404 The specified container does not exist. ERROR CODE: ContainerNotFound": (
        "store-bucket-missing"
    ),
}
WRAPPINGS = {
    "velero log": 'time="2024-01-15T09:00:00Z" level=error msg="Error listing backups in backup '
    'store" backupLocation=openshift-migration/a error="rpc error: code = Unknown desc = {}"',
    "location": "kind: BackupStorageLocation\nmetadata: {{name: a}}\nstatus:\n  phase: Unavailable"
    "\n  message: |\n    rpc error: code = Unknown desc = {}\n",
    "migstorage": "kind: MigStorage\nmetadata: {{name: a}}\nstatus:\n  conditions:\n  - type: "
    "BackupStorageProviderTestFailed\n    status: 'True'\n    category: Critical\n    message: |\n"
    "      The `backupStorageConfig` settings [{}] not provided in secret openshift-config/s3 not "
    "valid.\n",
    "event row": "3m  Warning  BackupStorageProviderTestFailed  migstorage/a  The "
    "`backupStorageConfig` settings [{}] not provided in secret openshift-config/s3 not valid.",
}


@pytest.mark.parametrize("wrapping", WRAPPINGS.values(), ids=WRAPPINGS)
@pytest.mark.parametrize("text", STORE_ERRORS, ids=lambda text: STORE_ERRORS[text])
def test_a_store_error_is_told_wherever_it_stands(engine: Engine, text: str, wrapping: str) -> None:
    first, *_ = rank(match_text(engine, wrapping.format(text).encode()))
    assert first.entry.id == STORE_ERRORS[text]


@pytest.mark.parametrize(
    ("text", "component", "expected"),
    [
        (
            "Fatal: unable to open config file: Stat: Access Denied.\n"
            "Is there a repository at the following location?",
            "restic",
            "store-access-denied",
        ),
        (
            'Reconcile failed: [Get "https://api.a.example:6443/version": dial tcp 10.0.0.1:6443: '
            "connect: connection refused]. See controller logs for details.",
            "mig-controller",
            "cluster-connection-refused",
        ),
        ("Hook job openshift-migration/after-restore-1 failed.", "", "hook-job-failed"),
        ('fatal: [localhost]: FAILED! => {"msg": "no"}', "operator", "operator-task-failed"),
        ("No velero pods found on MigCluster", "", "velero-pod-missing"),
        ("etcdserver: leader changed", "", "etcd-slow"),
        ("unable to locate ObjectStore plugin named velero.io/aws", "", "velero-plugin-missing"),
        (
            "[is-backup] Error copying image: error pinging docker registry a:5000: invalid "
            "status code from registry 503 (Service Unavailable)",
            "velero",
            "registry-store-unavailable",
        ),
        (
            "constraints not satisfiable: no operators found in channel stable-1.2",
            "operator",
            "olm-resolution-failed",
        ),
    ],
)
def test_a_text_leads_to_its_cause(
    engine: Engine, text: str, component: str, expected: str
) -> None:
    first, *_ = rank(match_text(engine, text.encode(), "", component))
    assert first.entry.id == expected


@pytest.mark.parametrize(
    "line",
    [
        '{"level":"info","msg":"Cloud secret has propagated to Velero Pod on [0/2] clusters. '
        'Waiting.","migMigration":"a"}',
        '{"level":"info","msg":"No velero pods found on MigCluster while checking for Velero '
        'cloud secret propagation.","migMigration":"a"}',
        '{"level":"info","msg":"Skipped phase due to flag evaluation.","migMigration":"a"}',
        '{"level":"error","msg":"","error":"Operation cannot be fulfilled on '
        'migplans.migration.openshift.io \\"a\\": the object has been modified; please apply your '
        'changes to the latest version and try again"}',
        '{"level":"error","msg":"failed to gather UID/GID/Selinux Labels information","error":'
        '"namespaces [a]"}',
        'level=error msg="error encountered while scanning stdout" error="read |0: file already '
        'closed"',
        'level=info msg="Waiting for CSI driver to reconcile volumesnapshot a/b. Retrying in 5s"',
        "localhost : ok=57 changed=3 unreachable=0 failed=0 skipped=39 rescued=0 ignored=1",
        "I0524 12:21:16.970834 1 request.go:690] Waited for 1.04s due to client-side throttling, "
        "not priority and fairness, request: GET:https://10.0.0.1:443/apis",
    ],
)
@pytest.mark.parametrize("component", ["", "velero", "mig-controller", "operator"])
def test_a_line_of_a_healthy_run_raises_nothing(engine: Engine, line: str, component: str) -> None:
    found = rank(match_text(engine, line.encode(), "log", component))
    assert [f.entry.id for f in found if not f.entry.benign] == []


@pytest.mark.parametrize("stamp", ["1795501125.743", "1795501125743"])
def test_the_controller_dates_its_lines_in_seconds_and_in_milliseconds(stamp: str) -> None:
    said = head(f'{{"level":"info","ts":{stamp},"logger":"entrypoint","msg":"setting up"}}')
    assert said.time == datetime(2026, 11, 24, 6, 18, 45, 743000, UTC)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2024-05-02T10:11:12Z\tINFO\tcontrollers.DPA\tno error here", "info"),
        ("2024-05-02T10:11:12.123+0200\tERROR\tReconciler error\t{}", "error"),
        ("2024-05-02T10:11:13Z 2024-05-02T10:11:12Z\tDEBUG\tevents\tERROR is a word", "debug"),
        ("1.6927019443434076e+09\tINFO\tcontroller-runtime.metrics\tlistening", "info"),
        ("[pod/oadp-1/manager] 2024-05-02T10:11:12Z\tWARN\tslow", "warning"),
        ("2024-05-02T10:11:13.5Z W0502 10:11:12.000000 1 reflector.go:1] x", "warning"),
        ("2024-05-02T10:11:12Z the INFO of it", ""),
    ],
)
def test_a_line_for_people_names_its_level_after_its_time(line: str, level: str) -> None:
    assert head(line).level == level
