"""What must be right before anything is started. What is wrong is one error in one sentence, and nothing is begun.

A server that is away stops no start, except the catalogue's: the others are waited for, receipts are held back and
searches say so meanwhile. A server that answers wrongly does: refused accounts, buckets without lock, a foreign index.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from archive.bootstrap import App, Clock, open_app, refuse_other_clock, utc_now
from archive.errors import DiskFull, StoreRefuses, StoreUnavailable
from archive.health import size
from archive.settings import Settings
from search.errors import IndexOutdated, SearchError

ROOM_BYTES = 64 << 20  # below it nothing is begun; the pages warn much earlier


def open_for_work(settings: Settings, *, create: bool = False, clock: Clock = utc_now) -> App:
    """As open_app, for who receives and works: everything is looked at. Raises what is wrong; nothing stays open."""
    require_room(settings.data)
    app = open_app(settings, create=create, clock=clock)
    try:
        check_object_store(app, create=create)
        check_index(app)
    except BaseException:
        app.close()
        raise
    return app


def require_room(directory: Path) -> None:
    """Raises DiskFull. The directory need not be there yet."""
    place = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < ROOM_BYTES:
        raise DiskFull(directory=directory, free=size(free), minimum=size(ROOM_BYTES))


def check_object_store(app: App, *, create: bool = False) -> None:
    """Raises StoreRefuses, StoreMisconfigured, ClockOff; while setting up also StoreUnavailable."""
    server = app.object_server
    if server is None:
        return
    try:
        refuse_other_clock(app.clock(), server.server_time(), server="MinIO/S3")
        server.prepare_buckets(create=create)
    except StoreUnavailable as away:
        if create or isinstance(away, StoreRefuses):
            raise


def check_index(app: App) -> None:
    """Raises IndexUnavailable for one that will not come right by itself: foreign, or its server refuses us."""
    try:
        app.index.is_current()
    except IndexOutdated:
        return  # whoever drains builds it anew
    except SearchError as error:
        if not error.retry:
            raise
