"""What people paste is what their screen shows: the form must not hide the cause.

In: texts as ``oc describe``, terminals and log viewers leave them. Out: ranked findings of the
built-in entries.
"""

from __future__ import annotations

import re
import textwrap
from functools import cache

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.matching.engine import Engine
from knowledge.pasting import match_text
from knowledge.ranking import Ranked, rank
from tests.knowledge.builtin import builtin_engine


@cache
def engine() -> Engine:
    return builtin_engine()


def found(text: str, kind: str = "", component: str = "") -> tuple[Ranked, ...]:
    return rank(match_text(engine(), text.encode(), kind, component))


DESCRIBED = """\
Name:         shop
Namespace:    openshift-migration
API Version:  migration.openshift.io/v1alpha1
Kind:         MigPlan
Status:
  Conditions:
    Category:              Critical
    Last Transition Time:  2024-02-18T00:08:53Z
    Message:               {message}
    Reason:                NotReady
    Status:                True
    Type:                  {type}
    Category:              Required
    Last Transition Time:  2024-02-18T00:08:58Z
    Message:               The `persistentVolumes` list has been updated with discovered PVs.
    Reason:                Done
    Status:                True
    Type:                  PvsDiscovered
Events:                    <none>
"""
CUT_OFF = """\
  - category: Critical
    lastTransitionTime: "2024-02-18T00:08:53Z"
    message: {message}
    reason: NotReady
    status: "True"
    type: {type}
  - category: Required
    message: 'The `persistentVolumes` list has been upd
"""
ON_ONE_LINE = "Type: {type}  Status: True  Reason: NotReady  Category: Critical  Message: {message}"


@pytest.mark.parametrize("form", [DESCRIBED, CUT_OFF, ON_ONE_LINE])
@pytest.mark.parametrize("kind", ["", "cr", "condition"])
def test_a_condition_is_known_by_its_type_in_any_form(form: str, kind: str) -> None:
    text = form.format(type="StorageNotReady", message="Something no entry has words for.")
    assert [f.entry.id for f in found(text, kind)] == ["migplan-storage-not-ready"]


def test_the_object_of_a_description_is_named() -> None:
    text = DESCRIBED.format(type="StorageNotReady", message="It is not ready.")
    (first,) = found(text)
    assert (first.subject.kind, first.subject.name) == ("MigPlan", "shop")


def test_a_described_condition_that_is_false_says_nothing() -> None:
    text = DESCRIBED.format(type="StorageNotReady", message="-").replace("True", "False")
    assert not found(text)


def test_colours_and_line_ends_of_a_terminal_do_not_hide_a_line() -> None:
    text = "\x1b[31mERRO\x1b[0m[0012] Fatal: wrong password \x1b[1mor no key\x1b[0m found\r\n"
    assert found(text)[0].entry.id == "restic-wrong-password"


def test_a_message_wrapped_by_the_screen_is_read_as_one() -> None:
    text = "message: the server has asked for the client\n      to provide credentials\n"
    assert found("note " + text)[0].entry.id == "cluster-token-refused"


def test_a_message_folded_in_a_piece_of_yaml_is_read_as_one() -> None:
    piece = (
        "message: 'Internal error occurred: registry.example/shop/web:1:\n"
        'Get "https://registry.example/v2/": net/http: request canceled while\n'
        "waiting for connection (Client.Timeout exceeded while awaiting headers)'\n"
    )
    assert [item.entry.id for item in found(piece)] == ["registry-unreachable"]


def test_an_error_on_a_line_of_its_own_is_about_the_address_on_the_line_before() -> None:
    piece = (
        "error pinging docker registry registry.example:5000:\n"
        "Get https://registry.example:5000/v2/:\n"
        "x509: certificate signed by unknown authority\n"
    )
    assert found(piece)[0].entry.id == "registry-certificate-untrusted"


def test_an_event_that_a_controller_logs_is_an_event() -> None:
    text = (
        'I1014 09:18:53.061079 1 event.go:282] Event(v1.ObjectReference{Kind:"Job", Name:"j-1"}): '
        "type: 'Warning' reason: 'DeadlineExceeded' something new"
    )
    assert found(text, "log", "cluster")[0].entry.id == "hook-job-deadline"


