"""Where every question goes after its acknowledgement: answered by a worker, in the person's
language, with a word in between when it takes long, and with a sentence when it fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from handlers.askers import Asker
from handlers.failures import explain_failure
from handlers.languages import Languages
from handlers.replies import Replies
from handlers.services import Services
from handlers.views import errors, help
from handlers.views.kit import Message
from handlers.workers import Workers
from knowledge.texts import Lang

SLOW_SECONDS = 1.5

Question = Callable[[Lang], Message | None]
"""Returns the answer, or None where the act itself is the answer."""

_log = logging.getLogger(__name__)


class Desk:
    """Takes questions and sees to their answers."""

    def __init__(
        self,
        services: Services,
        languages: Languages,
        replies: Replies,
        workers: Workers,
        slow_after: float = SLOW_SECONDS,
    ) -> None:
        """Work with these; say "working on it" after ``slow_after`` seconds."""
        self.services = services
        self.languages = languages
        self._replies = replies
        self._workers = workers
        self._slow_after = slow_after

    def take(
        self, asker: Asker, question: Question, verb: str = "diagnose", *, quiet: bool = False
    ) -> Message | None:
        """Have the question answered by a worker; returns at once.

        Returns what to tell the person now when too many questions wait already. ``quiet`` is
        for what nobody asked in words (looking at the App Home): errors are only logged.
        """
        if quiet:
            if self._workers.submit(lambda: self._look(asker, question)):
                return None
        elif self._workers.submit(lambda: self._serve(asker, question, verb)):
            return None
        _log.warning("a question of %s was refused: too many wait", asker.user)
        return errors.busy(self.languages.at_hand(asker.user))

    def _serve(self, asker: Asker, question: Question, verb: str) -> None:
        with self._word_in_between(asker):
            lang = self.languages.of(asker.user)
            try:
                message = question(lang)
            except Exception as error:
                message = explain_failure(error, lang, verb)
        if message is not None and not self._replies.send(asker, message):
            _log.error("an answer to %s could not be sent at all", asker.user)

    def _look(self, asker: Asker, question: Question) -> None:
        lang = self.languages.of(asker.user)
        try:
            question(lang)
        except Exception as error:
            explain_failure(error, lang)

    @contextmanager
    def _word_in_between(self, asker: Asker) -> Iterator[None]:
        lock = threading.Lock()
        over = False

        def say_so() -> None:
            with lock:
                if not over:
                    self._replies.send(asker, help.working(self.languages.at_hand(asker.user)))

        timer = threading.Timer(self._slow_after, say_so)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with lock:
                over = True
