"""For all tests: no deadline on hypothesis examples, since two cores may be busy with others.

Fixtures that start a program (``tests.apiserver.fixtures``) do so when the first test wants it.
"""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ("tests.apiserver.fixtures",)

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
