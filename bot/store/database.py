"""The one database: opening it, bringing its schema up to date, and transactions.

SQLite is for a single process: WAL mode, waiting for locks instead of failing, and a lock file
that refuses a second process with a sentence. PostgreSQL is for several replicas. A write
transaction holds the database (SQLite) or the rows it asked for (PostgreSQL) from its first
read to its commit, and is tried again when it lost a race; what it did not commit never was.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from bot.redaction import redact
from bot.store.upgrading import SchemaUnknown, current, upgrade

Answer = TypeVar("Answer")

BUSY_SECONDS = 15
"""How long a connection waits for SQLite's lock (a backup, a shell) before it fails."""
_TRIES = 4
_MAY_CREATE = "SELECT has_schema_privilege(current_schema(), 'CREATE')"


class DatabaseUnusable(Exception):
    """The database cannot be opened; ``str()`` says why and what to do."""


class DatabaseInUse(DatabaseUnusable):
    """Another process has the SQLite file."""


class DatabaseAway(DatabaseUnusable):
    """Nothing answers where the database should be, or it is only starting: worth another try."""


class Database:
    """An open database. May be shared by threads; ``close`` it once."""

    def __init__(self, engine: Engine, lock: IO[str] | None = None) -> None:
        """Take an engine whose schema is up to date, and the lock file that goes with it."""
        self.engine = engine
        self._lock = lock
        self._closed = False
        sqlite, in_memory = engine.dialect.name == "sqlite", isinstance(engine.pool, StaticPool)
        self._turn: AbstractContextManager[Any] = threading.RLock() if sqlite else nullcontext()
        self._reading: AbstractContextManager[Any] = self._turn if in_memory else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that only reads. Raises ``DatabaseUnusable`` once closed."""
        self._check()
        with self._reading, Session(self.engine) as session:
            yield session

    def write(self, work: Callable[[Session], Answer]) -> Answer:
        """Return what ``work`` returns, committed. ``work`` may run more than once.

        Raises what ``work`` raises, with nothing changed; ``DatabaseUnusable`` once closed.
        """
        self._check()
        for attempt in range(1, _TRIES + 1):
            try:
                with self._turn, Session(self.engine, expire_on_commit=False) as session:
                    session.connection(execution_options={"writing": True})
                    answer = work(session)
                    session.commit()
                    return answer
            except (IntegrityError, OperationalError) as error:
                if attempt == _TRIES or not _lost_a_race(error):
                    raise
                time.sleep(0.02 * attempt)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Give back connections and the lock; later use is refused."""
        self._closed = True
        self.engine.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _check(self) -> None:
        if self._closed:
            raise DatabaseUnusable("The database is closed.")


def open_database(url: str) -> Database:
    """Return the database at an SQLAlchemy URL, its schema made or brought up to date.

    ``sqlite:///file`` (folders are made), ``sqlite://`` (in memory, for tests), or
    ``postgresql://...``. Raises ``DatabaseUnusable``; ``DatabaseInUse`` where another process
    has the file.
    """
    parsed = _parse(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    lock = _lock(Path(parsed.database)) if sqlite and parsed.database else None
    engine = (
        _sqlite(parsed)
        if sqlite
        else create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    )
    try:
        upgrade(engine)
        if sqlite:
            _release_claims(engine)
    except BaseException as error:
        engine.dispose()
        if lock is not None:
            lock.close()
        if isinstance(error, SchemaUnknown):
            raise DatabaseUnusable(f"The database {_shown(parsed)} {error}") from error
        if isinstance(error, SQLAlchemyError):
            raise _unusable(parsed, error) from error
        raise
    return Database(engine, lock)


def check_database(url: str) -> str:
    """Return in a few words how the database stands; nothing in it is made or changed.

    Raises what ``open_database`` would.
    """
    parsed = _parse(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    lock = _lock(Path(parsed.database)) if sqlite and parsed.database else None
    if sqlite and not (parsed.database and Path(parsed.database).is_file()):
        if lock is not None:
            lock.close()
        return f"{_shown(parsed)} can be made"
    engine = _sqlite(parsed) if sqlite else create_engine(parsed, hide_parameters=True)
    try:
        revision = current(engine)
        with engine.connect() as connection:
            if not sqlite and not connection.scalar(text(_MAY_CREATE)):
                raise DatabaseUnusable(
                    f"The database {_shown(parsed)} lets this user create no tables. Grant it "
                    "CREATE on the schema."
                )
    except SchemaUnknown as error:
        raise DatabaseUnusable(f"The database {_shown(parsed)} {error}") from error
    except SQLAlchemyError as error:
        raise _unusable(parsed, error) from error
    finally:
        engine.dispose()
        if lock is not None:
            lock.close()
    state = f"its schema is at {revision}" if revision else "it is empty"
    return f"{_shown(parsed)} can be used, {state}"


def _unusable(url: URL, error: SQLAlchemyError) -> DatabaseUnusable:
    why = redact(str(getattr(error, "orig", None) or error).strip().splitlines()[0])
    away = isinstance(error, OperationalError) and url.get_backend_name() != "sqlite"
    refused = "FATAL" in why and "starting up" not in why and "shutting down" not in why
    kind = DatabaseAway if away and not refused else DatabaseUnusable
    return kind(
        f"The database {_shown(url)} cannot be used: {why}. Check that it exists, is reachable, "
        "and that this user may create tables in it."
    )


def read_database(url: str) -> Database:
    """Return a database for reading only, also beside a running bot; its schema is left as it is.

    Raises ``DatabaseUnusable`` where there is none.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or not Path(parsed.database).is_file():
            raise DatabaseUnusable(f"There is no database {_shown(parsed)}.")
        engine = _sqlite(parsed)
    else:
        engine = create_engine(parsed, pool_pre_ping=True)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1 FROM alembic_version"))
    except SQLAlchemyError as error:
        engine.dispose()
        why = redact(str(getattr(error, "orig", None) or error).strip().splitlines()[0])
        raise DatabaseUnusable(f"The database {_shown(parsed)} cannot be read: {why}.") from error
    return Database(engine)


def _release_claims(engine: Engine) -> None:
    """Free what a former process was sending or executing: it is gone, we hold its lock."""
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        connection.execute(text("UPDATE outbox SET claimed_until = NULL WHERE state = 'owed'"))
        connection.execute(
            text("UPDATE approvals SET claimed_until = NULL WHERE state = 'running'")
        )


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseUnusable(
            "The database URL cannot be read. Write sqlite:///file, or "
            "postgresql://user:password@host/name."
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise DatabaseUnusable(f"{backend} is not supported; use SQLite or PostgreSQL.")
    if parsed.database in (":memory:", ""):
        return parsed.set(database=None)
    return parsed


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _lock(file: Path) -> IO[str]:
    """Return the lock file of an SQLite file, locked for as long as it is open."""
    path = file.with_name(file.name + ".lock")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise DatabaseUnusable(f"{path} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read(20).strip()
        lock.close()
        raise DatabaseInUse(
            f"The database {file} is in use by another process{holder and f' ({holder})'}. Stop "
            "that one first, give this one a file of its own, or use PostgreSQL for several."
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _sqlite(url: URL) -> Engine:
    memory: dict[str, Any] = {} if url.database else {"poolclass": StaticPool}
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        **memory,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for setting in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}").close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _lost_a_race(error: IntegrityError | OperationalError) -> bool:
    """Return whether doing the same again may work (a key just taken, a deadlock)."""
    if isinstance(error, IntegrityError):
        return True
    return getattr(error.orig, "sqlstate", "") in ("40001", "40P01", "55P03")