def test_an_object_is_read_as_one_even_where_it_is_called_a_log() -> None:
    text = "apiVersion: velero.io/v1\nkind: BackupStorageLocation\nstatus: {phase: Unavailable}\n"
    assert found(text, "log", "velero")[0].entry.id == "bsl-unavailable"


DELETING = "pvc-stuck-deleting"
KEPT = "volume-not-deleted"
VOLUME = "kind: PodVolumeBackup\nmetadata:\n  name: pvb-1\nstatus:\n  phase: Failed\n"


@pytest.mark.parametrize(
    "shown",
    [
        "[root@bastion ~]# oc get podvolumebackup pvb-1 -o yaml\n" + VOLUME + "[root@bastion ~]# ",
        "$ oc get podvolumebackup pvb-1 -o yaml\n" + VOLUME,
        "```yaml\n" + VOLUME + "```",
        VOLUME + 'spec:\n  message: "cut off he',
        VOLUME + "\t\n",
        VOLUME.replace("  ", "\u00a0 "),
        "\ufeff" + VOLUME.replace("\n", "\r\n"),
    ],
)
def test_an_object_is_found_in_what_surrounds_it(shown: str) -> None:
    (first,) = found(shown, "cr")
    assert (first.entry.id, first.subject.name) == ("podvolumebackup-failed", "pvb-1")


def test_a_described_object_is_known_by_its_phase() -> None:
    shown = (
        "Name:         pvb-1\nKind:         PodVolumeBackup\nSpec:\n  Node:  worker-1\n"
        "Status:\n  Phase:  {phase}\n  Progress:\n    Bytes Done:  12\nEvents:  <none>\n"
    )
    assert [f.entry.id for f in found(shown.format(phase="Failed"))] == ["podvolumebackup-failed"]
    assert not found(shown.format(phase="Completed"))


@pytest.mark.parametrize(
    ("phase", "first_line", "entry"),
    [
        ("Pending", "Annotations:   volume.kubernetes.io/storage-provisioner: a.io", "pvc-pending"),
        ("Bound", "Annotations:   volume.kubernetes.io/storage-provisioner: a.io", ""),
        ("Pending", "Annotations:   <none>", ""),
    ],
)
def test_a_described_claim_waits_only_once_a_provisioner_was_asked(
    phase: str, first_line: str, entry: str
) -> None:
    text = f"""\
Name:          data
Namespace:     shop
StorageClass:  fast
Status:        {phase}
Volume:
Labels:        <none>
{first_line}
Finalizers:    [kubernetes.io/pvc-protection]
"""
    assert [f.entry.id for f in found(text)] == ([entry] if entry else [])


@pytest.mark.parametrize(
    ("status", "beneath", "entry"),
    [
        ("Terminating", "No resource quota.", "namespace-terminating"),
        ("Terminating (lasts 2d)", "Finalizers:    [kubernetes.io/pvc-protection]", DELETING),
        ("Terminating (lasts <invalid>)", "Finalizers:    [external-attacher/x]", KEPT),
        ("Active", "No resource quota.", ""),
        ("Bound", "Finalizers:    [kubernetes.io/pvc-protection]", ""),
    ],
)
def test_a_described_namespace_or_claim_that_is_being_deleted_says_so(
    status: str, beneath: str, entry: str
) -> None:
    text = f"Name:          shop\nLabels:        <none>\nStatus:        {status}\n{beneath}\n"
    assert [f.entry.id for f in found(text)] == ([entry] if entry else [])


@pytest.mark.parametrize(
    ("broken", "entry"),
    [
        (
            'Internal error occurred: failed calling\nwebhook "v.x.io": failed to call '
            'webhook: Post\n"https://v.x.svc:443/v?timeout=10s":\ndial tcp 10.0.0.1:443: '
            "connection refused\n",
            "admission-webhook-unavailable",
        ),
        (
            'MountVolume.SetUp failed for volume "config":\n\nconfigmap "settings" not found\n',
            "pod-config-missing",
        ),
        (
            'Failed to list *v1.Node: nodes is forbidden: User "system:serviceaccount:shop:op"\n'
            'cannot list resource "nodes" in API group "" at the cluster scope\n'
            "2024-02-18T00:08:53Z ERROR failed to wait for node caches to sync\n",
            "account-lacks-right",
        ),
    ],
)
def test_what_somebody_broke_into_lines_is_read_as_one_paragraph(broken: str, entry: str) -> None:
    assert [f.entry.id for f in found(broken)] == [entry]


