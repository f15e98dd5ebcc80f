"""Every action there is, by id. Knowledge entries name these ids."""

from __future__ import annotations

from typing import Any

from bot.remediation.actions.base import Action
from bot.remediation.actions.lifecycle import (
    CancelMigration,
    RemoveUnstarted,
    Rerun,
    RollbackMigration,
)
from bot.remediation.actions.refreshing import RefreshCluster, RefreshPlan, RefreshStorage

ACTIONS: dict[str, Action[Any]] = {
    action.id: action
    for action in (
        RefreshCluster(),
        RefreshStorage(),
        RefreshPlan(),
        Rerun(),
        RollbackMigration(),
        CancelMigration(),
        RemoveUnstarted(),
    )
}
