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
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from archive import i18n
from archive.errors import ObjectDamaged, StoreUnavailable
from archive.storage import workspace
from archive.storage.durable import (
    claim,
    copy_digesting,
    digest_of,
    digest_past_cache,
    make_directories,
    sync_directory,
    temporary_file,
    translated,
    write_all,
)
from archive.storage.interface import HeldFile
from archive.storage.keys import entry_name
from archive.storage.workspace import PART

GONE = ".gone"
MASTER = "master"
SIDECAR = "held.json"
NAMES = "names"
KEPT = "kept"


class FilesystemQuarantine:
    """See archive.storage.interface.Quarantine."""

    def __init__(self, root: Path) -> None:
        self._root = root
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

    def held(self, key: str) -> HeldFile:
        entry = self._entry(key)
        self._reachable()
        with translated(key):
            told = HeldFile(**json.loads((entry / SIDECAR).read_bytes()))
            return replace(told, size_bytes=(entry / MASTER).stat().st_size)

    def path(self, key: str) -> Path:
        path = self._entry(key) / MASTER
        expected = self.held(key).digest
        with translated(key), path.open("rb") as stream:
            if digest_of(stream)[0] != expected:
                raise ObjectDamaged(digest=expected)
        return path

    def keep(self, key: str, name: str, source: Path) -> None:
        final = self._kept(key, name)
        with translated(key), source.open("rb") as stream:
            _add_directory(final.parent)
            with temporary_file(final.parent) as (path, fd):
                copy_digesting(stream, fd)
                os.fsync(fd)
                path.rename(final)
            sync_directory(final.parent)

    def kept(self, key: str, name: str) -> Path | None:
        path = self._kept(key, name)
        with translated():
            self._reachable()
            return path if path.is_file() else None

    def discard(self, key: str, name: str) -> None:
        with translated():
            self._reachable()
            self._kept(key, name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def working(self, key: str) -> Iterator[Path]:
        with self._private(entry_name(key)) as path:
            yield path

    def add_name(self, key: str, entry_id: str, name: str) -> None:
        directory = self._entry(key) / NAMES
        with translated(key):
            _add_directory(directory)
            _write_synced(directory / entry_name(entry_id), name.encode("utf-8"))
            sync_directory(directory)

    def names(self, key: str) -> dict[str, str]:
        directory = self._entry(key) / NAMES
        with translated(key):
            if not directory.is_dir():
                return {}
            return {path.name: path.read_text("utf-8") for path in sorted(directory.iterdir())}

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

    def _entry(self, key: str) -> Path:
        return self._root / entry_name(key)

    def _kept(self, key: str, name: str) -> Path:
        return self._entry(key) / KEPT / entry_name(name)

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


def _add_directory(path: Path) -> None:
    """In an entry that is there. Raises FileNotFoundError where it is not."""
    path.mkdir(mode=0o700, exist_ok=True)
    sync_directory(path.parent)


def _write_synced(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_all(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)
