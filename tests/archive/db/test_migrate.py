from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from archive.bootstrap import App
from archive.db import backup, migrate, seeds, tables
from archive.db.database import engine_of
from archive.errors import DatabaseNewer, DatabaseUnavailable, NoHoldings
from tests.conftest import DatabaseServer


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


SECOND_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agency", sa.Column("mark", sa.Text()))
    {more}
"""


class LaterVersion:
    """The service as a later version would be: with one more revision."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.head = migrate.head_revision()
        self._directory = directory / "migrations"
        self._monkeypatch = monkeypatch
        shutil.copytree(migrate.MIGRATIONS, self._directory, ignore=shutil.ignore_patterns("__pycache__"))

    def begin(self, more: str = "pass") -> None:
        later = SECOND_REVISION.format(revision="later", head=self.head, more=more)
        (self._directory / "versions" / "later.py").write_text(later)
        self._monkeypatch.setattr(migrate, "MIGRATIONS", self._directory)
        migrate._scripts.cache_clear()


@pytest.fixture
def later_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LaterVersion]:
    yield LaterVersion(tmp_path, monkeypatch)
    monkeypatch.undo()
    migrate._scripts.cache_clear()


@pytest.fixture
def empty(database_server: DatabaseServer) -> Iterator[str]:
    name = database_server.create()
    yield database_server.url(name)
    database_server.drop(name)


def run(url: str, *, create: bool = True, hooks: migrate.Hooks | None = None) -> None:
    engine = engine_of(url)
    try:
        migrate.migrate(
            engine,
            place="kho",
            create=create,
            hooks=hooks or migrate.Hooks(_no_backup, seeds.seed),
            backups=Path("sao-luu"),
        )
    finally:
        engine.dispose()


def _no_backup(revision: str) -> None:
    raise AssertionError(f"nothing to back up at {revision}")


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_new_holdings_start_with_the_plans_targets_and_tasks_without_made_up_titles(empty: str) -> None:
    run(empty)
    assert query(empty, "select count(*), count(title) from target") == [(7, 0)]
    assert query(empty, "select min(number), max(number), count(title), count(planned_quantity) from task") == [
        (1, 24, 0, 0)
    ]
    assert query(empty, "select login, kind, password_hash from account") == [("system", "system", None)]


def test_repeating_it_changes_nothing(empty: str) -> None:
    run(empty)
    run(empty)
    run(empty, create=False)
    assert query(empty, "select count(*) from task") == [(24,)]


def test_starters_at_once_make_one_schema(empty: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            run(empty)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert query(empty, "select count(*) from account") == [(1,)]


def test_an_empty_database_is_no_holdings(empty: str) -> None:
    with pytest.raises(NoHoldings, match="kho"):
        run(empty, create=False)
    assert query(empty, "select count(*) from pg_tables where schemaname = 'public'") == [(0,)]


def test_a_database_of_a_newer_version_is_left_alone_and_the_way_out_is_told(empty: str) -> None:
    run(empty)
    with psycopg.connect(empty) as connection:
        connection.execute("update alembic_version set version_num = 'tương-lai'")
    with pytest.raises(DatabaseNewer, match=r"tương-lai.*sao-luu"):
        run(empty)
    assert query(empty, "select version_num from alembic_version") == [("tương-lai",)]


def test_earlier_holdings_are_backed_up_then_upgraded_and_the_backup_restores(
    empty: str, database_server: DatabaseServer, later_version: LaterVersion, tmp_path: Path
) -> None:
    run(empty)
    with psycopg.connect(empty) as connection:
        connection.execute("insert into counter (scope, value) values ('biên nhận', 41)")
    later_version.begin()
    dump = tmp_path / "before.dump"
    run(empty, create=False, hooks=migrate.Hooks(lambda revision: backup.dump(empty, dump), _no_seed))
    assert query(empty, "select version_num from alembic_version") == [("later",)]
    assert query(empty, "select value, (select count(mark) from agency) from counter") == [(41, 0)]
    earlier = database_server.create()
    backup.restore(database_server.url(earlier), dump)
    assert query(database_server.url(earlier), "select version_num from alembic_version") == [(later_version.head,)]
    assert query(database_server.url(earlier), "select value from counter") == [(41,)]
    run(database_server.url(earlier), create=False, hooks=migrate.Hooks(lambda revision: None, _no_seed))
    assert query(database_server.url(earlier), "select version_num from alembic_version") == [("later",)]
    database_server.drop(earlier)


def test_without_its_backup_nothing_is_upgraded(empty: str, later_version: LaterVersion) -> None:
    run(empty)
    later_version.begin()

    def full_disk(revision: str) -> None:
        raise OSError(errno.ENOSPC, revision)

    with pytest.raises(OSError, match=later_version.head):
        run(empty, hooks=migrate.Hooks(full_disk, _no_seed))
    assert query(empty, "select version_num from alembic_version") == [(later_version.head,)]


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(empty: str, later_version: LaterVersion) -> None:
    run(empty)
    later_version.begin(more='op.execute("select no_such_function()")')
    with pytest.raises(ProgrammingError):
        run(empty, hooks=migrate.Hooks(lambda revision: None, _no_seed))
    assert query(empty, "select version_num from alembic_version") == [(later_version.head,)]
    assert query(empty, "select count(*) from information_schema.columns where column_name = 'mark'") == [(0,)]


@pytest.mark.parametrize("part", [0.0, 0.5, 0.95])
def test_a_dump_that_breaks_off_restores_nothing(
    empty: str, database_server: DatabaseServer, tmp_path: Path, part: float
) -> None:
    run(empty)
    dump = tmp_path / "x.dump"
    backup.dump(empty, dump)
    os.truncate(dump, int(dump.stat().st_size * part))
    other = database_server.create()
    with pytest.raises(DatabaseUnavailable, match="pg_restore"):
        backup.restore(database_server.url(other), dump)
    assert query(database_server.url(other), "select count(*) from pg_tables where schemaname = 'public'") == [(0,)]
    database_server.drop(other)


def test_a_dump_goes_into_an_empty_database_only(empty: str, tmp_path: Path) -> None:
    run(empty)
    backup.dump(empty, tmp_path / "whole.dump")
    with pytest.raises(DatabaseUnavailable, match="already exists"):
        backup.restore(empty, tmp_path / "whole.dump")
    assert query(empty, "select count(*) from task") == [(24,)]


def _no_seed(connection: Connection) -> None:
    raise AssertionError("these are no new holdings")