def test_what_somebody_kept_in_comments_is_read_without_their_signs() -> None:
    text = (
        "# Events of web, before the cut-over:\n#\n"
        '#   Warning  FailedCreate  13s  replicaset-controller  Error creating: pods "web-" is\n'
        "#   forbidden: unable to validate against any\n"
        "#   security context constraint: []\n"
    )
    assert [f.entry.id for f in found(text)] == ["scc-denied"]


def test_rows_that_tell_their_age_are_no_paragraph() -> None:
    rows = (
        "12m Warning FailedScheduling pod/web-1 0/6 nodes are available: pod has unbound immediate"
        " PersistentVolumeClaims.\n12m Normal Scheduled pod/web-1 Successfully assigned\n"
        "11m Normal Started pod/web-1 Started container web\n"
    )
    assert found(rows, "event") == ()


def test_the_end_of_a_very_long_line_is_read() -> None:
    text = '{"level":"error","stack":"' + "a.go:1 " * 4000 + '","error":"no space left on device"}'
    assert found(text, "log", "restic")[0].entry.id == "restic-no-space"


@given(
    st.text(max_size=400), st.sampled_from(["", "log", "event", "condition", "cr", "pod-status"])
)
def test_no_text_makes_it_fail(text: str, kind: str) -> None:
    found(text, kind)
    found("Type: A Status: True " + text, kind)


class TestEventRows:
    @pytest.mark.parametrize(
        ("about", "entry"),
        [
            ("migmigration/shop-1", "migmigration-failed"),
            ("directvolumemigration/shop-1-x7k2p", "dvm-failed"),
            ("directimagemigration.migration.openshift.io/shop-1-b4", "dim-failed"),
        ],
    )
    def test_the_object_in_the_row_says_whose_failure_it_is(self, about: str, entry: str) -> None:
        row = f"2m11s   Warning   Failed   {about}   The migration has failed.  See: Errors."
        for kind in ("", "event"):
            assert [one.entry.id for one in found(row, kind)] == [entry]

    def test_a_row_about_another_kind_tells_nothing_of_a_migration(self) -> None:
        row = "2m  Warning  Failed  {}/shop  the widget fell over"
        assert found(row.format("widget"), "event") == ()
        assert [one.entry.id for one in found(row.format("directvolumemigration"), "event")] == [
            "dvm-failed"
        ]


REFUSAL = """\
{
  "kind": "Status",
  "apiVersion": "v1",
  "status": "Failure",
  "message": "nodes is forbidden: User \\"%s\\" cannot list resource \\"nodes\\"",
  "reason": "Forbidden",
  "code": 403
}
"""


@pytest.mark.parametrize(
    ("account", "cause"),
    [
        ("system:serviceaccount:shop:exporter", "account-lacks-right"),
        ("system:serviceaccount:openshift-migration:velero", "operator-forbidden"),
        ("system:anonymous", "cluster-token-refused"),
    ],
)
def test_an_answer_of_the_api_server_says_whose_right_is_missing(account: str, cause: str) -> None:
    assert found(REFUSAL % account)[0].entry.id == cause


