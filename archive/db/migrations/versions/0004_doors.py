"""Doors: uploads that resume, watched folders, mailboxes, manifests; reuse by agreement; inbox and webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('inbox_notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('values', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('link', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mail', sa.Text(), nullable=False),
    sa.Column('mail_attempts', sa.BigInteger(), nullable=False),
    sa.Column('mail_after', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mailed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("mail in ('none', 'due', 'sent', 'failed')", name=op.f('ck_inbox_notice_mail')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_inbox_notice_account_id')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_inbox_notice_agency_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox_notice')),
    sa.UniqueConstraint('account_id', 'kind', 'subject', name=op.f('uq_inbox_notice_account_id_kind_subject'))
    )
    op.create_index(op.f('ix_inbox_notice_account_id_at'), 'inbox_notice', ['account_id', 'at'], unique=False)
    op.create_index('ix_inbox_notice_mail_due', 'inbox_notice', ['mail_after'], unique=False, postgresql_where=sa.text("mail = 'due'"))
    op.create_table('reuse_agreement',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('procedure', sa.Text(), nullable=False),
    sa.Column('procedure_title', sa.Text(), nullable=False),
    sa.Column('papers', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('legal_basis', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('given_by', sa.Uuid(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_by', sa.Uuid(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.Text(), nullable=True),
    sa.CheckConstraint('valid_to is null or valid_to >= valid_from', name=op.f('ck_reuse_agreement_period')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_reuse_agreement_account_id')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_reuse_agreement_agency_id')),
    sa.ForeignKeyConstraint(['ended_by'], ['account.id'], name=op.f('fk_reuse_agreement_ended_by')),
    sa.ForeignKeyConstraint(['given_by'], ['account.id'], name=op.f('fk_reuse_agreement_given_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reuse_agreement')),
    sa.UniqueConstraint('number', name=op.f('uq_reuse_agreement_number'))
    )
    op.create_index(op.f('ix_reuse_agreement_account_id'), 'reuse_agreement', ['account_id'], unique=False)
    op.create_index(op.f('ix_reuse_agreement_agency_id'), 'reuse_agreement', ['agency_id'], unique=False)
    op.create_table('webhook_endpoint',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('secret_key', sa.Text(), nullable=False),
    sa.Column('tags', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('problem_values', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("state in ('active', 'paused')", name=op.f('ck_webhook_endpoint_state')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_webhook_endpoint_account_id')),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_webhook_endpoint_created_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_endpoint')),
    sa.UniqueConstraint('code', name=op.f('uq_webhook_endpoint_code'))
    )
    op.create_index(op.f('ix_webhook_endpoint_account_id'), 'webhook_endpoint', ['account_id'], unique=False)
    op.create_table('reuse_lookup',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('agreement_id', sa.Uuid(), nullable=True),
    sa.Column('owner_digest', sa.Text(), nullable=False),
    sa.Column('paper', sa.Text(), nullable=False),
    sa.Column('procedure', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('dossier_reference', sa.Text(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('item_ids', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("outcome in ('on_file', 'nothing', 'not_yours')", name=op.f('ck_reuse_lookup_outcome')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_reuse_lookup_account_id')),
    sa.ForeignKeyConstraint(['agreement_id'], ['reuse_agreement.id'], name=op.f('fk_reuse_lookup_agreement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reuse_lookup')),
    sa.UniqueConstraint('code', name=op.f('uq_reuse_lookup_code'))
    )
    op.create_index(op.f('ix_reuse_lookup_account_id_at'), 'reuse_lookup', ['account_id', 'at'], unique=False)
    op.create_table('sandbox_use',
    sa.Column('lookup_id', sa.Uuid(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('how', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['lookup_id'], ['reuse_lookup.id'], name=op.f('fk_sandbox_use_lookup_id')),
    sa.PrimaryKeyConstraint('lookup_id', 'reference', 'how', name=op.f('pk_sandbox_use'))
    )
    op.create_table('webhook_delivery',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('endpoint_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.BigInteger(), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('problem_values', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('again_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("outcome in ('delivered', 'dead')", name=op.f('ck_webhook_delivery_outcome')),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhook_endpoint.id'], name=op.f('fk_webhook_delivery_endpoint_id')),
    sa.ForeignKeyConstraint(['event_id'], ['audit_event.id'], name=op.f('fk_webhook_delivery_event_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_delivery')),
    sa.UniqueConstraint('endpoint_id', 'sequence', name=op.f('uq_webhook_delivery_endpoint_id_sequence'))
    )
    op.create_table('mailbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('task_number', sa.BigInteger(), nullable=False),
    sa.Column('dossier_id', sa.Uuid(), nullable=True),
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('port', sa.BigInteger(), nullable=False),
    sa.Column('security', sa.Text(), nullable=False),
    sa.Column('login', sa.Text(), nullable=False),
    sa.Column('password', sa.LargeBinary(), nullable=False),
    sa.Column('password_key', sa.Text(), nullable=False),
    sa.Column('folder', sa.Text(), nullable=False),
    sa.Column('taken_folder', sa.Text(), nullable=True),
    sa.Column('senders', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('problem_values', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("security in ('tls', 'starttls', 'none')", name=op.f('ck_mailbox_security')),
    sa.CheckConstraint("state in ('active', 'paused')", name=op.f('ck_mailbox_state')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_mailbox_agency_id')),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossier.id'], name=op.f('fk_mailbox_dossier_id')),
    sa.ForeignKeyConstraint(['task_number'], ['task.number'], name=op.f('fk_mailbox_task_number')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailbox')),
    sa.UniqueConstraint('code', name=op.f('uq_mailbox_code'))
    )
    op.create_index(op.f('ix_mailbox_agency_id'), 'mailbox', ['agency_id'], unique=False)
    op.create_table('mail_message',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('mailbox_id', sa.Uuid(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('reason_values', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('attachments', sa.BigInteger(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(outcome = 'refused') = (reason is not null)", name=op.f('ck_mail_message_refusal_has_reason')),
    sa.CheckConstraint("outcome in ('taken', 'refused')", name=op.f('ck_mail_message_outcome')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.id'], name=op.f('fk_mail_message_batch_id')),
    sa.ForeignKeyConstraint(['mailbox_id'], ['mailbox.id'], name=op.f('fk_mail_message_mailbox_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_message')),
    sa.UniqueConstraint('mailbox_id', 'reference', name=op.f('uq_mail_message_mailbox_id_reference'))
    )
    op.create_index(op.f('ix_mail_message_mailbox_id'), 'mail_message', ['mailbox_id'], unique=False)
    op.create_table('watched_folder',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('agency_id', sa.Uuid(), nullable=False),
    sa.Column('task_number', sa.BigInteger(), nullable=False),
    sa.Column('dossier_id', sa.Uuid(), nullable=True),
    sa.Column('scanner_id', sa.Uuid(), nullable=True),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('proof', sa.Text(), nullable=False),
    sa.Column('quiet_s', sa.BigInteger(), nullable=False),
    sa.Column('done_suffix', sa.Text(), nullable=False),
    sa.Column('close_after_s', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('looked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('problem_values', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("proof in ('stable', 'trailer', 'done_file')", name=op.f('ck_watched_folder_proof')),
    sa.CheckConstraint("state in ('active', 'paused')", name=op.f('ck_watched_folder_state')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_watched_folder_agency_id')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.id'], name=op.f('fk_watched_folder_batch_id')),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossier.id'], name=op.f('fk_watched_folder_dossier_id')),
    sa.ForeignKeyConstraint(['scanner_id'], ['scanner.id'], name=op.f('fk_watched_folder_scanner_id')),
    sa.ForeignKeyConstraint(['task_number'], ['task.number'], name=op.f('fk_watched_folder_task_number')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_watched_folder')),
    sa.UniqueConstraint('code', name=op.f('uq_watched_folder_code')),
    sa.UniqueConstraint('path', name=op.f('uq_watched_folder_path'))
    )
    op.create_index(op.f('ix_watched_folder_agency_id'), 'watched_folder', ['agency_id'], unique=False)
    op.create_table('folder_file',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('folder_id', sa.Uuid(), nullable=False),
    sa.Column('path_digest', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('steady_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('digest', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('reason_values', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['folder_id'], ['watched_folder.id'], name=op.f('fk_folder_file_folder_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_folder_file')),
    sa.UniqueConstraint('folder_id', 'path_digest', name=op.f('uq_folder_file_folder_id_path_digest'))
    )
    op.create_index(op.f('ix_folder_file_folder_id'), 'folder_file', ['folder_id'], unique=False)
    op.create_table('arrival',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('door', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.id'], name=op.f('fk_arrival_batch_id')),
    sa.ForeignKeyConstraint(['entry_id'], ['batch_entry.id'], name=op.f('fk_arrival_entry_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrival')),
    sa.UniqueConstraint('door', 'reference', name=op.f('uq_arrival_door_reference'))
    )
    op.create_index(op.f('ix_arrival_batch_id'), 'arrival', ['batch_id'], unique=False)
    op.create_table('manifest_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.BigInteger(), nullable=False),
    sa.Column('name_digest', sa.Text(), nullable=False),
    sa.Column('name_key', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=True),
    sa.Column('pages', sa.BigInteger(), nullable=True),
    sa.Column('dossier_id', sa.Uuid(), nullable=True),
    sa.Column('entry_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.id'], name=op.f('fk_manifest_line_batch_id')),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossier.id'], name=op.f('fk_manifest_line_dossier_id')),
    sa.ForeignKeyConstraint(['entry_id'], ['batch_entry.id'], name=op.f('fk_manifest_line_entry_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_manifest_line')),
    sa.UniqueConstraint('batch_id', 'line', name=op.f('uq_manifest_line_batch_id_line')),
    sa.UniqueConstraint('batch_id', 'name_digest', name=op.f('uq_manifest_line_batch_id_name_digest'))
    )
    op.create_index(op.f('ix_manifest_line_batch_id'), 'manifest_line', ['batch_id'], unique=False)
    op.create_index(op.f('ix_manifest_line_entry_id'), 'manifest_line', ['entry_id'], unique=False)
    op.create_table('upload',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=True),
    sa.Column('digest', sa.Text(), nullable=True),
    sa.Column('entry_id', sa.Uuid(), nullable=True),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state in ('open', 'whole', 'taken', 'refused', 'ended')", name=op.f('ck_upload_state')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_upload_account_id')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.id'], name=op.f('fk_upload_batch_id')),
    sa.ForeignKeyConstraint(['entry_id'], ['batch_entry.id'], name=op.f('fk_upload_entry_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upload'))
    )
    op.create_index(op.f('ix_upload_account_id'), 'upload', ['account_id'], unique=False)
    op.create_index(op.f('ix_upload_batch_id'), 'upload', ['batch_id'], unique=False)
    op.create_index('ix_upload_waiting', 'upload', ['changed_at'], unique=False, postgresql_where=sa.text("state in ('open', 'whole')"))
    op.add_column('account', sa.Column('sandbox', sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.alter_column('account', 'sandbox', server_default=None)
    op.add_column('account', sa.Column('email', sa.Text(), nullable=True))
    op.add_column('account', sa.Column('mail_notices', sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.alter_column('account', 'mail_notices', server_default=None)
    op.add_column('batch', sa.Column('door', sa.Text(), nullable=True))
    op.add_column('batch_entry', sa.Column('name_digest', sa.Text(), nullable=True))
    op.drop_index(op.f('ix_owner_identifier_lookup'), table_name='owner_identifier')
    op.create_index(op.f('ix_owner_identifier_lookup_agency_id'), 'owner_identifier', ['lookup', 'agency_id'], unique=False)
    op.add_column('reuse_event', sa.Column('lookup_id', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_reuse_event_agency_id_at'), 'reuse_event', ['agency_id', 'at'], unique=False)
    op.create_unique_constraint(op.f('uq_reuse_event_lookup_id_item_id_how'), 'reuse_event', ['lookup_id', 'item_id', 'how'])
    op.create_foreign_key(op.f('fk_reuse_event_lookup_id'), 'reuse_event', 'reuse_lookup', ['lookup_id'], ['id'])
