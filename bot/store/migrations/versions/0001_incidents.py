"""Incidents, their members, timeline and silences; the outbox; what was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table('incidents',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('control', sa.Text(), nullable=False),
        sa.Column('uid', sa.Text(), nullable=False),
        sa.Column('entry_id', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('severity', sa.Text(), nullable=False),
        sa.Column('subject_kind', sa.Text(), nullable=False),
        sa.Column('subject_name', sa.Text(), nullable=False),
        sa.Column('subject_namespace', sa.Text(), nullable=False),
        sa.Column('subject_cluster', sa.Text(), nullable=False),
        sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.Column('plan', sa.Text(), nullable=False),
        sa.Column('outcome', sa.Text(), nullable=False),
        sa.Column('phase', sa.Text(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('subject_unwell', sa.Boolean(), nullable=False),
        sa.Column('held_back', sa.Boolean(), nullable=False),
        sa.Column('acknowledged_by', sa.Text(), nullable=False),
        sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('resolved_note', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('message_ts', sa.Text(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents'))
    )
    op.create_index('ix_incidents_channel', 'incidents', ['channel', 'opened_at'], unique=False)
    op.create_index('ix_incidents_key', 'incidents', ['control', 'uid', 'entry_id'], unique=False)
    op.create_index('ix_incidents_state', 'incidents', ['state'], unique=False)
    op.create_index('uq_incidents_unresolved_key', 'incidents', ['control', 'uid', 'entry_id'], unique=True, sqlite_where=sa.text("state <> 'resolved'"), postgresql_where=sa.text("state <> 'resolved'"))
    op.create_table('outbox',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('incident_id', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('topic', sa.Text(), nullable=False),
        sa.Column('detail', sa.Text(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('gathering', sa.Boolean(), nullable=False),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('message_ts', sa.Text(), nullable=False),
        sa.Column('error', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index(op.f('ix_outbox_incident_id'), 'outbox', ['incident_id'], unique=False)
    op.create_index('ix_outbox_state', 'outbox', ['state', 'due_at'], unique=False)
    op.create_table('planes',
        sa.Column('control', sa.Text(), nullable=False),
        sa.Column('watched_since', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('control', name=op.f('pk_planes'))
    )
    op.create_table('sightings',
        sa.Column('control', sa.Text(), nullable=False),
        sa.Column('uid', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('version', sa.Text(), nullable=False),
        sa.Column('word', sa.Text(), nullable=False),
        sa.Column('looked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('unwell_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('settled', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('control', 'uid', name=op.f('pk_sightings'))
    )
    op.create_table('members',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('incident_id', sa.Text(), nullable=False),
        sa.Column('uid', sa.Text(), nullable=False),
        sa.Column('control', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('plan', sa.Text(), nullable=False),
        sa.Column('itinerary', sa.Text(), nullable=False),
        sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('left_note', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_members_incident_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_members'))
    )
    op.create_index('uq_members_incident_uid', 'members', ['incident_id', 'uid'], unique=True)
    op.create_index('ix_members_plan', 'members', ['control', 'plan'], unique=False)
    op.create_index('ix_members_uid', 'members', ['control', 'uid'], unique=False)
    op.create_table('silences',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('incident_id', sa.Text(), nullable=False),
        sa.Column('who', sa.Text(), nullable=False),
        sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=False),
        sa.Column('over', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_silences_incident_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_silences'))
    )
    op.create_index(op.f('ix_silences_incident_id'), 'silences', ['incident_id'], unique=False)
    op.create_index('ix_silences_over', 'silences', ['over', 'until'], unique=False)
    op.create_table('timeline',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('incident_id', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('who', sa.Text(), nullable=False),
        sa.Column('detail', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_timeline_incident_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_timeline'))
    )
    op.create_index(op.f('ix_timeline_incident_id'), 'timeline', ['incident_id'], unique=False)


def downgrade() -> None:
    for table in ("timeline", "silences", "members", "sightings", "planes", "outbox", "incidents"):
        op.drop_table(table)