class TestWhatIsOver:
    """``oc describe`` shows failures that were overcome next to the one that was not."""

    TABLE = (
        "Events:\n"
        "  Type     Reason             Age                From               Message\n"
        "  ----     ------             ----               ----               -------\n"
        "  Warning  FailedScheduling   16m (x4 over 17m)  default-scheduler  "
        "pod has unbound immediate PersistentVolumeClaims\n"
        "  Normal   Scheduled          16m                default-scheduler  "
        "Successfully assigned shop/db-0 to w-9\n"
    )
    ATTACH = (
        "  Warning  FailedAttachVolume  {}  attachdetach-controller  AttachVolume.Attach failed "
        'for volume "pvc-1" : rpc error: code = Internal desc = busy\n'
    )
    STARTED = "  Normal   Started  12m  kubelet  Started container db\n"

    def test_a_failure_that_was_overcome_gives_way_to_the_one_that_was_not(self) -> None:
        for prefix in ("", "> "):
            text = (self.TABLE + self.ATTACH.format("4m (x8 over 16m)")).splitlines()
            (finding,) = found("\n".join(prefix + line for line in text))
            assert finding.entry.id == "volume-attach-failed"

    def test_nothing_is_left_of_a_pod_that_runs(self) -> None:
        assert found(self.TABLE + self.ATTACH.format("15m (x2 over 16m)") + self.STARTED) == ()

    def test_what_was_seen_again_since_is_not_over(self) -> None:
        (finding,) = found(self.TABLE + self.ATTACH.format("4m") + self.STARTED)
        assert finding.entry.id == "volume-attach-failed"

    def test_another_table_is_about_another_object(self) -> None:
        failing = self.TABLE.splitlines()[:-1]
        running = self.TABLE.splitlines()[:3] + self.TABLE.splitlines()[-1:]
        (finding,) = found("\n".join(failing + running))
        assert finding.entry.id == "unschedulable-unbound-claim"

    def test_a_row_of_many_objects_is_over_by_one_of_its_own_object(self) -> None:
        waits = "16m  Warning  FailedScheduling  pod/db-0   pod has unbound immediate " + (
            "PersistentVolumeClaims\n"
        )
        scheduled = "16m  Normal  Scheduled  pod/{}  Successfully assigned\n"
        for text in (
            scheduled.format("db-0") + waits,
            waits + scheduled.format("db-0"),
            "shop  " + waits + "shop  " + scheduled.format("db-0"),
        ):
            assert found(text) == ()
        (finding,) = found(waits + scheduled.format("web-0"))
        assert finding.entry.id == "unschedulable-unbound-claim"

    def test_a_row_of_many_objects_that_was_seen_again_since_is_not_over(self) -> None:
        mount = 'Warning  FailedMount  pod/db-0  MountVolume.SetUp failed for volume "x" : odd\n'
        started = "5m  Normal  Started  pod/db-0  Started container db\n"
        assert found(f"12m  {mount}{started}") == ()
        for age in ("5m", "2m"):
            (finding,) = found(f"{age}  {mount}{started}")
            assert finding.entry.id == "volume-mount-failed"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_file_that_a_windows_shell_wrote_is_read(encoding: str) -> None:
    text = "rsync: [receiver] write failed on x: No space left on device (28)\r\n"
    ranked = rank(match_text(engine(), text.encode(encoding)))
    assert [one.entry.id for one in ranked] == ["rsync-no-space"]


def test_a_row_that_only_pods_have_is_about_no_migration() -> None:
    row = "  Warning  Failed  33s (x2 over 5m)  kubelet  Error: the widget fell over"
    assert found(row) == ()


PLAYBOOK = """\
TASK [migrationcontroller : Get the proxy] *************************************
fatal: [localhost]: FAILED! => {"changed": false,
    "msg": "Failed to create object: not found"}
%s
TASK [migrationcontroller : Set up mig ui route] *******************************
ok: [localhost] => {"changed": false}
"""


def test_a_task_whose_failure_is_ignored_is_no_trouble() -> None:
    assert found(PLAYBOOK % "", component="operator")[0].entry.id == "operator-task-failed"
    assert not found(PLAYBOOK % "...ignoring", component="operator")


ANSWER = """\
TASK [shop : Fetch the catalog] ************************************************
fatal: [localhost]: FAILED! => changed=true
  cmd: podman pull registry.example:5000/shop/catalog:v4.10
  msg: non-zero return code
  rc: 125
  stderr: |-
    Error: reading manifest v4.10 in registry.example:5000/shop/catalog: manifest unknown
%s
PLAY RECAP *********************************************************************
localhost                  : ok=2    changed=1    unreachable=0    failed=1
"""


@pytest.mark.parametrize("more", ["", "".join(f"  - row {n}\n" for n in range(20))])
def test_what_a_task_met_stands_before_the_task_that_failed(more: str) -> None:
    assert found(ANSWER % more)[0].entry.id == "registry-manifest-unknown"


def test_an_answer_may_begin_on_the_line_after_the_task_that_failed() -> None:
    text = (
        "fatal: [localhost]: FAILED! => \n{\n"
        '  "changed": false,\n'
        '  "msg": "failed to create the resource: HTTP Error 422: Unprocessable Entity"\n}\n'
    )
    assert [r.entry.id for r in found(text)] == ["object-invalid"]


