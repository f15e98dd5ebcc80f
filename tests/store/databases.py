"""Fixtures: the same tests on SQLite, always, and on PostgreSQL where it is installed.

``url`` is a database as the bot makes it, with its tables and nothing in them; ``database`` is
that, opened. It is made once and copied for each test. Nothing is mocked: a test that needs a
crash kills a process, and one that needs a restart opens the file again.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from bot.store.database import Database, open_database
from tests.store.postgres import Postgres, binaries, required, short_folder

_numbers = count(1)


@cache
def _blank() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blank.sqlite3"
        open_database(f"sqlite:///{file}").close()
        return file.read_bytes()


def blank(file: Path) -> str:
    """Make an SQLite database of that file, with all tables and nothing in them; return its URL."""
    file.write_bytes(_blank())
    return f"sqlite:///{file}"


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
        return blank(tmp_path / "mtc-bot.sqlite3")
    server: Postgres = request.getfixturevalue("postgres")
    return server.database(f"t{next(_numbers)}")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.close()
