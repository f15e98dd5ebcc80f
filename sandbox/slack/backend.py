"""All parts of the sandbox in one value, handed to whatever needs several of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.changes import Changes
from sandbox.slack.faults import Faults
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.seed import CommandHint, Seed
from sandbox.slack.settings import Timing
from sandbox.slack.socket_mode import SocketHub, verification_token
from sandbox.slack.triggers import Triggers
from sandbox.slack.views import Views
from sandbox.slack.workspace import Workspace


@dataclass(slots=True)
class Backend:
    """The workspace and everything around it."""

    clock: Callable[[], float]
    timing: Timing
    changes: Changes
    workspace: Workspace
    views: Views
    triggers: Triggers
    sockets: SocketHub
    faults: Faults
    response_urls: ResponseUrls
    commands: tuple[CommandHint, ...]
    bot_token: str
    app_token: str
    bot_scopes: frozenset[str]
    verification: str
    origin: str = ""
    """``http://127.0.0.1:port``, known once the server listens."""


def make_backend(
    *,
    seed: Seed,
    clock: Callable[[], float],
    timing: Timing,
    commands: tuple[CommandHint, ...],
    bot_token: str,
    app_token: str,
    bot_scopes: frozenset[str],
) -> Backend:
    """Return a fresh workspace with nothing posted yet."""
    changes = Changes()
    workspace = Workspace(seed, clock, changes)
    return Backend(
        clock=clock,
        timing=timing,
        changes=changes,
        workspace=workspace,
        views=Views(clock, workspace.new_id, changes),
        triggers=Triggers(clock, timing.trigger),
        sockets=SocketHub(timing, changes),
        faults=Faults(),
        response_urls=ResponseUrls(workspace, timing, clock),
        commands=commands,
        bot_token=bot_token,
        app_token=app_token,
        bot_scopes=bot_scopes,
        verification=verification_token(),
    )
