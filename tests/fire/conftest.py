from collections.abc import Iterator

import pytest

from tests.fire.scene import Lives
from tests.store.databases import postgres, url

__all__ = ["postgres", "url"]


@pytest.fixture(scope="session")
def lives() -> Iterator[Lives]:
    started = Lives()
    yield started
    started.stop()
