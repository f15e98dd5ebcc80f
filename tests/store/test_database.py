"""Opening a database, its schema, and who may have it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from bot.mtc.outcome_words import Word
from bot.store.database import Database, DatabaseInUse, DatabaseUnusable, open_database
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from bot.store.schema import Base, PlaneRow
from bot.store.sightings import Sighting, StoredSightings
from bot.store.upgrading import downgrade, upgrade
from tests.incidents.diagnoses import CONTROL, START, after, diagnosis, storage_down


class TestSchema:
    def test_the_migrations_make_the_tables_that_the_program_knows(
        self, database: Database
    ) -> None:
        with database.engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        assert differences == []

    def test_down_and_up_again_with_data_leaves_a_working_database(self, url: str) -> None:
        database = open_database(url)
        incidents = StoredIncidents(database)
        incidents.observe(diagnosis("a", Word.BLOCKED, storage_down()), START)
        StoredSightings(database).watched_since(CONTROL, START)
        downgrade(database.engine, "base")
        assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
        upgrade(database.engine)
        assert incidents.open() == ()
        incidents.observe(diagnosis("a", Word.BLOCKED, storage_down()), START)
        assert len(incidents.open()) == 1
        database.close()

    def test_opening_again_keeps_what_is_there(self, url: str) -> None:
        database = open_database(url)
        (before,) = StoredIncidents(database).observe(
            diagnosis("a", Word.BLOCKED, storage_down()), START
        )
        database.close()
        database = open_database(url)
        assert StoredIncidents(database).get(before.id) == before
        database.close()

    def test_a_schema_from_the_future_is_refused_with_a_sentence(self, url: str) -> None:
        database = open_database(url)
        with database.engine.connect().execution_options(writing=True) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            connection.commit()
        database.close()
        with pytest.raises(DatabaseUnusable, match="newer version of this program"):
            open_database(url)

    def test_a_step_that_fails_leaves_nothing_behind(self, tmp_path: Path) -> None:
        database = open_database(f"sqlite:///{tmp_path}/half.db")
        downgrade(database.engine, "base")
        with database.engine.connect().execution_options(writing=True) as connection:
            connection.execute(text("CREATE TABLE timeline (mine INTEGER)"))
            connection.commit()
        database.close()
        with pytest.raises(DatabaseUnusable, match="already exists"):
            open_database(f"sqlite:///{tmp_path}/half.db")


class TestTransactions:
    def test_what_fails_changes_nothing(self, database: Database) -> None:
        def work(session: object) -> None:
            session.add(PlaneRow(control="half", watched_since=START))  # type: ignore[attr-defined]
            session.flush()  # type: ignore[attr-defined]
            raise LookupError("stop")

        with pytest.raises(LookupError):
            database.write(work)
        with database.reading() as session:
            assert session.scalars(select(PlaneRow)).all() == []

    def test_a_time_without_a_zone_is_refused(self, database: Database) -> None:
        with pytest.raises(Exception, match="time zone"):
            StoredSightings(database).watched_since(CONTROL, START.replace(tzinfo=None))

    def test_many_threads_observing_one_outage_make_one_incident(self, database: Database) -> None:
        incidents = StoredIncidents(database, channels=lambda _: "C1")
        failures: list[Exception] = []

        def observe(number: int) -> None:
            try:
                for each in range(5):
                    seen = diagnosis(f"m-{number}-{each}", Word.BLOCKED, storage_down())
                    incidents.observe(seen, START)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=observe, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        (incident,) = incidents.open()
        assert len(incident.members) == 40
        assert StoredOutbox(database).counts()["owed"] == 2

    def test_a_closed_database_is_refused_with_a_sentence(self, url: str) -> None:
        database = open_database(url)
        database.close()
        with pytest.raises(DatabaseUnusable, match="closed"):
            StoredIncidents(database).open()


class TestSqlite:
    def test_a_second_opening_of_the_file_is_refused_with_a_sentence(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/deep/down/bot.db"
        first = open_database(url)
        with pytest.raises(DatabaseInUse, match=r"in use by another process \(\d+\)"):
            open_database(url)
        first.close()
        open_database(url).close()

    def test_a_second_process_is_refused_and_the_first_is_not_disturbed(
        self, tmp_path: Path
    ) -> None:
        url = f"sqlite:///{tmp_path}/bot.db"
        first = open_database(url)
        code = f"from bot.store.database import open_database; open_database({url!r})"
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert second.returncode != 0
        assert "is in use by another process" in second.stderr
        StoredIncidents(first).observe(diagnosis("a", Word.BLOCKED, storage_down()), START)
        first.close()

    def test_the_journal_is_wal(self, tmp_path: Path) -> None:
        database = open_database(f"sqlite:///{tmp_path}/bot.db")
        with database.engine.connect() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        database.close()

    def test_reading_goes_on_while_somebody_writes(self, tmp_path: Path) -> None:
        database = open_database(f"sqlite:///{tmp_path}/bot.db")
        incidents = StoredIncidents(database)
        incidents.observe(diagnosis("a", Word.BLOCKED, storage_down()), START)
        read: list[int] = []

        def work(_session: object) -> None:
            reader = threading.Thread(target=lambda: read.append(len(incidents.open())))
            reader.start()
            reader.join(5)

        database.write(work)
        assert read == [1]
        database.close()

    @pytest.mark.parametrize(
        ("url", "told"),
        [
            ("no url at all", "cannot be read"),
            ("mysql://u@h/d", "use SQLite or PostgreSQL"),
            ("sqlite:////proc/nowhere/bot.db", "cannot be written"),
            ("postgresql://bot:hunter22@127.0.0.1:1/bot", "cannot be used"),
        ],
    )
    def test_what_cannot_be_opened_is_a_sentence_without_the_password(
        self, url: str, told: str
    ) -> None:
        with pytest.raises(DatabaseUnusable, match=told) as caught:
            open_database(url)
        assert "hunter22" not in str(caught.value)

    def test_a_file_that_is_no_database_is_a_sentence(self, tmp_path: Path) -> None:
        file = tmp_path / "bot.db"
        file.write_text("this is a shopping list, and a long one at that " * 40)
        with pytest.raises(DatabaseUnusable, match="not a database"):
            open_database(f"sqlite:///{file}")


class TestSightings:
    def sighting(self, uid: str, version: str = "1") -> Sighting:
        return Sighting(uid, "MigPlan", "shop", version, "ready", START, None, True)

    def test_the_newest_sighting_of_each_object_is_kept_by_control_cluster(
        self, database: Database
    ) -> None:
        stored = StoredSightings(database)
        stored.remember("prod", [self.sighting("a"), self.sighting("b")])
        stored.remember("prod", [self.sighting("a", "2")])
        stored.remember("test", [self.sighting("a", "9")])
        assert {uid: s.version for uid, s in stored.load("prod").items()} == {"a": "2", "b": "1"}
        stored.forget("prod", ["a", "unknown"])
        assert stored.load("prod") == {"b": self.sighting("b")}
        assert set(stored.load("test")) == {"a"}

    def test_thousands_are_written_at_once(self, database: Database) -> None:
        stored = StoredSightings(database)
        stored.remember("prod", (self.sighting(f"u{n}") for n in range(5000)))
        stored.forget("prod", [f"u{n}" for n in range(4000)])
        assert len(stored.load("prod")) == 1000

    def test_the_first_watch_is_remembered(self, database: Database) -> None:
        stored = StoredSightings(database)
        assert stored.watched_since("prod", START) == START
        assert stored.watched_since("prod", after(60)) == START
