"""Thumbs up and down on diagnoses, per knowledge entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table('feedback',
        sa.Column('entry_id', sa.Text(), nullable=False),
        sa.Column('incident_id', sa.Text(), nullable=False),
        sa.Column('person', sa.Text(), nullable=False),
        sa.Column('up', sa.Boolean(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('entry_id', 'incident_id', 'person', name=op.f('pk_feedback'))
    )
    op.create_index('ix_feedback_entry', 'feedback', ['entry_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_feedback_entry', table_name='feedback')
    op.drop_table('feedback')
