"""The contract of the object store, and of the quarantine beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, runtime_checkable

Mode = Literal["governance", "compliance"]


@dataclass(frozen=True, slots=True)
class StoredObjectRef:
    digest: str  # lower-case hex SHA-256 of the bytes: the key
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Protection:
    """How an object is held. mode is None where no date was ever set; a date in the past holds nothing any more."""

    retain_until: datetime | None  # UTC, whole seconds
    mode: Mode | None
    legal_hold: bool


class Sweepable(Protocol):
    """What a killed process leaves is known, and goes."""

    def left_over(self) -> list[str]:
        """Names of what was left half written; a file that a living process writes is none."""
        ...

    def sweep(self) -> int:
        """Remove that; safe while others write. Returns how much there was."""
        ...


class ObjectStore(Sweepable, Protocol):
    """Bytes under their digest, written once. There is no verb that overwrites, and none that removes.

    Raises StoreUnavailable when it cannot be reached or written, ObjectMissing for an unknown digest,
    ObjectDamaged when bytes do not match their digest.
    """

    def put(self, source: Path, *, retain_until: datetime | None = None) -> StoredObjectRef:
        """Store the file's bytes durably: on return they are synced, and were read back past the page cache.

        A new object is locked from its first instant; the lock of one that is there is lengthened, never shortened.
        Repeating it with the same bytes writes nothing else; bytes found damaged under that digest are written anew.
        """
        ...

    def open(self, digest: str) -> BinaryIO:
        """A seekable stream of the bytes, never the whole of a big object in memory; the caller closes it."""
        ...

    def path(self, digest: str) -> Path | None:
        """A local path for reading only, where the store has one."""
        ...

    def link(self, digest: str, *, file_name: str, media_type: str, expires: timedelta) -> str | None:
        """An address from which a browser saves the bytes for a while; None where the store has none to give."""
        ...

    def size(self, digest: str) -> int: ...

    def stored_at(self, digest: str) -> datetime:
        """When the bytes came to lie there, by the store's own clock (UTC)."""
        ...

    def contains(self, digest: str) -> bool: ...

    def verify(self, digest: str) -> bool:
        """Whether the bytes still match; reads in 1 MiB blocks."""
        ...

    def digests(self) -> Iterator[StoredObjectRef]:
        """Every object held, in no order."""
        ...

    def protect(
        self,
        digest: str,
        *,
        retain_until: datetime | None = None,
        legal_hold: bool | None = None,
        mode: Mode = "governance",
    ) -> None:
        """Lengthen the lock, set or lift the legal hold; None leaves it as it is.

        A shorter date changes nothing; compliance is never turned back.
        """
        ...

    def protection(self, digest: str) -> Protection:
        """What holds now; up to a second longer than was asked."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to remove or change an object, or to loosen what holds it, by the store's own account.

    refused: tries, and tells whether the store refused. lays_over: where it does not refuse, the bytes must still be
    read, from beneath what was laid over them.
    """

    name: str  # message id below `drill.attempt.`
    refused: Callable[[], bool]
    lays_over: bool = False


@runtime_checkable
class Drillable(Protocol):
    """A store that can be tried: whether what it locks can be removed all the same."""

    def attempts(self, digest: str) -> Iterator[Attempt]:
        """Every way there is, for an object that may be lost by it. Each is to be made before the next is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A delivered file that waits behind the gate. `name` lives here and nowhere else until the gate has passed."""

    digest: str
    size_bytes: int
    name: str


class Workplace(Sweepable, Protocol):
    """Room on this machine for what waits behind the gate while it is worked on."""

    def working(self, key: str) -> AbstractContextManager[Path]:
        """An empty directory on this machine for what a step makes of the entry; gone on leaving."""
        ...

    def workspace(self) -> AbstractContextManager[Path]:
        """An empty directory on this machine for what is unpacked on the way in; gone on leaving."""
        ...


class Keeping(Protocol):
    """What was derived before the gate lies in its entry and goes with it: the next step may be another machine's."""

    def keep(self, key: str, name: str, source: Path) -> None:
        """Keep a copy of a derived file in the entry, as durable as its bytes; the newest of a name counts."""
        ...

    def kept(self, key: str, name: str) -> Path | None:
        """A kept file, local and whole; None where none is kept under that name."""
        ...

    def discard(self, key: str, name: str) -> None:
        """Remove a kept file; one that is not there is no error."""
        ...


class Quarantine(Workplace, Keeping, Protocol):
    """Where delivered bytes lie, unlocked, until the secrets gate has let them through.

    One entry a key (the receipt's id); the same errors as ObjectStore.
    """

    def receive(self, key: str, source: BinaryIO, name: str, *, limit_bytes: int) -> HeldFile:
        """Write durably, read back past caches. Raises FileTooBig past the limit; then nothing stays.

        The entry is claimed by this process until `release` or `remove`: see `claimed` and `unclaimed`.
        """
        ...

    def release(self, key: str) -> None:
        """The receipt is committed: the claim ends, the entry stays."""
        ...

    def claimed(self, key: str) -> bool:
        """Whether this process's claim surely holds. Asked before a receipt is committed, with its key locked there:
        whoever removes unclaimed entries asks for the same lock first."""
        ...

    def held(self, key: str) -> HeldFile:
        """What was received under the key; the size is what lies there now."""
        ...

    def path(self, key: str) -> Path:
        """The bytes as a local file for reading only. Raises ObjectDamaged where they are not what was received."""
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

    def remove(self, key: str) -> None:
        """Remove bytes, names and kept files; an unknown key is no error."""
        ...
