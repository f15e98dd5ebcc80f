"""Why a request ended, in Chinese too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        'approvals', sa.Column('outcome_zh', sa.Text(), nullable=False, server_default='')
    )


def downgrade() -> None:
    op.drop_column('approvals', 'outcome_zh')
