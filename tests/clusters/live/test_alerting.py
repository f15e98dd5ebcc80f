"""From a condition written on a real cluster to an incident, over the watches and past their gaps.

The scheduled pass is an hour away, so that only watches can be what noticed.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Json
from bot.diagnosis.diagnosing import Diagnoser
from bot.store.database import open_database
from bot.store.incidents import StoredIncidents
from bot.watching.watcher import Watcher
from knowledge.matching.engine import Engine
from tests.apiserver.fixtures import Server
from tests.apiserver.loading import clear, load, namespace, path_of
from tests.clusters.live.conftest import plane_of
from tests.knowledge.builtin import builtin_engine
from tests.watching.objects import ENGINE, READY, cluster, condition, plan, running, storage

pytestmark = pytest.mark.apiserver
MTC = "migration.openshift.io/v1alpha1"
_CONTENT = (k.MIGCLUSTER, k.MIGSTORAGE, k.MIGPLAN, k.MIGMIGRATION, k.MIGHOOK, k.DVM, k.DIM)


class Site:
    """A bot that watches the control cluster, and what happens there."""

    def __init__(
        self, server: Server, source: Server, folder: Path, engine: Engine = ENGINE
    ) -> None:
        self.api = server.api
        clear(self.api, _CONTENT)
        namespace(self.api, "openshift-config")
        now = datetime.now(UTC)
        there = [storage(), cluster("host", host=True), cluster("ocp3"), plan("shop")]
        load(self.api, [{"apiVersion": MTC, **o} for o in (*there, running("shop-1", "shop", now))])
        secrets = "/api/v1/namespaces/openshift-config/secrets"
        token = base64.b64encode(source.api.admin_token.encode()).decode()
        self.api.call("DELETE", f"{secrets}/ocp3")
        self.api.done("POST", secrets, {"metadata": {"name": "ocp3"}, "data": {"saToken": token}})
        spec = {
            "url": source.api.url,
            "caBundle": base64.b64encode(source.api.ca.pem).decode(),
            "serviceAccountSecretRef": {"name": "ocp3", "namespace": "openshift-config"},
        }
        self.patch(k.MIGCLUSTER, "ocp3", {"spec": spec})
        self.database = open_database(f"sqlite:///{folder}/mtc-bot.sqlite3")
        self.incidents = StoredIncidents(self.database, channels=lambda _: "C1")
        planes = [plane_of(server, writable=False)]
        self.watcher = Watcher(planes, Diagnoser(engine), self.incidents, interval=3600.0)

    def patch(self, kind: k.Kind, name: str, body: Json) -> None:
        path = path_of(kind, MTC_NAMESPACE, name)
        self.api.done("PATCH", path, body, "application/merge-patch+json")

    def conditions(self, kind: k.Kind, name: str, *conditions: Json) -> None:
        self.patch(kind, name, {"status": {"conditions": list(conditions)}})

    def outage(self) -> None:
        """Write what mig-controller writes when the object store goes away."""
        now = datetime.now(UTC)
        self.conditions(k.MIGSTORAGE, "s3", condition("BackupStorageProviderTestFailed", at=now))
        self.conditions(k.MIGPLAN, "shop", condition("StorageNotReady", at=now))
        self.conditions(k.MIGMIGRATION, "shop-1", condition("PlanNotReady", at=now))

    def recovery(self) -> None:
        """Write what it writes when the store is back."""
        step = condition("Running", "Advisory", "Step: 20/50", at=datetime.now(UTC))
        self.conditions(k.MIGSTORAGE, "s3", READY)
        self.conditions(k.MIGPLAN, "shop", READY)
        self.conditions(k.MIGMIGRATION, "shop-1", step)

    def open(self) -> set[str]:
        return {incident.entry_id for incident in self.incidents.open()}


@pytest.fixture
def site(control_server: Server, source_server: Server, tmp_path: Path) -> Iterator[Site]:
    made = Site(control_server, source_server, tmp_path)
    made.watcher.start()
    wait_for(lambda: all(made.watcher.last_read().values()))
    yield made
    made.watcher.stop()
    made.database.close()


def wait_for(seen: Callable[[], bool], seconds: float = 30.0) -> float:
    """Return how long it took to be seen."""
    began = time.monotonic()
    while not seen():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_condition_becomes_an_incident_at_once_and_goes_when_it_goes(site: Site) -> None:
    assert site.open() == set()
    time.sleep(0.5)
    site.outage()
    assert wait_for(lambda: site.open() == {"storage-down"}) < 5
    site.recovery()
    wait_for(lambda: site.open() == set())


def test_a_store_that_turns_bad_under_a_running_migration_is_told_by_watch_alone(
    site: Site,
) -> None:
    now = datetime.now(UTC)
    site.conditions(k.MIGSTORAGE, "s3", condition("BackupStorageProviderTestFailed", at=now))
    wait_for(lambda: site.open() == {"storage-down"}, 60)
    (incident,) = site.incidents.open()
    assert (incident.subject.kind, incident.subject.name) == ("MigStorage", "s3")
    site.conditions(k.MIGSTORAGE, "s3", READY)
    wait_for(lambda: site.open() == set(), 60)


def test_what_happened_while_the_cluster_was_away_is_noticed_when_it_is_back(site: Site) -> None:
    time.sleep(0.5)
    site.api.stop()
    time.sleep(0.5)
    site.api.start()
    site.outage()
    wait_for(lambda: site.open() == {"storage-down"}, 60)


def test_stopping_leaves_nothing_behind(site: Site) -> None:
    began = time.monotonic()
    site.watcher.stop()
    assert time.monotonic() - began < 5
    assert [t.name for t in threading.enumerate() if t.name == "watch-stop"] == []


def test_a_controller_that_goes_away_in_mid_run_is_told_with_the_rights_of_the_bot(
    control_server: Server, source_server: Server, tmp_path: Path
) -> None:
    site = Site(control_server, source_server, tmp_path, builtin_engine())
    labels = {"control-plane": "controller-manager"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "mtc", "image": "m"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    meta = {"name": "migration-controller", "namespace": MTC_NAMESPACE}
    path = path_of(k.DEPLOYMENT, MTC_NAMESPACE)
    site.api.done("POST", path, {"apiVersion": "apps/v1", "metadata": meta, "spec": spec})
    try:
        site.watcher.run_once()
        site.watcher.run_once()
        (incident,) = site.incidents.open()
        assert incident.entry_id == "controller-absent"
        assert str(incident.subject) == "deployment/migration-controller"
        assert incident.members == ("shop-1",)
        site.patch(k.DEPLOYMENT, "migration-controller", {"spec": {"replicas": 1}})
        site.watcher.run_once()
        assert site.open() == set()
    finally:
        site.api.call("DELETE", f"{path}/migration-controller")
        site.database.close()
