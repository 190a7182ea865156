"""Exit 0 where a worker of this machine holds its place, 1 where none does: the health check of workers' containers."""

from __future__ import annotations

import os
import socket
import sys

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from archive.db.database import engine_of, with_authorities
from archive.errors import ArchiveError
from archive.settings import Settings
from archive.workflows.lease import LOCK_CLASS

HELD = text(
    """
    select count(*) from worker_slot
    join pg_locks on locktype = 'advisory' and classid = :lock_class and objid = slot and granted
    join pg_database on pg_database.oid = pg_locks.database and datname = current_database()
    where split_part(holder, ':', 1) = :machine
    """
)


def main() -> int:
    try:
        settings = Settings.read(os.environ)
        if settings.database_url is None:
            sys.stderr.write("Chưa đặt ARCHIVE_DATABASE_URL.\n")
            return 1
        engine = engine_of(with_authorities(settings.database_url, settings.ca_file))
        with engine.connect() as connection:
            held = connection.scalar(HELD, {"lock_class": LOCK_CLASS, "machine": socket.gethostname()})
        engine.dispose()
    except (ArchiveError, SQLAlchemyError) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
