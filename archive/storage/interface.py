"""The contract of the object store, and of the quarantine beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class StoredObjectRef:
    digest: str  # lower-case hex SHA-256 of the bytes: the key
    size_bytes: int


class Sweepable(Protocol):
    """What a killed process leaves is known, and goes."""

    def left_over(self) -> list[Path]:
        """What was left half written; a file that a living process writes is none."""
        ...

    def sweep(self) -> int:
        """Remove that; safe while others write. Returns how much there was."""
        ...


class ObjectStore(Sweepable, Protocol):
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


class Quarantine(Sweepable, Protocol):
    """Where delivered bytes lie, unlocked, until the secrets gate has let them through.

    One entry a key (the receipt's id); the same errors as ObjectStore. Whatever is derived before the gate lies in
    the entry's `scratch` directory and goes with it.
    """

    def receive(self, key: str, source: BinaryIO, name: str, *, limit_bytes: int) -> HeldFile:
        """Write, sync, read back past the page cache. Raises FileTooBig past the limit; then nothing stays.

        The entry is claimed by this process until `release` or `remove`: see `unclaimed`.
        """
        ...

    def release(self, key: str) -> None:
        """The receipt is committed: the claim ends, the entry stays."""
        ...

    def held(self, key: str) -> HeldFile: ...

    def path(self, key: str) -> Path: ...

    def scratch(self, key: str) -> Path:
        """A directory of the entry for derived files; made when it is not there."""
        ...

    def add_name(self, key: str, entry_id: str, name: str) -> None:
        """Keep the name under which the same bytes came again, until the gate has decided."""
        ...

    def names(self, key: str) -> dict[str, str]:
        """What `add_name` kept: entry id to name."""
        ...

    def keys(self) -> Iterator[str]: ...

    def unclaimed(self) -> Iterator[str]:
        """Keys that no living process is receiving. One of these without a receipt was never acknowledged."""
        ...

    def workspace(self) -> AbstractContextManager[Path]:
        """An empty directory in the quarantine for what is unpacked on the way in; gone on leaving."""
        ...

    def remove(self, key: str) -> None:
        """Remove bytes, names and scratch; an unknown key is no error."""
        ...
