"""Starting the bot as a process: what cannot go on is one sentence and exit code 2.

A database that is only away is waited for, a Slack that is only away is not even that: the bot
watches and keeps what it owes. What a person has to correct (a token, a channel, a kubeconfig,
a database that another process has) is refused before anything runs.
"""

from __future__ import annotations

import logging
import time

from bot.access.policy import PolicyError
from bot.access.reloading import PolicyFile
from bot.cli.checking import channels_of
from bot.cli.composing import Bot, SlackAccess, channel_for, channel_of, compose, live_planes
from bot.cli.composing_remedies import RemedySettings
from bot.configuration import Configuration, Tokens
from bot.store.database import DatabaseAway, DatabaseUnusable, check_database
from handlers import presence
from handlers.app import SlackRefused

DATABASE_SECONDS = 60.0
"""How long a database that is away is waited for at the start."""
_AGAIN_SECONDS = 3.0

log = logging.getLogger(__name__)


class CannotStart(Exception):
    """Something has to be corrected first; ``str()`` says what."""


def made_ready(settings: Configuration, tokens: Tokens, slack_api: str) -> Bot:
    """Return a bot that is ready to start.

    Raises ``CannotStart``, or ``ClusterError`` for a kubeconfig that cannot be used.
    """
    access = SlackAccess(
        tokens.bot.get_secret_value(),
        tokens.app.get_secret_value(),
        channel_for(settings.slack),
        slack_api,
    )
    planes = live_planes(settings)
    _await_database(settings.database)
    try:
        bot = compose(
            planes,
            access,
            database_url=settings.database,
            own_knowledge=settings.knowledge,
            language=settings.language,
            interval=settings.interval_seconds,
            keep_days=settings.keep_days,
            remediation=_remedies(settings),
        )
    except (DatabaseUnusable, SlackRefused, PolicyError) as error:
        raise CannotStart(str(error)) from None
    try:
        _look_at_channels(settings, access)
    except CannotStart:
        bot.database.close()
        raise
    return bot


def _await_database(url: str) -> None:
    until = time.monotonic() + DATABASE_SECONDS
    said = False
    while True:
        try:
            check_database(url)
        except DatabaseAway as error:
            if time.monotonic() > until:
                raise CannotStart(str(error)) from None
            if not said:
                log.warning("%s It is waited for, %.0f s at most", error, DATABASE_SECONDS)
                said = True
            time.sleep(_AGAIN_SECONDS)
        except DatabaseUnusable as error:
            raise CannotStart(str(error)) from None
        else:
            return


def _look_at_channels(settings: Configuration, access: SlackAccess) -> None:
    """Say which channels cannot be posted to; where that is all of them, nothing can go on."""
    answers = presence.channels(access.bot_token, channels_of(settings), access.api_url)
    wrong = [answer for answer in answers if answer.verdict == "no"]
    if len(wrong) == len(answers):
        raise CannotStart("\n".join(f"{answer.about}: {answer.said}." for answer in wrong))
    for answer in wrong:
        log.error("%s: %s; what is routed there is lost", answer.about, answer.said)


def _remedies(settings: Configuration) -> RemedySettings | None:
    if settings.remediation == "off":
        return None
    return RemedySettings(PolicyFile(settings.remediation.policy), channel_of(settings.slack))
