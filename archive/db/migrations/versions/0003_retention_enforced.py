"""Retention that is enforced: what waits, notices, drills; shares of tasks; paper out of its box; scanners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('deletion_drill',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('store', sa.Text(), nullable=False),
    sa.Column('objects', sa.BigInteger(), nullable=False),
    sa.Column('passed', sa.Boolean(), nullable=False),
    sa.Column('attempts', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_deletion_drill_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deletion_drill'))
    )
    op.create_table('programme_revision',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('content', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_programme_revision_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme_revision')),
    sa.UniqueConstraint('subject_kind', 'subject', 'version', name=op.f('uq_programme_revision_subject_kind_subject_version'))
    )
    op.create_table('scanner',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('serial', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('cleared_until', sa.Date(), nullable=True),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state in ('registered', 'cleared', 'wiped', 'gone')", name=op.f('ck_scanner_state')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_scanner_agency_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scanner')),
    sa.UniqueConstraint('agency_id', 'code', name=op.f('uq_scanner_agency_id_code'))
    )
    op.create_index(op.f('ix_scanner_agency_id'), 'scanner', ['agency_id'], unique=False)
    op.create_table('scanner_event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('scanner_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('done_by', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_scanner_event_account_id')),
    sa.ForeignKeyConstraint(['scanner_id'], ['scanner.id'], name=op.f('fk_scanner_event_scanner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scanner_event'))
    )
    op.create_index(op.f('ix_scanner_event_scanner_id'), 'scanner_event', ['scanner_id'], unique=False)
    op.create_table('task_plan',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('task_number', sa.BigInteger(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('planned_quantity', sa.Numeric(), nullable=True),
    sa.Column('unit', sa.Text(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_task_plan_agency_id')),
    sa.ForeignKeyConstraint(['task_number'], ['task.number'], name=op.f('fk_task_plan_task_number')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task_plan')),
    sa.UniqueConstraint('task_number', 'agency_id', name=op.f('uq_task_plan_task_number_agency_id'))
    )
    op.create_index(op.f('ix_task_plan_agency_id'), 'task_plan', ['agency_id'], unique=False)
    op.create_index(op.f('ix_task_plan_task_number'), 'task_plan', ['task_number'], unique=False)
    op.create_table('paper_loan',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('dossier_id', sa.Uuid(), nullable=False),
    sa.Column('borrower', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('sheets_out', sa.BigInteger(), nullable=True),
    sa.Column('due_back_on', sa.Date(), nullable=False),
    sa.Column('out_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('out_by', sa.Uuid(), nullable=False),
    sa.Column('returned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('returned_by', sa.Uuid(), nullable=True),
    sa.Column('sheets_back', sa.BigInteger(), nullable=True),
    sa.Column('condition', sa.Text(), nullable=True),
    sa.Column('explanation', sa.Text(), nullable=True),
    sa.Column('explained_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('explained_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint('(returned_at is null) = (returned_by is null)', name=op.f('ck_paper_loan_returned_by_somebody')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_paper_loan_agency_id')),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossier.id'], name=op.f('fk_paper_loan_dossier_id')),
    sa.ForeignKeyConstraint(['explained_by'], ['account.id'], name=op.f('fk_paper_loan_explained_by')),
    sa.ForeignKeyConstraint(['out_by'], ['account.id'], name=op.f('fk_paper_loan_out_by')),
    sa.ForeignKeyConstraint(['returned_by'], ['account.id'], name=op.f('fk_paper_loan_returned_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_loan'))
    )
    op.create_index(op.f('ix_paper_loan_agency_id'), 'paper_loan', ['agency_id'], unique=False)
    op.create_index(op.f('ix_paper_loan_dossier_id'), 'paper_loan', ['dossier_id'], unique=False)
    op.create_index('uq_paper_loan_out', 'paper_loan', ['dossier_id'], unique=True, postgresql_where=sa.text('returned_at is null'))
    op.create_table('retention_notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('dossier_id', sa.Uuid(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_retention_notice_agency_id')),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossier.id'], name=op.f('fk_retention_notice_dossier_id')),
    sa.ForeignKeyConstraint(['seen_by'], ['account.id'], name=op.f('fk_retention_notice_seen_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_notice')),
    sa.UniqueConstraint('dossier_id', 'due_on', 'agency_id', name=op.f('uq_retention_notice_dossier_id_due_on_agency_id'))
    )
    op.create_index(op.f('ix_retention_notice_agency_id'), 'retention_notice', ['agency_id'], unique=False)
    op.create_index(op.f('ix_retention_notice_dossier_id'), 'retention_notice', ['dossier_id'], unique=False)
    op.create_table('retention_trigger',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('dossier_id', sa.Uuid(), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossier.id'], name=op.f('fk_retention_trigger_dossier_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_retention_trigger_recorded_by')),
    sa.ForeignKeyConstraint(['withdrawn_by'], ['account.id'], name=op.f('fk_retention_trigger_withdrawn_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_trigger'))
    )
    op.create_index(op.f('ix_retention_trigger_dossier_id'), 'retention_trigger', ['dossier_id'], unique=False)
    op.add_column('agency', sa.Column('kind', sa.Text(), nullable=True))
    op.add_column('agency_succession', sa.Column('partial', sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.alter_column('agency_succession', 'partial', server_default=None)
    op.add_column('batch', sa.Column('scanner_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_batch_scanner_id'), 'batch', 'scanner', ['scanner_id'], ['id'])
    op.add_column('custody', sa.Column('document', sa.Text(), nullable=True))
    op.add_column('custody', sa.Column('account_id', sa.Uuid(), nullable=True))
    op.create_index('uq_custody_present', 'custody', ['fond_id'], unique=True, postgresql_where=sa.text('valid_to is null'))
    op.create_foreign_key(op.f('fk_custody_account_id'), 'custody', 'account', ['account_id'], ['id'])
    op.add_column('disposition_entry', sa.Column('refused_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('dossier', sa.Column('rules_sought_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('dossier_rule', sa.Column('score', sa.Double(), nullable=True))
    op.add_column('dossier_rule', sa.Column('proposed_by', sa.Uuid(), nullable=True))
    op.add_column('dossier_rule', sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('dossier_rule', sa.Column('ended_by', sa.Uuid(), nullable=True))
    op.add_column('dossier_rule', sa.Column('end_reason', sa.Text(), nullable=True))
    op.create_index('ix_dossier_rule_counting', 'dossier_rule', ['dossier_id'], unique=False, postgresql_where=sa.text('confirmed_at is not null and ended_at is null'))
    op.create_foreign_key(op.f('fk_dossier_rule_proposed_by'), 'dossier_rule', 'account', ['proposed_by'], ['id'])
    op.create_foreign_key(op.f('fk_dossier_rule_ended_by'), 'dossier_rule', 'account', ['ended_by'], ['id'])
    op.add_column('hold', sa.Column('number', sa.Text(), nullable=False))  # nothing has placed a hold before
    op.create_unique_constraint(op.f('uq_hold_number'), 'hold', ['number'])
    op.add_column('hold', sa.Column('lift_reason', sa.Text(), nullable=True))
    op.add_column('physical_location', sa.Column('shelf', sa.Text(), nullable=True))
    op.add_column('physical_location', sa.Column('box', sa.Text(), nullable=True))
    op.add_column('physical_location', sa.Column('note', sa.Text(), nullable=False, server_default=sa.text("''")))
    op.alter_column('physical_location', 'note', server_default=None)
    op.add_column('physical_location', sa.Column('placed_by', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_physical_location_box'), 'physical_location', ['box'], unique=False)
    op.create_index('uq_physical_location_present', 'physical_location', ['dossier_id'], unique=True, postgresql_where=sa.text('valid_to is null'))
    op.create_foreign_key(op.f('fk_physical_location_placed_by'), 'physical_location', 'account', ['placed_by'], ['id'])
    op.add_column('retention_rule', sa.Column('group', sa.Text(), nullable=True))
    op.add_column('retention_rule', sa.Column('term', sa.Text(), nullable=True))
    op.add_column('retention_schedule', sa.Column('sector', sa.Text(), nullable=True))
    op.add_column('retention_schedule', sa.Column('digest', sa.Text(), nullable=True))
    op.add_column('retention_schedule', sa.Column('imported_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('retention_schedule', sa.Column('imported_by', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_retention_schedule_imported_by'), 'retention_schedule', 'account', ['imported_by'], ['id'])
    op.add_column('stored_object', sa.Column('protection_pending', sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.alter_column('stored_object', 'protection_pending', server_default=None)
    op.add_column('stored_object', sa.Column('protection_changed_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_stored_object_protection_pending', 'stored_object', ['digest'], unique=False, postgresql_where=sa.text('protection_pending'))
    op.add_column('target', sa.Column('version', sa.BigInteger(), nullable=False, server_default=sa.text("1")))
    op.alter_column('target', 'version', server_default=None)
    op.create_check_constraint(
        op.f("ck_dossier_rule_confirmed_by_somebody"), "dossier_rule", "(confirmed_at is null) = (confirmed_by is null)"
    )
