"""Arguments of a Web API call, read the way Slack reads them.

They come as JSON (typed), as a form or a query (all strings, booleans as "1"/"0" or words, lists
and objects as JSON text). Each getter refuses what Slack would refuse and never raises anything
but ``SlackError``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.json_text import parsed

_TRUE = frozenset({"1", "true", "True"})
_FALSE = frozenset({"", "0", "false", "False"})


class Arguments(Mapping[str, Any]):
    """The arguments of one call, the token left out."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Wrap what was given."""
        self._given = {name: value for name, value in given.items() if name != "token"}

    def __getitem__(self, name: str) -> Any:
        return self._given[name]

    def __iter__(self) -> Any:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def string(self, name: str, default: str = "") -> str:
        """Return a string; numbers in JSON are no strings."""
        value = self._given.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise invalid_arguments(f"must provide a string [json-pointer:/{name}]")
        return value

    def required(self, *names: str) -> tuple[str, ...]:
        """Return strings that must be there.

        Raises ``SlackError`` invalid_arguments naming every one that is missing.
        """
        missing = [f"missing required field: {name}" for name in names if not self._has(name)]
        if missing:
            raise invalid_arguments(*missing)
        return tuple(self.string(name) for name in names)

    def boolean(self, name: str, default: bool = False) -> bool:
        """Return a boolean, from JSON or as a form writes it."""
        value = self._given.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in _TRUE:
            return True
        if isinstance(value, str) and value in _FALSE:
            return False
        if isinstance(value, int) and value in (0, 1):
            return bool(value)
        raise invalid_arguments(f"must be a boolean [json-pointer:/{name}]")

    def limit(self, default: int, most: int) -> int:
        """Return ``limit``; a bad one is adjusted without a word, as Slack mostly does."""
        value = self._given.get("limit")
        try:
            wanted = int(str(value)) if value is not None else default
        except ValueError:
            return default
        return min(wanted, most) if wanted > 0 else default

    def json(self, name: str, error: str) -> Any:
        """Return a list or object, from JSON text too; None when absent.

        Raises ``SlackError(error)`` for text that is no JSON.
        """
        value = self._given.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                return parsed(value)
            except ValueError:
                raise SlackError(error) from None
        return value

    def names(self, name: str) -> list[str]:
        """Return a list of ids: a JSON list, or words between commas."""
        value = self._given.get(name)
        if isinstance(value, list):
            if not all(isinstance(item, str) for item in value):
                raise invalid_arguments(f"must provide a string [json-pointer:/{name}/0]")
            return list(value)
        text = self.string(name)
        if text.startswith("["):
            parsed = self.json(name, "invalid_array_arg")
            if isinstance(parsed, list) and all(isinstance(item, str) for item in parsed):
                return parsed
            raise SlackError("invalid_array_arg")
        return [word for word in (part.strip() for part in text.split(",")) if word]

    def _has(self, name: str) -> bool:
        return self._given.get(name) not in (None, "")
