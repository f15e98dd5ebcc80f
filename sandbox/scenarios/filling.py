"""Templates with their placeholders filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a copy of ``template`` with every ``{name}`` replaced by its value.

    A text that is one placeholder and nothing else becomes the value itself, of whatever type;
    JSON in a text is left alone. Raises ``KeyError`` for a name without a value.
    """
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        if whole:
            return deepcopy(values[whole[1]])
        return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), template)
    if isinstance(template, Mapping):
        return {filled(key, values): filled(item, values) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [filled(item, values) for item in template]
    return template
