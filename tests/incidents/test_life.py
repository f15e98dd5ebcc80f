"""The life of incidents, through what a reader of the store and the outbox sees.

In: diagnoses. Out: incidents, and messages owed. The database is real.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from bot.clusters.port import ObjectRef
from bot.diagnosis.findings import Diagnosis
from bot.incidents.model import UNDIAGNOSED, Incident, State
from bot.incidents.ports import OutboxItem
from bot.mtc.outcome_words import Word
from bot.store.database import Database
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from tests.incidents.diagnoses import (
    CLUSTER,
    CONTROL,
    START,
    STORAGE,
    after,
    diagnosis,
    finding,
    migration,
    storage_down,
)


class World:
    """The store, and a channel that takes every message at once."""

    def __init__(self, database: Database) -> None:
        self.incidents = StoredIncidents(database, channels=lambda i: f"C-{i.key.control}")
        self.outbox = StoredOutbox(database)
        self.sent: list[OutboxItem] = []

    def see(self, *diagnoses: Diagnosis, at: float = 0) -> tuple[Incident, ...]:
        touched: tuple[Incident, ...] = ()
        for each in diagnoses:
            touched = self.incidents.observe(each, after(at))
        return touched

    def post(self, at: float) -> list[str]:
        """Send all that is due and return it as ``kind:topic:detail``."""
        told: list[str] = []
        while items := self.outbox.claim(after(at)):
            for item in items:
                self.outbox.sent(item, item.channel, f"ts-{item.incident_id}", after(at))
                self.sent.append(item)
                told.append(":".join(filter(None, (item.kind, item.topic, item.detail))))
        return told

    def the_one(self) -> Incident:
        (incident,) = self.incidents.open()
        return incident

    def again(self, incident: Incident) -> Incident:
        newer = self.incidents.get(incident.id)
        assert newer is not None
        return newer


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def blocked(name: str, plan: str = "shop") -> Diagnosis:
    return diagnosis(name, Word.BLOCKED, storage_down(), plan=plan, phase="StageBackupCreated")


def failed(name: str, cause: str = "hook-failed", since: datetime = START) -> Diagnosis:
    return diagnosis(name, Word.FAILED, finding(cause, migration(name)), since=since)


class TestOpening:
    def test_a_cause_opens_an_incident_with_its_card_and_then_the_evidence(
        self, world: World
    ) -> None:
        (incident,) = world.see(blocked("shop-1"))
        assert incident.state is State.OPEN
        assert incident.entry_id == "storage-down"
        assert incident.subject == STORAGE
        assert incident.subject.uid == STORAGE.uid
        assert incident.members == ("shop-1",)
        assert incident.channel == "C-prod"
        assert [q.text for q in incident.quotes] == ["words from the cluster"]
        assert world.post(0) == ["card", "thread:evidence"]
        assert world.the_one().message_ts == f"ts-{incident.id}"

    def test_the_same_diagnosis_again_changes_and_owes_nothing(self, world: World) -> None:
        world.see(blocked("shop-1"))
        world.post(0)
        before = world.the_one()
        world.see(blocked("shop-1"), at=1)
        assert world.the_one() == before
        assert world.post(1) == []

    def test_forty_migrations_on_one_store_are_one_incident(self, world: World) -> None:
        for number in range(40):
            world.see(blocked(f"m-{number:02}", plan=f"plan-{number}"))
        assert len(world.the_one().members) == 40
        assert world.post(1) == ["card", "thread:evidence"]

    def test_two_causes_in_one_object_are_two_incidents(self, world: World) -> None:
        world.see(blocked("a"))
        world.see(diagnosis("b", Word.BLOCKED, finding("bucket-gone", STORAGE)))
        assert {i.entry_id for i in world.incidents.open()} == {"storage-down", "bucket-gone"}

    def test_the_same_cause_on_two_control_clusters_is_two_incidents(self, world: World) -> None:
        world.see(blocked("a"))
        world.see(diagnosis("a", Word.BLOCKED, storage_down(), control="test"))
        assert [i.key.control for i in world.incidents.open("test")] == ["test"]
        assert len(world.incidents.open()) == 2

    @pytest.mark.parametrize(
        "quiet",
        [
            diagnosis("m", Word.RUNNING, storage_down()),
            diagnosis("m", Word.WAITING, storage_down()),
            diagnosis("m", Word.SUCCEEDED),
            diagnosis("m", Word.CANCELED),
            diagnosis("m", Word.ROLLED_BACK),
            diagnosis("m", Word.SUCCEEDED, finding("noise", STORAGE, role="benign")),
            diagnosis("m", Word.SUCCEEDED, finding("remark", STORAGE, severity="info")),
            diagnosis(CLUSTER, Word.BLOCKED),
            diagnosis(CLUSTER, Word.READY, storage_down()),
        ],
        ids=lambda d: f"{d.target.kind}-{d.outcome.word}-{len(d.findings)}",
    )
    def test_what_is_healthy_or_harmless_opens_nothing(
        self, world: World, quiet: Diagnosis
    ) -> None:
        assert world.see(quiet) == ()
        assert world.incidents.open() == ()
        assert world.post(60) == []

    def test_a_failure_nobody_can_explain_is_still_told(self, world: World) -> None:
        noise = finding("noise", STORAGE, role="benign")
        (incident,) = world.see(diagnosis("m", Word.FAILED, noise))
        assert incident.entry_id == UNDIAGNOSED
        assert incident.subject.name == "m"

    def test_what_else_is_wrong_is_kept_beside_the_root(self, world: World) -> None:
        symptom = finding("plan-not-ready", migration("m"), role="symptom")
        root = finding("storage-down", STORAGE, symptoms=(symptom,))
        scaled = finding("scaled-down", migration("m"))
        elsewhere = finding("storage-down", migration("m"))
        (incident,) = world.see(diagnosis("m", Word.FAILED, root, scaled, elsewhere))
        assert incident.symptoms == ("plan-not-ready",)
        assert incident.also == ("scaled-down",)

    @pytest.mark.parametrize("cut_over", [True, False])
    def test_whether_mtc_took_it_for_the_cutover_is_kept(
        self, world: World, cut_over: bool
    ) -> None:
        lost = diagnosis("m", Word.NOT_COPIED, storage_down(), cut_over=cut_over)
        assert world.see(lost)[0].cut_over is cut_over

    def test_a_symptom_without_a_root_waits_for_a_better_look(self, world: World) -> None:
        vague = finding("plan-not-ready", migration("m"), role="symptom")
        early = diagnosis("m", Word.BLOCKED, vague, since=START)
        assert world.see(early, at=1) == ()
        assert len(world.see(early, at=3)) == 1


class TestMembers:
    def test_one_that_joins_changes_the_card_and_is_told(self, world: World) -> None:
        world.see(blocked("a"))
        world.post(0)
        world.see(blocked("b"), at=1)
        assert world.the_one().members == ("a", "b")
        assert world.post(2) == ["card", "thread:joined:b"]

    def test_one_that_goes_on_is_told_and_the_rest_stay_held(self, world: World) -> None:
        world.see(blocked("a"), blocked("b"))
        world.post(1)
        world.see(diagnosis("a", Word.RUNNING), at=2)
        incident = world.the_one()
        assert (incident.members, incident.recovered) == (("b",), ("a",))
        assert world.post(3) == ["card", "thread:recovered:a"]

    def test_a_migration_is_found_by_name_while_it_is_held_up(self, world: World) -> None:
        world.see(blocked("a"), blocked("b"))
        assert [i.entry_id for i in world.incidents.for_migration(CONTROL, "a")] == ["storage-down"]
        assert world.incidents.for_migration("other", "a") == ()
        world.see(diagnosis("a", Word.RUNNING), at=2)
        assert world.incidents.for_migration(CONTROL, "a") == ()

    def test_names_that_join_within_seconds_are_told_in_one_message(self, world: World) -> None:
        world.see(blocked("a"))
        world.post(0)
        world.see(blocked("b"), blocked("c"), blocked("d"), at=1)
        assert world.post(1) == ["card"]
        assert world.post(1.2) == ["thread:joined:b c d"]

    def test_another_root_moves_the_migration_to_another_incident(self, world: World) -> None:
        (old,) = world.see(blocked("a"))
        world.see(diagnosis("a", Word.BLOCKED, finding("token-rotated", CLUSTER)), at=1)
        assert world.the_one().entry_id == "token-rotated"
        old = world.again(old)
        assert old.state is State.RESOLVED
        assert old.resolved_note == "other-cause:token-rotated"
        assert old.recovered == ()

    def test_what_only_took_long_gives_way_to_how_it_ended(self, world: World) -> None:
        long = finding("stalled-volume-copy", migration("a"), role="symptom")
        world.see(diagnosis("a", Word.STALLED, long), at=3)
        partial = finding("final-restore-partial", migration("a"), role="symptom")
        world.see(diagnosis("a", Word.SUCCEEDED_WITH_WARNINGS, partial, since=START), at=4)
        assert world.the_one().entry_id == "final-restore-partial"

    def test_a_vaguer_look_at_one_that_ended_keeps_the_cause(self, world: World) -> None:
        world.see(failed("a"))
        world.see(diagnosis("a", Word.FAILED), at=1)
        vague = finding("final-restore-failed", migration("a"), role="symptom")
        world.see(diagnosis("a", Word.FAILED, vague), at=2)
        assert world.the_one().entry_id == "hook-failed"

    def test_a_cause_may_be_corrected_soon_after_the_end_but_not_later(self, world: World) -> None:
        world.see(failed("a"))
        world.see(failed("a", "quota-exceeded"), at=5)
        assert world.the_one().entry_id == "quota-exceeded"
        world.see(failed("a", "node-gone"), at=30)
        assert world.the_one().entry_id == "quota-exceeded"


class TestResolving:
    def test_success_of_the_migration(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.post(0)
        world.see(diagnosis("a", Word.SUCCEEDED), at=5)
        incident = world.again(incident)
        assert (incident.state, incident.resolved_note) == (State.RESOLVED, "succeeded")
        assert incident.resolved_at == after(5)
        assert incident.recovered == ("a",)
        assert world.post(5) == ["card", "thread:resolved:succeeded"]

    def test_success_of_a_newer_migration_of_the_plan(self, world: World) -> None:
        (incident,) = world.see(failed("a"))
        world.see(diagnosis("b", Word.SUCCEEDED, since=after(9)), at=10)
        assert world.again(incident).resolved_note == "successor:b"

    def test_one_that_was_made_up_for_is_not_told_again_for_another_cause(
        self, world: World
    ) -> None:
        world.see(failed("a"))
        world.see(diagnosis("b", Word.SUCCEEDED, since=after(9)), at=10)
        world.see(failed("a", "token-rotated"), at=12)
        assert world.incidents.open() == ()

    def test_success_of_another_plan_or_of_an_older_migration_changes_nothing(
        self, world: World
    ) -> None:
        world.see(failed("a", since=after(5)), at=5)
        world.see(diagnosis("b", Word.SUCCEEDED, plan="other", since=after(9)), at=10)
        world.see(diagnosis("c", Word.SUCCEEDED, since=after(1)), at=10)
        assert world.the_one().members == ("a",)

    def test_a_stage_run_does_not_make_up_for_a_failed_cutover(self, world: World) -> None:
        world.see(failed("a"))
        stage = diagnosis("b", Word.SUCCEEDED, since=after(9), itinerary="Stage")
        world.see(stage, at=10)
        assert world.the_one().members == ("a",)

    def test_the_object_being_well_again_resolves_for_all(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.see(blocked("b"), at=1)
        world.see(diagnosis(STORAGE, Word.BLOCKED), at=1)
        world.see(diagnosis(STORAGE, Word.READY), at=9)
        incident = world.again(incident)
        assert incident.resolved_note == "condition-gone"
        assert (incident.members, incident.recovered) == ((), ("a", "b"))

    def test_an_object_that_was_never_unwell_resolves_nothing_by_being_well(
        self, world: World
    ) -> None:
        world.see(diagnosis("a", Word.FAILED, finding("bucket-odd", STORAGE)))
        world.see(diagnosis(STORAGE, Word.READY), at=9)
        assert world.the_one().members == ("a",)

    def test_an_unwell_cluster_outlives_its_last_member(self, world: World) -> None:
        world.see(blocked("a"))
        world.see(diagnosis(STORAGE, Word.BLOCKED), at=1)
        world.see(diagnosis("a", Word.CANCELED), at=2)
        assert world.the_one().members == ()
        world.see(diagnosis(STORAGE, Word.READY), at=3)
        assert world.incidents.open() == ()

    def test_one_that_failed_does_not_take_up_what_was_resolved(self, world: World) -> None:
        (incident,) = world.see(diagnosis("a", Word.FAILED, storage_down()))
        world.see(diagnosis(STORAGE, Word.BLOCKED), at=1)
        world.see(diagnosis(STORAGE, Word.READY), at=2)
        world.see(diagnosis("a", Word.FAILED, storage_down()), at=3)
        world.see(diagnosis("a", Word.FAILED, storage_down()), at=60 * 30)
        assert world.incidents.open() == ()
        assert world.again(incident).revision == world.again(incident).revision

    def test_what_was_deleted_is_resolved(self, world: World) -> None:
        (by_migration,) = world.see(failed("a"))
        (by_object,) = world.see(blocked("b"))
        world.incidents.forget_gone(CONTROL, ["uid-a", STORAGE.uid, "uid-unknown"], after(5))
        assert world.again(by_migration).resolved_note == "deleted"
        assert world.again(by_object).resolved_note == "deleted"
        assert world.again(by_migration).recovered == ()

    def test_a_deleted_member_leaves_the_others_held(self, world: World) -> None:
        world.see(blocked("a"), blocked("b"))
        world.incidents.forget_gone(CONTROL, ["uid-a"], after(5))
        assert world.the_one().members == ("b",)

    def test_deletion_on_another_control_cluster_is_not_ours(self, world: World) -> None:
        world.see(failed("a"))
        world.incidents.forget_gone("other", ["uid-a"], after(5))
        assert world.the_one().members == ("a",)


class TestReopening:
    def test_the_same_cause_within_a_day_is_the_same_incident(self, world: World) -> None:
        (first,) = world.see(blocked("a"))
        world.see(diagnosis("a", Word.RUNNING), at=5)
        world.post(6)
        (second,) = world.see(blocked("a"), at=60)
        assert second.id == first.id
        assert second.state is State.OPEN
        assert (second.members, second.recovered) == (("a",), ())
        assert second.resolved_at is None
        assert world.post(60) == ["card", "thread:reopened", "thread:evidence"]

    def test_later_it_is_a_new_one(self, world: World) -> None:
        (first,) = world.see(blocked("a"))
        world.see(diagnosis("a", Word.RUNNING), at=5)
        (second,) = world.see(blocked("a"), at=5 + 60 * 25)
        assert second.id != first.id
        assert world.again(first).state is State.RESOLVED

    def test_an_acknowledgement_does_not_outlive_the_outage(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.incidents.acknowledge(incident.id, "U1", after(1))
        world.see(diagnosis("a", Word.RUNNING), at=5)
        (again,) = world.see(blocked("a"), at=60)
        assert (again.state, again.acknowledged_by) == (State.OPEN, "")


class TestWhatPeopleDo:
    def test_acknowledging_is_told_at_once_and_only_once(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.post(0)
        acked = world.incidents.acknowledge(incident.id, "U1", after(1))
        assert (acked.state, acked.acknowledged_by) == (State.ACKNOWLEDGED, "U1")
        assert world.incidents.acknowledge(incident.id, "U2", after(2)).acknowledged_by == "U1"
        assert world.post(2) == ["card", "thread:acknowledged:U1"]

    def test_a_person_does_not_wait_behind_names_being_gathered(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.post(0)
        world.see(blocked("b"), at=1)
        world.post(1)
        world.incidents.acknowledge(incident.id, "U1", after(1))
        assert world.post(1) == ["thread:joined:b", "card", "thread:acknowledged:U1"]

    def test_a_silenced_incident_is_followed_and_owes_nothing(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.incidents.silence(incident.id, "U1", timedelta(hours=1), after(1))
        assert world.post(1) == ["card", "thread:evidence", "thread:silenced:U1"]
        world.see(blocked("b"), at=10)
        assert world.the_one().members == ("a", "b")
        assert world.post(50) == []

    def test_the_end_of_a_silence_owes_the_card_whatever_happened(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        silenced = world.incidents.silence(incident.id, "U1", timedelta(hours=1), after(1))
        assert silenced.silenced_until == after(61)
        world.post(1)
        world.see(diagnosis("a", Word.SUCCEEDED), at=10)
        assert world.post(60) == []
        assert world.post(61) == ["card"]
        assert world.post(62) == []

    def test_the_newest_silence_counts(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.incidents.silence(incident.id, "U1", timedelta(hours=8), after(1))
        world.incidents.silence(incident.id, "U2", timedelta(minutes=5), after(2))
        world.post(2)
        world.see(blocked("b"), at=8)
        assert world.post(9) == ["card", "thread:joined:b"]
        assert world.post(60 * 9) == []

    def test_a_resolved_incident_is_left_as_it_is(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.see(diagnosis("a", Word.SUCCEEDED), at=2)
        before = world.again(incident)
        assert world.incidents.acknowledge(incident.id, "U1", after(3)) == before
        assert world.incidents.silence(incident.id, "U1", timedelta(hours=1), after(3)) == before

    def test_an_unknown_id_is_refused(self, world: World) -> None:
        with pytest.raises(KeyError):
            world.incidents.acknowledge("none", "U1", START)
        with pytest.raises(KeyError):
            world.incidents.silence("none", "U1", timedelta(hours=1), START)
        assert world.incidents.get("none") is None

    def test_the_timeline_says_who_did_what_when(self, world: World) -> None:
        (incident,) = world.see(blocked("a"))
        world.see(blocked("b"), at=1)
        world.incidents.acknowledge(incident.id, "U1", after(2))
        world.see(diagnosis("a", Word.RUNNING), diagnosis("b", Word.SUCCEEDED), at=3)
        told = [(t.what, t.who, t.detail) for t in world.again(incident).timeline]
        assert told == [
            ("opened", "", ""),
            ("member-joined", "", "b"),
            ("acknowledged", "U1", ""),
            ("member-recovered", "", "a"),
            ("member-recovered", "", "b"),
            ("resolved", "", "succeeded"),
        ]


class TestStorms:
    def storm(self, world: World, size: int, at: float = 0) -> list[Incident]:
        opened: list[Incident] = []
        for number in range(size):
            opened += world.see(failed(f"m-{number}"), at=at)
        return opened

    def test_a_storm_is_ten_cards_and_one_rollup(self, world: World) -> None:
        opened = self.storm(world, 60)
        told = world.post(1)
        assert told.count("card") == 10
        (rollup,) = [item for item in world.sent if item.kind == "rollup"]
        assert rollup.channel == "C-prod"
        assert rollup.detail.split() == [incident.id for incident in opened[10:]]
        assert len(world.incidents.open()) == 60

    def test_a_card_held_back_is_posted_when_a_person_acts_on_it(self, world: World) -> None:
        last = self.storm(world, 11)[-1]
        world.post(1)
        world.incidents.acknowledge(last.id, "U1", after(2))
        assert world.post(2) == ["card", "thread:evidence", "thread:acknowledged:U1"]
        world.see(diagnosis("m-10", Word.SUCCEEDED, since=after(3)), at=3)
        assert "thread:resolved:succeeded" in world.post(3)

    def test_a_card_held_back_is_not_posted_for_being_resolved(self, world: World) -> None:
        last = self.storm(world, 11)[-1]
        world.post(1)
        world.incidents.forget_gone(CONTROL, [last.subject.uid], after(2))
        assert world.again(last).state is State.RESOLVED
        assert world.post(2) == []

    def test_ten_a_minute_are_no_storm(self, world: World) -> None:
        self.storm(world, 10)
        (eleventh,) = world.see(failed("later"), at=1.5)
        assert world.post(2).count("card") == 11
        assert world.again(eleventh).message_ts

    def test_a_storm_in_one_channel_leaves_others_alone(self, database: Database) -> None:
        incidents = StoredIncidents(database, channels=lambda i: f"C-{i.key.entry_id}")
        outbox = StoredOutbox(database)
        for number in range(12):
            incidents.observe(failed(f"m-{number}", f"cause-{number % 2}"), START)
        assert len(outbox.claim(START, limit=100)) == 12


class TestWhatIsKept:
    SECRET = "sha256~AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"

    def test_no_secret_reaches_the_database(self, world: World, database: Database) -> None:
        subject = ObjectRef("MigCluster", f"c-{self.SECRET}", "ns", "host", uid="u-1")
        loud = finding("token-rotated", subject, text=f"Authorization: Bearer {self.SECRET}")
        world.see(
            diagnosis("a", Word.BLOCKED, loud, plan=self.SECRET, phase=f"token={self.SECRET}")
        )
        with database.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            dump = "\n".join(_everything(raw))
        assert "token-rotated" in dump
        assert self.SECRET not in dump

    def test_odd_text_is_stored_and_found_again(self, world: World) -> None:
        odd = "half \ud800 nul \x00 \x1b[31mred ‮ 迁移"
        subject = ObjectRef("MigCluster", odd, odd, odd, uid=odd)
        loud = finding("odd", subject, text=odd)
        (first,) = world.see(diagnosis("a", Word.BLOCKED, loud, phase=odd))
        (again,) = world.see(diagnosis("a", Word.BLOCKED, loud, phase=odd), at=1)
        assert again.id == first.id
        assert "迁移" in world.the_one().quotes[0].text


def _everything(raw: object) -> Iterable[str]:
    cursor = raw.cursor()  # type: ignore[attr-defined]
    for table in ("incidents", "members", "timeline", "silences", "outbox"):
        cursor.execute(f"SELECT * FROM {table}")
        yield from (repr(row) for row in cursor.fetchall())
