"""A database that goes away and comes back, without its server being touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from archive.bootstrap import App
from tests.conftest import DatabaseServer


@contextmanager
def database_away(app: App, server: DatabaseServer) -> Iterator[None]:
    """In the block every connection to the application's database is cut, and no new one is taken."""
    name = app.engine.url.database
    assert name is not None
    with psycopg.connect(server.maintenance_url, autocommit=True) as connection:

        def let_in(taken: bool) -> None:
            word = sql.SQL("true" if taken else "false")
            connection.execute(
                sql.SQL("alter database {} with allow_connections {}").format(sql.Identifier(name), word)
            )

        let_in(False)
        connection.execute("select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = %s", [name])
        try:
            yield
        finally:
            let_in(True)
