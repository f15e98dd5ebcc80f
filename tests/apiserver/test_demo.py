"""``make demo-real``, short: it alerts, it answers, and ``kill -9`` loses and doubles nothing."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.slack import OPERATOR, SlackSandbox
from tests.apiserver.demo import CHANNEL, Demo
from tests.apiserver.fixtures import Server
from tests.handlers.checking import shown

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(400)]
PATIENCE = 60.0
"""Seconds; and twice as many for a process that may compile all signatures first."""


@pytest.fixture
def demo(tmp_path: Path, control_server: Server) -> Iterator[Demo]:
    begins = {"hook-failed": -45.0, "healthy-direct": 0.0}
    with Demo(tmp_path, begins, 0, print) as running:
        yield running


def answer(slack: SlackSandbox, line: str, words: str) -> str:
    before = len(slack.ephemerals(OPERATOR.id))
    slack.run_command(OPERATOR.id, CHANNEL, line)

    def look() -> str:
        fresh = slack.ephemerals(OPERATOR.id)[before:]
        told = (shown({"blocks": m["blocks"]}) for m in fresh)
        return next((each for each in told if words in each), "")

    return slack.wait_for(look, PATIENCE)


def cards(slack: SlackSandbox) -> list[dict[str, Any]]:
    return [m for m in slack.messages(CHANNEL) if m.get("thread_ts") in (None, m["ts"])]


def test_it_alerts_answers_and_survives_being_killed(demo: Demo) -> None:
    slack = demo.slack
    slack.wait_for(lambda: cards(slack), 2 * PATIENCE)
    assert "payments" in shown(cards(slack)[0])
    slack.wait_connected(timeout=2 * PATIENCE)
    assert "failed" in answer(slack, "/mtc list", "payments-1")
    os.kill(demo.pid, signal.SIGKILL)
    slack.wait_for(lambda: not slack.connections, PATIENCE)
    slack.wait_connected(timeout=2 * PATIENCE)
    assert demo.starts == 2
    assert "Hook job" in answer(slack, "/mtc diagnose payments-1", "payments-postbackup")
    items = Counter(m["metadata"]["event_payload"]["item"] for m in slack.messages(CHANNEL))
    assert max(items.values()) == 1
    assert len(cards(slack)) == 1
