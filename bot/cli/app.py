"""``mtc-bot``: the commands, put together.

Each is imported when it is asked for: those that need a database, Slack or the sandbox would
otherwise keep ``mtc-bot kb match`` waiting for two seconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

_MODULES = {
    "kb": "kb_commands",
    "diagnose": "diagnose_command",
    "list": "diagnose_command",
    "preflight": "preflight_command",
    "run": "run_command",
    "demo": "demo_command",
    "access": "access_command",
    "audit": "audit_command",
}
"""Where each command is; each module adds its commands with ``register``."""


class _Commands(TyperGroup):
    """Knows the names of all commands, and imports the one that is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the help."""
        del ctx
        return list(_MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or None where there is none of that name."""
        if cmd_name not in _MODULES:
            return None
        found = typer.Typer(rich_markup_mode=None, add_completion=False)
        import_module(f"bot.cli.{_MODULES[cmd_name]}").register(found)
        return get_group(found).get_command(ctx, cmd_name)


app = typer.Typer(
    name="mtc-bot",
    help="Watches OpenShift MTC migrations, diagnoses their failures and names the fix.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    cls=_Commands,
)


@app.callback()
def _mtc_bot() -> None:
    """Typer makes a group of commands only where it sees one."""
