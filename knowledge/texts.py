"""Texts in the languages the bot speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Lang = Literal["en", "zh"]
"""English, Simplified Chinese."""

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class LocalText(BaseModel):
    """One text in every language; both must be there and not blank."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    zh: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

    def get(self, lang: Lang) -> str:
        """Return the text in ``lang``."""
        return self.zh if lang == "zh" else self.en


def fill(template: str, params: Mapping[str, str]) -> str:
    """Return ``template`` with ``{name}`` replaced; an unknown name reads ``<name>``."""
    return _PLACEHOLDER.sub(lambda m: params.get(m[1]) or f"<{m[1]}>", template)


def placeholders(template: str) -> frozenset[str]:
    """Return the names of the placeholders in ``template``."""
    return frozenset(_PLACEHOLDER.findall(template))