def in_log(text: str, *, chunk: int = 100) -> list[str]:
    data = text.encode()
    chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    return [
        r.entry.id for r in rank(engine().scan(chunks, component="operator")) if not r.entry.benign
    ]


def test_a_log_that_is_scanned_knows_what_a_playbook_was_told_to_ignore() -> None:
    ignored, failed = PLAYBOOK % "...ignoring", PLAYBOOK % ""
    assert in_log(ignored) == []
    assert in_log(failed) == ["operator-task-failed"]
    assert in_log(ignored + failed + ignored) == ["operator-task-failed"]
    assert in_log(failed + ignored) == ["operator-task-failed"]


RECAP = """\
PLAY RECAP *********************************************************************
localhost                  : ok=63   changed=2    unreachable=0    failed=%d    rescued=1
"""


def test_a_failure_that_a_playbook_mended_itself_is_no_trouble() -> None:
    rest = "TASK [migrationcontroller : Set up mig ui] ok\nok: [localhost]\n" * 200
    mended, failed = PLAYBOOK % "" + rest + RECAP % 0, PLAYBOOK % "" + rest + RECAP % 1
    assert in_log(mended) == []
    assert not [r for r in found(mended, component="operator") if not r.entry.benign]
    assert in_log(failed)[0] == "operator-task-failed"
    assert found(failed, component="operator")[0].entry.id == "operator-task-failed"


def test_a_run_that_failed_stands_though_the_next_went_well() -> None:
    runs = PLAYBOOK % "" + RECAP % 1 + PLAYBOOK % "" + RECAP % 0
    assert in_log(runs)[0] == "operator-task-failed"
    assert found(runs, component="operator")[0].entry.id == "operator-task-failed"


def test_what_is_not_of_the_playbook_stands_beside_what_it_ignored() -> None:
    beside = '{"level":"error","logger":"cmd","msg":"Proxy or operator exited with error."}\n'
    assert in_log(PLAYBOOK % "" + beside + RECAP % 0) == ["operator-start-failed"]


def test_a_failure_far_above_an_ignored_one_stands() -> None:
    between = "TASK [migrationcontroller : Get cluster config] ok\n" * 100
    assert in_log(PLAYBOOK % "" + between + "...ignoring\n") == ["operator-task-failed"]


ROW = "etcdoperator.v0.9.4   etcd   0.9.4   etcdoperator.v0.9.2   Failed"


def test_a_row_of_a_table_is_known_where_it_is_pasted() -> None:
    assert [ranked.entry.id for ranked in found(ROW)] == ["olm-csv-failed"]
    assert [ranked.entry.id for ranked in found(ROW, kind="log")] == ["olm-csv-failed"]


def test_a_row_of_a_table_is_not_looked_for_in_the_logs_of_pods() -> None:
    assert list(engine().scan([ROW.encode()])) == []


FRAGMENT = """\
conditions:
- category: {category}
  lastTransitionTime: "2025-03-04T10:15:00Z"
  message: The namespaces use a feature that the destination cluster lacks.
  status: "True"
  type: DestinationLacksFeature
"""


def test_a_blocking_condition_that_no_entry_names_is_told_without_its_object() -> None:
    told = found(FRAGMENT.format(category="Critical"), kind="condition")
    assert [ranked.entry.id for ranked in told] == ["mtc-condition-unknown"]
    for harmless in ("Warn", "Advisory", "Required"):
        assert not found(FRAGMENT.format(category=harmless), kind="condition")


def test_a_condition_that_mtc_says_is_not_so_tells_nothing() -> None:
    condition = """\
- category: Critical
  message: 'Namespace limit: 10 exceeded, found: 12'
  status: "{status}"
  type: NamespaceLimitExceeded
"""
    told = found(condition.format(status="True"))
    assert [ranked.entry.id for ranked in told] == ["migplan-namespace-limit-exceeded"]
    assert not found(condition.format(status="False"))
    assert not found("status:\n  conditions:\n" + condition.format(status="False"))


