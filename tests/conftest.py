"""For all tests: no deadline on hypothesis examples, since two cores may be busy with others."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
