"""How long an object is held: locks only lengthen, a legal hold is set and lifted."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.storage.durable import make_directories, sync_directory, temporary_file, write_all
from archive.storage.interface import Mode, Protection
from archive.storage.keys import object_path

UNPROTECTED = Protection(retain_until=None, mode=None, legal_hold=False)


def lengthened(held: Protection, retain_until: datetime | None, legal_hold: bool | None, mode: Mode) -> Protection:
    """What holds after `protect`. Compliance is never turned back, a shorter date changes nothing."""
    until, strictness = held.retain_until, held.mode
    if retain_until is not None:
        asked = whole_second(retain_until)
        until = asked if until is None else max(until, asked)
        strictness = "compliance" if "compliance" in (held.mode, mode) else "governance"
    return Protection(until, strictness, held.legal_hold if legal_hold is None else legal_hold)


def whole_second(moment: datetime) -> datetime:
    """Up to the next second, the unit in which all servers keep locks. Raises ValueError for a time without offset."""
    if moment.tzinfo is None:
        raise ValueError("a lock ends at a time with an offset")
    up = timedelta(seconds=1) if moment.microsecond else timedelta()
    return moment.astimezone(UTC).replace(microsecond=0) + up


class LockFiles:
    """Protections as synced files below a directory, one a digest; none where there is no file."""

    def __init__(self, root: Path, work: Path) -> None:
        self._root, self._work = root, work  # the work directory lies in the same file system

    def read(self, digest: str) -> Protection:
        try:
            held = json.loads(self._path(digest).read_bytes())
        except FileNotFoundError:
            return UNPROTECTED
        until = held["retain_until"]
        return Protection(until and datetime.fromisoformat(until), held["mode"], held["legal_hold"])

    def change(self, digest: str, retain_until: datetime | None, legal_hold: bool | None, mode: Mode) -> None:
        """One writer at a time; writes nothing where nothing changes."""
        path = self._path(digest)
        make_directories(path.parent)
        with _alone(path.parent):
            held = self.read(digest)
            changed = lengthened(held, retain_until, legal_hold, mode)
            if changed != held:
                self._write(path, changed)

    def _write(self, path: Path, protection: Protection) -> None:
        until = protection.retain_until
        content = {
            "retain_until": until and until.isoformat(),
            "mode": protection.mode,
            "legal_hold": protection.legal_hold,
        }
        make_directories(self._work)
        with temporary_file(self._work) as (written, fd):
            write_all(fd, json.dumps(content).encode())
            os.fsync(fd)
            written.replace(path)
        sync_directory(path.parent)

    def _path(self, digest: str) -> Path:
        return self._root / object_path(digest).with_suffix(".json")


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
