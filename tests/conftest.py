"""For all tests: no deadline on hypothesis examples, since two cores may be busy with others.

What is collected stays to the end, so that the garbage collector does not look at it while it is
made, nor ever after: that takes a third of the time.

Fixtures that start a program (``tests.apiserver.fixtures``) do so when the first test wants it.
"""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest
from hypothesis import settings

pytest_plugins = ("tests.apiserver.fixtures",)

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark below also where pytest-xdist is switched off."""
    config.addinivalue_line("markers", "xdist_group(name): tests that stay in one worker")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests of real API servers in one worker, so that there is one set of servers."""
    for item in items:
        if item.get_closest_marker("apiserver") is not None:
            item.add_marker(pytest.mark.xdist_group("apiserver"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    gc.disable()
    collected = yield
    gc.collect()
    gc.freeze()
    gc.enable()
    return collected
