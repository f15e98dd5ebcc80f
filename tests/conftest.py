"""For all tests: no deadline on hypothesis examples, since two cores may be busy with others.

What is collected stays to the end, so that the garbage collector does not look at it while it is
made, nor ever after: that takes a third of the time.

Fixtures that start a program (``tests.apiserver.fixtures``) do so when the first test wants it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.nodeid import NodeId
from hypothesis import settings

pytest_plugins = ("tests.apiserver.fixtures",)

COSTLY = ("everything", "theatre", "lives")
"""Fixtures: all scenarios played at once, and processes from which others are forked and killed."""
READING = ("apiserver", "cli", "clusters", "deploy")
"""Folders whose tests share a set of API servers; all others share a second one."""

os.environ["SSL_CERT_FILE"] = os.devnull
"""No test speaks to the Internet: its authorities, read for each socket, take longer than most."""
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark below also where pytest-xdist is switched off."""
    config.addinivalue_line("markers", "xdist_group(name): tests that stay in one worker")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests in one worker that need the same costly thing, so that there is one of it.

    pytest-xdist reads groups from the ids; it writes them there itself, but not for pytest 9.2.
    """
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if (group := _group(item)) and not item.nodeid.endswith(f"@{group}"):
            item._id = NodeId.parse(f"{item.nodeid}@{group}")


def _group(item: pytest.Item) -> str:
    marked = item.get_closest_marker("xdist_group")
    if marked is not None:
        return str(marked.args[0])
    if item.get_closest_marker("apiserver") is not None:
        reads = item.path.relative_to(Path(__file__).parent).parts[0] in READING
        return "apiserver" if reads else "apiserver-too"
    return next((name for name in COSTLY if name in getattr(item, "fixturenames", ())), "")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    gc.disable()
    collected = yield
    gc.collect()
    gc.freeze()
    gc.enable()
    return collected
