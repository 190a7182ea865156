"""The object store in memory, for tests of what stands on it."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.errors import ObjectMissing
from archive.storage.interface import StoredObjectRef
from archive.storage.keys import object_path


class MemoryStore:
    """See archive.storage.interface.ObjectStore."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def put(self, source: Path) -> StoredObjectRef:
        content = source.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        with self._lock:
            self._objects[digest] = content
        return StoredObjectRef(digest, len(content))

    def open(self, digest: str) -> BinaryIO:
        return io.BytesIO(self._get(digest))

    def path(self, digest: str) -> Path | None:
        self._get(digest)
        return None

    def size(self, digest: str) -> int:
        return len(self._get(digest))

    def contains(self, digest: str) -> bool:
        return str(object_path(digest).name) in self._objects

    def verify(self, digest: str) -> bool:
        return hashlib.sha256(self._get(digest)).hexdigest() == digest

    def digests(self) -> Iterator[StoredObjectRef]:
        with self._lock:
            held = [StoredObjectRef(digest, len(content)) for digest, content in self._objects.items()]
        yield from held

    def left_over(self) -> list[Path]:
        return []

    def sweep(self) -> int:
        return 0

    def _get(self, digest: str) -> bytes:
        try:
            return self._objects[object_path(digest).name]
        except KeyError:
            raise ObjectMissing(digest=digest) from None
