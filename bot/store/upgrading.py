"""Bringing a database's schema to the version this program knows, and back.

The steps stand in ``migrations/versions``. Each run is one transaction: a step that fails
leaves the schema as it was. Replicas that start together on PostgreSQL take turns.
"""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text

_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps the migration that runs in module globals: one a process."""
_TURN = 7_316_402_915
"""Key of the PostgreSQL advisory lock for changing the schema."""


_NEWER = (
    "was made by a newer version of this program. Start that version, or restore the database "
    "from before the upgrade."
)


class SchemaUnknown(Exception):
    """The schema was made by a newer program; ``str()`` goes on from the database's name."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to a revision. Raises ``SchemaUnknown`` for one newer than ours."""
    _run(engine, revision, down=False)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema down to a revision (``base``: no tables at all)."""
    _run(engine, revision, down=True)


def current(engine: Engine) -> str:
    """Return the revision of a schema, empty for none. Raises ``SchemaUnknown`` for a newer one."""
    with engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision() or ""
        if revision:
            try:
                ScriptDirectory.from_config(_config(connection)).get_revision(revision)
            except CommandError as error:
                raise SchemaUnknown(_NEWER) from error
    return revision


def _run(engine: Engine, revision: str, *, down: bool) -> None:
    with (
        _ONE_AT_A_TIME,
        engine.connect().execution_options(writing=True) as connection,
        connection.begin(),
    ):
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURN})
        try:
            (command.downgrade if down else command.upgrade)(_config(connection), revision)
        except CommandError as error:
            raise SchemaUnknown(_NEWER) from error


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
