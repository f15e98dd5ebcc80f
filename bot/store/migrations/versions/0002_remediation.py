"""Approvals and votes, executions and their steps, locks on targets, the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table('approvals',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('plan', sa.JSON(), nullable=False),
        sa.Column('plan_hash', sa.Text(), nullable=False),
        sa.Column('action', sa.Text(), nullable=False),
        sa.Column('risk', sa.Integer(), nullable=False),
        sa.Column('control', sa.Text(), nullable=False),
        sa.Column('target', sa.Text(), nullable=False),
        sa.Column('plan_name', sa.Text(), nullable=False),
        sa.Column('incident_id', sa.Text(), nullable=False),
        sa.Column('requester', sa.Text(), nullable=False),
        sa.Column('cluster_user', sa.Text(), nullable=False),
        sa.Column('cluster_groups', sa.JSON(), nullable=False),
        sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('people_needed', sa.Integer(), nullable=False),
        sa.Column('requester_may', sa.Boolean(), nullable=False),
        sa.Column('outcome', sa.Text(), nullable=False),
        sa.Column('verdict', sa.Text(), nullable=False),
        sa.Column('verify_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('message_ts', sa.Text(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_approvals'))
    )
    op.create_index('ix_approvals_state', 'approvals', ['state', 'expires_at'], unique=False)
    op.create_index('ix_approvals_target', 'approvals', ['control', 'target'], unique=False)
    op.create_table('audit',
        sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('who', sa.Text(), nullable=False),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('subject', sa.Text(), nullable=False),
        sa.Column('data', sa.JSON(), nullable=False),
        sa.Column('before_hash', sa.Text(), nullable=False),
        sa.Column('hash', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('number', name=op.f('pk_audit'))
    )
    op.create_index('ix_audit_subject', 'audit', ['subject'], unique=False)
    op.create_table('execution_steps',
        sa.Column('approval_id', sa.Text(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('result', sa.JSON(), nullable=False),
        sa.Column('error', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['approval_id'], ['approvals.id'], name=op.f('fk_execution_steps_approval_id')),
        sa.PrimaryKeyConstraint('approval_id', 'number', name=op.f('pk_execution_steps'))
    )
    op.create_table('target_locks',
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('approval_id', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['approval_id'], ['approvals.id'], name=op.f('fk_target_locks_approval_id')),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_target_locks'))
    )
    op.create_index(op.f('ix_target_locks_approval_id'), 'target_locks', ['approval_id'], unique=False)
    op.create_table('votes',
        sa.Column('approval_id', sa.Text(), nullable=False),
        sa.Column('person', sa.Text(), nullable=False),
        sa.Column('verdict', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['approval_id'], ['approvals.id'], name=op.f('fk_votes_approval_id')),
        sa.PrimaryKeyConstraint('approval_id', 'person', name=op.f('pk_votes'))
    )


def downgrade() -> None:
    op.drop_table('votes')
    op.drop_index(op.f('ix_target_locks_approval_id'), table_name='target_locks')
    op.drop_table('target_locks')
    op.drop_table('execution_steps')
    op.drop_index('ix_audit_subject', table_name='audit')
    op.drop_table('audit')
    op.drop_index('ix_approvals_target', table_name='approvals')
    op.drop_index('ix_approvals_state', table_name='approvals')
    op.drop_table('approvals')
