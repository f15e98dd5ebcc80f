"""The composition root: the parts of a running bot, put together and taken down in order.

Start: database, posting, watching, remediation, then Slack's socket, so that nobody is answered by
a bot that does not watch yet. Stop in the opposite order; a message that is owed stays in the
outbox, a fix that is under way is taken up by the next start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from slack_sdk import WebClient

from bot.cli.composing_remedies import RemedySettings, compose_remedies
from bot.clusters.port import ControlPlane
from bot.configuration import Configuration, Slack
from bot.diagnosis.diagnosing import Diagnoser
from bot.incidents.model import Incident
from bot.questions.asking import Questions
from bot.remediation.loop import RemedyLoop
from bot.store.database import Database, open_database
from bot.store.feedback import StoredFeedback
from bot.store.incidents import StoredIncidents
from bot.store.outbox import StoredOutbox
from bot.store.pruning import Pruning
from bot.watching.watcher import Watcher
from handlers.app import build_app
from handlers.clients import LOOKUP_SECONDS, make_client
from handlers.directory import SlackDirectory
from handlers.posting import Poster
from handlers.services import Remediation, Services
from handlers.socket import SocketRunner
from knowledge.loading import Entries, load_builtin
from knowledge.matching.engine import Engine
from knowledge.reloading import KnowledgeFolders
from knowledge.texts import Lang

log = logging.getLogger(__name__)

SLACK_API = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class SlackAccess:
    """How Slack is reached, and where alerts go."""

    bot_token: str
    app_token: str
    channel: Callable[[Incident], str]
    api_url: str = SLACK_API


@dataclass(frozen=True, slots=True)
class Bot:
    """A whole bot; ``start`` and ``stop`` may each be called once."""

    database: Database
    questions: Questions
    incidents: StoredIncidents
    watcher: Watcher
    poster: Poster
    socket: SocketRunner
    pruning: Pruning
    remedies: RemedyLoop | None = None
    remediation: Remediation | None = None

    def start(self) -> None:
        """Post, watch, execute what is approved, and connect to Slack."""
        self.poster.start()
        self.watcher.start()
        if self.remedies is not None:
            self.remedies.start()
        self.pruning.start()
        self.socket.start()

    def stop(self) -> None:
        """Disconnect, stop executing, watching and posting, and close the database."""
        for part in (self.socket, self.pruning, self.remedies, self.watcher, self.poster):
            try:
                if part is not None:
                    part.stop()
            except Exception:
                log.exception("%s did not stop as it should", type(part).__name__)
        self.database.close()


def compose(
    planes: Sequence[ControlPlane],
    slack: SlackAccess,
    *,
    database_url: str,
    own_knowledge: Sequence[Path] = (),
    language: Lang = "en",
    interval: float = 30.0,
    keep_days: int = 90,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    engine: Engine | None = None,
    remediation: RemedySettings | None = None,
) -> Bot:
    """Return a bot that watches ``planes``; nothing runs yet.

    Raises what ``open_database`` raises. ``interval`` is in seconds. Without ``remediation`` the
    bot only reads: nothing in it could write.
    """
    current, known = _knowledge(own_knowledge, engine)
    diagnoser = Diagnoser(current, clock)
    with ExitStack() as undo:
        database = open_database(database_url)
        undo.callback(database.close)
        incidents = StoredIncidents(database, channels=slack.channel)
        outbox = StoredOutbox(database)
        questions = Questions(
            planes, diagnoser, known, clock, lambda plane, target: watcher.diagnose(plane, target)
        )
        fixes, loop = None, None
        if remediation is not None:
            asked = make_client(slack.bot_token, slack.api_url, LOOKUP_SECONDS)
            directory = SlackDirectory(asked)
            fixes, loop = compose_remedies(planes, remediation, database, directory, clock)
        services = Services(
            questions=questions,
            incidents=incidents,
            outbox=outbox,
            knowledge=known,
            feedback=StoredFeedback(database),
            channel=slack.channel,
            remediation=fixes,
            clock=clock,
            default_lang=language,
        )
        app = build_app(services, bot_token=slack.bot_token, api_url=slack.api_url)
        poster = Poster(WebClient(slack.bot_token, base_url=slack.api_url), services)
        watcher = Watcher(
            planes, diagnoser, incidents, clock=clock, interval=interval, observed=poster.wake
        )
        bot = Bot(
            database,
            questions,
            incidents,
            watcher,
            poster,
            SocketRunner(app, slack.app_token, slack.api_url),
            Pruning(database, timedelta(days=keep_days), clock),
            loop,
            fixes,
        )
        undo.pop_all()
        return bot


def _knowledge(
    own: Sequence[Path], engine: Engine | None
) -> tuple[Callable[[], Engine], Callable[[], Entries]]:
    """Return what returns the knowledge in force, read anew as its files change.

    A given ``engine`` is ours alone, compiled before.
    """
    if engine is not None:
        return (lambda: engine), load_builtin
    folders = KnowledgeFolders(own)
    return folders.engine, folders.entries


def channel_for(settings: Slack) -> Callable[[Incident], str]:
    """Return the choice of a channel for an incident: the first route that fits."""

    def choose(incident: Incident) -> str:
        for route in settings.routes:
            if (
                fnmatchcase(incident.key.control, route.control)
                and fnmatchcase(incident.plan, route.plan)
                and (not route.severities or incident.severity in route.severities)
            ):
                return route.channel
        return settings.channel

    return choose


def channel_of(settings: Slack) -> Callable[[str, str], str]:
    """Return the choice of a channel by control cluster and plan alone."""

    def choose(control: str, plan: str) -> str:
        for route in settings.routes:
            if fnmatchcase(control, route.control) and fnmatchcase(plan, route.plan):
                return route.channel
        return settings.channel

    return choose


def live_planes(configuration: Configuration) -> tuple[ControlPlane, ...]:
    """Return the control clusters of the configuration; nothing is asked of them yet.

    With ``remediation: off`` none of them can be written to.
    """
    from bot.clusters.live import open_live

    return tuple(
        open_live(
            context=c.context,
            kubeconfig=c.kubeconfig,
            name=c.name,
            in_cluster=c.in_cluster,
            writable=configuration.remediation != "off",
        )
        for c in configuration.control_clusters
    )
