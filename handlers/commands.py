"""What can be typed after ``/mtc``, and after a mention of the bot.

``answer`` takes any text whatever and returns a message; only errors of the application come out
as exceptions, for the desk to explain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.clusters.port import ClusterError
from bot.mtc.outcome_words import Word
from bot.questions.asking import Unknown
from handlers.askers import Asker
from handlers.languages import Languages
from handlers.remedy_commands import Remedies
from handlers.services import Services
from handlers.views import errors, help, kb, preflight, rows, status
from handlers.views.answer import answer as answer_view
from handlers.views.kit import Message
from handlers.views.words import name_of, say
from knowledge.texts import Lang

MOST_TYPED = 500
_LINK = re.compile(r"<[^<>|]*\|([^<>|]*)>|<([^<>|]*)>")
_MENTION = re.compile(r"^[^<]*<@[^<>]*>[\s,:]*")
_CHINESE = {
    "帮助": "help",
    "列表": "list",
    "状态": "status",
    "诊断": "diagnose",
    "预检": "preflight",
    "知识": "kb",
    "我是谁": "whoami",
    "语言": "lang",
    "修复": "fix",
    "重新运行": "rerun",
    "回滚": "rollback",
    "取消": "cancel",
    "申请": "approvals",
    "批准": "approve",
    "拒绝": "reject",
    "审计": "audit",
}
_GREETINGS = dict.fromkeys(
    ("hi", "hello", "hey", "?", "？", "-h", "--help", "你好", "您好", "嗨"), "help"
)
_ALIKE = 70.0
_ALIKE_CHINESE = 50.0
"""How much a word is like a command, of 100; two Chinese characters of which one is right: 50."""
_NAME = re.compile(r"(?:[a-z]+/)?[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?:@[a-z0-9.-]+)?")
_MOST_NAMES = 6


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
    said = verb.rstrip("!！,，.。") or verb
    return Line((_CHINESE | _GREETINGS).get(said, verb), rest.strip().strip("\"'`"))


class Commands:
    """The sub-commands, over the application's services."""

    def __init__(self, services: Services, languages: Languages, remedies: Remedies) -> None:
        """Answer from these services; ``remedies`` answer what is about fixes."""
        self._services = services
        self._remedies = remedies
        self._languages = languages
        self._verbs: dict[str, Callable[[str, str, Lang], Message]] = {
            "help": lambda words, user, lang: help.help_page(lang, remedies.on),
            "list": self._list,
            "status": self._status,
            "diagnose": self._diagnose,
            "preflight": self._preflight,
            "kb": self._kb,
            "whoami": lambda words, user, lang: remedies.who(user, lang),
            "lang": self._lang,
        }

    def answer(self, line: Line, asker: Asker, lang: Lang) -> Message | None:
        """Return the answer; None where a form is the answer.

        Raises ``Unknown`` and ``ClusterError`` of the questions asked, ``Refused`` of requests.
        """
        verb = self._verbs.get(line.verb or "help")
        if verb is not None:
            return verb(line.words, asker.user, lang)
        remedy = self._remedies.verbs.get(line.verb)
        if remedy is not None:
            return remedy(line.words, asker, lang)
        near = self._near(line.verb)
        named = "" if near else self._named(f"{line.verb} {line.words}")
        if named and not line.words:
            return self._diagnose(named, asker.user, lang)
        if named:
            return errors.not_understood(named, lang)
        meant = [f"{verb} {line.words}".strip() for verb in near]
        if not near and not line.words and _NAME.fullmatch(line.verb):
            meant.append(f"diagnose {line.verb}")
        return errors.no_subcommand(line.verb, meant, lang)

    def _near(self, typed: str) -> list[str]:
        """Return the sub-commands that a word may be a misspelling of."""
        if not typed.isascii():
            found = process.extract(
                typed, list(_CHINESE), scorer=fuzz.ratio, limit=2, score_cutoff=_ALIKE_CHINESE
            )
            return [_CHINESE[word] for word, _, _ in found]
        verbs = [*self._verbs, *self._remedies.verbs]
        found = process.extract(typed, verbs, scorer=fuzz.ratio, limit=2, score_cutoff=_ALIKE)
        return [verb for verb, _, _ in found]

    def _named(self, said: str) -> str:
        """Return the first word that is the name of a migration, a plan or the like; or none."""
        words = (word.strip("?？!！,，.。:：;；\"'`“”()（）") for word in said.lower().split())
        for word in [word for word in words if _NAME.fullmatch(word)][:_MOST_NAMES]:
            try:
                self._services.questions.find(word)
            except (Unknown, ClusterError):
                continue
            return word
        return ""

    def _list(self, words: str, user: str, lang: Lang) -> Message:
        called = {str(word): name_of(lang, "outcome", word) for word in Word}
        found = self._services.questions.rows(words, called)
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
        return answer_view(found, open_ones, lang, self._services.clock(), self._remedies.on)

    def _preflight(self, words: str, user: str, lang: Lang) -> Message:
        if not words:
            return errors.which("preflight", lang)
        return preflight.preflight(self._services.questions.preflight(words), lang)

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
