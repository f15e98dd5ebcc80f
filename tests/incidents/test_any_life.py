"""Whatever happens in whatever order, an incident's life keeps its promises.

Hypothesis plays observations, people, deletions and the posting of messages, with time going on
in between, and checks after each step what a reader must be able to rely on.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.clusters.port import ObjectRef
from bot.diagnosis.findings import Diagnosis
from bot.incidents.model import Incident, State
from bot.mtc.outcome_words import Word
from bot.store.database import Database, open_database
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from bot.store.reading import incidents, with_parts
from bot.store.schema import Base
from tests.incidents.diagnoses import (
    CLUSTER,
    CONTROL,
    START,
    STORAGE,
    diagnosis,
    finding,
    migration,
)

NAMES = st.sampled_from(["a", "b", "c"])
ROOTS = st.sampled_from([STORAGE, CLUSTER, None])
ENTRIES = st.sampled_from(["storage-down", "token-rotated"])
BAD = st.sampled_from([Word.BLOCKED, Word.STALLED, Word.FAILED, Word.NOT_COPIED])
GOOD = st.sampled_from(
    [Word.RUNNING, Word.WAITING, Word.SUCCEEDED, Word.CANCELED, Word.ROLLED_BACK]
)
PLANS = st.sampled_from(["shop", "cart"])

DATABASE = open_database("sqlite://")
"""One for all plays, since making the tables takes longer than a play."""


def emptied(database: Database) -> Database:
    with database.engine.connect().execution_options(writing=True) as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.commit()
    return database


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.database = emptied(DATABASE)
        self.incidents = StoredIncidents(self.database, channels=lambda _: "C1")
        self.outbox = StoredOutbox(self.database)
        self.now = START
        self.posted: set[str] = set()
        self.going_well: set[str] = set()

    def see(self, seen: Diagnosis) -> None:
        self.incidents.observe(seen, self.now)
        owed = self.outbox.counts()["owed"]
        before = self.all()
        self.incidents.observe(seen, self.now)
        assert self.all() == before
        assert self.outbox.counts()["owed"] == owed

    def all(self) -> list[Incident]:
        with self.database.reading() as session:
            return list(incidents(session, session.scalars(with_parts())))

    @rule(minutes=st.sampled_from([0.1, 1, 7, 45, 60 * 30]))
    def time_passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(
        name=NAMES, word=BAD, root=ROOTS, entry=ENTRIES, plan=PLANS, vague=st.booleans(), ago=NAMES
    )
    def goes_wrong(
        self,
        name: str,
        word: Word,
        root: ObjectRef | None,
        entry: str,
        plan: str,
        vague: bool,
        ago: str,
    ) -> None:
        role = "symptom" if vague else "cause"
        cause = finding(entry, root or migration(name), role=role)
        since = self.now - timedelta(minutes=ord(ago) - ord("a"))
        self.see(diagnosis(name, word, cause, plan=plan, since=since))
        self.going_well.discard(name)

    @rule(name=NAMES, word=st.sampled_from([Word.FAILED, Word.BLOCKED]))
    def goes_wrong_for_no_known_reason(self, name: str, word: Word) -> None:
        self.see(diagnosis(name, word, since=self.now))
        self.going_well.discard(name)

    @rule(name=NAMES, word=GOOD, plan=PLANS)
    def goes_well(self, name: str, word: Word, plan: str) -> None:
        self.see(diagnosis(name, word, plan=plan, since=self.now))
        self.going_well.add(name)

    @rule(root=st.sampled_from([STORAGE, CLUSTER]), told=st.booleans(), entry=ENTRIES)
    def object_unwell(self, root: ObjectRef, told: bool, entry: str) -> None:
        findings = (finding(entry, root),) if told else ()
        self.see(diagnosis(root, Word.BLOCKED, *findings, since=self.now))

    @rule(root=st.sampled_from([STORAGE, CLUSTER]))
    def object_well(self, root: ObjectRef) -> None:
        self.see(diagnosis(root, Word.READY, since=self.now))

    @rule(name=NAMES)
    def deleted(self, name: str) -> None:
        self.incidents.forget_gone(CONTROL, [f"uid-{name}"], self.now)
        self.going_well.add(name)

    @rule(pick=st.integers(0, 50), user=st.sampled_from(["U1", "U2"]))
    def acknowledged(self, pick: int, user: str) -> None:
        if found := self.all():
            self.incidents.acknowledge(found[pick % len(found)].id, user, self.now)

    @rule(pick=st.integers(0, 50), hours=st.sampled_from([1, 8]))
    def silenced(self, pick: int, hours: int) -> None:
        if found := self.all():
            chosen = found[pick % len(found)]
            self.incidents.silence(chosen.id, "U1", timedelta(hours=hours), self.now)

    @rule(most=st.integers(1, 8), kept=st.integers(0, 9))
    def messages_go_out(self, most: int, kept: int) -> None:
        for item in self.outbox.claim(self.now, most):
            if kept == 0:
                self.outbox.retry(item, timedelta(minutes=1), "ratelimited", self.now)
                continue
            if item.kind == "thread":
                assert item.incident_id in self.posted, "a reply before its card"
            if item.kind == "card":
                self.posted.add(item.incident_id)
            self.outbox.sent(item, "C1", f"ts-{item.incident_id}", self.now)

    @invariant()
    def promises_are_kept(self) -> None:
        every = self.all()
        unresolved = [each for each in every if each.state is not State.RESOLVED]
        keys = [each.key for each in unresolved]
        assert len(keys) == len(set(keys)), "two unresolved incidents of one key"
        held = [name for each in unresolved for name in each.members]
        assert len(held) == len(set(held)), "a migration held up twice"
        assert not self.going_well & set(held), "a migration that goes well is held up"
        for each in every:
            if each.state is State.RESOLVED:
                assert each.resolved_at is not None
                assert each.resolved_note
                assert each.members == ()
            else:
                assert each.resolved_at is None
                assert each.resolved_note == ""
                lasting = each.subject.kind in ("MigStorage", "MigCluster")
                assert each.members or lasting
            assert set(each.members).isdisjoint(each.recovered)
            assert [item.what for item in each.timeline].count("opened") == 1


TestAnyLife = Life.TestCase
TestAnyLife.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
