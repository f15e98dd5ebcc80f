"""Fixtures: the same tests on SQLite, always, and on PostgreSQL where it is installed.

``url`` is an empty database; ``database`` is that, opened. Nothing is mocked: a test that needs
a crash kills a process, and one that needs a restart opens the file again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from bot.store.database import Database, open_database
from tests.store.postgres import Postgres, binaries, required, short_folder

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = binaries()
    if programs is None:
        missing = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if required():
            pytest.fail(missing)
        pytest.skip(missing)
    server = Postgres(short_folder(), programs)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/mtc-bot.sqlite3"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database(f"t{next(_numbers)}")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.close()
