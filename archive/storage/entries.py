"""What lies in an entry of a quarantine directory: the bytes, their names and what is kept of their recognition."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from archive import i18n
from archive.errors import ObjectDamaged, StoreUnavailable
from archive.storage.durable import (
    copy_digesting,
    digest_of,
    sync_directory,
    temporary_file,
    translated,
    write_all,
)
from archive.storage.interface import HeldFile
from archive.storage.keys import entry_name

MASTER = "master"
SIDECAR = "held.json"
NAMES = "names"
KEPT = "kept"


class Entries:
    """Entries that are whole, one directory a key."""

    def __init__(self, root: Path) -> None:
        self._root = root

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

    def add_name(self, key: str, entry_id: str, name: str) -> None:
        directory = self._entry(key) / NAMES
        with translated(key):
            _add_directory(directory)
            write_synced(directory / entry_name(entry_id), name.encode("utf-8"))
            sync_directory(directory)

    def names(self, key: str) -> dict[str, str]:
        directory = self._entry(key) / NAMES
        with translated(key):
            if not directory.is_dir():
                return {}
            return {path.name: path.read_text("utf-8") for path in sorted(directory.iterdir())}

    def _entry(self, key: str) -> Path:
        return self._root / entry_name(key)

    def _kept(self, key: str, name: str) -> Path:
        return self._entry(key) / KEPT / entry_name(name)

    def _reachable(self) -> None:
        if not self._root.is_dir():
            raise StoreUnavailable(detail=i18n.text("store.no_directory", directory=self._root))


def _add_directory(path: Path) -> None:
    """In an entry that is there. Raises FileNotFoundError where it is not."""
    path.mkdir(mode=0o700, exist_ok=True)
    sync_directory(path.parent)


def write_synced(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        write_all(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)
