"""From a condition on a real control cluster, over a real source, to a card in Slack."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from tests.apiserver.loading import load, path_of
from tests.apiserver.rights import ACCOUNT
from tests.watching.live.conftest import CHANNEL, Site, wait_for
from tests.watching.objects import READY, condition, stamp

pytestmark = pytest.mark.apiserver


def failed(site: Site, *errors: str, name: str = "shop-1") -> None:
    """Let a migration end as mig-controller ends one whose stage backup failed."""
    now = datetime.now(UTC)
    reason = "StageBackupFailed"
    told = condition("Failed", "Critical", f"The migration has failed. {reason}", reason, now)
    status = {
        "phase": "Completed",
        "itinerary": "Failed",
        "errors": list(errors),
        "conditions": [told],
    }
    site.patch(k.MIGMIGRATION, name, {"status": status})


def test_the_cause_of_a_failure_is_found_on_the_source_and_posted(site: Site) -> None:
    now = stamp(datetime.now(UTC))
    name = "shop-1-stage-abcde"
    labels = {"migration.openshift.io/migmigration-name": "shop-1"}
    meta = {"namespace": MTC_NAMESPACE, "creationTimestamp": now}
    told = "timed out waiting for all PodVolumeBackups to complete"
    volume_spec = {
        "pod": {"namespace": "shop", "name": "db-0"},
        "volume": "data",
        "node": "worker-1",
        "backupStorageLocation": "s3-x",
        "repoIdentifier": "s3:example",
    }
    volume = {"velero.io/backup-name": name}
    load(
        site.source.api,
        [
            {
                "apiVersion": k.BACKUP.api_version,
                "kind": "Backup",
                "metadata": {**meta, "name": name, "labels": labels},
                "status": {"phase": "PartiallyFailed"},
            },
            {
                "apiVersion": k.PVB.api_version,
                "kind": "PodVolumeBackup",
                "metadata": {**meta, "name": f"{name}-x", "labels": volume},
                "spec": volume_spec,
                "status": {"phase": "Failed", "message": told, "completionTimestamp": now},
            },
        ],
    )
    failed(site)
    wait_for(lambda: bool(site.cards()))
    ((entry, subject, members),) = site.open()
    assert (subject, members) == ("MigMigration/shop-1", ("shop-1",))
    assert "timeout" in entry
    (card,) = site.cards()
    assert "shop-1" in card
    wait_for(lambda: told in "".join(str(each) for each in site.slack.messages(CHANNEL)))


def test_a_store_that_fails_under_a_running_migration_is_told_by_watch_alone(site: Site) -> None:
    told = condition(
        "BackupStorageProviderTestFailed",
        message="Test backup storage provider failed: AccessDenied: Access Denied",
        at=datetime.now(UTC),
    )
    site.conditions(k.MIGSTORAGE, "s3", told)
    assert wait_for(lambda: len(site.cards()) == 1) < 10
    ((_, subject, _),) = site.open()
    assert subject == "MigStorage/s3"
    site.conditions(k.MIGSTORAGE, "s3", READY)
    wait_for(lambda: site.open() == [])


def test_a_source_that_goes_away_in_mid_migration_is_named_until_it_is_back(site: Site) -> None:
    site.source.api.stop()
    try:
        site.source_lost("dial tcp 127.0.0.1: connect: connection refused")
        wait_for(lambda: bool(site.cards()))
        ((_, subject, members),) = site.open()
        assert (subject, members) == ("MigCluster/ocp3", ("shop-1",))
    finally:
        site.source.api.start()
    site.source_found()
    wait_for(lambda: site.open() == [])
    assert len(site.cards()) == 1


def test_a_revoked_token_is_named_and_a_new_one_is_used_at_once(site: Site) -> None:
    accounts = f"/api/v1/namespaces/{ACCOUNT}/serviceaccounts"
    site.source.api.done("DELETE", f"{accounts}/{ACCOUNT}")
    time.sleep(11)  # API servers remember for ten seconds that a token is good
    site.source_lost("Unauthorized")
    wait_for(lambda: bool(site.cards()))
    ((entry, subject, members),) = site.open()
    assert (subject, members) == ("MigCluster/ocp3", ("shop-1",))
    assert "token" in entry
    site.new_token()
    site.source_found()
    wait_for(lambda: site.open() == [])
    failed(site, "PodVolumeBackup failed")
    wait_for(lambda: len(site.cards()) == 2)
    assert site.bot is not None
    (incident,) = site.bot.incidents.open()
    assert [line for line in incident.not_read if "ocp3" in line] == []


def test_a_control_cluster_that_restarts_loses_and_repeats_nothing(site: Site) -> None:
    failed(site, "PodVolumeBackup failed")
    wait_for(lambda: len(site.cards()) == 1)
    site.control.api.stop()
    time.sleep(1)
    site.control.api.start()
    failed(site, "PodVolumeBackup failed", name="cart-1")
    wait_for(lambda: len(site.cards()) == 2, 80)
    assert [members for _, _, members in site.open()] == [("cart-1",), ("shop-1",)]
    site.control.api.done("DELETE", path_of(k.MIGMIGRATION, MTC_NAMESPACE, "cart-1"))
    wait_for(lambda: [members for _, _, members in site.open()] == [("shop-1",)])
    assert len(site.cards()) == 2


def test_a_bot_that_restarts_repeats_nothing(site: Site) -> None:
    failed(site, "PodVolumeBackup failed")
    wait_for(lambda: len(site.cards()) == 1)
    site.end()
    site.begin()
    time.sleep(2)
    assert len(site.cards()) == 1
