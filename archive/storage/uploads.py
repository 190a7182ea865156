"""Files on their way in: bytes that are not whole yet lie here, one directory each, unlocked, beside the quarantine.

    <key>/bytes      what has come
    <key>/synced     how much of that the disk surely has; the rest is cut off and sent again
    <key>/told.json  what the sender said of the file, its name too, which is kept nowhere else

Whoever adds to an upload holds a lock on its directory; with a directory that all machines share, any of them goes on
with it. Failures of the disk are StoreUnavailable.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any, BinaryIO, Self

from archive.errors import StoreUnavailable
from archive.storage.durable import make_directories, sync_directory, translated, write_all
from archive.storage.entries import write_synced
from archive.storage.keys import entry_name

SYNC_EVERY_BYTES = 8 << 20  # at most so much is sent again after a power cut
RESERVE_BYTES = 256 << 20  # of the disk: the database, the quarantine and the logs live there too
_BYTES, _SYNCED, _TOLD = "bytes", "synced", "told.json"


class UploadFiles:
    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    def create_in(cls, root: Path) -> UploadFiles:
        with translated():
            make_directories(root)
        return cls(root)

    def require_room(self, size_bytes: int) -> None:
        """For twice the file: it is copied to the quarantine when it is whole. Raises StoreUnavailable."""
        with translated():
            if shutil.disk_usage(self._root).free < 2 * size_bytes + RESERVE_BYTES:
                raise StoreUnavailable("upload.no_room")

    def create(self, key: str) -> None:
        """An empty upload; one that is there stays as it is."""
        entry = self._entry(key)
        with translated():
            entry.mkdir(mode=0o700, exist_ok=True)
            if not (entry / _SYNCED).exists():
                write_synced(entry / _BYTES, b"")
                self._write(entry, _SYNCED, b"0")
                sync_directory(self._root)

    def exists(self, key: str) -> bool:
        return (self._entry(key) / _SYNCED).exists()

    def received(self, key: str) -> int | None:
        """How many bytes the disk surely has; None where there is no such upload here."""
        with translated():
            try:
                return int((self._entry(key) / _SYNCED).read_bytes())
            except FileNotFoundError:
                return None

    def told(self, key: str) -> dict[str, Any] | None:
        with translated():
            try:
                told: dict[str, Any] = json.loads((self._entry(key) / _TOLD).read_bytes())
            except FileNotFoundError:
                return None
            return told

    def tell(self, key: str, told: dict[str, Any]) -> None:
        with translated():
            self._write(self._entry(key), _TOLD, json.dumps(told, ensure_ascii=False).encode())

    def name(self, key: str) -> str | None:
        """As its sender calls the file."""
        told = self.told(key)
        return None if told is None else str(told["metadata"]["filename"])

    def open(self, key: str) -> BinaryIO:
        with translated(key):
            return (self._entry(key) / _BYTES).open("rb")

    def try_claim(self, key: str) -> Claim | None:
        """The right to add to it or to take it away; None while somebody else has it, or where it is not here."""
        with translated():
            try:
                lock = os.open(self._entry(key), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                return None
        return Claim(self, self._entry(key), lock)

    def remove(self, key: str) -> None:
        """One that is not here is no error."""
        with translated():
            shutil.rmtree(self._entry(key), ignore_errors=True)

    def keys(self) -> list[str]:
        with translated():
            return sorted(path.name for path in self._root.iterdir())

    def age_s(self, key: str) -> float:
        """Since something was last written down of it."""
        with translated():
            try:
                return time.time() - self._entry(key).stat().st_mtime
            except FileNotFoundError:
                return 0.0

    def _entry(self, key: str) -> Path:
        return self._root / entry_name(key)

    def _write(self, entry: Path, name: str, content: bytes) -> None:
        """Whole or not at all."""
        fresh = entry / f"{name}.new"
        write_synced(fresh, content)
        fresh.rename(entry / name)
        sync_directory(entry)


class Claim:
    """Held until it is left, or its process ends."""

    def __init__(self, files: UploadFiles, entry: Path, lock: int) -> None:
        self._files, self._entry, self._lock = files, entry, lock
        self._fd: int | None = None
        self._since_sync = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        os.close(self._lock)

    def append(self, block: bytes) -> None:
        """Behind what was surely there when it was claimed."""
        with translated():
            if self._fd is None:
                self._fd = self._opened()
            write_all(self._fd, block)
            self._since_sync += len(block)
        if self._since_sync >= SYNC_EVERY_BYTES:
            self.sync()

    def sync(self) -> None:
        """What was appended counts as received from now on, whatever happens."""
        if self._fd is None or not self._since_sync:
            return
        with translated():
            os.fsync(self._fd)
            self._files._write(self._entry, _SYNCED, str(os.fstat(self._fd).st_size).encode())
        self._since_sync = 0

    def _opened(self) -> int:
        fd = os.open(self._entry / _BYTES, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        os.ftruncate(fd, int((self._entry / _SYNCED).read_bytes()))
        return fd
