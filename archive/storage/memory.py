"""The object store in memory, for tests of what stands on it."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from archive.errors import ObjectMissing
from archive.storage.interface import Mode, Protection, StoredObjectRef
from archive.storage.keys import object_path
from archive.storage.locks import UNPROTECTED, lengthened


class NothingLeftOver:
    """See archive.storage.interface.Sweepable."""

    def left_over(self) -> list[str]:
        return []

    def sweep(self) -> int:
        return 0


class MemoryStore(NothingLeftOver):
    """See archive.storage.interface.ObjectStore."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._stored_at: dict[str, datetime] = {}
        self._protections: dict[str, Protection] = {}
        self._lock = threading.Lock()

    def put(self, source: Path, *, retain_until: datetime | None = None) -> StoredObjectRef:
        content = source.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        with self._lock:
            self._protect(digest, retain_until, None, "governance")
            if self._objects.get(digest) != content:
                self._objects[digest] = content
                self._stored_at[digest] = datetime.now(UTC)
        return StoredObjectRef(digest, len(content))

    def open(self, digest: str) -> BinaryIO:
        return io.BytesIO(self._get(digest))

    def path(self, digest: str) -> Path | None:
        self._get(digest)
        return None

    def link(self, digest: str, *, file_name: str, media_type: str, expires: timedelta) -> str | None:
        return None

    def size(self, digest: str) -> int:
        return len(self._get(digest))

    def stored_at(self, digest: str) -> datetime:
        self._get(digest)
        return self._stored_at[digest]

    def contains(self, digest: str) -> bool:
        return str(object_path(digest).name) in self._objects

    def verify(self, digest: str) -> bool:
        return hashlib.sha256(self._get(digest)).hexdigest() == digest

    def digests(self) -> Iterator[StoredObjectRef]:
        with self._lock:
            held = [StoredObjectRef(digest, len(content)) for digest, content in self._objects.items()]
        yield from held

    def protect(
        self,
        digest: str,
        *,
        retain_until: datetime | None = None,
        legal_hold: bool | None = None,
        mode: Mode = "governance",
    ) -> None:
        self._get(digest)
        with self._lock:
            self._protect(digest, retain_until, legal_hold, mode)

    def protection(self, digest: str) -> Protection:
        self._get(digest)
        return self._protections.get(digest, UNPROTECTED)

    def _protect(self, digest: str, retain_until: datetime | None, legal_hold: bool | None, mode: Mode) -> None:
        held = self._protections.get(digest, UNPROTECTED)
        self._protections[digest] = lengthened(held, retain_until, legal_hold, mode)

    def _get(self, digest: str) -> bytes:
        try:
            return self._objects[object_path(digest).name]
        except KeyError:
            raise ObjectMissing(digest=digest) from None
