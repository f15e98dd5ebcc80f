"""``mtc-bot``: the commands, put together.

Each is imported when it is asked for: those that need a database, Slack or the sandbox would
otherwise keep ``mtc-bot kb match`` waiting for two seconds.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.main import get_group

from bot.cli.whole_help import WholeHelp

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


class _Commands(WholeHelp):
    """Knows the names of all commands, and imports the one that is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the help."""
        del ctx
        return list(_MODULES)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is meant; a misspelt one ends with the nearest."""
        near = [] if args[0] in _MODULES else get_close_matches(args[0], _MODULES, 1)
        if near:
            from bot.cli.terminal import choose, language

            ctx.fail(
                choose(
                    language(),
                    f"No such command '{args[0]}'. Did you mean '{near[0]}'?",
                    f"没有 '{args[0]}' 命令。您是否要用 '{near[0]}'？",
                )
            )
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or None where there is none of that name."""
        if cmd_name not in _MODULES:
            return None
        found = typer.Typer(rich_markup_mode=None, add_completion=False)
        import_module(f"bot.cli.{_MODULES[cmd_name]}").register(found)
        return get_group(found).get_command(ctx, cmd_name)


app = typer.Typer(
    name="mtc-bot",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    cls=_Commands,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mtc-bot {version('mtc-bot')}")
        raise typer.Exit


@app.callback()
def _mtc_bot(
    shown: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Watches OpenShift MTC migrations, diagnoses their failures and names the fix."""
    del shown
