"""Runs the steps of the schema in the transaction of whoever asked (``bot.store.upgrading``)."""

from __future__ import annotations

from alembic import context

from bot.store import feedback, remediation_schema
from bot.store.schema import Base

TABLES = (Base, remediation_schema.ApprovalRow, feedback.FeedbackRow)
"""Named so that every module with tables is read before the metadata is used."""

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
