"""The quarantine as a directory: one entry a key, with the bytes, their names and what is kept of their recognition.

An entry is written as `<key>.part/` and renamed when it is whole. The receiving process holds a lock on the
directory, over the rename, until the receipt is committed; a lock that nobody holds has no living writer.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive import i18n
from archive.errors import StoreUnavailable
from archive.storage import workspace
from archive.storage.durable import (
    claim,
    copy_digesting,
    digest_past_cache,
    make_directories,
    sync_directory,
    translated,
)
from archive.storage.entries import MASTER, SIDECAR, Entries, write_synced
from archive.storage.interface import HeldFile
from archive.storage.keys import entry_name
from archive.storage.workspace import PART

GONE = ".gone"


class FilesystemQuarantine(Entries):
    """See archive.storage.interface.Quarantine."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._claims: dict[str, int] = {}
        self._guard = threading.Lock()

    @classmethod
    def create(cls, root: Path) -> FilesystemQuarantine:
        with translated():
            make_directories(root)
        return cls(root)

    def receive(self, key: str, source: BinaryIO, name: str, *, limit_bytes: int) -> HeldFile:
        part = self._root / (entry_name(key) + PART)
        with translated():
            self._reachable()
            lock = workspace.locked_directory(part)
            try:
                held = _write_entry(part, source, name, limit_bytes)
                part.rename(self._entry(key))
                sync_directory(self._root)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                os.close(lock)
                raise
        with self._guard:
            self._claims[key] = lock
        return held

    def release(self, key: str) -> None:
        with self._guard:
            lock = self._claims.pop(key, None)
        if lock is not None:
            os.close(lock)

    def claimed(self, key: str) -> bool:
        with self._guard:
            lock = self._claims.get(key)
            return lock is not None and os.fstat(lock).st_nlink > 0

    @contextlib.contextmanager
    def working(self, key: str) -> Iterator[Path]:
        with self._private(entry_name(key)) as path:
            yield path

    def keys(self) -> Iterator[str]:
        with translated():
            self._reachable()
            for path in sorted(self._root.iterdir()):
                if path.suffix not in (PART, GONE):
                    yield path.name

    def unclaimed(self) -> Iterator[str]:
        for key in self.keys():
            lock = claim(self._entry(key))
            if lock is not None:
                os.close(lock)
                yield key

    def left_over(self) -> list[str]:
        """Entries that were never whole, or not wholly removed, and whose process is gone."""
        with translated():
            self._reachable()
            return [path.name for path in workspace.left_over(self._root, PART, GONE)]

    def sweep(self) -> int:
        """Remove them; safe while others receive."""
        with translated():
            self._reachable()
            return workspace.sweep(self._root, PART, GONE)

    def remove(self, key: str) -> None:
        entry = self._entry(key)
        with translated():
            self._reachable()
            aside = self._root / f"{key}.{uuid.uuid4().hex}{GONE}"
            with contextlib.suppress(FileNotFoundError):
                entry.rename(aside)  # gone at once for every reader; the rest can be repeated by a sweep
                sync_directory(self._root)
                shutil.rmtree(aside, ignore_errors=False)
        self.release(key)

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        with self._private("work") as path:
            yield path

    @contextlib.contextmanager
    def _private(self, stem: str) -> Iterator[Path]:
        with contextlib.ExitStack() as leaving:
            with translated():
                self._reachable()
                path = leaving.enter_context(workspace.workspace(self._root, stem))
            yield path


def _write_entry(part: Path, source: BinaryIO, name: str, limit_bytes: int) -> HeldFile:
    master = part / MASTER
    fd = os.open(master, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        digest, size = copy_digesting(source, fd, limit_bytes)
        os.fsync(fd)
    finally:
        os.close(fd)
    if digest_past_cache(master) != (digest, size):
        raise StoreUnavailable(detail=i18n.text("store.read_back_differs"))
    held = HeldFile(digest, size, name)
    sidecar = {"digest": digest, "size_bytes": size, "name": name}
    write_synced(part / SIDECAR, json.dumps(sidecar, ensure_ascii=False).encode("utf-8"))
    sync_directory(part)
    return held
