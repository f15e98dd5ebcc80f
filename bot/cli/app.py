"""``mtc-bot``: the commands, put together."""

from __future__ import annotations

import typer

from bot.cli import (
    access_command,
    audit_command,
    demo_command,
    diagnose_command,
    kb_commands,
    preflight_command,
    run_command,
)

app = typer.Typer(
    name="mtc-bot",
    help="Watches OpenShift MTC migrations, diagnoses their failures and names the fix.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(kb_commands.app, name="kb")
diagnose_command.register(app)
preflight_command.register(app)
run_command.register(app)
demo_command.register(app)
access_command.register(app)
audit_command.register(app)
