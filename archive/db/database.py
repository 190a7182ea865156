"""The catalogue's database, embedded or a server: one address, one engine, the same schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
from psycopg import sql
from sqlalchemy import Engine, create_engine, func, make_url, select
from sqlalchemy.exc import DBAPIError

from archive.db import backup, migrate, seeds
from archive.db.embedded import EmbeddedServer
from archive.db.failures import as_ours, is_away, lacks_right
from archive.errors import Conflict, NoHoldings

DATABASE = "archive"
POOL_SIZE = 5
POOL_OVERFLOW = 5
POOL_WAIT_S = 10
CONNECT_S = 5  # a page must not hang longer on a server that is away
SILENCE_MS = 10_000  # of a server that was there: its machine is gone, or the network
CHECKED_TLS = {"require", "verify-ca", "verify-full"}
DRIVER = "postgresql+psycopg://"


class Database:
    """`url` is for libpq (pg_dump, DBOS), `engine` for SQLAlchemy."""

    def __init__(self, data: Path, server_url: str | None, ca_file: Path | None = None) -> None:
        self._data = data
        self._embedded = EmbeddedServer(data) if server_url is None else None
        self.url = with_authorities(server_url, ca_file) if server_url else ""
        self.engine: Engine

    def open(self, *, create: bool) -> None:
        """Raises NoHoldings, DatabaseNewer, DatabaseUnavailable; then nothing stays attached."""
        try:
            if self._embedded is not None:
                if not create and not self._embedded.exists:
                    raise NoHoldings(directory=self._data)
                self._embedded.attach()
                self.url = self._embedded.url(DATABASE)
                _create_database(self._embedded.url("postgres"))
            self.engine = engine_of(self.url)
            self._migrate(create=create)
        except Exception as failure:
            self.close()
            if is_away(failure) or lacks_right(failure):
                raise as_ours(failure, make_url(self.url)) from failure
            raise
        except BaseException:
            self.close()
            raise

    @classmethod
    @contextmanager
    def empty(cls, data: Path, server_url: str | None, ca_file: Path | None = None) -> Iterator[str]:
        """The address of a database that has no holdings yet, as long as the block lasts. Raises Conflict if it has."""
        database = cls(data, server_url, ca_file)
        try:
            if database._embedded is not None:
                database._embedded.attach()
                database.url = database._embedded.url(DATABASE)
                _create_database(database._embedded.url("postgres"))
            database.engine = engine_of(database.url)
            with database.engine.connect() as connection:
                if migrate.current_revision(connection) is not None:
                    raise Conflict("restore.not_empty", place=database._place)
            yield database.url
        except DBAPIError as failure:
            if is_away(failure) or lacks_right(failure):
                raise as_ours(failure, make_url(database.url)) from failure
            raise
        finally:
            database.close()

    def close(self) -> None:
        """May be repeated. The embedded server stops with its last user."""
        if hasattr(self, "engine"):
            self.engine.dispose()
        if self._embedded is not None:
            self._embedded.release()

    def _migrate(self, *, create: bool) -> None:
        backups = self._data / "backups"
        hooks = migrate.Hooks(
            back_up=lambda revision: backup.dump(self.url, backups / f"before-upgrade-from-{revision}.dump"),
            seed=seeds.seed,
        )
        migrate.migrate(self.engine, place=self._place, create=create, hooks=hooks, backups=backups)

    @property
    def _place(self) -> str:
        """How people know this database."""
        if self._embedded is not None:
            return str(self._data)
        url = make_url(self.url)
        return f"{url.host or url.query.get('host', '')}:{url.port or 5432}/{url.database}"

    def server_time(self) -> datetime:
        with self.engine.connect() as connection:
            now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            return now


def with_authorities(url: str, ca_file: Path | None) -> str:
    """An address that asks for TLS and names no authorities of its own is checked against these."""
    given = parse_qs(urlsplit(url).query)
    if ca_file is None or "sslrootcert" in given or given.get("sslmode", [""])[-1] not in CHECKED_TLS:
        return url
    return f"{url}&sslrootcert={quote(str(ca_file), safe='')}"


def engine_of(url: str) -> Engine:
    """Connections are few: every process of the service has its own, and the embedded server takes 60 in all."""
    address = DRIVER + url.split("://", 1)[1]
    return create_engine(
        address,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_WAIT_S,
        hide_parameters=True,  # of what an error quotes: they may be personal
        pool_pre_ping=True,
        connect_args={
            "options": "-c timezone=UTC",
            "connect_timeout": CONNECT_S,
            "tcp_user_timeout": SILENCE_MS,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )


def _create_database(maintenance_url: str) -> None:
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone() is None:
            try:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return  # another process was quicker