def test_what_speaks_in_a_paste_against_a_cause_lowers_it() -> None:
    message = "0/6 nodes are available: 3 Insufficient cpu, 3 node(s) didn't match node selector."
    text = f"""\
kind: Pod
metadata: {{name: rsync-server, namespace: shop}}
status:
  conditions:
  - {{type: PodScheduled, status: "False", reason: Unschedulable, message: "{message}"}}
"""
    first, second = found(text)[:2]
    assert first.entry.id == "unschedulable-insufficient"
    assert (second.entry.id, second.doubted) == ("dvm-node-selector-missing", True)


REFUSED = (
    'time="2025-03-04T10:15:00Z" level=error msg="x" error="configmaps \\"a\\" is forbidden: User '
    '\\"system:serviceaccount:openshift-migration:velero\\" cannot list resource \\"configmaps\\""'
)


@pytest.mark.parametrize("quote", ["\u201d", "&quot;", "&#34;", "&#x22;"])
def test_quotes_that_a_page_or_an_editor_has_set_are_read_as_they_were_typed(quote: str) -> None:
    typeset = REFUSED.replace('"', quote)
    assert found(typeset)[0].entry.id == found(REFUSED)[0].entry.id == "operator-forbidden"


def test_quotes_within_what_somebody_wrote_stay() -> None:
    line = (
        '{"level":"error","error":"dial tcp 10.0.0.5:443: connection refused by \u201cshop\u201d"}'
    )
    (told,) = found(line)
    assert told.observations[0].text == line


def test_what_a_mail_quotes_is_read_without_its_marks() -> None:
    row = "console    4.11.0    False    False    True    31m    RouteHealthAvailable: no answer"
    assert found(f"> {row}")[0].entry.id == "clusteroperator-degraded"
    pod = "kind: Pod\nstatus:\n  phase: Failed\n  reason: Evicted"
    assert found(re.sub("^", "> ", pod, flags=re.MULTILINE))[0].entry.id == "pod-evicted"


WRAPPED = """\
level=error msg="Error backing up item" backup=velero/monitoring error="timed out
waiting for all PodVolumeBackups to complete" error.file="/go/src/github.com/
heptio/velero/pkg/restic/backupper.go:165" error.function="github.com/heptio/
velero/pkg/restic.(*backupper).BackupPodVolumes" group=v1
"""


def test_a_line_that_was_wrapped_within_its_quotes_is_read_whole() -> None:
    assert found(WRAPPED)[0].entry.id == "podvolumebackup-timeout"


def test_a_quotation_that_never_ends_takes_no_other_record_with_it() -> None:
    cut = 'level=error msg="Error backing up item" backup=velero/a error="timed out waiting for'
    other = 'time="2025-03-04T10:15:00Z" level=info msg="all PodVolumeBackups complete'
    told = found(f"{cut}\n{other}\n")
    assert [ranked.entry.id for ranked in told] == ["backup-item-failed"]
    assert told[0].observations[0].text == cut


CANCELED = """\
Name:         shop-1
Kind:         MigMigration
Status:
  Conditions:
    Category:  Advisory
    Message:   The migration has been canceled.
    Reason:    Cancel
    Status:    True
    Type:      %s
    Category:  Warn
    Message:   Rsync Transfer Pod(s) have not started Running within 3 minutes.
    Reason:    NotReady
    Status:    True
    Type:      DirectVolumeMigrationBlocked
  Phase:       Completed
"""


def as_yaml(end: str) -> str:
    conditions = [
        {"type": end, "status": "True", "category": "Advisory", "message": "..."},
        {"type": "DirectVolumeMigrationBlocked", "status": "True", "category": "Warn"},
    ]
    return yaml.safe_dump(
        {
            "apiVersion": "migration.openshift.io/v1alpha1",
            "kind": "MigMigration",
            "metadata": {"name": "shop-1", "namespace": "openshift-migration"},
            "status": {"phase": "Completed", "conditions": conditions},
        }
    )


def test_what_a_migration_waited_for_when_it_was_canceled_is_no_trouble() -> None:
    assert not found(CANCELED % "Canceled")
    assert not found(as_yaml("Canceled"))
    for going in ("Canceling", "Running"):
        assert found(CANCELED % going)
        assert found(as_yaml(going))


