"""Look-alikes: stories told as another one is, but for the fact that makes the difference.

A file that says ``like: <id>`` begins with what its twin says. ``names`` gives things of the twin
other names, ``instead`` puts other words in place of the twin's, and ``changes`` come after the
twin's own; anything else it says takes the place of what the twin says. What makes a story what
it is (``title``, ``because``, ``expect``) and how it ends well (``cures``, ``passes``) is never
taken over. Names and words that the twin does not have are an error, so that a twin cannot change
without its look-alikes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_OWN = frozenset({"title", "because", "expect", "cures", "passes"})
_HOW = frozenset({"like", "names", "instead", "changes"})


def like_its_twin(told: Mapping[str, Any], twin: Mapping[str, Any]) -> dict[str, Any]:
    """Return the story that ``told`` makes of ``twin``, both as they were read.

    Raises ``ValueError`` for a twin that is a look-alike itself, and for names and words that the
    twin does not have.
    """
    if "like" in twin:
        raise ValueError(f"{told['like']} is a look-alike itself: name its twin")
    kept = {key: value for key, value in twin.items() if key not in _OWN}
    for old, new in told.get("names", {}).items():
        kept = _changed(kept, old, rf"(?<![a-z0-9]){re.escape(old)}(?![a-z0-9])", new)
    for old, new in told.get("instead", {}).items():
        kept = _changed(kept, old, re.escape(old), new)
    own = {key: value for key, value in told.items() if key not in _HOW}
    changes = [*kept.get("changes", ()), *told.get("changes", ())]
    return {**kept, **own, "twin": told["like"], "changes": changes}


def _changed(told: dict[str, Any], old: str, pattern: str, new: str) -> dict[str, Any]:
    changed: dict[str, Any] = _replaced(told, re.compile(pattern), new)
    if changed == told:
        raise ValueError(f"its twin does not say “{old}”")
    return changed


def _replaced(told: Any, pattern: re.Pattern[str], new: str) -> Any:
    if isinstance(told, str):
        return pattern.sub(lambda _: new, told)
    if isinstance(told, Mapping):
        return {
            _replaced(key, pattern, new): _replaced(value, pattern, new)
            for key, value in told.items()
        }
    if isinstance(told, list):
        return [_replaced(item, pattern, new) for item in told]
    return told
