"""Settings -> App: the only place that picks adapters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

from sqlalchemy import Engine

from archive.access.keys import Keys
from archive.db.database import Database
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NoHoldings, PartNotInstalled
from archive.settings import Settings
from archive.storage.interface import ObjectStore, Quarantine
from search.index import SearchIndex

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class App:
    """One process's service: what actions, queries, workflows, pages and commands are given.

    Parts are opened when they are first used; `close` lets go of all of them.
    """

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.keys = Keys(settings.data / "keys")
        self._database = database

    @property
    def engine(self) -> Engine:
        return self._database.engine

    @property
    def database_url(self) -> str:
        """For libpq."""
        return self._database.url

    @cached_property
    def store(self) -> ObjectStore:
        from archive.storage.filesystem import FilesystemStore

        return FilesystemStore.create(self.settings.data / "objects")

    @cached_property
    def quarantine(self) -> Quarantine:
        from archive.storage.quarantine import FilesystemQuarantine

        return FilesystemQuarantine.create(self.settings.data / "quarantine")

    @cached_property
    def index(self) -> SearchIndex:
        from search.adapters.tantivy import TantivyIndex

        return TantivyIndex(self.settings.data / "index")

    def unit_of_work(self) -> UnitOfWork:
        return UnitOfWork(self.engine, self.keys)

    def close(self) -> None:
        """May be repeated."""
        if "index" in self.__dict__:
            self.index.close()
            del self.__dict__["index"]
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_app(settings: Settings, *, create: bool = False, clock: Clock = utc_now) -> App:
    """Start or join the database, bring it to this version's schema.

    Raises NoHoldings unless `create` where there are none, PartNotInstalled for a server that this version has no
    adapter for, DatabaseUnavailable, DatabaseNewer.
    """
    refuse_missing_parts(settings)
    if not create and not settings.data.is_dir():
        raise NoHoldings(directory=settings.data)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.data, settings.database_url)
    database.open(create=create)
    return App(settings, database, clock)


def refuse_missing_parts(settings: Settings) -> None:
    if settings.object_store_url is not None:
        raise PartNotInstalled(part="MinIO/S3", setting="ARCHIVE_OBJECT_STORE_URL")
    if settings.search_url is not None:
        raise PartNotInstalled(part="Elasticsearch", setting="ARCHIVE_SEARCH_URL")
