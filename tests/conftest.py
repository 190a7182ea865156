"""Fixtures for everybody: one embedded PostgreSQL a test run, one fresh database a test."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from xdist.scheduler import LoadFileScheduling

from archive.access.keys import Keys
from archive.bootstrap import App
from archive.db import migrate, seeds
from archive.db.database import Database, engine_of
from archive.db.embedded import EmbeddedServer
from archive.settings import Settings
from archive.storage import guards
from tests.factories import Factory

pytest_plugins = ("tests.real_servers",)

SHARE_SERVERS = ("tests/composed/", "tests/e2e/", "tests/production/")

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 08:00 in Hà Nội, a Monday

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class DatabaseServer:
    """A PostgreSQL whose databases come and go: the embedded one, or the server named by TEST_DATABASE_URL."""

    def __init__(self, maintenance_url: str) -> None:
        self.maintenance_url = maintenance_url

    def url(self, database: str) -> str:
        base, _, query = self.maintenance_url.partition("?")
        return base.rsplit("/", 1)[0] + "/" + database + (f"?{query}" if query else "")

    def create(self, template: str = "template1") -> str:
        name = f"test_{uuid.uuid4().hex}"
        self._execute("create database {} template {}", name, template)
        return name

    def drop(self, name: str) -> None:
        self._execute("drop database if exists {} with (force)", name)

    def forget_after_power_loss(self) -> None:
        """What these tests write need not outlive the machine: copying a database a test is then quick."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._execute("alter system set {} = off", setting)
        self._execute("select pg_reload_conf()")

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.maintenance_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


class TestDatabase(Database):
    """A database that is already migrated."""

    __test__ = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = engine_of(url)

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def open_directory() -> Iterator[Path]:
    """For a data directory with an embedded server of its own.

    Not under pytest's temporary directory: every start of pytest closes that to other users, and as root the server
    is another user.
    """
    directory = Path(tempfile.mkdtemp(prefix="archive-test-"))
    try:
        yield directory
    finally:
        released(directory)
        shutil.rmtree(directory, ignore_errors=True)


def released(directory: Path) -> None:
    """Locked objects may be immutable, and then not even root removes them with their directory."""
    for path in directory.rglob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
        if path.is_file():
            guards.release(path)


def pytest_configure(config: pytest.Config) -> None:
    """What a killed run left is in the way of the next one's temporary directory."""
    if config.option.basetemp is not None:
        released(Path(config.option.basetemp))


class Scheduling(LoadFileScheduling):
    """Where several processes run the tests, those of a file stay together, and those that share servers."""

    def _split_scope(self, nodeid: str) -> str:
        path = super()._split_scope(nodeid)
        return next((folder for folder in SHARE_SERVERS if path.startswith(folder)), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def temporary_files_can_go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    released(tmp_path_factory.getbasetemp())


@pytest.fixture
def holdings_directory() -> Iterator[Path]:
    """Where a test may create whole holdings: `open_app(Settings(data=holdings_directory / "data"), create=True)`."""
    with open_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield DatabaseServer(url)
        return
    with open_directory() as directory:
        embedded = EmbeddedServer(directory)
        embedded.attach()
        server = DatabaseServer(embedded.url("postgres"))
        server.forget_after_power_loss()
        yield server
        embedded.release()


@pytest.fixture(scope="session")
def template(database_server: DatabaseServer) -> Iterator[str]:
    """The name of a migrated and seeded database to copy."""
    name = database_server.create()
    engine = engine_of(database_server.url(name))
    with engine.begin() as connection:
        migrate.upgrade(connection)
        seeds.seed(connection)
    engine.dispose()
    yield name
    database_server.drop(name)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def app(database_server: DatabaseServer, template: str, tmp_path: Path, clock: SetClock) -> Iterator[App]:
    """An application over a fresh catalogue, with objects, quarantine, index and keys in a directory of its own."""
    name = database_server.create(template)
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    opened = App(Settings(data=data), TestDatabase(database_server.url(name)), clock)
    yield opened
    opened.close()
    database_server.drop(name)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


@pytest.fixture
def make(app: App, clock: SetClock) -> Factory:
    return Factory(app, clock)
