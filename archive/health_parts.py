"""The parts of the holdings, looked at one by one: each check stands alone, so that one part away hides no other."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select, text

from archive import i18n
from archive.access.key_check import PURPOSES
from archive.bootstrap import CLOCK_TOLERANCE, App, utc_now
from archive.db.holdings import StoredObject
from archive.db.trail import Outbox
from archive.errors import ArchiveError, ClockOff, KeysDiffer
from archive.health import Check, State, check, size
from archive.readiness import NO_OBJECT
from search.errors import IndexOutdated, SearchError

CROWDED = 0.8  # of the connections that the database has


def of_catalogue(app: App) -> list[Check]:
    """Database and keys; the application has opened both, so that they are as they must be."""
    keys = [name for purpose in PURPOSES for name in app.keys.names(purpose)]
    found = i18n.text("doctor.keys_found", count=len(keys), directory=app.keys.directory)
    return [_database(app), check("keys", found, State.OK)]


def of_refusal(error: ArchiveError) -> Check:
    """Why the application could not be opened."""
    name = "keys" if isinstance(error, KeysDiffer) else "clock" if isinstance(error, ClockOff) else "database"
    return Check(name, State.MISSING, "", str(error))


def of_servers(app: App, *, catalogue: bool) -> list[Check]:
    """Object store, index, clocks. catalogue: whether the database can be asked."""
    return [_store(app, catalogue=catalogue), _index(app, catalogue=catalogue), *_clocks(app, catalogue=catalogue)]


def _database(app: App) -> Check:
    with app.unit_of_work() as uow:
        version = uow.session.scalar(text("show server_version"))
        revision = uow.session.scalar(text("select version_num from alembic_version"))
        used = uow.session.execute(text("select count(*) from pg_stat_activity where backend_type = 'client backend'"))
        most = int(uow.session.execute(text("show max_connections")).scalar_one())
        connections = int(used.scalar_one())
    found = i18n.text("doctor.database_found", version=version, revision=revision, used=connections, most=most)
    return check("database", found, State.WARNING if connections > CROWDED * most else State.OK)


def _store(app: App, *, catalogue: bool) -> Check:
    """How much there is comes from the catalogue: whether all of it lies there, `archive reconcile` says."""
    try:
        server = app.object_server
        if server is None:
            app.store.contains(NO_OBJECT)
            found = i18n.text("doctor.store_directory", directory=app.settings.data / "objects")
        else:
            server.server_time()  # asked once: what follows is patient with a server that is away
            server.prepare_buckets(create=False)
            buckets = {"objects": server.objects_bucket, "quarantine": server.quarantine_bucket}
            found = i18n.text("doctor.store_server", host=server.host, **buckets)
    except ArchiveError as error:
        return Check("store", State.MISSING, "", str(error))
    if catalogue:
        with app.unit_of_work() as uow:
            counted = select(func.count(), func.coalesce(func.sum(StoredObject.size_bytes), 0))
            objects, size_bytes = uow.session.execute(counted).one()
        found += i18n.text("doctor.store_found", objects=objects, size=size(int(size_bytes)))
    return check("store", found, State.OK)


def _index(app: App, *, catalogue: bool) -> Check:
    place = str(app.settings.data / "index")
    if app.settings.search_url is not None:
        place = urlsplit(app.settings.search_url).netloc.rpartition("@")[2]
    try:
        current = app.index.is_current()
    except IndexOutdated:
        current = False
    except SearchError as error:
        return Check("index", State.MISSING, "", i18n.filled(error.reason, error.values))
    waiting = 0
    if catalogue:
        with app.unit_of_work() as uow:
            waits = select(func.count()).select_from(Outbox).where(Outbox.topic == "index")
            waiting = uow.session.execute(waits).scalar_one()
    found = i18n.text("doctor.index_found" if current else "doctor.index_none", place=place, waiting=waiting)
    return check("index", found, State.OK if current else State.WARNING)


def _clocks(app: App, *, catalogue: bool) -> list[Check]:
    """Those of the servers, against ours; whoever cannot be asked is told elsewhere."""
    seconds: dict[str, float] = {}
    if catalogue and app.settings.database_url is not None:
        seconds["PostgreSQL"] = _off(app.server_time())
    try:
        if app.object_server is not None:
            seconds["MinIO/S3"] = _off(app.object_server.server_time())
    except ArchiveError:
        pass
    if not seconds:
        return []
    found = ", ".join(i18n.text("doctor.clock_found", server=name, seconds=round(off)) for name, off in seconds.items())
    far = any(off > CLOCK_TOLERANCE.total_seconds() for off in seconds.values())
    return [check("clock", found, State.MISSING if far else State.OK)]


def _off(theirs: datetime) -> float:
    return abs((utc_now() - theirs).total_seconds())
