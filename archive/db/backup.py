"""A dump of the whole database, taken before an upgrade."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from archive.db.embedded import binaries
from archive.errors import DatabaseUnavailable


def dump(url: str, target: Path) -> None:
    """pg_dump's custom form, whole or not at all: written beside its place and renamed."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    done = subprocess.run(  # noqa: S603
        [str(binaries() / "pg_dump"), "--format=custom", f"--file={unfinished}", f"--dbname={url}"],
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


def restore(url: str, source: Path) -> None:
    """Into an empty database."""
    done = subprocess.run(  # noqa: S603
        [str(binaries() / "pg_restore"), "--exit-on-error", "--no-owner", f"--dbname={url}", str(source)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise DatabaseUnavailable(detail=done.stderr.decode(errors="replace").strip())
