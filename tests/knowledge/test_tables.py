"""What a table is of stands in its header: its rows are read as the objects that they show.

In: tables as ``oc get`` and ``velero get`` print them. Out: the findings of the built-in entries.
"""

from __future__ import annotations

import pytest

from knowledge.tables import rows
from tests.knowledge.builtin import told

MIGRATIONS = """\
$ oc get migmigration -n openshift-migration
NAME      READY   PLAN   STAGE   ROLLBACK   ITINERARY   PHASE       AGE
shop-1    True    shop   false              {:<9}   Completed   2d
shop-2    True    shop   true               Stage       Completed   2d
[user@bastion ~]$ """
TRANSFERS = """\
NAMESPACE             NAME           PHASE       ITINERARY               AGE
openshift-migration   shop-1-xk2lw   Completed   {:<21}   2d
"""
UPLOADS = """\
NAME             STATUS      STARTED   BYTES DONE    TOTAL BYTES   STORAGE LOCATION   AGE   NODE
backup-1-7b6sj   Completed   9m47s     106257236     106257236     default            10m   w-1
backup-1-px26r   {:<9}   9m47s                                 default            10m   w-0
"""
VOLUMES = """\
NAME        STATUS      CREATED   NAMESPACE   POD     VOLUME   RESTIC REPO    STORAGE LOCATION   AGE
b-1-2lqtz   {:<9}   11m       shop        db-0    data     s3:http://x    default            11m
"""
BACKUPS = """\
NAME   STATUS             ERRORS   CREATED                         EXPIRES   STORAGE LOCATION
b1     {:<16}   0        2022-09-20 22:52:56 +0000 UTC   29d
"""
REPOSITORIES = """\
NAME                    STATUS     LAST MAINTENANCE
shop-default-restic     {:<8}   2022-09-20 22:52:56 +0000 UTC
"""
APPLICATIONS = "NAME      RECONCILED   AGE\nvelero    {:<10}   3d\n"


@pytest.mark.parametrize(
    ("table", "state", "entry"),
    [
        (MIGRATIONS, "Failed", "migmigration-failed"),
        (TRANSFERS, "VolumeMigrationFailed", "dvm-failed"),
        (TRANSFERS, "ImageMigrationFailed", "dim-failed"),
        (UPLOADS, "Failed", "podvolumebackup-failed"),
        (UPLOADS, "Canceled", "data-mover-canceled"),
        (VOLUMES, "Failed", "podvolumebackup-failed"),
        (BACKUPS, "FailedValidation", "velero-validation-failed"),
        (BACKUPS, "PartiallyFailed", "velero-backup-failed"),
        (REPOSITORIES, "NotReady", "backup-repository-not-ready"),
        (APPLICATIONS, "False", "dpa-not-reconciled"),
    ],
)
def test_rows_tell_how_their_objects_ended(table: str, state: str, entry: str) -> None:
    assert told(table.format(state)) == [entry]


@pytest.mark.parametrize(
    ("table", "state"),
    [
        (MIGRATIONS, "Final"),
        (TRANSFERS, "VolumeMigration"),
        (UPLOADS, "InProgress"),
        (VOLUMES, "Completed"),
        (BACKUPS, "Completed"),
        (REPOSITORIES, "Ready"),
        (APPLICATIONS, "True"),
    ],
)
def test_rows_of_objects_that_are_well_tell_nothing(table: str, state: str) -> None:
    assert told(table.format(state)) == []


def test_rows_are_read_where_a_screen_set_tabs_and_where_cells_are_empty() -> None:
    lines = ["NAME\tRECONCILED\tAGE".replace("\t", "   "), "velero\tFalse\t3d"]
    assert [row["kind"] for _, row in rows(lines)] == ["DataProtectionApplication"]
    (row,) = (row for _, row in rows(MIGRATIONS.format("").splitlines()[:3]))
    assert row["status"]["itinerary"] == ""


def test_other_tables_and_what_stands_after_a_table_are_left_to_others() -> None:
    lines = ["NAME   READY   STATUS    RESTARTS   AGE", "web-1  1/1     Running   0          3d"]
    assert list(rows(lines)) == []
    assert list(rows(["NAME   RECONCILED   AGE", "", "velero   False   3d"])) == []
