"""CEL expressions over one object.

The expressions come from knowledge entries, the objects from clusters: an expression that
cannot be evaluated (a field is absent, a type is odd) is false, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cel


class Expression:
    """One compiled expression over the variable ``object``."""

    def __init__(self, source: str) -> None:
        """Compile ``source``. Raises ``ValueError`` where it is not CEL."""
        self.source = source
        try:
            self._program = cel.compile(source)
        except Exception as error:
            raise ValueError(f"not a CEL expression: {source}: {error}") from error

    def holds(self, subject: Mapping[str, Any]) -> bool:
        """Return whether the expression is true of the object."""
        try:
            return self._program.execute({"object": dict(subject)}) is True
        except Exception:
            return False
