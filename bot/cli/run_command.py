"""``mtc-bot run``: watch real clusters and serve a real Slack workspace."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.checking import check as check_all
from bot.cli.composing import SLACK_API
from bot.cli.starting import CannotStart, made_ready
from bot.cli.terminal import choose, fail, language, out
from bot.configuration import ConfigurationError, load_configuration, load_tokens
from bot.logging_setup import set_up_logging
from bot.memory import settle
from handlers.app import SlackRefused

log = logging.getLogger(__name__)


def run(
    config: Annotated[
        Path, typer.Option("--config", "-c", help="Settings; see deploy/mtc-bot.example.yaml.")
    ] = Path("mtc-bot.yaml"),
    slack_api: Annotated[
        str, typer.Option("--slack-api", help="Another Slack API, such as the sandbox's.")
    ] = SLACK_API,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only ask clusters, Slack and database if all is set."),
    ] = False,
) -> None:
    """Watch the control clusters and post diagnosed failures, until stopped."""
    try:
        settings = load_configuration(config)
        tokens = load_tokens()
    except ConfigurationError as error:
        fail(choose(language(), str(error), f"设置有误：{error}"))
    if check:
        checked = check_all(settings, tokens, slack_api)
        good = choose(language(), "All is set.", "一切就绪。")
        bad = choose(language(), "Correct what is marked with ✗.", "请更正标有 ✗ 的项目。")
        out.print(good if checked.usable else bad)
        raise typer.Exit(0 if checked.usable else 2)
    set_up_logging()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        bot = made_ready(settings, tokens, slack_api)
    except CannotStart as error:
        fail(choose(language(), str(error), f"无法启动：{error}"))
    refused = ""
    settle()
    try:
        bot.start()
        log.info("watching %s", ", ".join(c.name for c in settings.control_clusters))
        stop.wait()
    except SlackRefused as error:
        refused = str(error)
    finally:
        bot.stop()
    if refused:
        fail(choose(language(), refused, f"Slack 拒绝连接：{refused}"))


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("run")(run)
