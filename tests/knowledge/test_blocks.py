"""People paste objects with commands, sentences, log lines and more objects around them.

In: texts as they stand in issues and chats. Out: the ranked findings of the built-in entries, for
what an object tells by its kind and its phase as well.
"""

from __future__ import annotations

import json
import textwrap

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.blocks import blocks
from tests.knowledge.builtin import told

CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {
        "name": "data",
        "namespace": "shop",
        "annotations": {"volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"},
    },
    "spec": {"storageClassName": "gp3"},
    "status": {"phase": "Pending"},
}
COMPLETED = {
    "apiVersion": "velero.io/v1",
    "kind": "Backup",
    "metadata": {"name": "daily", "namespace": "openshift-adp"},
    "status": {"phase": "Completed"},
}
AS_YAML = yaml.safe_dump(CLAIM, sort_keys=False)
FINE = yaml.safe_dump(COMPLETED, sort_keys=False)


@pytest.mark.parametrize(
    "text",
    [
        f"oc get pvc data -n shop -o yaml\n{AS_YAML}",
        f" kubectl -n shop get pvc -o yaml\n{AS_YAML}",
        f"\u279c  ~ oc get pvc data -o yaml\n{AS_YAML}",
        f"Hi, the restore does not go on. This is what I see:\n\n{AS_YAML}\nThanks, Tom",
        f"Here it is:\n```yaml\n{AS_YAML}```\nAny idea?",
        f"This is the claim:\n\n{textwrap.indent(AS_YAML, '    ')}\nAny idea?",
        f"The backup is fine:\n```\n{FINE}```\nbut\n```\n{AS_YAML}```",
        f"$ oc get pvc data -oyaml\n{AS_YAML}\n$ oc get backup daily -oyaml\n{FINE}$ ",
        AS_YAML.replace("metadata:\n", "metadata:\n  [...]\n"),
        f"oc get pvc data -o json\n{json.dumps(CLAIM, indent=4)}\nwhat is wrong?",
        f"it says: {'{'}\n{json.dumps(CLAIM)}\nwhat is wrong?",
        f"first\n{json.dumps(COMPLETED, indent=2)}\nthen\n{json.dumps(CLAIM, indent=2)}\n",
        f'time="2024-01-02T03:04:05Z" level=info msg="Setting log-level to INFO"\n{AS_YAML}',
    ],
)
def test_objects_are_read_among_other_text(text: str) -> None:
    assert told(text) == ["pvc-pending"]


def test_objects_are_still_read_where_the_text_around_them_is_all_there_is_besides() -> None:
    assert told(f"All went well here:\n```\n{FINE}```\nThanks!") == []


def test_line_of_a_log_beside_an_object_leads_over_what_the_object_shows_of_it() -> None:
    failed = yaml.safe_dump({**COMPLETED, "status": {"phase": "PartiallyFailed", "errors": 1}})
    line = (
        'time="2024-01-02T03:04:05Z" level=error msg="Error backing up item" error="pod volume '
        "backup failed: running Restic backup, stderr=Fatal: unable to create lock in backend: "
        'repository is already locked by PID 31 on w1"'
    )
    assert told(f"$ velero backup logs daily\n{line}\n\nand\n```\n{failed}```")[0] == (
        "restic-repository-locked"
    )


def test_message_whose_quotation_was_cut_off_is_read_to_its_end() -> None:
    text = (
        "apiVersion: velero.io/v1\nkind: BackupStorageLocation\nmetadata:\n  name: default\n"
        "status:\n  phase: Unavailable\n"
        '  message: "rpc error: code = Unknown desc = NoSuchBucket: The specified bucket\n'
        "    does not exist, status co"
    )
    assert told(text)[0] == "store-bucket-missing"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("Restic Backups:\n  Failed:\n    shop/db-0: data\n", "podvolumebackup-failed"),
        ("  Restic Backups:\n  Failed:\n    shop/db-0: data\n", "podvolumebackup-failed"),
        ("Errors: Restic Backups:\n  Failed:\n    shop/db-0: data\n", "podvolumebackup-failed"),
        ("  Pod Volume Backups - kopia:\n    Failed:  2\n", "podvolumebackup-failed"),
        (
            "kopia Restores:\n  Completed:\n    shop/web-1: log\n  Failed:\n    shop/db-0: data\n",
            "",
        ),
        ("Restic Restores (specify --details for more information):\n  Failed:  1\n", ""),
    ],
)
def test_volumes_that_failed_are_known_from_what_velero_describes(text: str, entry: str) -> None:
    assert told(text) == [entry or "podvolumerestore-failed"]


def test_volumes_that_completed_are_no_failure() -> None:
    text = "Restic Backups:\n  Completed:\n    shop/db-0: data\n\nHooks:\n  Failed:\n    0\n"
    assert told(text) == []


@given(
    st.lists(st.sampled_from(["kind: A", "  b: c", "- d", "{", '{"e": 1}', "}", "", "f g", "---"]))
)
def test_blocks_stand_in_their_order_within_the_text(lines: list[str]) -> None:
    at = 0
    for block in blocks(lines):
        assert at <= block.begin < block.end <= len(lines)
        at = block.end


def test_rows_above_an_object_that_is_well_are_still_read() -> None:
    text = (
        "oc -n openshift-adp get pod\n"
        "NAME              READY   STATUS             RESTARTS   AGE\n"
        f"dm-02-kpzp6       0/1     ImagePullBackOff   0          2m33s\n\noc get backup\n{FINE}"
    )
    assert told(text) == ["image-pull-failed"]
