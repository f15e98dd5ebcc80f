"""A strict Slack workalike for demos and tests: Web API, Socket Mode, Block Kit checks, a page."""

from sandbox.slack.sandbox import SlackSandbox
from sandbox.slack.seed import (
    APPROVER,
    BOT_USER_ID,
    DEFAULT_SEED,
    MANAGER,
    OPERATOR,
    VIEWER,
    CommandHint,
    Person,
    Room,
    Seed,
    Usergroup,
)
from sandbox.slack.settings import Timing
from sandbox.slack.socket_mode import Delivery

__all__ = [
    "APPROVER",
    "BOT_USER_ID",
    "DEFAULT_SEED",
    "MANAGER",
    "OPERATOR",
    "VIEWER",
    "CommandHint",
    "Delivery",
    "Person",
    "Room",
    "Seed",
    "SlackSandbox",
    "Timing",
    "Usergroup",
]
