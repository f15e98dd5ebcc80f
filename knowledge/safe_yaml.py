"""YAML read by libyaml where it is there: everywhere the same, and safe.

The pure reader, which stands in for it, makes the same of every text and is only slower. Neither
runs anything that stands in a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

__all__ = ["Loader", "load_yaml", "load_yaml_documents"]


def load_yaml(text: str | bytes) -> Any:
    """Return what the one document in a text holds. Raises ``yaml.YAMLError``."""
    return yaml.load(text, Loader=Loader)


def load_yaml_documents(text: str) -> Iterator[Any]:
    """Yield what each document in a text holds. Raises ``yaml.YAMLError`` as it goes on."""
    yield from yaml.load_all(text, Loader=Loader)
