"""The quarantine as a directory: one entry a key, with the bytes, their names and whatever is derived from them.

An entry is written as `<key>.part/` and renamed when it is whole. The receiving process holds a lock on the
directory, over the rename, until the receipt is committed; a lock that nobody holds has no living writer.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive import i18n
from archive.errors import ObjectMissing, StoreUnavailable
from archive.storage.durable import (
    claim,
    copy_digesting,
    digest_past_cache,
    make_directories,
    sync_directory,
    write_all,
)
from archive.storage.interface import HeldFile
from archive.storage.keys import entry_name

PART = ".part"
GONE = ".gone"
MASTER = "master"
SIDECAR = "held.json"
NAMES = "names"
SCRATCH = "scratch"


class FilesystemQuarantine:
    """See archive.storage.interface.Quarantine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._claims: dict[str, int] = {}
        self._guard = threading.Lock()

    @classmethod
    def create(cls, root: Path) -> FilesystemQuarantine:
        with _translated():
            make_directories(root)
        return cls(root)

    def receive(self, key: str, source: BinaryIO, name: str, *, limit_bytes: int) -> HeldFile:
        part = self._root / (entry_name(key) + PART)
        with _translated():
            lock = self._begin(part)
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

    def held(self, key: str) -> HeldFile:
        with _translated(key):
            return HeldFile(**json.loads((self._entry(key) / SIDECAR).read_bytes()))

    def path(self, key: str) -> Path:
        path = self._entry(key) / MASTER
        with _translated():
            self._reachable()
            if not path.is_file():
                raise ObjectMissing(digest=key)
        return path

    def scratch(self, key: str) -> Path:
        path = self._entry(key) / SCRATCH
        with _translated(key):
            path.mkdir(mode=0o700, exist_ok=True)
        return path

    def add_name(self, key: str, entry_id: str, name: str) -> None:
        directory = self._entry(key) / NAMES
        with _translated(key):
            directory.mkdir(mode=0o700, exist_ok=True)
            _write_synced(directory / entry_name(entry_id), name.encode("utf-8"))
            sync_directory(directory)

    def names(self, key: str) -> dict[str, str]:
        directory = self._entry(key) / NAMES
        with _translated(key):
            if not directory.is_dir():
                return {}
            return {path.name: path.read_text("utf-8") for path in sorted(directory.iterdir())}

    def keys(self) -> Iterator[str]:
        with _translated():
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

    def left_over(self) -> list[Path]:
        """Entries that were never whole, or not wholly removed, and whose process is gone."""
        found = []
        with _translated():
            self._reachable()
            for path in sorted([*self._root.glob(f"*{PART}"), *self._root.glob(f"*{GONE}")]):
                lock = claim(path)
                if lock is not None:
                    found.append(path)
                    os.close(lock)
        return found

    def sweep(self) -> int:
        """Remove them; safe while others receive."""
        with _translated():
            left = self.left_over()
            for path in left:
                lock = claim(path)
                if lock is not None:
                    shutil.rmtree(path, ignore_errors=True)  # its remover may be at it too
                    os.close(lock)
            return len(left)

    def remove(self, key: str) -> None:
        entry = self._entry(key)
        with _translated():
            self._reachable()
            aside = self._root / f"{key}.{uuid.uuid4().hex}{GONE}"
            with contextlib.suppress(FileNotFoundError):
                entry.rename(aside)  # gone at once for every reader; the rest can be repeated by a sweep
                sync_directory(self._root)
                shutil.rmtree(aside, ignore_errors=False)
        self.release(key)

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        path = self._root / (uuid.uuid4().hex + PART)
        with _translated():
            lock = self._begin(path)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)

    def _begin(self, part: Path) -> int:
        """Make and lock the directory; a sweep may take it between the two, then once more."""
        self._reachable()
        while True:
            with contextlib.suppress(FileExistsError):
                part.mkdir(mode=0o700)
            try:
                lock = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock).st_nlink:
                return lock
            os.close(lock)

    def _entry(self, key: str) -> Path:
        return self._root / entry_name(key)

    def _reachable(self) -> None:
        if not self._root.is_dir():
            raise StoreUnavailable(detail=i18n.text("store.no_directory", directory=self._root))


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
    _write_synced(part / SIDECAR, json.dumps(sidecar, ensure_ascii=False).encode("utf-8"))
    sync_directory(part)
    return held


def _write_synced(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_all(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)


@contextlib.contextmanager
def _translated(key: str | None = None) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if key is not None:
            raise ObjectMissing(digest=key) from error
        raise StoreUnavailable(detail=error.strerror) from error
    except OSError as error:
        raise StoreUnavailable(detail=error.strerror) from error
