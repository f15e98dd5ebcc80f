from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.database import open_database
from tests.remediation.world import World
from tests.store.databases import blank, postgres, url

__all__ = ["postgres", "url", "world"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = open_database(blank(tmp_path / "bot.sqlite3"))
    yield World(database)
    database.close()