def test_a_canceled_migration_hides_no_other_that_is_pasted_with_it() -> None:
    other = (CANCELED % "Running").replace("shop-1", "shop-2")
    assert found(CANCELED % "Canceled" + "\n" + other)
    assert found(as_yaml("Canceled") + "---\n" + as_yaml("Running").replace("shop-1", "shop-2"))


PLAYED = """\
TASK [{task}] *******************************************************
fatal: [localhost]: FAILED! => {{"changed": false, "msg": "queue did not drain"}}
"""


@pytest.mark.parametrize(
    ("task", "cause"),
    [
        ("Scale down the database", "hook-playbook-failed"),
        ("migrationcontroller : Set up mig ui", "operator-task-failed"),
    ],
)
def test_whose_playbook_failed_its_tasks_tell(task: str, cause: str) -> None:
    first, *_ = found(PLAYED.format(task=task))
    assert first.entry.id == cause


def test_what_comes_after_a_line_that_is_no_yaml_is_read_too() -> None:
    piece = """\
      - group: rbac.authorization.k8s.io
        kind: PolicyRule
        status: NotSatisfied
      group: ""
      kind: ServiceAccount
      message: Policy rule not satisfied for service account
"""
    first, *_ = found(piece)
    assert first.entry.id == "olm-csv-failed"


def test_a_normal_step_of_an_installation_is_no_trouble() -> None:
    row = "5m  {}  RequirementsNotMet  clusterserviceversion/mtc-operator.v1.8.4  not found"
    assert not found(row.format("Normal"))
    assert found(row.format("Warning"))


@pytest.mark.parametrize(
    ("row", "entry"),
    [
        ("pod/web-1-x2d9z   0/1   Error   3   5m", "container-failed"),
        (
            "shop   pod/web-1-x2d9z   0/1   Error   3   5m   10.1.2.3   n1   <none>",
            "container-failed",
        ),
        ("pod/web-1-x2d9z   0/1   Pending   0   15m", "pod-unschedulable"),
        ("persistentvolumeclaim/data   Lost   pvc-2   0   gp3   3d", "pvc-lost"),
        (
            "persistentvolume/pv-1   10Gi   RWX   Delete   Failed   a/b   nfs   9d",
            "volume-not-deleted",
        ),
        ("pod/web-1-x2d9z   1/1   Running   0   5m", ""),
        ("pod/web-1-x2d9z deleted", ""),
    ],
)
def test_a_row_of_all_kinds_tells_what_the_row_of_one_kind_would(row: str, entry: str) -> None:
    assert [finding.entry.id for finding in found(row)] == [entry] * bool(entry)


@pytest.mark.parametrize("width", [70, 80, 97, 120])
def test_a_line_that_a_terminal_broke_within_a_word_is_read_whole(width: int) -> None:
    line = (
        "2023.12.15 16:53:38 LOG3[0]: SSL_accept: ssl/record/rec_layer_s3.c:1543: error:14094418:"
        "SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca"
    )
    broken = "\n".join(line[at : at + width].rstrip() for at in range(0, len(line), width))
    assert [finding.entry.id for finding in found(broken)] == ["stunnel-certificate-rejected"]


BROKEN = (
    'time="2025-03-04T10:15:00Z" level=info msg="Reconciling" controller=backup-repo\n'
    'time="2025-03-04T10:15:01Z" level=error msg="Reconciler error" error="failed to prune repo: '
    "error to connect backup repo: error to connect repo with storage: error to connect to "
    'repository: repository not initialized in the provided storage" controller=backup-repo'
)


@pytest.mark.parametrize("width", [72, 80, 100, 120])
def test_quotations_that_a_terminal_broke_are_read_whole(width: int) -> None:
    records = BROKEN.splitlines()
    broken = [line[at : at + width] for line in records for at in range(0, len(line), width)]
    assert found("\n".join(broken))[0].entry.id == "restic-repository-missing"


@pytest.mark.parametrize("width", [72, 80, 100, 120])
def test_a_message_that_a_page_filled_word_by_word_is_read_whole(width: int) -> None:
    message = (
        "Repo maintenance error: failed to prune repo: error to connect backup repo: error to "
        "connect to repository: unable to write config file: unable to create config directory: "
        "mkdir /udmrepo: permission denied"
    )
    filled = textwrap.fill(message, width, break_long_words=False, break_on_hyphens=False)
    assert found(filled)[0].entry.id == "restic-read-only-tmp"


