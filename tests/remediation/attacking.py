"""What attacks have in common: bending the database, and seeing that nothing came of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from bot.store.approval_records import Approval
from tests.remediation.world import (
    World,
)


def alter(world: World, statement: str, **values: Any) -> None:
    """Write to the database as somebody who has its password."""
    with world.database.engine.connect().execution_options(writing=True) as connection:
        connection.execute(text(statement), values)
        connection.commit()


def nothing_came_of(world: World, approval: Approval) -> None:
    for _ in range(3):
        world.runner.turn()
        world.later(seconds=6)
    assert world.writes == []
    assert world.read(approval.id).state not in ("running", "done")
