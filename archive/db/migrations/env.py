"""Run by Alembic with the connection that archive.db.migrate hands over."""

from __future__ import annotations

from alembic import context

from archive.db import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.METADATA,
    compare_type=True,
    compare_server_default=True,
)
context.run_migrations()
