"""Settings -> App: the only place that picks adapters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Self

from sqlalchemy import Engine

from archive.access.key_check import check_keys
from archive.access.keys import Keys
from archive.db.database import Database
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ClockOff, NoHoldings
from archive.settings import Settings
from archive.storage.interface import ObjectStore, Quarantine
from search.index import SearchIndex

if TYPE_CHECKING:
    from archive.storage.s3_client import S3Client
    from archive.storage.uploads import UploadFiles

Clock = Callable[[], datetime]
CLOCK_TOLERANCE = timedelta(minutes=2)


def utc_now() -> datetime:
    return datetime.now(UTC)


class App:
    """One process's service: what actions, queries, workflows, pages and commands are given.

    Parts are opened when they are first used; `close` lets go of all of them.
    """

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.keys = Keys(settings.keys_directory)
        self._database = database

    @property
    def engine(self) -> Engine:
        return self._database.engine

    @property
    def database_url(self) -> str:
        """For libpq."""
        return self._database.url

    def server_time(self) -> datetime:
        """By the database's clock."""
        return self._database.server_time()

    @cached_property
    def object_server(self) -> S3Client | None:
        """The server of objects and quarantine, where one is set; it is not asked anything yet."""
        if self.settings.object_store_url is None:
            return None
        from archive.storage.s3_client import S3Client

        return S3Client.connect(self.settings.object_store_url, self.settings.ca_file)

    @cached_property
    def store(self) -> ObjectStore:
        if self.object_server is not None:
            from archive.storage.s3_objects import S3Store

            return S3Store(self.object_server, self.settings.object_store_public_url)
        from archive.storage.filesystem import FilesystemStore

        return FilesystemStore.create(self.settings.data / "objects")

    @cached_property
    def quarantine(self) -> Quarantine:
        if self.object_server is not None:
            from archive.storage.s3_quarantine import S3Quarantine

            return S3Quarantine(self.object_server, self.settings.data / "quarantine-cache")
        from archive.storage.quarantine import FilesystemQuarantine

        return FilesystemQuarantine.create(self.settings.data / "quarantine")

    @cached_property
    def uploads(self) -> UploadFiles:
        from archive.storage.uploads import UploadFiles

        return UploadFiles.create_in(self.settings.uploads or self.settings.data / "uploads")

    @cached_property
    def index(self) -> SearchIndex:
        if self.settings.search_url is not None:
            from search.adapters.elasticsearch import ElasticsearchIndex

            return ElasticsearchIndex(self.settings.search_url, self.settings.ca_file)
        from search.adapters.tantivy import TantivyIndex

        return TantivyIndex(self.settings.data / "index")

    def unit_of_work(self) -> UnitOfWork:
        return UnitOfWork(self.engine, self.keys)

    def close(self) -> None:
        """May be repeated."""
        if "index" in self.__dict__:
            self.index.close()
            del self.__dict__["index"]
        if "object_server" in self.__dict__ and self.object_server is not None:
            self.object_server.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def parts_only(settings: Settings, clock: Clock = utc_now) -> App:
    """For looking at the other parts while the catalogue cannot be opened; nothing of it may be asked."""
    return App(settings, Database(settings.data, settings.database_url, settings.ca_file), clock)


def open_app(settings: Settings, *, create: bool = False, clock: Clock = utc_now) -> App:
    """Start or join the database, bring it to this version's schema; no other part is asked anything.

    Raises NoHoldings unless `create` where there are none, DatabaseUnavailable, DatabaseNewer, KeysDiffer, ClockOff;
    then nothing stays attached.
    """
    if not create and not settings.production and not settings.data.is_dir():
        raise NoHoldings(directory=settings.data)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.data, settings.database_url, settings.ca_file)
    database.open(create=create)
    app = App(settings, database, clock)
    try:
        if settings.database_url is not None:
            refuse_other_clock(clock(), database.server_time(), server="PostgreSQL")
        check_keys(app.engine, app.keys)
    except BaseException:
        app.close()
        raise
    return app


def refuse_other_clock(ours: datetime, theirs: datetime, *, server: str) -> None:
    """Dates of records, locks and sign-ins are made on every machine: they must mean the same."""
    off = abs(ours - theirs)
    if off > CLOCK_TOLERANCE:
        raise ClockOff(minutes=round(off.total_seconds() / 60), server=server)
