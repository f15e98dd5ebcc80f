"""``mtc-bot run``: watch real clusters and serve a real Slack workspace."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from bot.access.reloading import PolicyFile
from bot.cli.composing import (
    SLACK_API,
    SlackAccess,
    channel_for,
    channel_of,
    compose,
    live_planes,
)
from bot.cli.composing_remedies import RemedySettings
from bot.cli.terminal import err, fail
from bot.configuration import (
    Configuration,
    ConfigurationError,
    load_configuration,
    load_tokens,
)
from bot.logging_setup import set_up_logging

log = logging.getLogger(__name__)


def run(
    config: Annotated[
        Path, typer.Option("--config", "-c", help="Settings; see deploy/mtc-bot.example.yaml.")
    ] = Path("mtc-bot.yaml"),
    slack_api: Annotated[
        str, typer.Option("--slack-api", help="Another Slack API, such as the sandbox's.")
    ] = SLACK_API,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the settings can be used.")
    ] = False,
) -> None:
    """Watch the control clusters and post diagnosed failures, until stopped."""
    try:
        settings = load_configuration(config)
        tokens = load_tokens()
    except ConfigurationError as error:
        fail(str(error))
    if check:
        err.print(f"{config}: {len(settings.control_clusters)} control cluster(s); all is set.")
        return
    set_up_logging()
    access = SlackAccess(
        tokens.bot.get_secret_value(),
        tokens.app.get_secret_value(),
        channel_for(settings.slack),
        slack_api,
    )
    bot = compose(
        live_planes(settings),
        access,
        database_url=settings.database,
        own_knowledge=settings.knowledge,
        language=settings.language,
        interval=settings.interval_seconds,
        remediation=_remedies(settings),
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    bot.start()
    log.info("watching %s", ", ".join(c.name for c in settings.control_clusters))
    try:
        stop.wait()
    finally:
        bot.stop()


def _remedies(settings: Configuration) -> RemedySettings | None:
    if settings.remediation == "off":
        return None
    return RemedySettings(PolicyFile(settings.remediation.policy), channel_of(settings.slack))


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("run")(run)
