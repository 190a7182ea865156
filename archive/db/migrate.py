"""Bring a database to the schema of this code: in one transaction, one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from archive.errors import DatabaseNewer, NoHoldings

MIGRATION_LOCK = 0x4152_4348_0001
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the caller wants done around the migration, inside its lock.

    back_up(revision): before an upgrade of holdings that are already there. seed: in the transaction that creates them.
    """

    back_up: Callable[[str], None]
    seed: Callable[[Connection], None]


def migrate(engine: Engine, *, place: str, create: bool, hooks: Hooks, backups: Path) -> None:
    """Repeating it changes nothing. place: how to name the database in errors.

    Raises NoHoldings for an empty database unless `create`, DatabaseNewer if a newer version of the service made it.
    """
    head = head_revision()
    with engine.connect() as probe:
        if current_revision(probe) == head:
            return
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            found = current_revision(connection)
            connection.commit()
            if found == head:
                return
            if found is None and not create:
                raise NoHoldings(directory=place)
            if found is not None:
                if found not in known_revisions():
                    raise DatabaseNewer(place=place, found=found, backups=backups)
                hooks.back_up(found)
            upgrade(connection)
            if found is None:
                hooks.seed(connection)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """The caller commits."""
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, revision)


def current_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    head = _scripts().get_current_head()
    assert head is not None
    return head


def known_revisions() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_configuration())


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration
