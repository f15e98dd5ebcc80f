"""What a pass over control clusters leads to."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bot.clusters import kinds as k
from bot.clusters.port import Denied, Json, Unreachable
from bot.incidents.model import State
from tests.incidents.diagnoses import START, after
from tests.watching.conftest import Site
from tests.watching.objects import (
    NS,
    cluster,
    condition,
    ended,
    held,
    migration,
    plan,
    running,
    storage,
)


def outage(site: Site, *plans: str, at: float = 10) -> None:
    """Take the object store down under plans that have a migration each."""
    site.put(storage(condition("BackupStorageProviderTestFailed", at=after(at))))
    for name in plans:
        site.put(
            plan(name, condition("StorageNotReady", at=after(at))),
            held(f"{name}-1", name, at=after(at)),
        )


class TestMigrations:
    def test_a_healthy_run_opens_nothing(self, site: Site) -> None:
        site.put(running("shop-1", "shop"))
        assert site.passes(1) == []
        site.put(ended("shop-1", "shop", "Succeeded", after(2)))
        assert site.passes(2) == []
        assert site.passes(5) == []
        assert site.post() == []

    def test_a_failure_is_told_once(self, site: Site) -> None:
        site.put(running("shop-1", "shop"))
        site.passes(1)
        site.put(ended("shop-1", "shop", "Failed", after(2), "Failed"))
        (incident,) = site.passes(2)
        assert incident.entry_id == "migration-failed"
        assert site.post() == ["card", "thread:evidence"]
        for minute in (3, 4, 5, 30, 300):
            site.passes(minute)
        assert site.post() == []

    def test_a_successor_resolves_it(self, site: Site) -> None:
        site.put(ended("shop-1", "shop", "Failed", after(1), "Failed"))
        (incident,) = site.passes(1)
        site.put(ended("shop-2", "shop", "Succeeded", after(20)))
        assert site.passes(20) == []
        now = site.incidents.get(incident.id)
        assert now is not None
        assert now.resolved_note == "successor:shop-2"

    def test_one_outage_is_one_incident_that_ends_with_it(self, site: Site) -> None:
        names = [f"app-{n}" for n in range(5)]
        site.put(*(plan(n) for n in names), *(running(f"{n}-1", n) for n in names))
        assert site.passes(9) == []
        outage(site, *names)
        (incident,) = site.passes(10)
        assert (incident.entry_id, incident.subject.name) == ("storage-down", "s3")
        assert len(incident.members) == 5
        assert site.post() == ["card", "thread:evidence"]
        site.passes(11)
        site.put(storage(), *(plan(n) for n in names), *(running(f"{n}-1", n) for n in names))
        assert site.passes(12) == []
        resolved = site.incidents.get(incident.id)
        assert resolved is not None
        assert resolved.state is State.RESOLVED
        assert len(resolved.recovered) == 5

    def test_the_tail_of_an_outage_opens_nothing(self, site: Site) -> None:
        site.put(running("shop-1", "shop"))
        outage(site, "shop")
        site.passes(11)
        site.passes(12)
        site.put(storage())
        assert site.passes(20) == []
        site.put(plan("shop"), running("shop-1", "shop"))
        assert site.passes(20.5) == []
        assert site.passes(30) == []

    def test_a_stall_is_noticed_though_nothing_changes(self, site: Site) -> None:
        site.put(running("shop-1", "shop"))
        assert site.passes(1) == []
        (incident,) = site.passes(60 * 24)
        assert incident.members == ("shop-1",)
        assert incident.outcome == "stalled"

    def test_waiting_behind_another_is_no_incident(self, site: Site) -> None:
        site.put(running("shop-1", "shop"))
        site.put(migration("shop-2", "shop", condition("Postponed"), phase=""))
        assert site.passes(3) == []

    def test_a_deleted_migration_takes_its_incident_along(self, site: Site) -> None:
        site.put(ended("shop-1", "shop", "Failed", after(1), "Failed"))
        (incident,) = site.passes(1)
        site.host.delete(k.MIGMIGRATION, "shop-1", NS)
        assert site.passes(2) == []
        gone = site.incidents.get(incident.id)
        assert gone is not None
        assert gone.resolved_note == "deleted"


class TestFirstStart:
    def test_old_failures_are_history_and_recent_ones_are_not(self, site: Site) -> None:
        for days in range(1, 60):
            site.put(ended(f"old-{days}", "shop", "Failed", START - timedelta(days=days), "Failed"))
        site.put(ended("recent", "shop", "Failed", START - timedelta(minutes=30), "Failed"))
        site.put(held("going", "shop", at=START - timedelta(days=3)))
        site.passes(0)
        assert [members for _, _, members in site.open()] == [("recent",), ("going",)]

    def test_history_stays_history_when_somebody_touches_it(self, site: Site) -> None:
        old = ended("old", "shop", "Failed", START - timedelta(days=3), "Failed")
        site.put(old)
        site.passes(0)
        old["metadata"]["labels"] = {"reviewed": "yes"}
        site.put(old)
        assert site.passes(10) == []

    def test_a_cluster_broken_for_months_is_history_too(self, site: Site) -> None:
        since = START - timedelta(days=90)
        site.put(cluster("ocp3", condition("ReconcileFailed", at=since)))
        assert site.passes(0) == []
        assert site.passes(60) == []


class TestInfrastructure:
    def test_a_cluster_alone_is_alerted_on_after_five_minutes(self, site: Site) -> None:
        site.passes(0)
        site.put(cluster("ocp3", condition("ReconcileFailed", at=after(1))))
        assert site.passes(2) == []
        (incident,) = site.passes(7)
        assert (incident.entry_id, incident.members) == ("cluster-refused", ())
        assert site.post() == ["card", "thread:evidence"]
        site.passes(8)
        site.passes(20)
        assert site.post() == []
        site.put(cluster("ocp3"))
        assert site.passes(21) == []
        assert site.post() == ["card", "thread:resolved:condition-gone"]

    def test_one_that_holds_up_a_migration_is_alerted_on_at_once(self, site: Site) -> None:
        site.put(running("shop-1", "shop"))
        site.passes(0)
        outage(site, "shop", at=1)
        (incident,) = site.passes(1)
        assert incident.members == ("shop-1",)

    def test_a_plan_being_drawn_up_is_nobodys_alarm(self, site: Site) -> None:
        site.put(plan("draft", condition("PvNotSelected"), condition("NsListEmpty")))
        for minute in (0, 6, 60):
            assert site.passes(minute) == []

    def test_a_broken_cluster_stays_open_after_its_migration_was_canceled(self, site: Site) -> None:
        site.put(running("shop-1", "shop"))
        outage(site, "shop", at=1)
        site.passes(1)
        site.put(ended("shop-1", "shop", "Canceled", after(2), "Cancel"))
        (incident,) = site.passes(3)
        assert incident.members == ()
        site.put(storage(), plan("shop"))
        assert site.passes(4) == []


class TestRestarts:
    def test_a_restart_repeats_nothing(self, site: Site) -> None:
        site.put(running("shop-1", "shop"))
        outage(site, "shop")
        site.passes(10)
        assert site.post() == ["card", "thread:evidence"]
        for minute in (11, 15):
            site.restart()
            assert len(site.passes(minute)) == 1
            assert site.post() == []

    def test_a_restart_forgets_nothing(self, site: Site) -> None:
        site.put(running("shop-1", "shop"), running("cart-1", "shop"))
        site.passes(1)
        site.database.close()
        site.put(ended("shop-1", "shop", "Failed", after(5), "Failed"))
        site.clock.to(600)
        site.begin()
        (incident, *_) = [i for i in site.passes(600) if i.members == ("shop-1",)]
        assert incident.entry_id == "migration-failed"

    def test_what_was_deleted_while_nobody_looked_is_resolved(self, site: Site) -> None:
        site.put(ended("shop-1", "shop", "Failed", after(1), "Failed"))
        (incident,) = site.passes(1)
        site.database.close()
        site.host.delete(k.MIGMIGRATION, "shop-1", NS)
        site.begin()
        assert site.passes(5) == []
        gone = site.incidents.get(incident.id)
        assert gone is not None
        assert gone.resolved_note == "deleted"

    def test_what_ended_while_nobody_looked_is_resolved(self, site: Site) -> None:
        outage(site, "shop")
        site.passes(10)
        site.database.close()
        site.put(storage(), plan("shop"), ended("shop-1", "shop", "Succeeded", after(30)))
        site.begin()
        assert site.passes(60) == []


class TestTrouble:
    def test_an_unreachable_control_cluster_is_named_and_stops_nobody(
        self, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        other = site.control("test")
        other.host.put(ended("shop-1", "shop", "Failed", after(1), "Failed"))
        site.planes.append(other)
        site.restart()
        site.host.fail_with(Unreachable("prod: no route to host, token=abcdef123456"))
        with caplog.at_level(logging.INFO):
            (incident,) = site.passes(1)
            site.passes(2)
        assert incident.key.control == "test"
        ((name, why),) = site.watcher.unreachable()
        assert name == "prod"
        assert "no route to host" in why
        assert "abcdef123456" not in why + caplog.text
        assert caplog.text.count("no route to host") == 1
        site.host.fail_with(None)
        site.passes(3)
        assert site.watcher.unreachable() == ()

    def test_a_control_cluster_that_cannot_be_read_resolves_nothing(self, site: Site) -> None:
        outage(site, "shop")
        site.passes(10)
        site.host.fail_with(Denied("migmigrations is forbidden"))
        assert len(site.passes(11)) == 1
        assert len(site.watcher.unreachable()) == 1

    def test_a_source_that_cannot_be_read_still_gives_an_incident(self, site: Site) -> None:
        site.planes[0].clusters["ocp3"].fail_with(Unreachable("ocp3: connection refused"))
        site.put(ended("shop-1", "shop", "Failed", after(1), "Failed"))
        (incident,) = site.passes(1)
        assert any("connection refused" in each for each in incident.not_read)

    @pytest.mark.parametrize(
        "odd",
        [
            {"metadata": {"name": "odd", "namespace": NS}},
            {"metadata": {"name": "odd", "namespace": NS}, "status": "Completed", "spec": 7},
            {
                "metadata": {"name": "odd", "namespace": NS, "labels": [1], "ownerReferences": {}},
                "spec": {"migPlanRef": ["shop"]},
                "status": {"conditions": {"type": "Failed"}, "phase": 3, "pipeline": "x"},
            },
        ],
        ids=["bare", "wrong types", "wrong shapes"],
    )
    @pytest.mark.parametrize("kind", [each.kind for each in (k.MIGMIGRATION, k.MIGPLAN, k.DVM)])
    def test_an_odd_object_hides_no_other(self, site: Site, kind: str, odd: Json) -> None:
        site.put({"kind": kind, **odd})
        site.put(ended("shop-1", "shop", "Failed", after(1), "Failed"))
        site.passes(1)
        assert ("migration-failed", "shop-1", ("shop-1",)) in site.open()

    def test_a_pass_without_a_database_is_made_up_for(self, site: Site) -> None:
        site.passes(0)
        site.put(ended("shop-1", "shop", "Failed", after(1), "Failed"))
        site.database.close()
        site.clock.to(1)
        site.watcher.run_once()
        site.begin()
        assert len(site.passes(2)) == 1


def test_finished_migrations_are_not_looked_at_again(site: Site) -> None:
    for number in range(60):
        site.put(ended(f"m-{number}", "shop", "Succeeded", after(0)))
    site.passes(0)
    site.passes(4)
    reads = _Counting(site)
    site.passes(5)
    site.passes(6)
    assert reads.diagnosed == 0
    site.put(ended("m-7", "shop", "Failed", after(7), "Failed"))
    site.passes(7)
    assert reads.diagnosed > 0


class _Counting:
    """Counts requests to the source, which only a diagnosis makes."""

    def __init__(self, site: Site) -> None:
        self.diagnosed = 0
        source = site.planes[0].clusters["ocp3"]
        self._list = source.list
        source.list = self  # type: ignore[assignment,method-assign]

    def __call__(self, *args: object, **more: object) -> object:
        self.diagnosed += 1
        return self._list(*args, **more)  # type: ignore[arg-type]
