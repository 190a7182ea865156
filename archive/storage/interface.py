"""The contract of the object store, and of the quarantine beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class StoredObjectRef:
    digest: str  # lower-case hex SHA-256 of the bytes: the key
    size_bytes: int


class ObjectStore(Protocol):
    """Bytes under their digest, written once. There is no verb that overwrites.

    Raises StoreUnavailable when it cannot be reached or written, ObjectMissing for an unknown digest,
    ObjectDamaged when bytes do not match their digest.
    """

    def put(self, source: Path) -> StoredObjectRef:
        """Store the file's bytes durably: on return they are synced, and were read back past the page cache.

        Repeating it with the same bytes writes nothing; bytes found damaged under that digest are written anew.
        """
        ...

    def open(self, digest: str) -> BinaryIO:
        """A seekable stream of the bytes; the caller closes it."""
        ...

    def path(self, digest: str) -> Path | None:
        """A local path for reading only, where the store has one."""
        ...

    def size(self, digest: str) -> int: ...

    def contains(self, digest: str) -> bool: ...

    def verify(self, digest: str) -> bool:
        """Whether the bytes still match; reads in 1 MiB blocks."""
        ...

    def digests(self) -> Iterator[StoredObjectRef]:
        """Every object held, in no order."""
        ...


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A delivered file that waits behind the gate. `name` lives here and nowhere else until the gate has passed."""

    digest: str
    size_bytes: int
    name: str


class Quarantine(Protocol):
    """Where delivered bytes lie, unlocked, until the secrets gate has let them through.

    One entry a (receipt key); the same errors as ObjectStore.
    """

    def receive(self, key: str, source: BinaryIO, name: str, *, limit_bytes: int) -> HeldFile:
        """Write, sync, read back past the page cache. Raises FileTooBig past the limit; then nothing stays."""
        ...

    def held(self, key: str) -> HeldFile: ...

    def path(self, key: str) -> Path: ...

    def keys(self) -> Iterator[str]: ...

    def remove(self, key: str) -> None:
        """Remove bytes and name; an unknown key is no error."""
        ...
