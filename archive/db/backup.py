"""A dump of the database: before an upgrade, and as a part of a backup."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from archive.db.embedded import binaries
from archive.errors import DatabaseUnavailable


def dump(url: str, target: Path, *, snapshot: str | None = None, without_schema: str | None = None) -> None:
    """pg_dump's custom form, whole or not at all: written beside its place and renamed.

    snapshot: of a transaction that is open (pg_export_snapshot), for a dump of that instant.
    """
    which = [f"--snapshot={snapshot}"] if snapshot else []
    which += [f"--exclude-schema={without_schema}"] if without_schema else []
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    done = subprocess.run(  # noqa: S603
        [str(binaries() / "pg_dump"), "--format=custom", *which, f"--file={unfinished}", f"--dbname={url}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        unfinished.unlink(missing_ok=True)
        raise DatabaseUnavailable(detail=done.stderr.decode(errors="replace").strip())
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.chmod(0o600)
    unfinished.rename(target)


def restore(url: str, source: Path, *, afterwards: str = "") -> None:
    """Into an empty database, whole or not at all. afterwards: SQL of the same transaction."""
    reading = [str(binaries() / "pg_restore"), "--file=-", "--no-owner", str(source)]
    writing = [str(binaries() / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(reading, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=told) as reader,  # noqa: S603
        subprocess.Popen(  # noqa: S603
            [*writing, f"--dbname={url}"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told
        ) as writer,
    ):
        assert reader.stdout is not None
        assert writer.stdin is not None
        with contextlib.suppress(BrokenPipeError), writer.stdin as server:
            server.write(b"BEGIN;\n")
            _copy(reader.stdout, server)
            if reader.wait() == 0:  # a dump that breaks off is rolled back
                server.write(f"{afterwards}COMMIT;\n".encode())
        reader.stdout.close()
        if reader.wait() or writer.wait():
            told.seek(0)
            raise DatabaseUnavailable(detail=told.read().decode(errors="replace").strip())


def _copy(dump: IO[bytes], server: IO[bytes]) -> None:
    """Leave out the one setting of the preamble that servers before PostgreSQL 17 do not know."""
    for line in iter(dump.readline, b""):
        if line.strip() != b"SET transaction_timeout = 0;":
            server.write(line)
        if line.startswith(b"CREATE "):
            break
    shutil.copyfileobj(dump, server)
