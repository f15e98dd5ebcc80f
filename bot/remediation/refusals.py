"""Why something is not done, in words a person can act on."""

from __future__ import annotations

from knowledge.texts import Lang, LocalText


class Refused(Exception):
    """An action cannot be planned, approved or executed as things stand; nothing was changed."""

    def __init__(self, en: str, zh: str) -> None:
        """Keep the reason in both languages; each says what to do next."""
        self.reason = LocalText(en=en, zh=zh)
        super().__init__(en)

    def text(self, lang: Lang) -> str:
        """Return the reason in a language."""
        return self.reason.get(lang)


class BadParams(Refused):
    """The parameters are missing or wrong; the action itself may well be possible."""