AZURE = """\
Status:
  Message:  rpc error: code = Unknown desc = GET https://shop.blob.core.windows.net/backups
--------------------------------------------------------------------------------
RESPONSE 409: 409 A part is out of range.
ERROR CODE: OutOfRangeInput
--------------------------------------------------------------------------------
"""


def test_what_a_library_of_a_cloud_says_over_several_lines_is_one_answer() -> None:
    (told,) = found(AZURE)
    assert (told.entry.id, told.params["code"]) == ("store-request-refused", "OutOfRangeInput")


@pytest.mark.parametrize(
    "mark",
    [
        "2025-03-04T10:15:00.123456789Z ",
        "Mar 04 10:15:00 worker-1 velero[1234]: ",
        "[pod/velero-7d9f-x2k/velero] ",
        "velero.log:123:",
        "* ",
    ],
)
def test_what_stands_before_each_line_does_not_part_them(mark: str) -> None:
    row = "restic   0   0   0   0   0   <none>   3d"
    lines = [
        "NAME     DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE",
        row,
    ]
    assert found("\n".join(mark + line for line in lines))[0].entry.id == "node-agent-unready"
    assert not found("\n".join(mark + line for line in [lines[0], row.replace("0", "3")]))


def test_a_cell_of_a_table_of_csv_is_read_as_it_was_written() -> None:
    row = '"2025-03-04","velero","{}"'.format(REFUSED.replace('"', '""'))
    assert found(row)[0].entry.id == "operator-forbidden"


INSTALLED = """\
Name:         mtc-operator.v1.8.5
Namespace:    openshift-migration
Kind:         ClusterServiceVersion
Status:
  Conditions:
    Message:               one or more requirements couldn't be found
    Phase:                 Pending
    Reason:                RequirementsNotMet
    Message:               install strategy completed with no errors
    Phase:                 Succeeded
    Reason:                InstallSucceeded
  Message:                 {message}
  Phase:                   {phase}
  Reason:                  {reason}
"""


def test_what_an_operator_waited_for_before_it_was_installed_is_over() -> None:
    end = {"message": "install strategy completed with no errors", "reason": "InstallSucceeded"}
    assert not found(INSTALLED.format(phase="Succeeded", **end))
    end = {"message": "install timeout", "reason": "InstallCheckFailed"}
    first, *_ = found(INSTALLED.format(phase="Failed", **end))
    assert first.entry.id == "olm-csv-failed"


def test_condition_without_a_reason_stays_one_condition_where_it_is_described() -> None:
    text = (
        "Name:         dvm-1\nKind:         DirectVolumeMigration\nStatus:\n  Conditions:\n"
        "    Category:  Advisory\n    Message:  The migration has failed.  See: Errors.\n"
        "    Reason:  \n    Status:  True\n    Type:  Failed\n"
    )
    assert [finding.entry.id for finding in found(text)] == ["dvm-failed"]


KUBEVIRT = (
    '{{"component":"virt-controller","kind":"VirtualMachineInstance","level":"{level}",'
    '"msg":"{msg}","name":"db-vm","namespace":"shop","pos":"x.go:9",'
    '"timestamp":"2024-11-04T10:15:22Z"}}\n'
)


@pytest.mark.parametrize("before", [0, 3])
def test_a_log_whose_records_name_the_kind_of_what_they_speak_of_is_a_log(before: int) -> None:
    quiet = KUBEVIRT.format(level="info", msg="Created migration target pod") * before
    said = "Migration failed because target pod shutdown during migration"
    [finding] = found(quiet + KUBEVIRT.format(level="error", msg=said))
    assert finding.entry.id == "vm-live-migration-failed"


LEASE = (
    "E0304 10:15:22.000000       1 leaderelection.go:330] error retrieving resource lock "
    'openshift-migration/operator: Get "https://172.30.0.1:443/api": context deadline exceeded\n'
    "I0304 10:15:30.000000       1 leaderelection.go:258] successfully acquired lease\n"
)


@pytest.mark.parametrize("before", ["", "[pod/migration-operator-7d9f/operator] "])
def test_lines_that_name_their_pod_stay_apart(before: str) -> None:
    assert not found("".join(before + line for line in LEASE.splitlines(keepends=True)), "log")
