"""What can be typed after ``/mtc``, and after a mention of the bot.

``answer`` takes any text whatever and returns a message; only errors of the application come out
as exceptions, for the desk to explain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rapidfuzz import process

from handlers.languages import Languages
from handlers.services import Services
from handlers.views import errors, help, kb, rows, status
from handlers.views.answer import answer as answer_view
from handlers.views.kit import Message
from handlers.views.words import say
from knowledge.texts import Lang

MOST_TYPED = 500
_LINK = re.compile(r"<[^<>|]*\|([^<>|]*)>|<([^<>|]*)>")
_MENTION = re.compile(r"^[^<]*<@[^<>]*>[\s,:]*")
_CHINESE = {
    "帮助": "help",
    "列表": "list",
    "状态": "status",
    "诊断": "diagnose",
    "知识": "kb",
    "我是谁": "whoami",
    "语言": "lang",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What was typed: the sub-command and the words after it."""

    verb: str
    words: str


def parse(typed: str) -> Line:
    """Return what was typed, from the first mention on, without Slack's link markup."""
    typed = _MENTION.sub("", typed[:MOST_TYPED])
    typed = _LINK.sub(lambda found: found[1] or found[2] or "", typed)
    typed = typed.replace("“", '"').replace("”", '"').strip()
    verb, _, rest = typed.partition(" ")
    verb = verb.lower()
    return Line(_CHINESE.get(verb, verb), rest.strip().strip("\"'`"))


class Commands:
    """The sub-commands, over the application's services."""

    def __init__(self, services: Services, languages: Languages) -> None:
        """Answer from these services."""
        self._services = services
        self._languages = languages
        self._verbs: dict[str, Callable[[str, str, Lang], Message]] = {
            "help": lambda words, user, lang: help.help_page(lang),
            "list": self._list,
            "status": self._status,
            "diagnose": self._diagnose,
            "kb": self._kb,
            "whoami": lambda words, user, lang: help.whoami(user, lang),
            "lang": self._lang,
        }

    def answer(self, line: Line, user: str, lang: Lang) -> Message:
        """Return the answer. Raises ``Unknown`` and ``ClusterError`` of the questions asked."""
        verb = self._verbs.get(line.verb or "help")
        if verb is None:
            return errors.no_subcommand(line.verb, self._meant(line), lang)
        return verb(line.words, user, lang)

    def _meant(self, line: Line) -> list[str]:
        near = process.extract(line.verb, list(self._verbs), limit=2, score_cutoff=60)
        meant = [f"{verb} {line.words}".strip() for verb, _, _ in near]
        if re.fullmatch(r"[\w./@-]{2,253}", line.verb, re.ASCII):
            meant.append(f"diagnose {line.verb}")
        return meant

    def _list(self, words: str, user: str, lang: Lang) -> Message:
        found = self._services.questions.rows(words)
        return rows.rows(found, words, self._services.questions.unreachable(), lang)

    def _status(self, words: str, user: str, lang: Lang) -> Message:
        if not words:
            return errors.which("status", lang)
        return status.status(self._services.questions.status(words), lang)

    def _diagnose(self, words: str, user: str, lang: Lang) -> Message:
        if not words:
            return errors.which("diagnose", lang)
        found = self._services.questions.diagnose(words)
        open_ones = self._services.incidents.for_migration(found.control, found.target.name)
        return answer_view(found, open_ones, lang, self._services.clock())

    def _kb(self, words: str, user: str, lang: Lang) -> Message:
        entry = self._services.questions.entry(words) if words else None
        if entry is not None:
            return kb.entry_page(entry, lang)
        return kb.results(self._services.questions.knowledge(words), words, lang)

    def _lang(self, words: str, user: str, lang: Lang) -> Message:
        wanted = words.lower()
        chosen: Lang | None = None
        if wanted in ("en", "english", "英文"):
            chosen = "en"
        elif wanted in ("zh", "chinese", "中文", "zh-cn"):
            chosen = "zh"
        if chosen is None:
            return help.said(say(lang, "lang.which", en="/mtc lang en", zh="/mtc lang zh"))
        self._languages.choose(user, chosen)
        return help.said(say(chosen, "lang.set"))
