from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from archive.bootstrap import App
from archive.db import migrate, tables

NOTHING = migrate.Hooks(back_up=lambda revision: None, seed=lambda connection: None)


def test_migrated_schema_is_the_schema_of_the_row_classes(app: App) -> None:
    with app.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": tables.METADATA}
        )
        assert compare_metadata(context, tables.METADATA) == []


def test_check_constraints_and_circular_keys_are_in_the_database(app: App) -> None:
    expected = {
        constraint.name
        for table in tables.METADATA.tables.values()
        for constraint in table.constraints
        if constraint.name is not None
    }
    with app.engine.connect() as connection:
        found = set(connection.scalars(text("select conname from pg_constraint")))
    assert {str(name) for name in expected} - found == set()
