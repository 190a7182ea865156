"""The object store as a directory: `ab/cd/<digest>`, written once, guarded as archive.storage.guards tells."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from archive import i18n
from archive.errors import ObjectDamaged, ObjectMissing, StoreUnavailable
from archive.storage import guards
from archive.storage.directory_drill import attempts_on
from archive.storage.durable import (
    copy_digesting,
    digest_of,
    digest_past_cache,
    left_over,
    make_directories,
    sweep,
    sync_directory,
    temporary_file,
)
from archive.storage.guards import OBJECT_MODE
from archive.storage.interface import Attempt, Mode, Protection, StoredObjectRef
from archive.storage.keys import is_digest, object_path
from archive.storage.locks import UNPROTECTED, LockFiles

LOCKS = "locks"
WORK = "writing"  # temporary files, in the same file system as the objects
DAMAGED = "damaged"  # what was found under a digest that it did not match; kept for whoever must explain it


class WorkDirectory:
    """See archive.storage.interface.Sweepable: temporary files whose writers are gone are left over."""

    def __init__(self, directory: Path) -> None:
        self._work = directory

    def left_over(self) -> list[str]:
        with _translated():
            return [path.name for path in left_over(self._work)]

    def sweep(self) -> int:
        with _translated():
            return sweep(self._work)


class FilesystemStore(WorkDirectory):
    """See archive.storage.interface.ObjectStore."""

    def __init__(self, root: Path) -> None:
        super().__init__(root / WORK)
        self._root = root
        self._locks = LockFiles(root / LOCKS, self._work)

    @classmethod
    def create(cls, root: Path) -> FilesystemStore:
        with _translated():
            for directory in (root / WORK, root / LOCKS, root / DAMAGED):
                make_directories(directory)
            guards.close_all(root)
        return cls(root)

    def put(self, source: Path, *, retain_until: datetime | None = None) -> StoredObjectRef:
        with source.open("rb") as stream:
            digest, size = digest_of(stream)
        final = self._final(digest)
        with _translated():
            if retain_until is not None:  # before the bytes have their name: locked from the first instant
                self._locks.change(digest, retain_until, None, "governance")
            if final.exists() and digest_past_cache(final) == (digest, size):
                guards.close(final, self._root)
                self._sync_path(final)
                return StoredObjectRef(digest, size)
            guards.add_directory(final.parent.parent)
            guards.add_directory(final.parent)
            with source.open("rb") as stream, temporary_file(self._work) as (path, fd):
                written = copy_digesting(stream, fd)
                if written != (digest, size):
                    raise ObjectDamaged(digest=digest)  # the source changed under our hands
                os.fchmod(fd, OBJECT_MODE)
                os.fsync(fd)
                if digest_past_cache(path) != written:
                    raise StoreUnavailable(detail=i18n.text("store.read_back_differs"))
                self._place(path, final)
        return StoredObjectRef(digest, size)

    def open(self, digest: str) -> BinaryIO:
        with _translated(digest):
            return self._final(digest).open("rb")

    def path(self, digest: str) -> Path:
        if not self.contains(digest):
            raise ObjectMissing(digest=digest)
        return self._final(digest)

    def link(self, digest: str, *, file_name: str, media_type: str, expires: timedelta) -> str | None:
        return None

    def size(self, digest: str) -> int:
        with _translated(digest):
            return self._final(digest).stat().st_size

    def stored_at(self, digest: str) -> datetime:
        with _translated(digest):
            return datetime.fromtimestamp(self._final(digest).stat().st_mtime, UTC)

    def contains(self, digest: str) -> bool:
        with _translated():
            self._reachable()
            return self._final(digest).is_file()

    def verify(self, digest: str) -> bool:
        with _translated(digest):
            return digest_past_cache(self._final(digest))[0] == digest

    def digests(self) -> Iterator[StoredObjectRef]:
        with _translated():
            self._reachable()
            for first in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
                for path in sorted(first.glob("[0-9a-f][0-9a-f]/*")):
                    if is_digest(path.name) and path == self._final(path.name):
                        yield StoredObjectRef(path.name, path.stat().st_size)

    def protect(
        self,
        digest: str,
        *,
        retain_until: datetime | None = None,
        legal_hold: bool | None = None,
        mode: Mode = "governance",
    ) -> None:
        """Guards that were taken away are set again."""
        path = self.path(digest)  # missing objects are not protected
        with _translated():
            self._locks.change(digest, retain_until, legal_hold, mode)
            guards.close(path, self._root)
            guards.make_immutable(path)

    def protection(self, digest: str) -> Protection:
        """Nothing holds an object whose guards were taken away."""
        path = self.path(digest)
        with _translated():
            return self._locks.read(digest) if guards.is_closed(path, self._root) else UNPROTECTED

    def attempts(self, digest: str) -> Iterator[Attempt]:
        yield from attempts_on(self.path(digest), self._work)

    def _place(self, path: Path, final: Path) -> None:
        """Give the synced file its name without overwriting; a damaged holder of the name is put aside first."""
        with guards.opened(final.parent):
            try:
                os.link(path, final)
            except FileExistsError:
                wanted = digest_past_cache(path)
                if digest_past_cache(final) != wanted:
                    was_immutable = guards.is_immutable(final)
                    guards.release(final)
                    aside = self._root / DAMAGED / f"{final.name}.{uuid.uuid4().hex}"
                    os.link(final, aside)
                    sync_directory(aside.parent)
                    path.replace(final)  # at every instant the name leads to something
                    if was_immutable:
                        guards.make_immutable(final)
        self._sync_path(final)

    def _sync_path(self, final: Path) -> None:
        """Also on repetition: an earlier writer may have been killed between link and sync."""
        for directory in (final.parent, final.parent.parent, self._root):
            sync_directory(directory)

    def _final(self, digest: str) -> Path:
        return self._root / object_path(digest)

    def _reachable(self) -> None:
        """An unmounted directory must not look like an empty store."""
        if not self._root.is_dir():
            raise StoreUnavailable(detail=i18n.text("store.no_directory", directory=self._root))


@contextlib.contextmanager
def _translated(digest: str | None = None) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if digest is not None:
            raise ObjectMissing(digest=digest) from error
        raise StoreUnavailable(detail=error.strerror) from error
    except OSError as error:
        raise StoreUnavailable(detail=error.strerror) from error
