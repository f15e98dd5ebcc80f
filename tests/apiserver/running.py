"""``mtc-bot run`` as a process of its own, set up by the files in one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.slack import SlackSandbox

ROOT = Path(__file__).parents[2]
SETTINGS = "mtc-bot.yaml"
LOG = "bot.log"


def run_bot(
    folder: Path, slack: SlackSandbox, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start the bot with the folder's ``SETTINGS``; what it says is added to ``LOG`` there."""
    tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
    options = ["--config", str(folder / SETTINGS), "--slack-api", slack.api_url]
    with (folder / LOG).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run", *options],
            cwd=ROOT,
            env={**os.environ, **tokens, **(environment or {})},
            stdout=log,
            stderr=log,
        )
