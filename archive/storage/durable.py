"""Writing that survives a power cut, and reading that does not trust the page cache."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import mmap
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from archive.errors import FileTooBig, ObjectMissing, StoreUnavailable

BLOCK = 1 << 20


def digest_of(stream: BinaryIO) -> tuple[str, int]:
    """(SHA-256, size) of the rest of the stream, read in blocks."""
    digest, size = hashlib.sha256(), 0
    while block := stream.read(BLOCK):
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size


def copy_digesting(source: BinaryIO, target: int, limit_bytes: int | None = None) -> tuple[str, int]:
    """Copy to the file descriptor; (SHA-256, size) of what was read. Raises FileTooBig past the limit."""
    return pass_digesting(source, lambda block: write_all(target, block), limit_bytes)


def pass_digesting(
    source: BinaryIO, write: Callable[[bytes], object], limit_bytes: int | None = None
) -> tuple[str, int]:
    """Hand every block on; (SHA-256, size) of what was read. Raises FileTooBig past the limit."""
    digest, size = hashlib.sha256(), 0
    while block := source.read(BLOCK):
        size += len(block)
        if limit_bytes is not None and size > limit_bytes:
            raise FileTooBig(limit_bytes=limit_bytes)
        digest.update(block)
        write(block)
    return digest.hexdigest(), size


def write_all(target: int, block: bytes) -> None:
    """os.write may take less than it is given."""
    view = memoryview(block)
    while view:
        view = view[os.write(target, view) :]


def digest_past_cache(path: Path) -> tuple[str, int]:
    """(SHA-256, size) of what the disk holds: O_DIRECT, or the cached pages dropped first where that is refused."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
        return _digest_after_dropping(path)
    digest, size = hashlib.sha256(), 0
    try:
        with mmap.mmap(-1, BLOCK) as aligned:
            while count := os.preadv(fd, [aligned], size):
                digest.update(aligned[:count])
                size += count
                if count % mmap.PAGESIZE:  # only the end of a file is no whole page
                    break
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return _digest_after_dropping(path)
    finally:
        os.close(fd)
    return digest.hexdigest(), size


def _digest_after_dropping(path: Path) -> tuple[str, int]:
    with path.open("rb", buffering=0) as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return digest_of(stream)


def sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_directories(path: Path, mode: int = 0o700) -> None:
    """Make the directory and its missing parents, each entry synced into its parent."""
    if path.is_dir():
        return
    make_directories(path.parent, mode)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=mode)
    sync_directory(path.parent)


@contextlib.contextmanager
def temporary_file(directory: Path) -> Iterator[tuple[Path, int]]:
    """A new locked file (path, descriptor), gone on leaving. The lock tells that its writer lives: see `sweep`."""
    while True:
        path = directory / f"{uuid.uuid4().hex}.part"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:  # else a sweep took it between the two calls
            break
        os.close(fd)
    try:
        yield path, fd
    finally:
        path.unlink(missing_ok=True)
        os.close(fd)


def claim(path: Path) -> int | None:
    """A descriptor that holds the lock on a file or directory, None while another holds it or it is gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    if not os.fstat(fd).st_nlink:
        os.close(fd)
        return None
    return fd


def left_over(directory: Path) -> list[Path]:
    """Temporary files whose writer is gone: nobody holds their lock."""
    found = []
    for path in sorted(directory.glob("*.part")):
        fd = claim(path)
        if fd is not None:
            found.append(path)
            os.close(fd)
    return found


def sweep(directory: Path) -> int:
    """Remove what killed writers left; a file that is being written is locked and stays. Returns how many went."""
    removed = 0
    for path in sorted(directory.glob("*.part")):
        fd = claim(path)
        if fd is not None:
            path.unlink(missing_ok=True)
            os.close(fd)
            removed += 1
    return removed


@contextlib.contextmanager
def translated(key: str | None = None) -> Iterator[None]:
    """Failures of the disk as ours. key: what is missing when a file of it is not there."""
    try:
        yield
    except FileNotFoundError as error:
        if key is not None:
            raise ObjectMissing(digest=key) from error
        raise StoreUnavailable(detail=error.strerror) from error
    except OSError as error:
        raise StoreUnavailable(detail=error.strerror) from error
