"""Scenarios played on clusters in memory, and the real diagnosis looking at them.

In goes a scenario, as data. Nothing of ours is mocked: the player writes to real in-memory
clusters, a must-gather is a real tarball, and the diagnosis is the one people get. Time is the
player's own, so hours pass in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pytest

from bot.clusters.port import ControlPlane
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.findings import Diagnosis, Finding
from bot.questions.naming import parse_target
from knowledge.matching.engine import Engine
from sandbox.clusters.plane import MemoryPlane
from sandbox.playing import Player, build_plane
from sandbox.scenarios.loading import load_scenarios
from sandbox.scenarios.schema import Scenario
from tests.knowledge.builtin import builtin_engine

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SCENARIOS = load_scenarios()
SOCIABLE = tuple(story for story in SCENARIOS if not story.alone)


@dataclass(frozen=True)
class Played:
    """A plane, and the player that moved it."""

    plane: MemoryPlane
    player: Player


def play(scenarios: Iterable[Scenario], seconds: float | None = None) -> Played:
    """Play scenarios side by side, to their end unless ``seconds`` says otherwise."""
    chosen = tuple(scenarios)
    plane = build_plane(chosen)
    player = Player(plane, chosen, START)
    player.advance(player.length if seconds is None else seconds)
    return Played(plane, player)


def scenario(id: str) -> Scenario:
    return next(s for s in SCENARIOS if s.id == id)


@cache
def engine() -> Engine:
    return builtin_engine()


def diagnose(plane: ControlPlane, target: str, now: datetime) -> Diagnosis:
    """Return what the bot says of a target at a time."""
    meant = parse_target(target)
    assert meant is not None
    return Diagnoser(engine(), lambda: now)(plane, meant)


def beneath(finding: Finding) -> set[str]:
    """Return the entries of all findings that one explains."""
    found: set[str] = set()
    for symptom in finding.symptoms:
        found |= {symptom.entry.id} | beneath(symptom)
    return found


@pytest.fixture(scope="session")
def everything() -> Played:
    """All scenarios that bear company in one plane, as a demo plays them."""
    return play(SOCIABLE)
