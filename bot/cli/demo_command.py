"""``mtc-bot demo``: the whole bot on a Slack workspace and clusters of its own, in this process."""

from __future__ import annotations

import logging
import signal
import tempfile
import threading
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.composing import SlackAccess, compose
from bot.cli.composing_remedies import RemedySettings
from bot.cli.demo_check import check_scenarios
from bot.cli.terminal import choose, err, fail, language, out
from bot.logging_setup import set_up_logging
from handlers.views.help import REMEDY_USAGES, USAGES
from handlers.views.words import say
from knowledge.texts import Lang
from sandbox.handing_over import certificates
from sandbox.roles import demo_policy, let_migrators_write
from sandbox.scenarios.loading import load_scenarios
from sandbox.slack import MANAGER, CommandHint, SlackSandbox
from sandbox.touring import Tour, chosen, load_tour, tours

CHANNEL = "C0MIGRATE1"
ASIDE = "C0GENERAL1"
"""Where people hand over what the bot must not fetch by itself."""
DEFAULT_PORT = 8765
INTERVAL = 5.0
"""Seconds between passes in the demo; watches report changes in between."""


def command_hints() -> tuple[CommandHint, ...]:
    """Return what the page completes after ``/mtc``, in both languages."""
    hints = [_hint("/mtc help", "help.title")]
    hints += [_hint(usage, f"help.{name}") for name, usage in (*USAGES, *REMEDY_USAGES)]
    return tuple(hints)


def _hint(usage: str, text: str) -> CommandHint:
    words = usage.split(" ", 2)
    example = "/mtc diagnose migplan/shop"
    return CommandHint(
        " ".join(words[:2]),
        words[2] if len(words) > 2 else "",
        say("en", text, example=example),
        say("zh", text, example=example),
    )


def demo(
    port: Annotated[
        int, typer.Option(help="Port of the page, on 127.0.0.1; 0 takes a free one.")
    ] = DEFAULT_PORT,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            "-s",
            help="Play these instead of the tour; repeatable. id@-60 has begun a minute ago.",
        ),
    ] = None,
    tour: Annotated[str, typer.Option(help=f"What is played: {', '.join(tours())}.")] = "demo",
    speed: Annotated[
        float, typer.Option(min=0.1, max=60, help="How fast the scenarios play.")
    ] = 1.0,
    check: Annotated[
        bool, typer.Option("--check", help="Play every scenario without a page and compare.")
    ] = False,
    lang: Annotated[str, typer.Option("--lang", help="Language of the channel: en or zh.")] = "",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the bot's log.")] = False,
) -> None:
    """Show the whole job: migrations run, one fails, the bot posts what is wrong and answers."""
    speak = language(lang)
    set_up_logging(logging.INFO if verbose else logging.ERROR)
    if check:
        wanted = set(scenario or ())
        plays = [s for s in load_scenarios() if not wanted or s.id in wanted]
        if missing := wanted - {s.id for s in plays}:
            fail(_unknown(sorted(missing)[0], speak))
        raise typer.Exit(0 if check_scenarios(plays) else 1)
    try:
        begins = chosen(scenario) if scenario else load_tour(tour)
    except KeyError as unknown:
        name = str(unknown.args[0])
        fail(_unknown(name, speak) if scenario else _no_tour(name, speak))
    _serve(begins, port, speed, speak)


def _unknown(scenario_id: str, lang: Lang) -> str:
    ids = ", ".join(s.id for s in load_scenarios())
    return choose(
        lang,
        f"There is no scenario {scenario_id}. There are: {ids}",
        f"没有场景 {scenario_id}。可用场景：{ids}",
    )


def _no_tour(name: str, lang: Lang) -> str:
    known = ", ".join(tours())
    return choose(
        lang, f"There is no tour {name}. There are: {known}", f"没有路线 {name}。可用路线：{known}"
    )


def _serve(begins: dict[str, float], port: int, speed: float, lang: Lang) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    slack = _workspace(port, lang)
    tour = Tour(begins, speed)
    policy = demo_policy()
    let_migrators_write(tour.plane)
    with tempfile.TemporaryDirectory(prefix="mtc-bot-demo-") as folder:
        access = SlackAccess(
            slack.bot_token, slack.app_token, lambda incident: CHANNEL, slack.api_url
        )
        bot = compose(
            [tour.plane],
            access,
            database_url=f"sqlite:///{Path(folder) / 'demo.sqlite3'}",
            language=lang,
            interval=INTERVAL,
            remediation=RemedySettings(lambda: policy, lambda control, plan: CHANNEL),
        )
        for text in certificates(tour.scenarios):
            slack.post(MANAGER.id, ASIDE, text)
        tour.start()
        bot.start()
        out.print(
            choose(
                lang,
                f"The demo is at {slack.url}\nMigrations run there, and some fail. "
                "Try /mtc list and /mtc diagnose payments-1, as one of four people. "
                "Ctrl-C ends it.",
                f"演示页面：{slack.url}\n其中的迁移正在运行，有些会失败。"
                "可用四个人的身份试试 /mtc list 和 /mtc diagnose payments-1。按 Ctrl-C 结束。",
            ),
            markup=False,
        )
        try:
            stop.wait()
        finally:
            tour.stop()
            bot.stop()
            slack.stop()


def _workspace(port: int, lang: Lang) -> SlackSandbox:
    """Return a running workspace on the port, or on a free one where it is taken."""
    hints = command_hints()
    try:
        return SlackSandbox(port, commands=hints).start()
    except OSError:
        err.print(
            choose(
                lang,
                f"Port {port} is taken; another one is used.",
                f"端口 {port} 已被占用，改用其他端口。",
            )
        )
        return SlackSandbox(0, commands=hints).start()


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("demo")(demo)
