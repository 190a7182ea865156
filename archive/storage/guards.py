"""What keeps bytes in a directory from being changed, renamed or removed, without a change of modes before it.

Nobody may write to an object or to the directories above it; a directory is opened for the instant in which an object
gets its name. Root is not bound by that, and so a locked object also gets the immutable attribute, where the file
system has it and this process may set it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

from archive.storage.durable import sync_directory

OBJECT_MODE = 0o400
CLOSED, OPENED = 0o500, 0o700
_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602  # FS_IOC_GETFLAGS, FS_IOC_SETFLAGS of linux/fs.h
_IMMUTABLE = 0x10


@contextlib.contextmanager
def opened(directory: Path) -> Iterator[None]:
    """Names may be added to the directory, by one writer at a time. One whose writer is killed here stays open: the
    next writer, or `close`, closes it."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        os.fchmod(fd, OPENED)
        try:
            yield
        finally:
            os.fchmod(fd, CLOSED)
    finally:
        os.close(fd)


def add_directory(path: Path) -> None:
    """Below a guarded one; closed from the beginning."""
    if path.is_dir():
        return
    with opened(path.parent):
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=CLOSED)
        sync_directory(path.parent)


def close(path: Path, root: Path) -> None:
    """The object, and every directory from it up to the root."""
    for each in (path, *_above(path, root)):
        closed = OBJECT_MODE if each == path else CLOSED
        if stat.S_IMODE(each.stat().st_mode) != closed:
            each.chmod(closed)


def is_closed(path: Path, root: Path) -> bool:
    return not any(each.stat().st_mode & 0o222 for each in (path, *_above(path, root)))


def close_all(root: Path) -> None:
    """Once, for holdings of a version that left directories open; a closed root tells that it was done."""
    if stat.S_IMODE(root.stat().st_mode) == CLOSED:
        return
    for directory in root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]"):
        directory.chmod(CLOSED)
        directory.parent.chmod(CLOSED)
    root.chmod(CLOSED)


def make_immutable(path: Path) -> bool:
    """False where the file system does not offer it, or we may not: then modes are all that guards the file."""
    try:
        _change(path, _IMMUTABLE, 0)
    except OSError:
        return False
    return True


def is_immutable(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return bool(_flags(fd) & _IMMUTABLE)
        finally:
            os.close(fd)
    except OSError:
        return False


def release(path: Path) -> None:
    """Take the attribute off: a damaged object gives way to its bytes written anew."""
    if is_immutable(path):
        _change(path, 0, _IMMUTABLE)


def _above(path: Path, root: Path) -> list[Path]:
    directories = list(path.relative_to(root).parents)
    return [root / directory for directory in directories]


def _change(path: Path, add: int, remove: int) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        flags = _flags(fd)
        wanted = (flags | add) & ~remove
        if wanted != flags:
            fcntl.ioctl(fd, _SET_FLAGS, struct.pack("l", wanted))
    finally:
        os.close(fd)


def _flags(fd: int) -> int:
    (flags,) = struct.unpack("l", fcntl.ioctl(fd, _GET_FLAGS, struct.pack("l", 0)))
    return int(flags)
