"""``mtc-bot demo --check``: every scenario, headless, through the real Slack path.

For each: the scenario is played to its end; the bot watches, opens incidents, posts; somebody
types ``/mtc diagnose``. What stands in the channel and in the answer is held against what the
scenario says it must lead to, and so is the diagnosis of a must-gather that is taken then. A
scenario in which nothing is wrong must leave the channel empty.
Where there is a way out, the operator asks for it, others approve, and it must be verified.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.table import Table

from bot.cli.composing import Bot, SlackAccess, compose
from bot.cli.composing_remedies import RemedySettings
from bot.cli.demo_mending import mend
from bot.cli.terminal import choose, err, language, out
from bot.clusters.archive import open_archive
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis
from bot.questions.naming import parse_target
from knowledge.loading import load_builtin
from knowledge.matching.engine import Engine
from sandbox.clusters.plane import MemoryPlane
from sandbox.must_gather import plane_must_gather
from sandbox.playing.building import build_plane
from sandbox.playing.player import Player
from sandbox.reacting.player import LivePlayer
from sandbox.roles import demo_policy, let_migrators_write
from sandbox.scenarios.schema import Scenario
from sandbox.slack import OPERATOR, SlackSandbox, Timing

CHANNEL = "C0MIGRATE1"
STEP = 10.0
"""Virtual seconds between looks."""
ANSWER_SECONDS = 60.0
PATIENT = Timing(acknowledge=60.0, trigger=60.0)
"""The machine may be busy: what is checked is where scenarios lead, not how soon."""
AT_ONCE = 4
"""Scenarios played side by side: most of the time is spent waiting for sockets."""
NOTHING = "(nothing wrong)"


@dataclass(frozen=True, slots=True)
class Result:
    """What a scenario led to."""

    scenario: str
    expected: str
    got: str
    wrong: tuple[str, ...]
    seconds: float
    fixes: int = 0
    """How many were asked for, approved and verified on the way out."""


def check_scenarios(scenarios: Sequence[Scenario]) -> bool:
    """Play them all, print the table; return whether every one led to what it says."""
    engine = Engine(load_builtin().by_id.values())
    table = Table(box=None, pad_edge=False)
    for column in ("", "Scenario", "Expected", "Got", "Fixes", "Seconds"):
        table.add_column(column, justify="right" if column in ("Fixes", "Seconds") else "left")
    results = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as pool:
        running = pool.map(lambda scenario: check_one(scenario, engine), scenarios)
        for number, result in enumerate(running, 1):
            err.print(f"[{number}/{len(scenarios)}] {result.scenario}", markup=False)
            results.append(result)
    for result in results:
        mark = "✗" if result.wrong else "✓"
        fixes = str(result.fixes or "")
        seconds = f"{result.seconds:.1f}"
        table.add_row(mark, result.scenario, result.expected, result.got, fixes, seconds)
    out.print(table)
    wrong = [result for result in results if result.wrong]
    for result in wrong:
        for why in result.wrong:
            out.print(f"{result.scenario}: {why}", markup=False)
    right, of = len(results) - len(wrong), len(results)
    out.print(
        choose(
            language(),
            f"{right} of {of} scenarios as expected, live and from a must-gather",
            f"{of} 个场景中 {right} 个符合预期（在线诊断与 must-gather 诊断）",
        )
    )
    return not wrong


def check_one(scenario: Scenario, engine: Engine) -> Result:
    """Play one scenario and return what it led to."""
    began = time.monotonic()
    plane = build_plane([scenario])
    player = LivePlayer(plane, [scenario], datetime.now(UTC))
    let_migrators_write(plane)
    policy = demo_policy()
    with SlackSandbox(timing=PATIENT) as slack:
        access = SlackAccess(
            slack.bot_token, slack.app_token, lambda incident: CHANNEL, slack.api_url
        )
        bot = compose(
            [plane],
            access,
            database_url="sqlite://",
            clock=lambda: player.now,
            engine=engine,
            remediation=RemedySettings(lambda: policy, lambda control, plan: CHANNEL),
        )
        bot.socket.start()
        try:
            wrong, got = _play(scenario, player, bot, slack)
            wrong += _from_archive(scenario, plane, player.now, engine)
            if scenario.expect.fix and not wrong:
                wrong += mend(scenario, player, bot, slack, CHANNEL)
        finally:
            bot.stop()
    expected = scenario.expect.finding or NOTHING
    fixes = 0 if wrong else len(scenario.expect.fix)
    return Result(scenario.id, expected, got, tuple(wrong), time.monotonic() - began, fixes)


def _play(
    scenario: Scenario, player: Player, bot: Bot, slack: SlackSandbox
) -> tuple[list[str], str]:
    while player.elapsed < player.length:
        player.advance(min(STEP, player.length - player.elapsed))
        bot.watcher.run_once()
        _post(bot)
    diagnosis = bot.questions.diagnose(scenario.expect.target)
    root = diagnosis.root
    got = root.entry.id if root is not None else NOTHING
    wrong = _against(scenario, diagnosis)
    alerts = root is not None and root.severity != "info"
    wrong += _in_channel(scenario, alerts, bot, slack)
    wrong += _answered(scenario, diagnosis, slack)
    return wrong, got


def _from_archive(
    scenario: Scenario, plane: MemoryPlane, now: datetime, engine: Engine
) -> list[str]:
    """Take a must-gather and return what is wrong with the diagnosis of it."""
    target = parse_target(scenario.expect.target)
    if target is None:
        return [f"{scenario.expect.target} cannot be a name"]
    with TemporaryDirectory(prefix="mtc-bot-check-") as folder:
        file = Path(folder) / "must-gather.tar.gz"
        plane_must_gather(plane, file)
        diagnosis = Diagnoser(engine, lambda: now)(open_archive(file), target)
    return [f"from a must-gather: {why}" for why in _against(scenario, diagnosis)]


def _post(bot: Bot) -> None:
    while bot.poster.drain_once():
        continue


def _against(scenario: Scenario, diagnosis: Diagnosis) -> list[str]:
    expect, root = scenario.expect, diagnosis.root
    got = root.entry.id if root is not None else NOTHING
    wrong = []
    if got != (expect.finding or NOTHING):
        wrong.append(f"the first finding is {got}")
    if str(diagnosis.outcome.word) != str(expect.outcome):
        wrong.append(f"the outcome is “{diagnosis.outcome.word}”, not “{expect.outcome}”")
    return wrong


def _in_channel(scenario: Scenario, alerts: bool, bot: Bot, slack: SlackSandbox) -> list[str]:
    cards = [m for m in slack.messages(CHANNEL) if m.get("thread_ts", m["ts"]) == m["ts"]]
    posted = {entry for card in cards if (entry := _entry_of(card, bot))}
    if not alerts:
        return [f"{len(cards)} message(s) that call nobody to anything"] if cards else []
    if not cards:
        return ["no alert was posted"]
    if posted != {scenario.expect.finding}:
        return [f"the alerts are about {', '.join(sorted(posted)) or 'nothing'}"]
    return []


def _entry_of(card: dict[str, Any], bot: Bot) -> str:
    """Return the entry of the incident that a card's metadata names."""
    payload = card.get("metadata", {}).get("event_payload", {})
    incident = bot.incidents.get(str(payload.get("incident", "")))
    return incident.entry_id if incident is not None else ""


def _answered(scenario: Scenario, diagnosis: Diagnosis, slack: SlackSandbox) -> list[str]:
    before = len(slack.ephemerals(OPERATOR.id))
    slack.run_command(OPERATOR.id, CHANNEL, f"/mtc diagnose {scenario.expect.target}")
    root = diagnosis.root
    title = root.title("en") if root is not None else ""

    def answer() -> bool:
        texts = [str(m) for m in slack.ephemerals(OPERATOR.id)[before:]]
        return any(scenario.expect.target in text and title in text for text in texts)

    try:
        slack.wait_for(answer, ANSWER_SECONDS)
    except TimeoutError:
        return [f"/mtc diagnose {scenario.expect.target} did not answer with “{title}”"]
    return []
